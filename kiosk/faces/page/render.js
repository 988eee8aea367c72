/* The screen document as nodes. It decides nothing: every word, tile and button stands in the document; only
 * how many fit on one page is measured here. */
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { BODIES } from "./bodies.js";

/** Everything a part needs to speak: the words, the language, the clock, the paging. */
export class Speech {
  constructor(words, clock) {
    this.words = words;
    this.clock = clock;
    this.language = "zh";
  }

  /** A word of the document: {"key", "facts"} or {"text"}. */
  say(part) {
    if (!part) return "";
    if (part.text !== undefined) return part.text;
    const lines = this.words[this.language] ?? this.words.zh;
    const line = lines[part.key] ?? this.words.zh[part.key] ?? part.key;
    return line.replace(/\{(\w+)\}/g, (_, name) => part.facts?.[name] ?? "");
  }

  key(key, facts) {
    return this.say({ key, facts });
  }

  get lang() {
    return this.key("language.lang");
  }

  time(micros, zone) {
    const options = { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: zone };
    return new Intl.DateTimeFormat(this.lang, options).format(new Date(micros / 1000));
  }

  date(micros, zone) {
    const long = this.language === "zh" ? "long" : "short"; // 11月21日星期六 is shorter than Saturday, November 21
    const options = { month: long, day: "numeric", weekday: long, timeZone: zone };
    return new Intl.DateTimeFormat(this.lang, options).format(new Date(micros / 1000));
  }
}

export function screen(doc, speech, paging) {
  speech.language = doc.language;
  const body = (BODIES[doc.screen] ?? BODIES.plain)(doc, speech, paging);
  return h(
    "div",
    { id: "kiosk", "data-screen": doc.screen, "data-n": doc.n, "data-dim": doc.dim || undefined, "data-target": doc.screen === "idle" ? "start" : undefined },
    header(doc, speech),
    h("main", { "data-key": `${doc.screen}` }, ...body),
    footer(doc, speech),
    doc.left !== undefined && warning(doc, speech),
  );
}

function header(doc, speech) {
  const now = speech.clock();
  return h(
    "header",
    {},
    h("div", { class: "hall", "data-target": doc.screen === "idle" ? "staff" : undefined, "data-long": doc.screen === "idle" }, h("span", { class: "seal" }), h("span", {}, doc.hall)),
    h("div", { class: "clock" }, h("b", {}, speech.time(now, doc.zone)), h("span", {}, speech.date(now, doc.zone))),
  );
}

function footer(doc, speech) {
  const others = doc.languages.filter((name) => name !== doc.language);
  const languages = others.map((name) =>
    h("button", { class: "nav", "data-target": `language:${name}`, lang: speech.words[name]["language.lang"] }, icon("globe"), h("span", {}, speech.words[name]["language.name"])),
  );
  return h(
    "footer",
    {},
    h(
      "nav",
      {},
      doc.nav.back && h("button", { class: "nav", "data-target": "back" }, icon("back"), h("span", {}, speech.key("button.back"))),
      doc.nav.home && h("button", { class: "nav", "data-target": "home" }, icon("home"), h("span", {}, speech.key("button.home"))),
      h("span", { class: "gap" }),
      ...languages,
      doc.voice && h("button", { class: "nav", "data-target": "mute", "aria-pressed": doc.voice.on ? "false" : "true" }, icon(doc.voice.on ? "sound" : "mute"), h("span", {}, speech.key(doc.voice.on ? "button.mute" : "button.unmute"))),
      h("button", { class: "nav", "data-target": "large", "aria-pressed": doc.large ? "true" : "false" }, icon("large"), h("span", {}, speech.key(doc.large ? "button.normal" : "button.large"))),
    ),
  );
}

function warning(doc, speech) {
  return h(
    "div",
    { class: "cover warning", role: "alertdialog", "aria-label": speech.key("left.title"), "data-key": "warning", "data-target": "stay" },
    h(
      "div",
      { class: "calm" },
      h("h1", {}, speech.key("left.title")),
      h("p", {}, speech.key("left.text", { left: doc.left })),
      h("div", { class: "pair" }, h("button", { class: "action main", "data-target": "stay" }, speech.key("button.stay")), doc.nav.home && h("button", { class: "action", "data-target": "home" }, speech.key("button.home"))),
    ),
  );
}

/** No waiting mends it: applicants are sent on, and a small line tells the staff what to type. */
function notEnrolled(doc, speech) {
  const other = speech.language === "zh" ? "en" : "zh";
  const staff = (language) => {
    const [before, after] = speech.words[language]["not-enrolled.staff"].split("{command}");
    return h("p", { lang: speech.words[language]["language.lang"] }, before, h("code", {}, doc.not_enrolled.command), after);
  };
  return [
    icon("info"),
    h("h1", {}, speech.key("not-enrolled.title")),
    h("p", {}, speech.key("not-enrolled.text")),
    h("p", { class: "quiet", lang: speech.words[other]["language.lang"] }, speech.words[other]["not-enrolled.title"]),
    h("div", { class: "staffline" }, ["zh", "en"].map(staff)),
  ];
}

/** This page was opened without the kiosk's key: only its technician can mend that. */
const wrongAddress = ({ zh, en, next_zh, next_en }) =>
  h("div", { id: "cover", class: "cover", role: "status" }, h("div", { class: "calm" }, icon("info"), h("h1", {}, zh), h("p", {}, next_zh), h("p", { class: "quiet", lang: "en" }, en, ". ", next_en)));

/** The calm page: the caller is away or does not know this kiosk, or this page has lost its kiosk. */
export function calm(doc, speech, here, refusal) {
  if (refusal) return wrongAddress(refusal);
  if (here && doc.not_enrolled) return h("div", { id: "cover", class: "cover", role: "status" }, h("div", { class: "calm" }, notEnrolled(doc, speech)));
  const text = doc?.pending ? "away.pending" : "away.text";
  const other = speech.language === "zh" ? "en" : "zh";
  return h(
    "div",
    { id: "cover", class: "cover", role: "status" },
    h(
      "div",
      { class: "calm" },
      h("div", { class: "pulse" }),
      h("h1", {}, speech.key("away.title")),
      h("p", {}, speech.key(text)),
      h("p", { class: "quiet" }, speech.key("away.guide")),
      speech.words[other] && h("p", { class: "quiet", lang: other === "zh" ? "zh-CN" : other }, speech.words[other]["away.title"]),
    ),
  );
}
