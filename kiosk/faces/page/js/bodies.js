/* The middle of each screen. Parts that many screens share come first. */
import { make, phrases, qr } from "../shared/dom.js";
import { isLong } from "./paging.js";

const SIGNS_USUAL = 4; // A042; longer numbers are set smaller
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS = "1234567890";

/** A class more for what large type sets smaller. */
const longer = (name, text) => (isLong(text ?? "") ? `${name} long`.trim() : name || undefined);

const heading = (text) => make("h1", { class: longer("", text) }, phrases(text ?? ""));

const head = (doc, speech) =>
  make(
    "div",
    { class: "head" },
    heading(speech.say(doc.title)),
    doc.lead && make("p", { class: "lead" }, speech.say(doc.lead)),
    doc.tabs && make("div", { class: "tabs", role: "group" }, doc.tabs.map((tab) => make("button", { class: "tab", "data-target": tab.target, "aria-pressed": String(tab.on) }, speech.key(tab.key)))),
  );

const FACT_ICONS = {
  "tile.count": "people", "tile.band": "clock", "wait.count": "people", "wait.nobody": "people", "idle.hours": "clock", "idle.next": "clock", "idle.provisional": "info",
  "wait.band": "clock", "wait.within": "clock", "wait.none": "clock", "wait.unknown": "clock",
};
const TONES = { warn: "warn", good: "check", info: "info" };

const notes = (doc, speech) =>
  make("div", { class: "notes", role: "status" }, (doc.notes ?? []).map((note) => make("p", { class: `note ${note.tone}` }, icon(TONES[note.tone]), make("span", {}, speech.say(note)))));

const facts = (list, speech, tag = "div") =>
  make(tag, { class: "facts" }, (list ?? []).map((fact) => make("span", { class: "fact" }, icon(FACT_ICONS[fact.key]), speech.say(fact))));

const actions = (doc, speech) =>
  make("div", { class: "actions" }, (doc.buttons ?? []).map((button) => action(button, speech)));

const action = (button, speech) =>
  make("button", { class: `action ${button.tone}`, "data-target": button.target, "aria-disabled": button.off ? "true" : undefined }, icon(button.target.split(":")[0]), make("span", {}, speech.key(button.key)));

function tile(part, speech) {
  const name = part.key ? speech.key(part.key) : part.name;
  return make(
    "button",
    { class: `tile${part.closed ? " closed" : ""}${isLong(name) ? " long" : ""}`, "data-target": part.target, "data-key": part.target },
    make("span", { class: "name" }, phrases(name)),
    part.detail && make("span", { class: "detail" }, speech.say(part.detail)),
    part.closed ? make("span", { class: "why" }, part.closed) : part.facts && facts(part.facts, speech, "span"),
  );
}

function tiles(doc, speech, paging) {
  const shown = paging.slice(doc.tiles ?? []);
  return [
    make("div", { class: "tiles", "data-paged": "" }, shown.items.map((part) => tile(part, speech))),
    shown.pages > 1 && pager(shown, speech),
  ];
}

const pager = ({ at, pages }, speech) =>
  make(
    "div",
    { class: "pager" },
    make("button", { class: "nav", "data-target": "local:previous", "aria-disabled": at === 0 ? "true" : undefined }, icon("previous"), make("span", {}, speech.key("page.previous"))),
    make("span", { class: "at" }, speech.key("page.of", { at: at + 1, of: pages })),
    make("button", { class: "nav", "data-target": "local:next", "aria-disabled": at === pages - 1 ? "true" : undefined }, make("span", {}, speech.key("page.next")), icon("next")),
  );

const row = (part, speech) =>
  make(
    "div",
    { class: "row" },
    make("dt", {}, speech.key(part.key)),
    part.list ? make("dd", {}, make("ol", {}, part.list.map((line) => make("li", { class: longer("", line) }, line)))) : make("dd", {}, part.word ? speech.say(part.word) : part.text),
  );

const rows = (doc, speech) => make("dl", { class: "rows" }, (doc.rows ?? []).map((part) => row(part, speech)));

/** Rows in columns as high as the screen; what does not fit stands on the next page, never under a scroll bar. */
function pagedRows(doc, speech, paging) {
  const pages = paging.rowPages;
  return [
    make("div", { class: "reading", "data-reading": "" }, make("dl", { class: "rows", "data-page": paging.at }, (doc.rows ?? []).map((part) => row(part, speech)))),
    pages > 1 && pager({ at: paging.at, pages }, speech),
  ];
}

const key = (letter, off = false, target = `key:${letter}`) =>
  make("button", { class: "key", "data-target": target, "aria-disabled": off ? "true" : undefined }, letter);

const edit = (speech) => [
  make("button", { class: "key wide", "data-target": "erase", "aria-label": speech.key("button.erase") }, icon("erase")),
  make("button", { class: "key wide", "data-target": "clear" }, speech.key("button.clear")),
];

const field = (doc, speech) =>
  make("div", { class: "field", role: "textbox", "aria-readonly": "true", "aria-label": speech.say(doc.title) }, doc.entry.text || make("span", { class: "empty" }, doc.entry.kind === "letters" ? speech.key("search.empty") : ""), make("i", { class: "caret" }));

const keyboard = (doc, speech) => {
  const live = doc.entry.live;
  const letters = [...LETTERS].map((letter) => key(letter, live !== undefined && !live.includes(letter.toLowerCase())));
  const digits = [...DIGITS].map((digit) => key(digit));
  const kinds = { letters, digits, code: [...digits, ...letters] };
  return make("div", { class: `keys ${doc.entry.kind}` }, kinds[doc.entry.kind], edit(speech));
};

const ahead = (block, speech) => (block.ahead > 0 ? speech.key("number.ahead", { count: block.ahead }) : speech.key("number.first"));

function numberBlock(doc, speech) {
  const block = doc.number;
  if (!block) return null;
  return make(
    "div",
    { class: "ticket" },
    make("div", { class: "big", "data-number": block.number, "data-signs": [...block.number].length > SIGNS_USUAL }, block.number),
    make("div", { class: longer("queue", block.errand) }, block.errand),
    make("div", { class: "stub" },
      make("dl", { class: "way" },
        block.windows && [make("dt", {}, speech.key("number.windows")), make("dd", { class: longer("", speech.say(block.windows)) }, speech.say(block.windows), block.way && make("small", { class: longer("", block.way) }, block.way))],
        block.ahead !== undefined && [make("dt", {}, speech.key("number.wait")), make("dd", {}, block.band && make("b", {}, speech.say(block.band)), make(block.band ? "small" : "b", {}, ahead(block, speech)))],
      ),
      block.qr.length > 0 && make("figure", {}, qr(block.qr, speech.key("number.qr")), make("figcaption", {}, speech.key("number.qr"))),
    ),
  );
}

const chosen = (doc, speech, paging) => [head(doc, speech), make("div", { class: "body" }, tiles(doc, speech, paging))];

const searched = (doc, speech, paging) => [head(doc, speech), field(doc, speech), make("div", { class: "body" }, tiles(doc, speech, paging), notes(doc, speech)), keyboard(doc, speech)];

const plain = (doc, speech) => [head(doc, speech), notes(doc, speech), rows(doc, speech), facts(doc.facts, speech), actions(doc, speech)];

export const BODIES = {
  plain,
  idle: (doc, speech) => [
    make("div", { class: "hero" }, make("p", { class: "hello" }, speech.say(doc.title)), heading(doc.hall), make("div", { class: doc.rest ? "ring rest" : "ring" }, icon(doc.rest ? "clock" : "touch")), doc.rest && make("p", { class: "lead" }, speech.say(doc.rest)), make("p", { class: doc.rest ? "still" : "lead" }, speech.say(doc.lead)), doc.hint && make("p", { class: "hint" }, icon("card"), make("span", {}, speech.say(doc.hint))), facts(doc.facts, speech)),
    doc.take && make("div", { class: "take" }, qr(doc.take.qr, speech.say(doc.take.lead)), make("p", {}, speech.say(doc.take.lead))),
    notes(doc, speech),
  ],
  services: (doc, speech, paging) => [head(doc, speech), notes(doc, speech), make("div", { class: "body" }, tiles(doc, speech, paging)), actions(doc, speech)],
  items: (doc, speech, paging) => [head(doc, speech), make("div", { class: "body" }, tiles(doc, speech, paging)), actions(doc, speech)],
  search: searched,
  guide: (doc, speech, paging) => [head(doc, speech), make("div", { class: "body" }, pagedRows(doc, speech, paging)), notes(doc, speech), make("div", { class: "deck" }, facts(doc.facts, speech), actions(doc, speech))],
  priority: (doc, speech, paging) => [head(doc, speech), make("div", { class: "body" }, tiles(doc, speech, paging))],
  behalf: (doc, speech, paging) => [head(doc, speech), notes(doc, speech), make("div", { class: "body" }, tiles(doc, speech, paging))],
  client: (doc, speech) => [head(doc, speech), field(doc, speech), notes(doc, speech), keyboard(doc, speech), actions(doc, speech)],
  confirm: (doc, speech) => [head(doc, speech), make("div", { class: "body" }, rows(doc, speech), facts(doc.facts, speech)), notes(doc, speech), actions(doc, speech)],
  feedback: chosen,
  "feedback-place": chosen,
  "rate-why": chosen,
  "feedback-reason": chosen,
  "feedback-check": (doc, speech) => [head(doc, speech), make("div", { class: "body" }, rows(doc, speech)), notes(doc, speech), actions(doc, speech)],
  receipt: (doc, speech, paging) => [head(doc, speech), make("div", { class: "body" }, numberBlock(doc, speech), doc.rows?.length > 0 && pagedRows(doc, speech, paging)), notes(doc, speech), actions(doc, speech)],
  waiting: (doc, speech) => [make("div", { class: "calm" }, make("div", { class: "pulse" }), make("h1", {}, speech.say(doc.title)), make("p", { class: "lead" }, speech.say(doc.lead)))],
  number: (doc, speech, paging) => [make("h1", {}, speech.say(doc.title)), make("div", { class: "body" }, numberBlock(doc, speech), doc.rows?.length > 0 && pagedRows(doc, speech, paging)), notes(doc, speech), actions(doc, speech)],
  ticket: (doc, speech, paging) => [head(doc, speech), make("div", { class: "body" }, numberBlock(doc, speech), doc.tiles?.length > 0 && tiles(doc, speech, paging)), notes(doc, speech), actions(doc, speech)],
  rated: (doc, speech) => [make("div", { class: "calm" }, icon("check"), make("h1", {}, speech.say(doc.title)), make("p", { class: "lead" }, speech.say(doc.lead))), actions(doc, speech)],
  questions: searched,
  answer: (doc, speech, paging) => [head(doc, speech), make("div", { class: "body" }, pagedRows(doc, speech, paging)), notes(doc, speech), actions(doc, speech)],
  refused: (doc, speech) => [make("div", { class: "calm" }, icon("info"), heading(speech.say(doc.title)), make("p", { class: "lead" }, speech.say(doc.lead))), actions(doc, speech)],
  appointment: (doc, speech) => [head(doc, speech), field(doc, speech), keyboard(doc, speech), actions(doc, speech)],
  booked: (doc, speech, paging) => {
    if (doc.tiles) return [head(doc, speech), notes(doc, speech), make("div", { class: "body" }, tiles(doc, speech, paging)), actions(doc, speech)];
    if (doc.rows) return [head(doc, speech), make("div", { class: "body" }, rows(doc, speech), notes(doc, speech)), actions(doc, speech)];
    const middle = make("div", { class: "calm" }, doc.busy ? make("div", { class: "pulse" }) : icon("appointment"), make("h1", {}, speech.say(doc.title)), make("p", { class: "lead" }, speech.say(doc.lead)));
    return [middle, actions(doc, speech)];
  },
  progress: (doc, speech) => [head(doc, speech), field(doc, speech), keyboard(doc, speech), actions(doc, speech)],
  case: (doc, speech, paging) => {
    if (doc.rows) return [head(doc, speech), make("div", { class: "body" }, pagedRows(doc, speech, paging)), notes(doc, speech), actions(doc, speech)];
    return [make("div", { class: "calm" }, doc.busy ? make("div", { class: "pulse" }) : icon("info"), make("h1", {}, speech.say(doc.title)), make("p", { class: "lead" }, speech.say(doc.lead))), actions(doc, speech)];
  },
  scan: (doc, speech) => [make("div", { class: "calm" }, make("div", { class: "reader" }, icon("lost")), make("h1", {}, speech.say(doc.title)), make("p", { class: "lead" }, speech.say(doc.lead)))],
  pin: (doc, speech) => [head(doc, speech), field(doc, speech), keyboard(doc, speech), actions(doc, speech)],
  staff: (doc, speech) => [
    head(doc, speech),
    make("div", { class: "body" }, make("dl", { class: "rows" }, (doc.printers ?? []).map((printer) => make("div", { class: "row" }, make("dt", {}, printer.text), make("dd", {}, speech.say(printer.state))))), make("ul", { class: "plainlist" }, (doc.facts ?? []).map((fact) => make("li", {}, speech.say(fact))))),
    actions(doc, speech),
  ],
};

/* A few line drawings of our own, 24 × 24, in the colour of the text beside them. */
const PATHS = {
  questions: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M12 16.5v.5",
  back: "M15 5l-7 7 7 7",
  home: "M4 11l8-7 8 7M6 10v9h5v-5h2v5h5v-9",
  globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M3 12h18M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9s.5-6 3.5-9",
  low: "M5 4h14v16H5zM5 12h14M12 5.500v4M10 8l2 2 2-2",
  large: "M2 19L8 5l6 14M4.2 14.5h7.6M15 19l3.5-8 3.5 8M16.2 16.5h4.6",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5L21 21",
  appointment: "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4M9 15l2 2 4-4",
  card: "M3 5.500h18v13H3zM8.500 9a1.800 1.800 0 1 0 0 3.600 1.800 1.800 0 0 0 0-3.600M5.500 16c.4-1.600 1.500-2.300 3-2.300s2.600.7 3 2.300M14.500 10h4M14.500 13.500h4",
  lost: "M3 7h18v3.5a1.5 1.5 0 0 0 0 3V17H3v-3.500a1.500 1.500 0 0 0 0-3zM14 7v2M14 11v2M14 15v2",
  print: "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
  people: "M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M3 19c0-3.500 2.500-5.500 6-5.500s6 2 6 5.500M16 5.500a3 3 0 0 1 0 5.500M17.500 14c2.200.8 3.500 2.500 3.500 5",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4.500l3 1.500",
  touch: "M9 11V5.500a1.500 1.500 0 0 1 3 0V10l5.500 1.200c1 .2 1.700 1.100 1.500 2.100L18 20h-7.500L6 14.500c-.6-.8-.4-1.600.3-2s1.400-.2 2 .4L9 13.500",
  check: "M5 12.500l4.500 4.500L19 7.500",
  warn: "M12 4L2.500 20h19zM12 10v5M12 17.200v.6",
  info: "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17M12 11v5.500M12 7.500v.6",
  sound: "M3 9.500v5h3.500L11 18.500v-13L6.500 9.500zM14.500 9a4.200 4.200 0 0 1 0 6M17 6.500a7.800 7.800 0 0 1 0 11",
  mute: "M3 9.500v5h3.500L11 18.500v-13L6.500 9.500zM15 9.500l5 5M20 9.500l-5 5",
  more: "M12 5v14M5 12h14",
  erase: "M8 6h13v12H8l-6-6zM11.500 9.500l5 5M16.500 9.500l-5 5",
  previous: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  done: "M5 12.500l4.500 4.500L19 7.500",
  again: "M19 12a7 7 0 1 1-2-5M19 3v5h-5",
};
const NAMES = { add: "more", only: "erase", chosen: "check", package: "check", "print-receipt": "print", submit: "check", collect: "check", progress: "clock", case: "search", feedback: "info", "print-guide": "print", reprint: "print", "check-in": "check", confirm: "check", "walk-in": "touch", client: "check", another: "more", slip: "lost", requeue: "again", start: "touch" };

const POINTS = new Set(["back", "previous", "next", "erase"]); // along the line

export function icon(name) {
  const path = PATHS[NAMES[name] ?? name];
  if (!path) return null;
  return make("svg", { class: POINTS.has(name) ? "icon ahead" : "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, make("path", { d: path }));
}
