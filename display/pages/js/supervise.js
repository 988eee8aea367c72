/* The supervisor's page: red, yellow and green over windows, queues, devices and cases, and the day in figures. It watches;
 * all it can do is to acknowledge a window's alarm. Each light is a colour and a shape (round, triangle, square) and a word. */

import { find, make, press, say } from "../shared/dom.js";
import { fit } from "../shared/fitting.js";
import { keepRowFocus } from "../shared/row_focus.js";
import { BASE, t, told } from "../shared/words.js";
import { LEVELS } from "./feedback.js";
import { begin, explained, name } from "./hall.js";
import { runClock } from "./hall-screens.js";
import { followSettings, station, stationToken } from "./station.js";
import { DutyLights } from "./supervise-cases.js";

const LOOK_MS = 5_000; // ages are told in minutes
const MINUTE = 60_000_000; // in instants of the wire
const [HOURS_FROM, DAYS_FROM] = [180, 2880]; // minutes
const MANY = 40; // windows; beyond it each keeps one line
const FITTED = ".desk b, .desk .state, .desk .clerk, td:first-child, #alerts .light, #devices .light, .mast h1";
const COUNTS = ["issued", "waiting", "served", "missed", "cancelled", "expired", "lapsed"];

const ROWS = ["window", "queue", "device"]; // what this page has a row of
const DUTIES = { case: "overdue", "follow-up": "complaint" }; // which light's records hold what an alarm is about

const URGENT = { red: 0, yellow: 1, green: 2, grey: 3 }; // what needs a hand stands first: a long list is cut at its end

// --- lights: each row brings its own, the caller decides it

/** How many of each light there are, in the mast. */
const lights = (all) =>
  ["red", "yellow", "green"].map((colour) => make(`span.light.${colour}`, {}, `${t(`light.${colour}`)} ${all[colour]}`));

/** The rows of an object, the urgent first, those of one light in the hall's own order. */
const urgentFirst = (all) => Object.entries(all).sort(([, one], [, two]) => URGENT[one.light] - URGENT[two.light]);

function alerts(list, now) {
  if (!list.length) return [make("li", {}, make("span.light.green", {}, t("supervise.no-alerts")))];
  return list.map((alert) =>
    make(
      "li",
      {},
      leading(alert),
      alert.code.startsWith("help-") ? acknowledging(alert) : "",
      make("span.age", {}, age(alert.since, now)),
    ),
  );
}

/** The words of an alarm: a press leads to the row that it is about, or to the light over its records. What this page does
 * not show (a number, a station) is led to by the office's live page. */
function leading(alert) {
  const kind = alert.about.split("/")[0];
  const duty = doc.duties && DUTIES[kind];
  if (!duty && !ROWS.includes(kind)) return make(`span.light.${alert.light}`, {}, told(alert));
  const button = make(`button.leads.light.${alert.light}`, { type: "button", "data-about": alert.about, "data-key": `${alert.code}/${alert.about}` }, told(alert));
  press(button, () => (duty ? duties.show(duty) : point(alert.about)));
  return button;
}

/** Brings the row that is about this into sight, and marks it until another is. */
function point(about) {
  pointed = about;
  mark();
  find(".pointed")?.scrollIntoView({ block: "center" });
}

function mark() {
  const [kind, id] = pointed.split(/\/(.*)/);
  for (const row of document.querySelectorAll(".pointed")) row.classList.remove("pointed");
  if (id) document.querySelector(`main [data-${kind}="${CSS.escape(id)}"]:not(button)`)?.classList.add("pointed");
}

/** Tells the clerk of an alarm that somebody comes. A refusal is shown in its own words until the next document. */
function acknowledging({ about, since }) {
  const window = about.slice("window/".length);
  const button = make("button.press.acknowledge", { type: "button", "data-window": window, "data-key": `acknowledge/${window}` }, t("supervise.acknowledge"));
  press(button, async () => {
    button.disabled = true;
    try {
      await wire.send({ type: "AcknowledgeAlarm", window, raised: since });
    } catch (refused) {
      if (refused) button.replaceChildren(explained(refused)[0]);
    }
  });
  return button;
}

/** What needs a hand stands first: of three hundred windows only the first are in sight. */
const windows = (all, now) => urgentFirst(all).map(([id, window]) => desk(id, window, now));

const desk = (id, window, now) =>
  make(
    "li.desk",
    { "data-window": id },
    make("b", {}, /^\d+$/.test(id) ? `${id} ${name(window).replace(/窗口$/, "")}` : name(window)),
    make(`span.state.light.${window.light}`, {}, stateWords(window)),
    make("span.clerk", {}, window.clerk || "—"),
    make(
      "span.more",
      {},
      make("span", {}, `${t("supervise.served")} ${window.served}`),
      make("span", {}, window.state === "closed" ? "" : age(window.since, now)),
    ),
  );

function stateWords(window) {
  if (window.away) return t("supervise.away");
  if (window.back) return `${t("window-state.paused")} · ${t("window.back", { time: window.back })}`;
  return (window.state !== "paused" && window.number) || t(`window-state.${window.state}`);
}

function queues(all, now) {
  const keys = ["supervise.queues", "board.waiting", "supervise.late", "supervise.oldest", "supervise.held"];
  const head = make("tr", {}, ...keys.map((key) => make("th", { scope: "col" }, t(key))));
  return [head, ...urgentFirst(all).map(([id, queue]) => line(id, queue, now))];
}

const line = (id, queue, now) =>
  make(
    "tr",
    { "data-queue": id },
    make("td", {}, make(`span.light.${queue.light}`, {}, `${id} ${name(queue)}`)),
    make("td.number", {}, String(queue.waiting)),
    make("td.number", {}, String(queue.late)),
    make("td", {}, queue.oldest ? age(queue.oldest, now) : "—"),
    make("td", {}, queue.held ? t("supervise.held.for", { count: queue.held, age: age(queue.held_since, now) }) : "—"),
  );

function devices(all, now) {
  const list = urgentFirst(all);
  if (!list.length) return [make("li", {}, t("supervise.none"))];
  return list.map(([id, device]) =>
    make(
      "li",
      { "data-device": id },
      make(`span.light.${device.light}`, {}, `${t(`device-kind.${device.kind}`)} ${id}：${t(`device-state.${device.state}`)}`),
      make("span.age", {}, age(device.since, now)),
    ),
  );
}

/** How long something has lasted: in minutes, from three hours on in hours, from two days on in days. */
function age(since, now) {
  if (!since) return "";
  const minutes = Math.max(0, Math.floor((now - since) / MINUTE));
  if (minutes < HOURS_FROM) return t("minutes", { minutes });
  return minutes < DAYS_FROM ? t("supervise.hours", { hours: Math.floor(minutes / 60) }) : t("supervise.days", { days: Math.floor(minutes / 1440) });
}

// --- figures

const counts = (all) =>
  COUNTS.map((what) =>
    make("div", { "data-count": what }, make("p.figure.number", {}, String(all[what] ?? 0)), make("p.what", {}, t(`count.${what}`))),
  );

/** Levels with their counts, and two shares: 评价率 (rated of served) and 好评率 (levels 3 to 5 of rated). */
function ratings(all, counted) {
  const count = (level) => all[level] ?? 0;
  const rated = LEVELS.reduce((sum, level) => sum + count(level), 0);
  const most = Math.max(1, ...LEVELS.map(count));
  const bars = LEVELS.flatMap((level) => [
    make("span", {}, t(`level.${level}`)),
    bar(count(level) / most),
    make("span.number", {}, String(count(level))),
  ]);
  const good = LEVELS.filter((level) => level > 2).reduce((sum, level) => sum + count(level), 0);
  return [make("div.bars", {}, ...bars), make("p.shares", {}, share("rated", rated, counted.served), share("good", good, rated))];
}

function bar(part) {
  const track = make("div");
  const fill = make("div.bar");
  fill.style.width = `${Math.round(part * 100)}%`;
  track.append(fill);
  return track;
}

const share = (key, part, whole) =>
  make("span", {}, `${t(`supervise.${key}`)} `, make("b.number", {}, whole ? `${Math.round((100 * part) / whole)}%` : "—"));

// --- the page

const { hall, url } = await begin([BASE]);
let doc = null;
let pointed = ""; // what the alarm that was pressed last is about
keepRowFocus(document.body);
document.title = `${t("supervise.title")} · ${name(hall)}`;
say(find("#hall"), name(hall));
const duties = new DutyLights(find("#duties"), find("#records"), hall.zone, (topics) => wire?.watch(["supervise", ...topics]));
const wire = station({ url, token: stationToken("supervise"), watch: ["supervise"], onView: show });
if (wire) runClock(wire, hall.zone, find("#time"), find("#date"));
setInterval(() => doc && draw(), LOOK_MS);

function show(topic, newest) {
  if (topic !== "supervise") return duties.take(topic, newest);
  doc = newest;
  followSettings(hall, doc.hall.settings);
  draw();
}

function draw() {
  const now = wire.now();
  find("#lights").replaceChildren(...lights(doc.lights));
  find("#counts").replaceChildren(...counts(doc.counts));
  find("#duties").hidden = !doc.duties;
  if (doc.duties) duties.counts(doc.duties);
  find("#alerts").replaceChildren(...alerts(doc.alerts, now));
  find("#windows").replaceChildren(...windows(doc.windows, now));
  say(find("#window-count"), Object.keys(doc.windows).length);
  find("#queues").replaceChildren(...queues(doc.queues, now));
  find("#devices").replaceChildren(...devices(doc.devices, now));
  find("#ratings").replaceChildren(...ratings(doc.ratings, doc.counts));
  mark();
  fit(document.querySelectorAll(FITTED));
  showAll(find("#windows"));
}

/** Sets windows closer, and then on one line each, until the wall shows all of them: nobody scrolls it. */
function showAll(list) {
  list.classList.remove("close");
  list.classList.toggle("many", list.children.length > MANY);
  const room = list.parentElement;
  for (const way of ["close", "many"]) {
    if (room.scrollHeight <= room.clientHeight) return;
    list.classList.add(way);
    fit(list.querySelectorAll(FITTED));
  }
}
