/* How a reception ends, as on the terminal: its outcome, and what the outcome needs, asked before one command.
 *
 * 1. An outcome has the same digit at every window, whichever are offered.
 * 2. 材料不全 shows all papers of the item on one screen; each is marked with what is wrong with it, and all of them are
 *    told at once.
 * 3. Who has come back with a notice: what was asked for is ticked off first. Papers that still are wrong end the
 *    reception as incomplete again; if none is, its outcome is asked.
 * 4. 不予受理 asks for its reason, 转其他部门 for the department. */

import { find, make, press } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { findOne, open, pick, signOf } from "./desk-dialogs.js";
import { name } from "./hall.js";

const FAULTS_MAX = 9; // digits

/** The fields of FinishService and the words for them; null if the clerk went back. */
export async function askEnding(seen, at) {
  const ending = seen.ending ?? { item: "", outcomes: {}, asked: [], refusals: [] };
  if (ending.asked.length) {
    const still = await tickOff(seen, ending, at);
    if (still === null) return null;
    if (still.size) return askPapers(seen, at, ending.item, still);
  }
  const outcome = await askOutcome(seen, ending, at);
  return outcome === null ? null : askMore(seen, at, ending, outcome);
}

/** The fields of CorrectOutcome and the words for them; null if the clerk went back. What another outcome needs is asked for
 * as at the end: a paper that was void by the correction is made anew. */
export async function askCorrection(seen, at) {
  const { ticket, number, outcome, ending } = seen.ended;
  const offered = Object.entries(ending.outcomes).sort(([, one], [, two]) => one - two);
  const lines = offered.map(([each, digit]) => [digit, t(`outcome.${each}`)]);
  const title = t("desk.correct-title", { number, outcome: t(`outcome.${outcome}`) });
  const nth = await pick(at.dialog, title, lines, Math.max(0, offered.findIndex(([each]) => each === outcome)));
  const more = nth === null ? null : await askMore({ ...seen, ticket: seen.ended }, at, ending, offered[nth][0]);
  return more && { fields: { ticket, ...more.fields }, words: more.words };
}

/** Whether a correction names the outcome that stands already, and nothing more: the caller changes nothing by it. */
export const isAsBefore = (ended, { outcome, reason = "", papers = [] }) => outcome === ended.outcome && !reason && !papers.length;

/** What an outcome needs beside itself. */
async function askMore(seen, at, ending, outcome) {
  if (outcome === "rejected") return askReason(ending, at);
  if (outcome === "incomplete") return askPapers(seen, at, ending.item, new Map());
  if (outcome === "elsewhere" && at.names.desk.elsewhere.length) return askElsewhere(at);
  if (outcome === "accepted" && ending.later?.length) return askLater(seen, at, ending);
  return { fields: { outcome }, words: t(`outcome.${outcome}`) };
}

/** To which department of the hall's list the applicant is sent on; it need not be named. */
async function askElsewhere(at) {
  const words = t("outcome.elsewhere");
  const offered = [{ id: "", called: t("desk.no-department") }, ...at.names.desk.elsewhere.map((each) => ({ id: each.id, called: name(each) }))];
  const nth = await findOne(at.dialog, t("desk.elsewhere-title"), offered.map(({ called }) => ({ text: called, parts: [make("span.words", {}, called)] })));
  return nth === null ? null : { fields: { outcome: "elsewhere", reason: offered[nth].id }, words: nth ? `${words} / ${offered[nth].called}` : words };
}

/** Which papers are to follow after the acceptance (容缺); none need be marked. */
async function askLater(seen, at, ending) {
  const papers = (at.names.desk.items[ending.item]?.papers ?? []).filter(({ code }) => ending.later.includes(code));
  const owed = await tick(at, t("desk.case-later", seen.ticket), papers, new Map(), true);
  if (owed === null) return null;
  const ticks = [...owed].map(([paper, fault]) => ({ paper, fault }));
  const words = t("outcome.accepted");
  return { fields: { outcome: "accepted", papers: ticks }, words: ticks.length ? `${words} / ${t("desk.later-count", { count: ticks.length })}` : words };
}

async function askOutcome(seen, ending, at) {
  const lines = seen.outcomes.map((outcome, index) => [ending.outcomes[outcome] ?? index + 1, t(`outcome.${outcome}`)]);
  const usual = Math.max(0, seen.outcomes.indexOf(seen.kind === "pay" ? "paid" : "done"));
  const nth = await pick(at.dialog, t("desk.finish-title", seen.ticket), lines, usual);
  return nth === null ? null : seen.outcomes[nth];
}

async function askReason(ending, at) {
  const words = t("outcome.rejected");
  const reasons = at.names.desk.refusals.filter(({ id }) => ending.refusals.includes(id));
  if (!reasons.length) return { fields: { outcome: "rejected" }, words };
  const nth = await pick(at.dialog, t("desk.refusal-title"), reasons.map((reason, index) => [index + 1, name(reason)]));
  return nth === null ? null : { fields: { outcome: "rejected", reason: reasons[nth].id }, words: `${words} / ${name(reasons[nth])}` };
}

async function askPapers(seen, at, item, marks) {
  const named = item ? "" : await whichItem(seen, at);
  if (named === null) return null;
  const papers = at.names.desk.items[item || named]?.papers ?? [];
  const words = t("outcome.incomplete");
  if (!papers.length) return { fields: { outcome: "incomplete", item: named }, words };
  const wrong = await tick(at, t("desk.papers-title", seen.ticket), papers, marks);
  if (wrong === null) return null;
  const ticks = [...wrong].map(([paper, fault]) => ({ paper, fault }));
  return { fields: { outcome: "incomplete", item: named, papers: ticks }, words: `${words} / ${t("desk.papers-count", { count: ticks.length })}` };
}

/** The item that a visit without one was about; "" where none of this window's has papers. */
async function whichItem(seen, at) {
  const items = Object.entries(at.names.desk.items).filter(([, each]) => each.queue in seen.queues && each.papers.length);
  if (!items.length) return "";
  const lines = items.map(([id]) => ({ text: at.names.item(id), parts: [make("span.words", {}, at.names.item(id))] }));
  const nth = await findOne(at.dialog, t("desk.item-title"), lines);
  return nth === null ? null : items[nth][0];
}

function tickOff(seen, ending, at) {
  const papers = ending.asked.map(({ paper, name: called }) => ({ code: paper, name: called, name_en: called }));
  const marks = new Map(ending.asked.map(({ paper, fault }) => [paper, fault]));
  return tick(at, t("desk.tick-title", seen.ticket), papers, marks, true);
}

/** Asks what is wrong with which of `papers`; resolves with what is marked, fault by paper. A digit marks the paper in
 * focus and goes on to the next, 0 clears it, Space marks it with the first fault or clears it, Enter ends. `off`: what
 * was asked for before is cleared, paper by paper, and none need be left. */
export function tick(at, title, papers, before, off = false) {
  const faults = at.names.desk.faults.slice(0, FAULTS_MAX);
  const marks = new Map([...before].filter(([code]) => papers.some((paper) => paper.code === code)));
  let asked = null;
  const rows = papers.map((paper) => {
    const row = make("li.paper", { tabindex: 0 }, make("span.box"), make("span.words", {}, name(paper)));
    const chips = faults.map((fault, index) => {
      const chip = make("button.press.fault", { type: "button", tabindex: -1 }, make("kbd", {}, String(index + 1)), name(fault));
      press(chip, () => mark(rows.indexOf(row), marks.get(paper.code) === fault.id ? "" : fault.id, false));
      return chip;
    });
    row.append(make("span.faults", {}, chips));
    return row;
  });
  const count = make("p.hint.count");
  const mark = (index, fault, onward = true) => {
    const { code } = papers[index];
    if (fault) marks.set(code, fault);
    else marks.delete(code);
    draw();
    rows[onward ? Math.min(index + 1, rows.length - 1) : index].focus();
  };
  const draw = () => {
    rows.forEach((row, index) => {
      const fault = marks.get(papers[index].code) ?? "";
      row.dataset.wrong = String(Boolean(fault));
      row.setAttribute("aria-label", [name(papers[index]), fault && name(faults.find(({ id }) => id === fault) ?? {})].filter(Boolean).join(" "));
      find(".box", row).textContent = fault ? "✕" : off ? "✓" : "";
      row.querySelectorAll(".fault").forEach((chip, nth) => chip.setAttribute("aria-pressed", String(faults[nth].id === fault)));
    });
    count.textContent = marks.size ? t("desk.papers-marked", { count: marks.size }) : t(off ? "desk.all-ticked" : "desk.none-marked");
    send.setAttribute("aria-disabled", String(!marks.size && !off));
  };
  const end = () => (marks.size || off) && asked.done(marks);
  const send = make("button.press.main", { type: "button" }, t(off ? "desk.tick-done" : "desk.papers-done"), make("kbd", {}, "Enter"));
  press(send, end);
  const list = make("ul.papers", {}, rows);
  asked = open(at.dialog, title, [list, count, make("p.hint", {}, t(off ? "desk.tick-keys" : "desk.papers-keys")), send], (event) => {
    const index = Math.max(0, rows.indexOf(event.target));
    const digit = signOf(event.code);
    if (event.code === "ArrowDown" || event.code === "ArrowUp") rows[(index + (event.code === "ArrowDown" ? 1 : -1) + rows.length) % rows.length].focus();
    else if (event.code === "Space") mark(index, marks.has(papers[index].code) ? "" : (faults[0]?.id ?? ""));
    else if (digit === "0") mark(index, "");
    else if (/^[1-9]$/.test(digit) && faults[digit - 1]) mark(index, faults[digit - 1].id);
    else if (event.code === "Enter" || event.code === "NumpadEnter") end();
    else return;
    event.preventDefault();
  });
  draw();
  rows[0].focus();
  return asked.chosen;
}
