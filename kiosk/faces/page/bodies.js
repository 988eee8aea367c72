/* The middle of each screen. Parts that many screens share come first. */
import { h, phrases } from "./dom.js";
import { icon } from "./icons.js";

const SIGNS_USUAL = 4; // A042; longer numbers are set smaller
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS = "1234567890";

const head = (doc, speech) =>
  h(
    "div",
    { class: "head" },
    h("h1", {}, speech.say(doc.title)),
    doc.lead && h("p", { class: "lead" }, speech.say(doc.lead)),
    doc.tabs && h("div", { class: "tabs", role: "group" }, doc.tabs.map((tab) => h("button", { class: "tab", "data-target": tab.target, "aria-pressed": String(tab.on) }, speech.key(tab.key)))),
  );

const FACT_ICONS = {
  "tile.count": "people", "tile.band": "clock", "wait.count": "people", "wait.nobody": "people", "idle.hours": "clock",
  "wait.band": "clock", "wait.within": "clock", "wait.none": "clock", "wait.unknown": "clock",
};
const TONES = { warn: "warn", good: "check", info: "info" };

const notes = (doc, speech) =>
  h("div", { class: "notes", role: "status" }, (doc.notes ?? []).map((note) => h("p", { class: `note ${note.tone}` }, icon(TONES[note.tone]), h("span", {}, speech.say(note)))));

const facts = (list, speech, tag = "div") =>
  h(tag, { class: "facts" }, (list ?? []).map((fact) => h("span", { class: "fact" }, icon(FACT_ICONS[fact.key]), speech.say(fact))));

const actions = (doc, speech) =>
  h("div", { class: "actions" }, (doc.buttons ?? []).map((button) => action(button, speech)));

const action = (button, speech) =>
  h("button", { class: `action ${button.tone}`, "data-target": button.target, "aria-disabled": button.off ? "true" : undefined }, icon(button.target.split(":")[0]), h("span", {}, speech.key(button.key)));

function tile(part, speech) {
  return h(
    "button",
    { class: `tile${part.closed ? " closed" : ""}`, "data-target": part.target, "data-key": part.target },
    h("span", { class: "name" }, phrases(part.name)),
    part.detail && h("span", { class: "detail" }, speech.say(part.detail)),
    part.closed ? h("span", { class: "why" }, part.closed) : part.facts && facts(part.facts, speech, "span"),
  );
}

function tiles(doc, speech, paging) {
  const shown = paging.slice(doc.tiles ?? []);
  return [
    h("div", { class: "tiles", "data-paged": "" }, shown.items.map((part) => tile(part, speech))),
    shown.pages > 1 && pager(shown, speech),
  ];
}

const pager = ({ at, pages }, speech) =>
  h(
    "div",
    { class: "pager" },
    h("button", { class: "nav", "data-target": "local:previous", "aria-disabled": at === 0 ? "true" : undefined }, icon("previous"), h("span", {}, speech.key("page.previous"))),
    h("span", { class: "at" }, speech.key("page.of", { at: at + 1, of: pages })),
    h("button", { class: "nav", "data-target": "local:next", "aria-disabled": at === pages - 1 ? "true" : undefined }, h("span", {}, speech.key("page.next")), icon("next")),
  );

const row = (part, speech) =>
  h(
    "div",
    { class: "row" },
    h("dt", {}, speech.key(part.key)),
    part.list ? h("dd", {}, h("ol", {}, part.list.map((line) => h("li", {}, line)))) : h("dd", {}, part.word ? speech.say(part.word) : part.text),
  );

const rows = (doc, speech) => h("dl", { class: "rows" }, (doc.rows ?? []).map((part) => row(part, speech)));

/** Rows in columns as high as the screen; what does not fit stands on the next page, never under a scroll bar. */
function pagedRows(doc, speech, paging) {
  const pages = paging.rowPages;
  return [
    h("div", { class: "reading", "data-reading": "" }, h("dl", { class: "rows", "data-page": paging.at }, (doc.rows ?? []).map((part) => row(part, speech)))),
    pages > 1 && pager({ at: paging.at, pages }, speech),
  ];
}

const key = (letter, off = false, target = `key:${letter}`) =>
  h("button", { class: "key", "data-target": target, "aria-disabled": off ? "true" : undefined }, letter);

const edit = (speech) => [
  h("button", { class: "key wide", "data-target": "erase", "aria-label": speech.key("button.erase") }, icon("erase")),
  h("button", { class: "key wide", "data-target": "clear" }, speech.key("button.clear")),
];

const field = (doc, speech) =>
  h("div", { class: "field", role: "textbox", "aria-readonly": "true", "aria-label": speech.say(doc.title) }, doc.entry.text || h("span", { class: "empty" }, doc.entry.kind === "letters" ? speech.key("search.empty") : ""), h("i", { class: "caret" }));

const keyboard = (doc, speech) => {
  const live = doc.entry.live;
  const letters = [...LETTERS].map((letter) => key(letter, live !== undefined && !live.includes(letter.toLowerCase())));
  const digits = [...DIGITS].map((digit) => key(digit));
  const kinds = { letters, digits, code: [...digits, ...letters] };
  return h("div", { class: `keys ${doc.entry.kind}` }, kinds[doc.entry.kind], edit(speech));
};

export function qr(bits, label) {
  const size = bits.length;
  const path = bits.flatMap((line, y) => [...line].map((bit, x) => (bit === "1" ? `M${x + 4} ${y + 4}h1v1h-1z` : ""))).join("");
  return h("svg", { class: "qr", viewBox: `0 0 ${size + 8} ${size + 8}`, role: "img", "aria-label": label }, h("path", { d: path }));
}

const ahead = (block, speech) => (block.ahead > 0 ? speech.key("number.ahead", { count: block.ahead }) : speech.key("number.first"));

function numberBlock(doc, speech) {
  const block = doc.number;
  if (!block) return null;
  return h(
    "div",
    { class: "ticket" },
    h("div", { class: "big", "data-number": block.number, "data-signs": [...block.number].length > SIGNS_USUAL }, block.number),
    h("div", { class: "queue" }, block.errand),
    h("div", { class: "stub" },
      h("dl", { class: "way" },
        block.windows && [h("dt", {}, speech.key("number.windows")), h("dd", {}, speech.say(block.windows), block.way && h("small", {}, block.way))],
        block.ahead !== undefined && [h("dt", {}, speech.key("number.wait")), h("dd", {}, block.band && h("b", {}, speech.say(block.band)), h(block.band ? "small" : "b", {}, ahead(block, speech)))],
      ),
      h("figure", {}, qr(block.qr, speech.key("number.qr")), h("figcaption", {}, speech.key("number.qr"))),
    ),
  );
}

const plain = (doc, speech) => [head(doc, speech), notes(doc, speech), rows(doc, speech), facts(doc.facts, speech), actions(doc, speech)];

export const BODIES = {
  plain,
  idle: (doc, speech) => [
    h("div", { class: "hero" }, h("p", { class: "hello" }, speech.say(doc.title)), h("h1", {}, doc.hall), h("div", { class: doc.rest ? "ring rest" : "ring" }, icon(doc.rest ? "clock" : "touch")), doc.rest && h("p", { class: "lead" }, speech.say(doc.rest)), h("p", { class: doc.rest ? "still" : "lead" }, speech.say(doc.lead)), doc.hint && h("p", { class: "hint" }, icon("card"), h("span", {}, speech.say(doc.hint))), facts(doc.facts, speech)),
    notes(doc, speech),
  ],
  services: (doc, speech, paging) => [head(doc, speech), notes(doc, speech), h("div", { class: "body" }, tiles(doc, speech, paging)), actions(doc, speech)],
  items: (doc, speech, paging) => [head(doc, speech), h("div", { class: "body" }, tiles(doc, speech, paging)), actions(doc, speech)],
  search: (doc, speech, paging) => [head(doc, speech), field(doc, speech), h("div", { class: "body" }, tiles(doc, speech, paging), notes(doc, speech)), keyboard(doc, speech)],
  guide: (doc, speech, paging) => [head(doc, speech), h("div", { class: "body" }, pagedRows(doc, speech, paging)), notes(doc, speech), h("div", { class: "deck" }, facts(doc.facts, speech), actions(doc, speech))],
  priority: (doc, speech, paging) => [head(doc, speech), h("div", { class: "body" }, tiles(doc, speech, paging))],
  confirm: (doc, speech) => [head(doc, speech), h("div", { class: "body" }, rows(doc, speech), facts(doc.facts, speech)), notes(doc, speech), actions(doc, speech)],
  waiting: (doc, speech) => [h("div", { class: "calm" }, h("div", { class: "pulse" }), h("h1", {}, speech.say(doc.title)), h("p", { class: "lead" }, speech.say(doc.lead)))],
  number: (doc, speech) => [h("h1", {}, speech.say(doc.title)), h("div", { class: "body" }, numberBlock(doc, speech), rows(doc, speech)), notes(doc, speech), actions(doc, speech)],
  ticket: (doc, speech) => [head(doc, speech), h("div", { class: "body" }, numberBlock(doc, speech)), notes(doc, speech), actions(doc, speech)],
  refused: (doc, speech) => [h("div", { class: "calm" }, icon("info"), h("h1", {}, speech.say(doc.title)), h("p", { class: "lead" }, speech.say(doc.lead))), actions(doc, speech)],
  appointment: (doc, speech) => [head(doc, speech), field(doc, speech), keyboard(doc, speech), actions(doc, speech)],
  booked: (doc, speech, paging) => {
    if (doc.tiles) return [head(doc, speech), notes(doc, speech), h("div", { class: "body" }, tiles(doc, speech, paging)), actions(doc, speech)];
    if (doc.rows) return [head(doc, speech), h("div", { class: "body" }, rows(doc, speech), notes(doc, speech)), actions(doc, speech)];
    const middle = h("div", { class: "calm" }, doc.busy ? h("div", { class: "pulse" }) : icon("appointment"), h("h1", {}, speech.say(doc.title)), h("p", { class: "lead" }, speech.say(doc.lead)));
    return [middle, actions(doc, speech)];
  },
  scan: (doc, speech) => [h("div", { class: "calm" }, h("div", { class: "reader" }, icon("lost")), h("h1", {}, speech.say(doc.title)), h("p", { class: "lead" }, speech.say(doc.lead)))],
  pin: (doc, speech) => [head(doc, speech), field(doc, speech), keyboard(doc, speech), actions(doc, speech)],
  staff: (doc, speech) => [
    head(doc, speech),
    h("div", { class: "body" }, h("dl", { class: "rows" }, (doc.printers ?? []).map((printer) => h("div", { class: "row" }, h("dt", {}, printer.text), h("dd", {}, speech.say(printer.state))))), h("ul", { class: "plainlist" }, (doc.facts ?? []).map((fact) => h("li", {}, speech.say(fact))))),
    actions(doc, speech),
  ],
};
