/* What passes from one clerk, number or queue to another at this desk: another clerk takes the seat (换岗), a visit of
 * another window goes on here (AB 岗), two numbers of one applicant become one (并号), a manager has changed the queues.
 *
 * A visit of another window can be taken over only while this one is free: only then the question offers any. */

import { find, make } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { findOne, open, pick } from "./desk-dialogs.js";

const BOARD_MS = 3_000; // how long the list of visits at other windows is waited for

/** The hall's board, watched for a moment. */
export class HallBoard {
  came = null;

  show(view) {
    this.came?.(view);
  }

  /** The board as it is now; null if it does not come. `usual`: the topic that `wire` watches otherwise. */
  ask(wire, usual) {
    const came = new Promise((resolve) => {
      this.came = resolve;
      setTimeout(() => resolve(null), BOARD_MS);
    });
    wire.watch([usual, "board"]);
    return came.finally(() => wire.watch([usual]));
  }
}

/** Who takes the seat here, or which visit of another window goes on here. */
export async function askRelief(seen, at) {
  const running = seen.state === "open" && !seen.ticket ? visitsElsewhere(await at.board(), seen, at.names) : [];
  if (!running.length) return askClerk(seen, at);
  const seat = { words: t("desk.relieve-seat", { clerk: seen.clerk }) };
  const lines = [...running, seat].map(({ words }) => ({ text: words, parts: [make("span.words", {}, words)] }));
  const nth = await findOne(at.dialog, t("desk.relieve-title"), lines);
  if (nth === null) return null;
  const { from_window, number, words } = running[nth] ?? {};
  return number ? { type: "TakeOverVisit", fields: { from_window, number }, words } : askClerk(seen, at);
}

const visitsElsewhere = (board, seen, names) =>
  Object.entries(board?.windows ?? {})
    .filter(([window, { state }]) => window !== seen.window && state === "serving")
    .map(([window, { number }]) => ({ from_window: window, number, words: `${number} ${names.window(window)}` }));

/** The number, and where the hall asks for it the password, of who sits here from now on. */
async function askClerk(seen, at) {
  const clerk = make("input", { name: "relief", maxlength: 32, autocomplete: "off", autocapitalize: "off", spellcheck: "false", lang: "en" });
  const secret = make("input", { name: "relief-secret", type: "password", maxlength: 64, autocomplete: "off" });
  const typed = () => clerk.value.normalize("NFKC").trim();
  const ready = () => typed() && (!at.secret || secret.value);
  const form = make(
    "form.relief",
    {},
    make("label.staff", {}, t("desk.clerk-number"), clerk),
    at.secret && make("label.staff", {}, t("desk.password"), secret),
    make("button.press.main", { type: "submit" }, t("desk.relieve-seat-verb")),
  );
  const about = t(seen.ticket ? "desk.relieve-with" : "desk.relieve-without", { clerk: seen.clerk, number: seen.ticket?.number ?? "" });
  const asked = open(at.dialog, t("desk.relieve-seat", { clerk: seen.clerk }), [make("p", {}, about), form], () => {});
  form.onsubmit = (event) => {
    event.preventDefault();
    if (ready()) asked.done({ fields: { clerk: typed() }, words: typed(), ...(at.secret ? { secret: secret.value } : {}) });
    else find("input", [...form.querySelectorAll("label")].find((each) => !find("input", each).value)).focus();
  };
  clerk.focus();
  return asked.chosen;
}

/** The other number of the applicant here: one of those known by the card, or as it stands on the slip. */
export async function askMerge(seen, at) {
  const { others = [], number } = seen.ticket;
  if (others.length) {
    const lines = others.map((each, index) => [index + 1, t("desk.merge-line", { ...each, queue_name: at.names.queue(each.queue) })]);
    const nth = await pick(at.dialog, t("desk.merge-title", { number }), [...lines, [lines.length + 1, t("desk.merge-other")]]);
    if (nth === null) return null;
    if (others[nth]) return { fields: { number: others[nth].number }, words: others[nth].number };
  }
  return askNumber(number, at);
}

async function askNumber(number, at) {
  const field = make("input", { name: "other-number", maxlength: 16, autocomplete: "off", autocapitalize: "characters", spellcheck: "false", lang: "en" });
  const form = make("form.relief", {}, make("label.staff", {}, t("desk.merge-number"), field), make("button.press.main", { type: "submit" }, t("desk.verb-merge")));
  const asked = open(at.dialog, t("desk.merge-title", { number }), [make("p", {}, t("desk.merge-about")), form], () => {});
  form.onsubmit = (event) => {
    event.preventDefault();
    const typed = field.value.normalize("NFKC").trim().toUpperCase();
    if (typed) asked.done({ fields: { number: typed }, words: typed });
    else field.focus();
  };
  field.focus();
  return asked.chosen;
}

/** What is told where a manager has changed what this window serves while its clerk sat here; "" where it is the same. */
export function queuesChanged(before, doc, names) {
  if (!before || before.state === "closed" || before.clerk !== doc.clerk || before.settings !== doc.settings) return "";
  const list = (ids) => ids.map((id) => `${id} ${names.queue(id)}`).join(t("desk.comma"));
  const added = Object.keys(doc.queues).filter((id) => !(id in before.queues));
  const removed = Object.keys(before.queues).filter((id) => !(id in doc.queues));
  const parts = [added.length && t("desk.queues-added", { queues: list(added) }), removed.length && t("desk.queues-removed", { queues: list(removed) })];
  return parts.filter(Boolean).join(t("desk.and"));
}
