/* A complaint, suggestion or question taken down at the guide desk: the form, and the receipt that is told.
 *
 * The command goes over the desk's own line, under the person who is signed in; the words go to the web process, which
 * keeps them apart from the log. Where they cannot be kept the form stays open, and a second press sends them alone. */

import { newId } from "../shared/client.js";
import { make, press } from "../shared/dom.js";
import { fetchOnce } from "../shared/fetching.js";
import { own, t } from "../shared/words.js";
import { findOne, open } from "./desk-dialogs.js";
import { FeedbackForm, dayOf, grouped } from "./feedback-form.js";
import { explained } from "./hall.js";

/** Asks, sends and keeps; resolves when the dialog is closed. */
function takeDown(dialog, hall, token, send) {
  const form = new FeedbackForm(hall, { place: true });
  const done = make("button.press.main", { type: "button" }, t("feedback.send"));
  let given = null; // what the caller gave for it
  const id = newId();
  press(done, async () => {
    const document = form.document();
    if (!document || done.disabled) return;
    done.disabled = true;
    try {
      const { kind, reason, anonymous, window = "", text, contact } = document;
      given ??= await send({ type: "SubmitFeedback", kind, way: "guide", window, reason, anonymous }, id);
      await keep(token, { id, kind, number: given.number, window, text, contact });
      asked.done(given);
    } catch (error) {
      form.say((error?.lines ?? (error?.zh ? explained(error) : [t("letter.failed"), t("letter.failed.next")])).filter(Boolean).join(" "));
      done.disabled = false;
    }
  });
  const asked = open(dialog, t("feedback.title"), [form.element, make("div.row", {}, done)], () => {});
  return asked.chosen;
}

async function keep(token, letter) {
  if (!letter.text && !letter.contact) return;
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
  const response = await fetch("/guide/feedback", { method: "POST", headers, body: JSON.stringify(letter) }).catch(() => null);
  const answer = await response?.json().catch(() => null);
  if (!response?.ok) throw { lines: answer?.zh ? explained(answer) : [t("letter.failed"), t("letter.failed.next")] };
}

/** Searches the published questions as one types, and tells the answer of the one chosen. */
export async function searchQuestions(dialog, { names, tell }) {
  const found = await fetchOnce("/questions");
  const questions = found?.questions ?? [];
  if (!questions.length) return tell(t("guide.no-questions"), "", "refused");
  const said = own;
  const lines = questions.map((each) => {
    const item = each.item && names.item(each.item);
    return { text: `${each.question} ${each.answer} ${each.question_en} ${each.answer_en} ${item ?? ""}`, parts: [make("span.words", {}, said(each, "question")), item && make("small", {}, item)] };
  });
  const nth = await findOne(dialog, t("guide.questions"), lines);
  if (nth !== null) tell(said(questions[nth], "question"), said(questions[nth], "answer"), "done");
}

/** Takes one down, and tells what its receipt says. */
export async function takeFeedback(dialog, { hall, token, wire, tell }) {
  const given = await takeDown(dialog, hall, token, (command, id) => wire.send(command, id));
  if (given) tell(...told(given, hall.zone), "done");
}

/** What is told of a receipt, as words and next step. */
const told = (given, zone) => [t("feedback.received", given), t("feedback.tell", { code: grouped(given.code), due: dayOf(given.due, zone) })];
