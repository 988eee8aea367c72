/* The hall's board: every window, who waits for what, who is on duty, notices; the calls are calls.js.
 *
 * Each new document is handed to the parts whose content changed: calls at once, the rest a moment later, so that
 * a call is painted before sixty windows are laid out. */

import { darken, find, make, phrases, publicScreen, say } from "../shared/dom.js";
import { fit } from "../shared/fitting.js";
import { TurningPages } from "../shared/paging.js";
import { Playlist } from "../shared/playlist.js";
import { CLOCK, instants, language, own, safe, second, t, t2 } from "../shared/words.js";
import { Announcer, Calls } from "./calls.js";
import { band, begin, name, name2, query } from "./hall.js";
import { runClock } from "./hall-screens.js";
import { followSettings, station, stationToken } from "./station.js";

const FEW = 3; // windows; with so few they stand as large as the calls, and queues take the room left
const REST_MS = 50; // after the first paint of a call, before anybody has looked up
const NOTICE_MS = 12_000;
const PLACES_SHOWN = 3; // of the month's ranking; the page of ratings has all
const STRIP_LINES = 2;
const CALM_MS = 2_000; // after the last call, until the playlist comes back
const DAY = { month: "long", day: "numeric", weekday: "long" };
const PAUSES = /(?<=[。；，、！？：;,.!?:\s])|(?<=.{24})/u; // after a mark or a blank, or after 24 signs without one

// --- parts

/** Every window with its state, in words and not by colour alone. */
class Windows {
  constructor(list, dots) {
    this.paging = new TurningPages(list, dots);
    this.paging.drawn = () => fit(list.querySelectorAll(".name, .state"));
  }

  show(windows) {
    this.paging.show(windows.map(([id, window]) => cell(id, window)));
  }
}

const cell = (id, window) =>
  make(`li.cell.${window.state}`, { "data-window": id }, make("span.name", {}, windowTitle(id, window)), windowState(window), awardMarks(window));

/** What the month's scores have given a window: small marks at its edge, gone while it calls (board-hall.css). */
const awardMarks = ({ awards }) =>
  awards ? make("span.awards", {}, awards.map((kind) => make(`i.award.${kind}`, { role: "img", "aria-label": t(`award.${kind}`) }))) : "";

/** The number people look for, then the name without the word that stands over all of them. */
function windowTitle(id, window) {
  if (!/^\d+$/.test(id)) return phrases(name(window));
  return [make("b.number", {}, id), " ", phrases(name(window).replace(/窗口$/, ""))];
}

function windowState(window) {
  if (window.rest) return make("span.state", {}, t("sign.break", { time: clock(window.rest.until) }));
  const halted = window.state === "open" && wholeHall();
  const words = halted ? t("queue.suspended") : window.back ? t("window.back", { time: window.back }) : t(`window-public.${window.state}`);
  if (!window.number || window.state === "paused") return make("span.state", {}, words);
  return make("span.state", {}, make("span.number", {}, window.number), make("small", {}, words));
}

/** How many wait for what, and about how long. */
class Queues {
  constructor(list, dots) {
    this.paging = new TurningPages(list, dots);
    this.paging.drawn = () => fit(list.querySelectorAll(".name"));
  }

  show(queues) {
    this.paging.show(queues.map(([id, queue]) => queueRow(id, queue)));
  }
}

const queueRow = (id, queue) =>
  make(
    "li.queue",
    { "data-queue": id },
    make("b", {}, id),
    make("span.name", {}, phrases(name(queue))),
    make("span.wait", {}, t("queue.waiting", queue), stopped(id) ? make("small.halted", {}, t("queue.suspended")) : queue.waiting ? make("small", {}, band(queue)) : ""),
  );

/** Who is on duty today (值班表): a panel where the windows leave room for it, else lines in the strip at the foot. */
class DutyRoster {
  /** `crowded` says whether the windows had to turn pages; `relaid` lays them out again. */
  constructor(panel, list, dots, strip, { crowded, relaid }) {
    Object.assign(this, { panel, strip, crowded, relaid, roster: [] });
    this.paging = new TurningPages(list, dots);
    this.paging.drawn = () => fit(list.querySelectorAll(".role, .who, .phone"));
    addEventListener("resize", () => this.place());
  }

  show(roster) {
    this.roster = roster;
    this.place();
    this.paging.show(roster.map(dutyCard));
  }

  /** The panel is tried first; if windows then no longer fit on one page, the strip shows it. */
  place() {
    this.panel.hidden = !this.roster.length;
    this.relaid();
    const narrow = this.roster.length > 0 && this.crowded();
    if (narrow) {
      this.panel.hidden = true;
      this.relaid();
    }
    this.strip.show("duty", narrow ? dutyLines(this.roster) : []);
  }
}

const role = (duty) => ({ name: duty.role, name_en: duty.role_en });
const title = (duty) => ({ name: duty.title, name_en: duty.title_en });

const dutyCard = (duty) =>
  make(
    "li.on-duty",
    {},
    make("span.role", {}, name(role(duty)), make("small", {}, name2(role(duty)))),
    make("span.who", {}, make("b", {}, name(duty)), make("small", {}, name(title(duty)))),
    make("span.phone.number", {}, duty.phone),
  );

/** One line in each language: the heading, then each role with who holds it and the phone. */
function dutyLines(roster) {
  const line = (words, called) => [
    words("board.duty"),
    ...roster.map((duty) => words("board.duty.line", { role: called(role(duty)), name: called(duty), phone: duty.phone })),
  ];
  return [line(t, name), ...(t2("board.duty") ? [line(t2, (doc) => name2(doc) || name(doc))] : [])];
}

/** The strip at the foot: one notice at a time, changed calmly, because moving text is hard to read and harder to
 * ignore. All lie upon each other, so that the strip is as high as the highest and nothing above it jumps. */
class NoticeStrip {
  constructor(box) {
    Object.assign(this, { box, parts: { urgent: [], notices: [], duty: [] }, index: 0, width: 0 });
    setInterval(() => this.turn(this.index + 1), NOTICE_MS);
    new ResizeObserver(() => this.width !== box.clientWidth && this.draw()).observe(box);
  }

  /** `part` is urgent, notices or duty; a notice is a text, or pieces of which each keeps together. What is urgent stands
   * alone. */
  show(part, list) {
    this.parts[part] = list;
    this.draw();
  }

  draw() {
    this.width = this.box.clientWidth;
    const { urgent, ...usual } = this.parts;
    this.box.classList.toggle("urgent", urgent.length > 0);
    this.box.replaceChildren(...(urgent.length ? urgent : Object.values(usual).flat()).map(slide));
    for (const each of [...this.box.children]) this.split(each);
    this.turn(this.index);
  }

  /** A notice too long for the strip is shown in parts, one after another; it is parted where a reader would pause. */
  split(slide) {
    const lines = parseFloat(getComputedStyle(slide).lineHeight) * STRIP_LINES;
    const pieces = slide.children.length ? [...slide.childNodes] : slide.textContent.split(PAUSES).filter(Boolean);
    if (slide.scrollHeight <= lines + 2 || pieces.length < 2) return;
    const half = Math.ceil(pieces.length / 2);
    const parts = [pieces.slice(0, half), pieces.slice(half)].map((some) => make("p.slide", {}, some));
    slide.replaceWith(...parts);
    parts.forEach((part) => this.split(part));
  }

  turn(index) {
    const slides = [...this.box.children];
    this.index = index % Math.max(1, slides.length);
    slides.forEach((each, at) => each.classList.toggle("now", at === this.index));
  }
}

const slide = (notice) =>
  Array.isArray(notice)
    ? make("p.slide", {}, notice.flatMap((piece) => [make("span.piece", {}, safe(piece)), " "]))
    : make("p.slide", {}, safe(notice));

// --- the board

publicScreen();
const { hall, url } = await begin();
const zone = zoneOf(query, hall);
const windows = new Windows(find("#windows"), find("#windows-pages"));
const queues = new Queues(find("#queues"), find("#queues-pages"));
const strip = new NoticeStrip(find("#strip"));
const said = new NoticeStrip(find("#said")); // messages to all who wait
const duty = new DutyRoster(find("#duty-panel"), find("#duty"), find("#duty-pages"), strip, {
  crowded: () => windows.paging.pages > 1,
  relaid: () => windows.paging.draw(),
});
const token = stationToken("board");
const media = new Playlist(find("#media"), { screen: "board", area: query.get("area") ?? "", changed: (plays) => calls.beside(plays) });
const calls = new Calls(find("#calls"), find("#recent"), { now: () => wire.now(), none, busy });
const announcer = new Announcer({ token, zone: zone.name, button: find("#unmute"), now: () => wire.now(), shown: calls });
const drawn = new Map(); // part → the text of what it shows
let newest = null;
let due = 0;
let resting = 0; // the timer of the playlist's return
const quiet = query.get("voice") === "off" || !hall.voice.enabled;

document.title = name(hall);
say(find("#hall"), name(hall));
say(find("#hall-2"), name2(hall));
new ResizeObserver(() => fit([find("#hall"), find("#hall-2")])).observe(find(".mast-name")); // beside the date
const wire = station({ url, token, watch: ["board"], onView: show });
if (wire) runClock(wire, hall.zone, find("#time"), find("#date"));

function show(_, doc) {
  followSettings(hall, doc.hall.settings);
  newest = doc;
  const called = calledHere(doc);
  const windowCount = Object.keys(doc.windows).filter(isHere).length;
  if (changed("calls", [called, windowCount, doc.hall.open, doc.opening, doc.hours, doc.suspended, doc.rest])) {
    const fresh = calls.show(called, windowCount);
    if (!quiet) announcer.offer(fresh);
  }
  due ||= setTimeout(showRest, REST_MS);
  darken((doc.dark ?? []).includes(`board/${query.get("area") ?? "hall"}`), (off) => media.rest(off));
}

function showRest() {
  due = 0;
  const shown = Object.entries(newest.windows).filter(([id]) => isHere(id));
  const many = changed("how many windows", shown.length);
  document.body.classList.toggle("few", shown.length <= FEW);
  if (changed("windows", [shown, newest.suspended])) windows.show(shown);
  const waits = Object.entries(newest.queues).filter(([id]) => isServedHere(id));
  if (changed("queues", [waits, newest.suspended])) queues.show(waits);
  const urgent = urgentLines();
  if (changed("urgent", urgent)) strip.show("urgent", urgent);
  const told = (newest.said ?? []).filter((each) => !each.zone || each.zone === zone.name);
  if (changed("said", told)) said.show("notices", told.flatMap((each) => [...new Set([each.zh, each.en])]));
  if (!quiet) announcer.tell(told);
  if (changed("ratings", newest.ratings)) strip.show("ratings", newest.ratings ? rootLines(newest.ratings) : []);
  if (changed("month", newest.month)) strip.show("month", newest.month ? monthLines(newest.month) : []);
  if (changed("take", newest.take?.code)) showTake(newest.take?.code ?? "");
  if (changed("notices", newest.notices)) strip.show("notices", newest.notices);
  if (changed("roster", newest.roster) || many) duty.show(newest.roster ?? []);
}

// --- what stands still

const clock = (at) => instants(hall.zone, CLOCK, language())(at);
const stopped = (queue) => (newest?.suspended ?? []).some((each) => each.scope === "hall" || (each.scope === "queue" && each.id === queue));
const wholeHall = () => (newest?.suspended ?? []).find((each) => each.scope === "hall");
/** The code of the minute, for phones: an old one leads to words that say to scan again, so the picture is never kept. */
function showTake(code) {
  find("#take").hidden = !code;
  if (code) find("#take-code").src = `/take/${code}.svg`;
}

/** The ratings of the day closed last, those of decided cases apart, and its root: who notes the digits can tell whether
 * one was changed since. */
function rootLines({ day, levels, case_levels: cases = [], root }) {
  const facts = (some) => {
    const total = some.reduce((sum, count) => sum + count, 0);
    return { day, total, share: total ? `${((100 * (total - some[0] - some[1])) / total).toFixed(1)}%` : "—" };
  };
  const visits = facts(levels.map((count, n) => count - (cases[n] ?? 0)));
  const digits = root.slice(0, 16).match(/.{4}/g).join(" ");
  const apart = (words) => (cases.some(Boolean) ? [words("board.ratings.cases", facts(cases))] : []);
  const first = cases.length ? "board.ratings.visits" : "board.ratings"; // the root of an older version counts both as one
  const line = (words) => [words(first, visits), ...apart(words), words("board.ratings.root", { digits })];
  return [line(t), ...(t2("board.ratings") ? [line(t2)] : [])];
}

/** The month published last: the first windows of its ranking, with their points and attendance. */
function monthLines({ month, windows: all }) {
  const ranked = all.filter(({ place }) => place && place <= PLACES_SHOWN);
  const share = (part) => (part === undefined ? "—" : `${(100 * part).toFixed(1)}%`);
  const facts = (row) => ({ ...row, points: row.points?.toFixed(1) ?? "—", attendance: share(row.attendance), punctual: share(row.punctual) });
  const said = (words, row) => words(row.attendance === undefined ? "board.month.place" : "board.month.full", facts(row));
  const line = (words) => [words("board.month", { month }), ...ranked.map((row) => said(words, row))];
  return ranked.length ? [line(t), ...(t2("board.month") ? [line(t2)] : [])] : [];
}

/** What is told at the foot alone while it holds: the hall's break. */
function urgentLines() {
  const both = (key, facts) => [t(key, facts(language())), second() ? t2(key, facts(second())) : ""].filter(Boolean);
  const rest = newest.rest ? both("board.break", () => ({ time: clock(newest.rest.until) })) : [];
  return rest;
}

function isHere(id) {
  return !zone.windows.length || zone.windows.includes(id);
}

/** Who waits for other zones' windows is told there. */
function isServedHere(queue) {
  return !zone.windows.length || zone.windows.some((id) => hall.windows[id]?.serves.includes(queue));
}

/** The calls of these windows. Other zones' may have pushed ours out of the newest: who is here still is shown. */
function calledHere(doc) {
  const recent = doc.calls.filter((call) => isHere(call.window));
  if (!zone.windows.length) return recent;
  const listed = recent.map((call) => call.number);
  const here = Object.entries(doc.windows).filter(([id, { number }]) => isHere(id) && number && !listed.includes(number));
  const names = ({ name, name_en, number }) => ({ window_name: name, window_name_en: name_en, number });
  return [...recent, ...here.map(([id, line], index) => ({ call: -1 - index, at: 0, window: id, ...names(line) }))];
}

/** What stands where the calls will be, as lines in the two languages: to wait, or why the hall is closed and when to
 * come. */
function none() {
  const { opening, hours } = newest;
  const whole = wholeHall();
  if (newest.hall.open && whole) {
    const line = (words, id) => words("board.suspended", { name: own(whole, "name", id), reason: own(whole, "reason", id) });
    return [[line(t, language()), second() ? line(t2, second()) : ""], [t("board.suspended.more"), t2("board.suspended.more")]];
  }
  if (newest.hall.open && newest.rest) return [[t("board.break", { time: clock(newest.rest.until) }), t2("board.break", { time: clock(newest.rest.until) })]];
  if (newest.hall.open) return [[t("board.none"), t2("board.none")]];
  const why = opening.why ? ["board.closed.why", (id) => ({ why: own(opening, "why", id) })] : ["board.closed", () => ({})];
  const when = (id) => ({ date: instants(hall.zone, DAY, id)(opening.at), time: instants(hall.zone, CLOCK, id)(opening.at) });
  const provisional = opening.provisional && ["board.provisional", () => ({})];
  const lines = [why, opening.at && ["board.next", when], provisional, ["board.hours", () => ({ hours: hours.join(", ") })]].filter(Boolean);
  return lines.map(([key, facts]) => [t(key, facts(language())), second() ? t2(key, facts(second())) : ""]);
}

/** Gives the playlist's room to a call at once, and plays on when it has been calm for a moment. */
function busy(rings) {
  if (rings) {
    clearTimeout(resting);
    resting = 0;
    media.show(false);
  } else resting ||= setTimeout(() => media.show(true), CALM_MS);
}

/** Whether this part differs from what was drawn last: what is the same is not laid out again. */
function changed(part, value) {
  const text = JSON.stringify(value);
  const differs = drawn.get(part) !== text;
  drawn.set(part, text);
  return differs;
}

/** ?windows=1,2,3 or ?area=east shows some windows only; ?zone=east names the place whose loudspeaker this is. */
function zoneOf(given, { windows }) {
  const area = given.get("area");
  const listed = (given.get("windows") ?? "").split(",").filter(Boolean);
  const only = area ? Object.keys(windows).filter((id) => windows[id].area === area) : listed;
  return { windows: only, name: given.get("zone") ?? area ?? (only.length ? only.join("-") : "hall") };
}
