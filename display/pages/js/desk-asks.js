/* What each verb of the desk asks before it is sent, as on the terminal: the outcome, the reason of a pause, whom to call,
 * what a walk-in came for, where to send an applicant and whether they come back. */

import { make } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { findOne, pick } from "./desk-dialogs.js";
import { askCorrection, askEnding } from "./desk-ending.js";
import { askMerge, askRelief } from "./desk-handover.js";
import { LISTS, resumes, rowParts } from "./desk-parts.js";
import { name } from "./hall.js";

const ALARMS = ["manager", "security"];
const BACK_MINUTES = [5, 10, 15, 20, 30, 60]; // of a pause, that a clerk may announce

/** What the verb needs beside itself, `{fields, words}`, and where it makes another command than usual its `type`; null if
 * the clerk went back. `at`: the `dialog` that asks, the hall's `names`, the instant `now`, the `ticket` to begin a choice
 * at, the hall's `board()`, and whether a `secret` is asked for who signs in. */
export async function ask(verb, seen, at) {
  if (verb === "finish") return askEnding(seen, at);
  if (verb === "correct") return askCorrection(seen, at);
  if (verb === "relieve") return askRelief(seen, at);
  if (verb === "merge") return askMerge(seen, at);
  if (verb === "alarm") return askAlarm(at);
  if (verb === "pause" && !resumes(verb, seen)) return askReason(at);
  if (verb === "choose") return askWhom(seen, at);
  if (verb === "walk") return askWhat(seen, at);
  if (verb === "transfer") return askWhere(seen, at);
  return { fields: {}, words: "" };
}

async function askAlarm(at) {
  const lines = ALARMS.map((kind, index) => [index + 1, t(`desk.alarm-${kind}`)]);
  const nth = await pick(at.dialog, t("desk.alarm-title"), lines);
  return nth === null ? null : { fields: { kind: ALARMS[nth] }, words: lines[nth][1] };
}

async function askReason(at) {
  const { pauses } = at.names.desk;
  const lines = pauses.map((pause, index) => [index + 1, name(pause)]);
  const nth = await pick(at.dialog, t("desk.pause-title"), lines);
  if (nth === null) return null;
  const [reason, called] = [pauses[nth].id, lines[nth][1]];
  const back = [...BACK_MINUTES.map((count) => t("desk.back-in", { count })), t("desk.back-untold")];
  const choices = back.map((words, index) => [index + 1, words]);
  const chosen = await pick(at.dialog, t("desk.back-in-title", { reason: called }), choices, BACK_MINUTES.length);
  if (chosen === null) return null;
  if (chosen === BACK_MINUTES.length) return { fields: { reason }, words: called };
  return { fields: { reason, minutes: BACK_MINUTES[chosen] }, words: `${called} / ${back[chosen]}` };
}

async function askWhom(seen, at) {
  const rows = Object.entries(LISTS).flatMap(([kind, key]) => seen[key].map((row) => ({ kind, row })));
  const lines = rows.map(({ kind, row }) => {
    const [place, queue] = [t(`ticket-state.${kind}`), at.names.queue(row.queue)];
    return { text: `${row.number} ${place} ${queue}`, parts: [rowParts(row, at.now), make("span", {}, place), make("span.words", {}, queue)] };
  });
  const first = Math.max(0, rows.findIndex(({ row }) => row.ticket === at.ticket));
  const nth = await findOne(at.dialog, t("desk.choose-title"), lines, first);
  if (nth === null) return null;
  const { kind, row } = rows[nth];
  const { picks } = at.names.desk;
  if (kind !== "waiting" || row.bound || !picks.length) return { fields: { ticket: row.ticket }, words: "" };
  const why = await pick(at.dialog, t("desk.pick-title", row), picks.map((each, index) => [index + 1, name(each)]));
  return why === null ? null : { fields: { ticket: row.ticket, reason: picks[why].id }, words: "" };
}

/** What a walk-in may be served for here: an item of the window's queues, or a queue that has no items. */
async function askWhat(seen, at) {
  const all = Object.entries(at.names.desk.items);
  const items = all.filter(([, each]) => each.queue in seen.queues).map(([item]) => ({ item, queue: "", words: at.names.item(item) }));
  const bare = Object.keys(seen.queues).filter((queue) => !all.some(([, each]) => each.queue === queue));
  const choices = [...items, ...bare.map((queue) => ({ item: "", queue, words: `${queue} ${at.names.queue(queue)}` }))];
  const lines = choices.map(({ words }) => ({ text: words, parts: [make("span.words", {}, words)] }));
  const nth = await findOne(at.dialog, t("desk.walk-title"), lines);
  if (nth === null) return null;
  const { item, queue, words } = choices[nth];
  if (!at.names.desk.printing.includes(seen.window)) return { fields: { item, queue }, words };
  const printed = await pick(at.dialog, t("desk.walk-slip"), [[1, t("desk.walk-no-slip")], [2, t("desk.walk-with-slip")]]);
  return printed === null ? null : { fields: { item, queue, slip: printed === 1 }, words };
}

async function askWhere(seen, at) {
  const queues = Object.keys(at.names.hall.queues).map((queue) => ({ queue, words: `${t("desk.queue")} ${queue} ${at.names.queue(queue)}` }));
  const windows = Object.keys(at.names.hall.windows).filter((window) => window !== seen.window);
  const targets = [...queues, ...windows.map((window) => ({ window, words: at.names.window(window) }))];
  const lines = targets.map(({ words }) => ({ text: words, parts: [make("span.words", {}, words)] }));
  const nth = await findOne(at.dialog, t("desk.transfer-title", seen.ticket), lines);
  if (nth === null) return null;
  const { queue = "", window: to_window = "", words } = targets[nth];
  const pays = at.names.hall.windows[to_window]?.kind === "pay"; // who is sent to pay comes back, others do not
  const answers = [[1, t("desk.no")], [2, t("desk.yes")]];
  const back = await pick(at.dialog, t("desk.back-title", seen.ticket), answers, pays ? 1 : 0);
  return back === null ? null : { fields: { queue, to_window, come_back: back === 1 }, words };
}
