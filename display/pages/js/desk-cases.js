/* The cases of this window at its clerk's desk: due first, each with its light, and the acts that take one on.
 *
 * 1. The list is the caller's document `cases/WINDOW`, watched while it is open, and drawn anew as it changes; the line in
 *    focus keeps the focus. The first nine are opened by their digit.
 * 2. What may be done with a case stands in its line (`moves`): the caller decides it. What an act needs is asked for in a
 *    dialog above the list: the reason of a pause, days and reason of an extension and how it was told, a decision.
 * 3. An act carries the version of the line it was chosen on: of two clerks who act on one case, the later is told so.
 * 4. The list stays open after an act and shows what became of it, with the paper to be printed. */

import { find, make, press, say } from "../shared/dom.js";
import { instants, safe, t } from "../shared/words.js";
import { open, pick, signOf } from "./desk-dialogs.js";
import { tick } from "./desk-ending.js";
import { renew } from "./desk-parts.js";
import { name } from "./hall.js";

const PAUSES = ["papers", "hearing", "survey", "inspection", "expert"];
const DAYS = [1, 2, 3, 5, 7, 10, 15, 20, 30];
const OFFICE = ["share", "reply"]; // of the lead's own line: further departments are named in the office, replies are their own
const WAYS = ["call", "letter", "counter"];
const DECISIONS = ["granted", "refused", "returned"];
const DIGITS = 9;
const JOINT = ["survey", "review"];
const DAYS_ON = [0, 1, 2, 3, 4, 5, 7, 10, 14]; // from today: when a joint step may be
const DAY_MS = 86_400_000;

/** The list while it is open. `act({row, move, fields, words})` sends; `closed` resolves when the list is left. */
export class CasesPanel {
  rows = [];

  constructor(dialog, asking, names, zone, act) {
    Object.assign(this, { asking, names, act });
    this.isoDay = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
    this.date = instants(zone, { month: "2-digit", day: "2-digit" });
    this.list = make("ol.cases", { tabindex: -1 });
    this.count = make("p.hint");
    this.said = make("p.said", { role: "status" }, make("span"), make("small"), make("a.sheet", { target: "_blank", hidden: true }));
    const { chosen } = open(dialog, t("desk.cases-title"), [this.count, this.list, this.said, make("p.hint", {}, t("desk.cases-keys"))], (event, done) => this.key(event, done));
    this.closed = chosen;
    this.list.focus();
  }

  /** Shows the newest document. */
  show({ open: all, cases, parts = {} }) {
    this.rows = [...Object.values(parts).map(asRow), ...Object.values(cases)];
    const count = all + Object.keys(parts).length;
    say(this.count, count ? t("desk.cases-count", { count, shown: this.rows.length }) : t("desk.cases-none"));
    const first = !this.list.children.length && this.list.ownerDocument.activeElement === this.list;
    renew(this.list, this.rows, () => this.rows.map((row, index) => this.line(row, index)));
    if (first) find("button", this.list)?.focus();
  }

  line(row, index) {
    const button = make(
      "button.press.case-line",
      { type: "button", "data-key": row.case, "data-light": row.light },
      make("kbd", {}, index < DIGITS ? String(index + 1) : ""),
      make(`span.light.${row.light}`, {}, lightWords(row, this.date)),
      make("b.number", {}, row.number),
      make("span.item", {}, this.names.item(row.item)),
      make("span.step", {}, stepWords(row)),
      make("span.due", {}, row.due && row.left !== undefined && row.light !== "grey" ? t("desk.case-due", { date: this.date(row.due) }) : ""),
      make("span.owner", {}, ownerWords(row)),
    );
    press(button, () => this.choose(row));
    return make("li", {}, button);
  }

  key(event, done) {
    const buttons = [...this.list.querySelectorAll("button")];
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.code];
    const digit = Number(signOf(event.code));
    if (by && buttons.length) buttons[(buttons.indexOf(event.target) + by + buttons.length) % buttons.length].focus();
    else if (digit >= 1 && digit <= Math.min(DIGITS, this.rows.length)) this.choose(this.rows[digit - 1]);
    else if (event.code === "KeyB") done(null);
    else return;
    event.preventDefault();
  }

  /** Asks what is done with a case, and does it. */
  async choose(row) {
    const title = t("desk.case-moves", { number: row.number, item: this.names.item(row.item), state: row.lead === undefined ? t(`case-state.${row.state}`) : t("desk.case-part") });
    const moves = row.moves.filter((move) => row.lead !== undefined || !OFFICE.includes(move));
    const lines = moves.map((move, index) => [index + 1, t(`case-move.${move}`)]);
    if (row.papers?.length) lines.push([lines.length + 1, t("desk.case-papers")]);
    if (!lines.length) return this.tell({ words: title, next: t("desk.case-no-moves", row), tone: "refused" });
    const nth = await pick(this.asking, title, lines);
    if (nth !== null && nth === moves.length) return this.papers(row);
    const needs = nth === null ? null : await this.needs(row, moves[nth]);
    this.focus(row.case);
    if (needs) await this.act({ row, move: moves[nth], ...needs });
  }

  /** Asks which paper of a case is wanted, and offers it as A4. */
  async papers(row) {
    const nth = await pick(this.asking, t("desk.case-papers"), row.papers.map((paper, index) => [index + 1, t(`notice.${paper}`)]));
    this.focus(row.case);
    if (nth === null) return;
    const paper = row.papers[nth];
    this.tell({ words: t("desk.case-paper", { paper: t(`notice.${paper}`), number: row.number }), tone: "done", sheet: { href: `/notices/${paper}.${row.case}` } });
  }

  /** What a move needs beside itself, `{fields, words}`; null if the clerk went back. */
  async needs(row, move) {
    const called = t(`case-move.${move}`);
    if (move === "pause") return this.one(called, PAUSES, (code) => t(`case-pause.${code}`), "code");
    if (move === "refuse") return this.reason(called, this.names.desk.refusals);
    if (move === "ask") return this.wrong(row, called);
    if (move === "tell") return this.one(called, WAYS, (way) => t(`told-way.${way}`), "way");
    if (move === "decide") return this.decision(called, "case-decision");
    if (move === "reply") return this.decision(called, "part-reply");
    if (move === "plan") return this.joint(called);
    if (move === "held") return this.one(called, JOINT, (kind) => t(`joint-step.${kind}`), "code");
    if (move === "bring") return this.one(t("desk.case-papers-in", { number: row.number }), [""], () => called, "code");
    if (move === "extend") return this.extension(called);
    if (move === "withdraw" || move === "reopen") return this.one(t("desk.case-sure", { number: row.number, move: called }), [""], () => called, "code");
    return { fields: {}, words: called };
  }

  /** What is wrong with which papers of the item: all of it is told at once. An item without papers has no list. */
  async wrong(row, called) {
    const papers = this.names.desk.items[row.item]?.papers ?? [];
    if (!papers.length) return { fields: {}, words: called };
    const marks = await tick({ dialog: this.asking, names: this.names }, t("desk.case-wrong", row), papers, new Map());
    const wrong = marks && [...marks].map(([paper, fault]) => ({ paper, fault }));
    return wrong && { fields: { wrong }, words: t("desk.papers-count", { count: wrong.length }) };
  }

  async decision(called, kind) {
    const decided = await this.one(called, DECISIONS, (each) => t(`${kind}.${each}`), "decision");
    if (!decided || decided.fields.decision === "granted") return decided;
    const why = await this.reason(decided.words, this.names.desk.refusals);
    return why && { fields: { ...decided.fields, ...why.fields }, words: why.words };
  }

  /** A joint step: which, and on which day. */
  async joint(called) {
    const kind = await this.one(called, JOINT, (each) => t(`joint-step.${each}`), "code");
    const days = DAYS_ON.map((count) => this.isoDay.format(Date.now() + count * DAY_MS));
    const day = kind && (await this.one(kind.words, days, (each) => each, "day"));
    return day && { fields: { ...kind.fields, ...day.fields }, words: `${kind.words} / ${day.words}` };
  }

  /** The reason, the working days, and how the applicant was told, now or later. */
  async extension(called) {
    const why = await this.reason(called, this.names.desk.extensions);
    const days = why && (await this.one(why.words, DAYS, (count) => t("desk.case-days", { count }), "days"));
    const told = days && (await this.one(t("desk.case-told", { days: days.words }), [...WAYS, ""], (way) => (way ? t(`told-way.${way}`) : t("desk.case-untold")), "way"));
    return told && { fields: { ...why.fields, ...days.fields, ...told.fields }, words: `${why.words} / ${days.words}` };
  }

  async reason(called, listed) {
    const known = Object.fromEntries(listed.map((each) => [each.id, name(each)]));
    return this.one(called, Object.keys(known), (code) => known[code], "code");
  }

  async one(title, codes, wordsOf, field) {
    const nth = await pick(this.asking, title, codes.map((code, index) => [index + 1, wordsOf(code)]));
    return nth === null ? null : { fields: { [field]: codes[nth] }, words: wordsOf(codes[nth]) };
  }

  focus(id) {
    (find(`[data-key="${id}"]`, this.list) ?? find("button", this.list) ?? this.list).focus();
  }

  /** Shows what became of the last act, and its paper. */
  tell({ words, next = "", tone = "", sheet = null }) {
    const [line, small, link] = this.said.children;
    this.said.dataset.tone = tone;
    say(line, words);
    say(small, next);
    Object.assign(link, { hidden: !sheet, href: sheet?.href ?? "", textContent: sheet ? t("desk.sheet") : "" });
  }
}

/** The line of a part that this window's department is to reply to. */
const asRow = (part) => ({ ...part, lead: part.window, state: "in-hand", decision: "", owner: "", pause: "", moves: ["reply"] });

/** In whose hand a case is; of a part, which window leads. */
function ownerWords({ lead, owner }) {
  if (lead !== undefined) return lead && t("desk.case-lead", { window: lead });
  return owner ? t("desk.clerk", { clerk: safe(owner) }) : "";
}

/** What an act on a case is called, and what is said once it is done. */
export function caseWords(row, move, words) {
  const called = t(`case-move.${move}`);
  return { called, did: t("desk.did-case", { number: "{number}", move: called, choice: words === called ? "" : words }), number: row.number };
}

/** How long a case has, or why its clock stands and what it waits for; `date` writes an instant. */
function lightWords(row, date) {
  if (row.pause) return t("desk.case-paused", { reason: t(`case-pause.${row.pause}`), count: row.left });
  if (row.asked && !row.asked_until) return t("desk.case-asked-since", { date: date(row.asked) });
  if (row.asked) return t(row.left < 0 ? "desk.case-asked-over" : "desk.case-asked", { date: date(row.asked_until) });
  if (row.light === "grey" || !row.due) return t("desk.case-no-clock");
  if (row.state === "decided" || row.state === "issued") return t(row.light === "red" ? "desk.case-was-late" : "desk.case-in-time");
  if (row.left < 0) return t("desk.case-over", { count: -row.left });
  if (row.light === "red") return t("desk.case-over-today");
  return row.left ? t("desk.case-left", { count: row.left }) : t("desk.case-today");
}

function stepWords(row) {
  if (row.lead !== undefined) return t("desk.case-part");
  const untold = row.extended && !row.told ? t("desk.case-not-told") : "";
  return [t(`case-state.${row.state}`), row.decision && t(`case-decision.${row.decision}`), untold].filter(Boolean).join(" · ");
}
