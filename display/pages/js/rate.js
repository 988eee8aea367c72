/* The evaluator as a page. It shows the clerk's card, asks once when a service has ended, and thanks.
 *
 * A press counts at once in the citizen's eyes: the five choices vanish, so none is pressed twice. A bad level
 * may give reasons, or choose again (a finger slips); a person who walks away from that question has still rated.
 * The time the hall allows for the question runs unseen, so that nobody is hurried. Own words come last, when the
 * rating is safe, and are free; a letter left half written is wiped before the next person sits down. */

import { darken, find, make, press, publicScreen, say } from "../shared/dom.js";
import { fit } from "../shared/fitting.js";
import { Playlist } from "../shared/playlist.js";
import { BASE, label, language, t } from "../shared/words.js";
import { BAD_LEVEL, button, letterFields, levels, provinceCode, provincePage, reasonChoices, sendLetter } from "./feedback.js";
import { begin, explained, name, nameByLanguage, nextLanguage, query, windowLabel } from "./hall.js";
import { clerkParts } from "./hall-screens.js";
import { followSettings, station, stationToken, stop } from "./station.js";

const THANKS_MS = 6_000; // long enough to read two lines
const SCAN_MS = 20_000; // long enough to take out a phone and scan
const WALKED_AWAY_MS = 30_000; // no touch on the reasons for so long: the rating goes without them
const LAST_MS = 3_000; // before the hall stops taking the rating it goes as it is, rather than be lost
const LOOK_MS = 1_000; // how often the unseen time is looked at

publicScreen();
const { hall, url } = await begin([BASE]);
const id = query.get("window") ?? "";
const stage = find("#stage");
let doc = {};
let screen = { name: "", ticket: "" };
const CASE = "case/";
const answered = new Set(); // what this tablet has sent a rating for: tickets, and with CASE before it the cases they collected
let province = { ticket: "", found: null }; // where the visit asked about is rated on the province's page
let wire = null;
const mediaBox = make("div.media");
const media = new Playlist(mediaBox, { screen: "tablet", area: hall.windows[id]?.area ?? "" });

if (hall.windows[id]) open();
else stop("stop.no-window", "stop.no-window.next");

function open() {
  press(find("#language"), otherLanguage);
  relabel();
  wire = station({ url, token: stationToken(`rate.${id}`), watch: [`window/${id}`], onView: show, free: () => screen.name === "idle" });
  setInterval(decide, LOOK_MS);
}

function show(_, newest) {
  doc = newest;
  followSettings(hall, doc.settings, () => screen.name === "idle");
  darken(Boolean(doc.dark) && !doc.rating, (off) => media.rest(off));
  decide();
}

/** Which screen is due. A question once answered is never put again, and a half-given answer is not torn away. */
function decide() {
  if (!doc.window || ["reasons", "thanks", "sending", "words"].includes(screen.name)) return;
  const asked = due(doc.rating, "") ?? due(doc.case_rating, CASE);
  if (!asked) return idle();
  if (screen.ticket !== asked.about) ask(asked);
}

/** The question that is due, about a visit or about the case whose result it collected; null once it is over or answered. */
function due(question, kind) {
  const about = question && kind + question.ticket;
  return question && wire.now() < question.until && !answered.has(about) ? { ...question, about, kind } : null;
}

function paint(screenName, ticket, kind, ...children) {
  screen = { name: screenName, ticket };
  stage.className = kind;
  stage.dataset.screen = screenName;
  stage.replaceChildren(...children);
  media.show(screenName === "idle"); // a question, and what follows it, has the whole screen
  fit(stage.querySelectorAll(".card p:not(.awards), h1")); // awards take another line
}

async function idle() {
  const signature = `${doc.clerk}|${doc.ticket?.number}|${doc.ticket?.state}|${doc.awards}|${JSON.stringify(doc.month)}|${language()}`;
  if (screen.name === "idle" && screen.signature === signature) return;
  const parts = doc.clerk ? await clerkParts(doc.clerk) : [make("p.second", {}, t("window-public.closed"))];
  if (screen.name !== "" && screen.name !== "idle" && screen.name !== "ask" && screen.name !== "over") return;
  const place = make("p.place", {}, windowLabel(id, hall.windows[id]));
  const head = doc.ticket?.state === "serving" ? t("rate.serving", doc.ticket) : t("rate.idle");
  const words = make("div.words", {}, make("h1", {}, head), make("p.more", {}, t("rate.idle.more")), mediaBox);
  paint("idle", "", "idle", make("div.card", {}, place, parts, awards()), words);
  screen.signature = signature;
}

/** What the month's scores have given this window: on the card at rest, never over a question. */
function awards() {
  const given = (doc.awards ?? []).map((kind) => make(`span.award.${kind}`, {}, t(`award.${kind}`)));
  const place = doc.month?.windows[0].place;
  if (place) given.push(make("span.award.rank", {}, t("rate.place", { month: doc.month.month, place })));
  return given.length ? make("p.awards", {}, given) : "";
}

function ask(rating) {
  paint(
    "ask",
    rating.about,
    "asking",
    make("div", {}, make("h1", {}, t(rating.kind ? "rate.ask.case" : "rate.ask")), make("p.more", {}, t(rating.kind ? "rate.ask.case.more" : "rate.ask.more", rating))),
    levels((level) => chosen(rating, level)),
  );
  if (!rating.kind) showProvince(rating.ticket);
}

/** The province's page beside the hall's own question, and still there while one is thanked: whoever wants to scans it. */
async function showProvince(ticket) {
  const asked = () => screen.name === "ask" && screen.ticket === ticket;
  if (province.ticket !== ticket) {
    const looked = (province = { ticket, found: null });
    looked.found = await provincePage({ ticket, token: stationToken(`rate.${id}`) }, asked);
  }
  if (province.ticket === ticket && province.found && asked()) stage.append(provinceCode(province.found));
}

function chosen(rating, level) {
  if (level > BAD_LEVEL) return send(rating, level, []);
  const choices = reasonChoices(hall.rating);
  const go = (why, wantsWords = false) => {
    clearTimeout(walked);
    if (screen.name === "reasons") send(rating, level, why, wantsWords);
  };
  const patience = () => Math.max(0, Math.min(WALKED_AWAY_MS, (rating.until - wire.now()) / 1000 - LAST_MS));
  let walked = setTimeout(() => go(choices.chosen()), patience());
  choices.element.addEventListener("pointerdown", () => {
    clearTimeout(walked);
    walked = setTimeout(() => go(choices.chosen()), patience());
  });
  const back = () => {
    clearTimeout(walked);
    if (screen.name === "reasons") ask(rating);
  };
  const again = button("rate.again", back);
  const plain = button("rate.plain", () => go([]));
  const main = button("rate.send", () => go(choices.chosen(), true), "main");
  const head = make("h1", {}, t("rate.why"));
  paint("reasons", rating.about, "why", head, choices.element, make("div.row", {}, again, plain, main));
}

async function send(rating, level, why, wantsWords = false) {
  answered.add(rating.about);
  paint("sending", rating.about, "thanks", make("h1", {}, t("rate.sending")));
  try {
    await wire.send({ type: rating.kind ? "RateCase" : "Rate", ticket: rating.ticket, level, reasons: why, via: "tablet" });
    if (wantsWords && !rating.kind) write(rating, level);
    else end(t("rate.thanks"), t(!rating.kind && due(doc.case_rating, CASE) ? "rate.next.case" : "rate.thanks.more"));
  } catch (refused) {
    end(...explained(refused));
  }
}

/** Own words and a way to be reached, for whoever wants to. */
function write(rating, level) {
  const thanks = () => end(t("rate.thanks"), t("rate.thanks.more"));
  const letter = letterFields(hall.letter);
  const walked = unlessTouched(letter.element, thanks);
  const post = () => {
    clearTimeout(walked.timer);
    if (letter.text()) mail(rating, level, letter);
    else thanks();
  };
  const nothing = () => {
    clearTimeout(walked.timer);
    thanks();
  };
  const buttons = [button("letter.nothing", nothing), button("letter.send", post, "main")];
  const head = make("div", {}, make("h1", {}, t("rate.thanks")), make("p.more", {}, t("letter.ask")));
  paint("words", rating.about, "why", head, letter.element, make("div.row", {}, ...buttons));
}

/** Runs `act` when nobody has touched or typed for so long; `{timer}` ends it. */
function unlessTouched(element, act) {
  const walked = { timer: setTimeout(act, WALKED_AWAY_MS) };
  const stay = () => {
    clearTimeout(walked.timer);
    walked.timer = setTimeout(act, WALKED_AWAY_MS);
  };
  for (const sign of ["input", "pointerdown"]) element.addEventListener(sign, stay);
  return walked;
}

async function mail(rating, level, letter) {
  paint("sending", rating.about, "thanks", make("h1", {}, t("letter.sending")));
  try {
    await sendLetter({ ticket: rating.ticket, token: stationToken(`rate.${id}`) }, "rating", letter, level);
    end(t("rate.thanks"), t("letter.kept"));
  } catch (error) {
    end(...error.lines);
  }
}

function end(head, more = "") {
  const still = province.found && answered.has(province.ticket) && provinceCode(province.found);
  province = { ticket: "", found: null };
  paint("thanks", "", "thanks", make("h1", {}, head), make("p.more", {}, more), still);
  setTimeout(() => {
    screen = { name: "over", ticket: "" };
    decide();
  }, still ? SCAN_MS : THANKS_MS);
}

async function otherLanguage() {
  await nextLanguage(hall);
  relabel();
  if (screen.name === "ask") screen.ticket = ""; // put again, in the language chosen
  decide();
}

function relabel() {
  label();
  say(find("#hall"), name(hall));
  const numbered = windowLabel(id, hall.windows[id]);
  const called = name(hall.windows[id]);
  say(find("#window"), numbered === called ? called : `${numbered} · ${called}`);
  nameByLanguage(find("#language"), hall);
  fit([find("#hall"), find("#window")]);
}
