/* The middle of each screen. Parts that many screens share come first. */
import { make, phrases } from "../shared/dom.js";
import { icon } from "./icons.js";
import { isLong } from "./paging.js";

const SIGNS_USUAL = 4; // A042; longer numbers are set smaller
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS = "1234567890";

const head = (doc, speech) =>
  make(
    "div",
    { class: "head" },
    make("h1", {}, speech.say(doc.title)),
    doc.lead && make("p", { class: "lead" }, speech.say(doc.lead)),
    doc.tabs && make("div", { class: "tabs", role: "group" }, doc.tabs.map((tab) => make("button", { class: "tab", "data-target": tab.target, "aria-pressed": String(tab.on) }, speech.key(tab.key)))),
  );

const FACT_ICONS = {
  "tile.count": "people", "tile.band": "clock", "wait.count": "people", "wait.nobody": "people", "idle.hours": "clock", "idle.next": "clock",
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
  return make(
    "button",
    { class: `tile${part.closed ? " closed" : ""}${isLong(part.name) ? " long" : ""}`, "data-target": part.target, "data-key": part.target },
    make("span", { class: "name" }, phrases(part.name)),
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
    part.list ? make("dd", {}, make("ol", {}, part.list.map((line) => make("li", {}, line)))) : make("dd", {}, part.word ? speech.say(part.word) : part.text),
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

export function qr(bits, label) {
  const size = bits.length;
  const path = bits.flatMap((line, y) => [...line].map((bit, x) => (bit === "1" ? `M${x + 4} ${y + 4}h1v1h-1z` : ""))).join("");
  return make("svg", { class: "qr", viewBox: `0 0 ${size + 8} ${size + 8}`, role: "img", "aria-label": label }, make("path", { d: path }));
}

const ahead = (block, speech) => (block.ahead > 0 ? speech.key("number.ahead", { count: block.ahead }) : speech.key("number.first"));

function numberBlock(doc, speech) {
  const block = doc.number;
  if (!block) return null;
  return make(
    "div",
    { class: "ticket" },
    make("div", { class: "big", "data-number": block.number, "data-signs": [...block.number].length > SIGNS_USUAL }, block.number),
    make("div", { class: "queue" }, block.errand),
    make("div", { class: "stub" },
      make("dl", { class: "way" },
        block.windows && [make("dt", {}, speech.key("number.windows")), make("dd", {}, speech.say(block.windows), block.way && make("small", {}, block.way))],
        block.ahead !== undefined && [make("dt", {}, speech.key("number.wait")), make("dd", {}, block.band && make("b", {}, speech.say(block.band)), make(block.band ? "small" : "b", {}, ahead(block, speech)))],
      ),
      block.qr.length > 0 && make("figure", {}, qr(block.qr, speech.key("number.qr")), make("figcaption", {}, speech.key("number.qr"))),
    ),
  );
}

const plain = (doc, speech) => [head(doc, speech), notes(doc, speech), rows(doc, speech), facts(doc.facts, speech), actions(doc, speech)];

export const BODIES = {
  plain,
  idle: (doc, speech) => [
    make("div", { class: "hero" }, make("p", { class: "hello" }, speech.say(doc.title)), make("h1", {}, doc.hall), make("div", { class: doc.rest ? "ring rest" : "ring" }, icon(doc.rest ? "clock" : "touch")), doc.rest && make("p", { class: "lead" }, speech.say(doc.rest)), make("p", { class: doc.rest ? "still" : "lead" }, speech.say(doc.lead)), doc.hint && make("p", { class: "hint" }, icon("card"), make("span", {}, speech.say(doc.hint))), facts(doc.facts, speech)),
    notes(doc, speech),
  ],
  services: (doc, speech, paging) => [head(doc, speech), notes(doc, speech), make("div", { class: "body" }, tiles(doc, speech, paging)), actions(doc, speech)],
  items: (doc, speech, paging) => [head(doc, speech), make("div", { class: "body" }, tiles(doc, speech, paging)), actions(doc, speech)],
  search: (doc, speech, paging) => [head(doc, speech), field(doc, speech), make("div", { class: "body" }, tiles(doc, speech, paging), notes(doc, speech)), keyboard(doc, speech)],
  guide: (doc, speech, paging) => [head(doc, speech), make("div", { class: "body" }, pagedRows(doc, speech, paging)), notes(doc, speech), make("div", { class: "deck" }, facts(doc.facts, speech), actions(doc, speech))],
  priority: (doc, speech, paging) => [head(doc, speech), make("div", { class: "body" }, tiles(doc, speech, paging))],
  confirm: (doc, speech) => [head(doc, speech), make("div", { class: "body" }, rows(doc, speech), facts(doc.facts, speech)), notes(doc, speech), actions(doc, speech)],
  waiting: (doc, speech) => [make("div", { class: "calm" }, make("div", { class: "pulse" }), make("h1", {}, speech.say(doc.title)), make("p", { class: "lead" }, speech.say(doc.lead)))],
  number: (doc, speech, paging) => [make("h1", {}, speech.say(doc.title)), make("div", { class: "body" }, numberBlock(doc, speech), doc.rows?.length && pagedRows(doc, speech, paging)), notes(doc, speech), actions(doc, speech)],
  ticket: (doc, speech) => [head(doc, speech), make("div", { class: "body" }, numberBlock(doc, speech)), notes(doc, speech), actions(doc, speech)],
  refused: (doc, speech) => [make("div", { class: "calm" }, icon("info"), make("h1", {}, speech.say(doc.title)), make("p", { class: "lead" }, speech.say(doc.lead))), actions(doc, speech)],
  appointment: (doc, speech) => [head(doc, speech), field(doc, speech), keyboard(doc, speech), actions(doc, speech)],
  booked: (doc, speech, paging) => {
    if (doc.tiles) return [head(doc, speech), notes(doc, speech), make("div", { class: "body" }, tiles(doc, speech, paging)), actions(doc, speech)];
    if (doc.rows) return [head(doc, speech), make("div", { class: "body" }, rows(doc, speech), notes(doc, speech)), actions(doc, speech)];
    const middle = make("div", { class: "calm" }, doc.busy ? make("div", { class: "pulse" }) : icon("appointment"), make("h1", {}, speech.say(doc.title)), make("p", { class: "lead" }, speech.say(doc.lead)));
    return [middle, actions(doc, speech)];
  },
  scan: (doc, speech) => [make("div", { class: "calm" }, make("div", { class: "reader" }, icon("lost")), make("h1", {}, speech.say(doc.title)), make("p", { class: "lead" }, speech.say(doc.lead)))],
  pin: (doc, speech) => [head(doc, speech), field(doc, speech), keyboard(doc, speech), actions(doc, speech)],
  staff: (doc, speech) => [
    head(doc, speech),
    make("div", { class: "body" }, make("dl", { class: "rows" }, (doc.printers ?? []).map((printer) => make("div", { class: "row" }, make("dt", {}, printer.text), make("dd", {}, speech.say(printer.state))))), make("ul", { class: "plainlist" }, (doc.facts ?? []).map((fact) => make("li", {}, speech.say(fact))))),
    actions(doc, speech),
  ],
};
