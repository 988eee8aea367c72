/* The window of "cannot get it done" (办不成事): the reception in sight is filed as a complaint, a report or a question. */

import { t, told } from "../shared/words.js";
import { pick } from "./desk-dialogs.js";
import { dayOf, grouped } from "./feedback-form.js";
import { explained } from "./hall.js";

const KINDS = ["complaint", "report", "consultation", "suggestion"];

/** Whether this window files its receptions. */
export const files = (hall, window) => hall.feedback.enabled && hall.feedback.windows.includes(window);

/** The command that files the reception; null if the clerk went back. */
async function askFeedback(seen, dialog, hall) {
  const kind = await pick(dialog, t("desk.file-title", seen.ticket), KINDS.map((each, index) => [index + 1, t(`follow-up-kind.${each}`)]));
  if (kind === null) return null;
  const reasons = hall.feedback.reasons.reasons.slice(0, 9);
  const why = await pick(dialog, t("feedback.reason"), reasons.map((each, index) => [index + 1, told(each)]));
  return why === null ? null : { type: "SubmitFeedback", kind: KINDS[kind], way: "window", ticket: seen.ticket.ticket, reason: reasons[why].id };
}

/** What the clerk tells the applicant, as words and next step. */
const filed = (given, zone) => [t("feedback.received", given), t("feedback.tell", { code: grouped(given.code), due: dayOf(given.due, zone) })];

/** Files the reception in sight, and tells what its receipt says. */
export async function fileFeedback(seen, dialog, { hall, wire, tell }) {
  if (!seen?.ticket) return tell(t("desk.file-none"), "", "refused");
  const command = await askFeedback(seen, dialog, hall);
  if (!command) return tell(t("desk.cancelled"));
  try {
    tell(...filed(await wire.send(command), hall.zone), "done");
  } catch (refused) {
    tell(...(refused ? explained(refused) : [t("desk.no-answer", { verb: t("desk.file") }), t("desk.no-answer-next")]), "refused");
  }
}
