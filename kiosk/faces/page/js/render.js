/* The screen document as nodes. It decides nothing: every word, tile and button stands in the document; only
 * how many fit on one page is measured here. */
import { make } from "../shared/dom.js";
import { CLOCK, COMPLETE, choose, has, instants, language, month, provide, safe, t, tag, word } from "../shared/words.js";
import { BODIES, icon } from "./bodies.js";
import { isLong } from "./paging.js";

/** Everything a part needs to speak: the words, the language, the clock. */
export class Speech {
  constructor(languages, clock) {
    this.clock = clock;
    provide(languages);
  }

  get language() {
    return language();
  }

  /** A word of the document: {"key", "facts"} or {"text"}; a fact may be such a word itself. */
  say(part) {
    if (!part) return "";
    if (part.text !== undefined) return safe(part.text);
    const facts = Object.entries(part.facts ?? {}).map(([name, fact]) => [name, fact?.key ? this.say(fact) : fact]);
    return t(part.key, Object.fromEntries(facts));
  }

  key(key, facts) {
    return t(key, facts);
  }

  time(micros, zone) {
    return instants(zone, CLOCK)(micros);
  }

  date(micros, zone) {
    const length = month(); // 11月21日星期六 is shorter than Saturday, November 21
    return instants(zone, { month: length, day: "numeric", weekday: length })(micros);
  }
}

export function screen(doc, speech, paging) {
  if (doc.language !== language()) choose([doc.language]);
  const body = (BODIES[doc.screen] ?? BODIES.plain)(doc, speech, paging);
  return make(
    "div",
    { id: "kiosk", "data-screen": doc.screen, "data-n": doc.n, "data-dim": doc.dim || undefined, "data-target": doc.screen === "idle" ? "start" : undefined },
    header(doc, speech),
    make("main", { "data-key": `${doc.screen}${doc.low ? "/low" : ""}` }, ...(doc.low ? halves(doc, body) : body)),
    footer(doc, speech),
    doc.left !== undefined && warning(doc, speech),
  );
}

const TOUCHED = ".tabs, .tiles, .pager, .keys, .actions";
const BESIDE = ", .notes, .facts"; // what is read right before a button

/** What is read, and below it what is touched: care.css keeps the second within reach of who sits in a wheelchair. */
function halves(doc, parts) {
  const [view, reach] = [make("div", { class: "view" }), make("div", { class: "reach" })];
  view.append(...parts.flat().filter(Boolean));
  if (!view.querySelector(TOUCHED)) return [...view.childNodes];
  for (const part of view.querySelectorAll(TOUCHED + (doc.tiles ? "" : BESIDE))) {
    if (part.matches(".tiles")) reach.append(make("div", { class: "body" }, part, view.querySelector(".tiles + .pager")));
    else if (view.contains(part)) reach.append(part);
  }
  return [view, reach];
}

function header(doc, speech) {
  const now = speech.clock();
  return make(
    "header",
    {},
    make("div", { class: isLong(doc.hall) ? "hall long" : "hall", "data-target": doc.screen === "idle" ? "staff" : undefined, "data-long": doc.screen === "idle" }, make("span", { class: "seal" }), make("span", {}, doc.hall)),
    make("div", { class: "clock" }, make("b", {}, speech.time(now, doc.zone)), make("span", {}, speech.date(now, doc.zone))),
  );
}

function footer(doc, speech) {
  const others = doc.languages.filter((name) => name !== doc.language);
  const languages = others.map((name) =>
    make("button", { class: "nav", "data-target": `language:${name}`, lang: tag(name), dir: word(name, "_dir") }, icon("globe"), make("span", {}, word(name, "_name"))),
  );
  return make(
    "footer",
    {},
    make(
      "nav",
      { class: others.length > 1 ? "many" : undefined },
      doc.nav.back && make("button", { class: "nav", "data-target": "back" }, icon("back"), make("span", {}, speech.key("button.back"))),
      doc.nav.home && make("button", { class: "nav", "data-target": "home" }, icon("home"), make("span", {}, speech.key("button.home"))),
      make("span", { class: "gap" }),
      ...languages,
      doc.voice && make("button", { class: "nav", "data-target": "mute", "aria-pressed": doc.voice.on ? "false" : "true" }, icon(doc.voice.on ? "sound" : "mute"), make("span", {}, speech.key(doc.voice.on ? "button.mute" : "button.unmute"), doc.voice.spoken && make("small", { lang: tag(doc.voice.spoken), dir: word(doc.voice.spoken, "_dir") }, word(doc.voice.spoken, "_name")))),
      make("button", { class: "nav low", "data-target": "low", "aria-pressed": doc.low ? "true" : "false" }, icon("low"), make("span", {}, speech.key(doc.low ? "button.high" : "button.low"))),
      make("button", { class: "nav", "data-target": "large", "aria-pressed": doc.large ? "true" : "false" }, icon("large"), make("span", {}, speech.key(doc.large ? "button.normal" : "button.large"))),
    ),
  );
}

function warning(doc, speech) {
  return make(
    "div",
    { class: "cover warning", role: "alertdialog", "aria-label": speech.key("left.title"), "data-key": "warning", "data-target": "stay" },
    make(
      "div",
      { class: "calm" },
      make("h1", {}, speech.key("left.title")),
      make("p", {}, speech.key("left.text", { left: doc.left })),
      make("div", { class: "pair" }, make("button", { class: "action main", "data-target": "stay" }, speech.key("button.stay")), doc.nav.home && make("button", { class: "action", "data-target": "home" }, speech.key("button.home"))),
    ),
  );
}

/** A complete language beside the one that speaks: somebody reads it. */
const otherThan = (id) => COMPLETE.find((each) => each !== id);

/** No waiting mends it: applicants are sent on, and a small line tells the staff what to type. */
function notEnrolled(doc, speech) {
  const other = otherThan(speech.language);
  const staff = (language) => {
    const [before, after] = word(language, "not-enrolled.staff").split("{command}");
    return make("p", { lang: tag(language), dir: "ltr" }, before, make("code", {}, doc.not_enrolled.command), after);
  };
  return [
    icon("info"),
    make("h1", {}, speech.key("not-enrolled.title")),
    make("p", {}, speech.key("not-enrolled.text")),
    make("p", { class: "quiet", lang: tag(other) }, word(other, "not-enrolled.title")),
    make("div", { class: "staffline" }, COMPLETE.map(staff)),
  ];
}

/** This page was opened without the kiosk's key: only its technician can mend that. */
const wrongAddress = ({ zh, en, next_zh, next_en }) =>
  make("div", { id: "cover", class: "cover", role: "status" }, make("div", { class: "calm" }, icon("info"), make("h1", {}, zh), make("p", {}, next_zh), make("p", { class: "quiet", lang: "en" }, `${en}. ${next_en}`)));

/** The calm page: the caller is away or does not know this kiosk, or this page has lost its kiosk. */
export function calm(doc, speech, here, refusal) {
  if (refusal) return wrongAddress(refusal);
  if (here && doc.not_enrolled) return make("div", { id: "cover", class: "cover", role: "status" }, make("div", { class: "calm" }, notEnrolled(doc, speech)));
  const text = doc?.pending ? "away.pending" : "away.text";
  const other = otherThan(speech.language);
  return make(
    "div",
    { id: "cover", class: "cover", role: "status" },
    make(
      "div",
      { class: "calm" },
      make("div", { class: "pulse" }),
      make("h1", {}, speech.key("away.title")),
      make("p", {}, speech.key(text)),
      make("p", { class: "quiet" }, speech.key("away.guide")),
      has(other) && make("p", { class: "quiet", lang: tag(other) }, word(other, "away.title")),
    ),
  );
}

/** Make `old` like `fresh`, touching only what differs. */
export function morph(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  morphAttributes(old, fresh);
  const wanted = [...fresh.childNodes];
  const shown = [...old.childNodes];
  wanted.forEach((child, i) => {
    if (i >= shown.length) old.append(child);
    else if (alike(shown[i], child)) morph(shown[i], child);
    else shown[i].replaceWith(child);
  });
  shown.slice(wanted.length).forEach((child) => child.remove());
}

const alike = (a, b) => a.nodeName === b.nodeName && a.dataset?.key === b.dataset?.key;

function morphAttributes(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) return;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "data-down" && name !== "style") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}
