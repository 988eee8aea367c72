/* Complaints, reports, suggestions, praise, consultations: given without a number, and followed by the receipt's code.
 *
 * The receipt's QR holds the address `/feedback#CODE`. The code stays behind the #, so that no server logs it with the
 * address; it may be typed as well, and wrong ones are counted by the server. */

import { find, make } from "../shared/dom.js";
import { language, safe, t, told } from "../shared/words.js";
import { button, letterFields } from "./feedback.js";
import { dayOf, FeedbackForm, receiptLines, send } from "./feedback-form.js";
import { explained, name } from "./hall.js";
import { askCode, codeInAddress, looked, NO_DIGITS, publicPage } from "./public-page.js";

const { hall, speaks } = await publicPage("feedback.title");
const OPEN = ["opened", "assigned", "answered", "reopened"];
let seen = null; // the receipt, or why there is none
let form = null; // of a new one
let letter = null; // of what is added

askCode(find("#code"), NO_DIGITS, look);
speaks(draw);
look();

/** Asks for the receipt of the code in the address. */
async function look() {
  const code = codeInAddress();
  find("#code").value = code;
  seen = code ? await looked(`/receipts/${encodeURIComponent(code)}`, find("#receipt")) : null;
  draw();
}

function draw() {
  drawReceipt();
  drawForm();
}

// --- the receipt

function drawReceipt() {
  const box = find("#receipt");
  box.hidden = !seen;
  if (!seen) return;
  const [words, next] = seen.doc && !seen.found ? explained(seen.doc) : [t("silent"), t("case.again")];
  box.replaceChildren(...(seen.found ? receipt(seen.doc) : [make("p.case-state", {}, words), make("p", {}, next)]).filter(Boolean));
  box.dataset.light = seen.found ? seen.doc.light : "grey";
}

function receipt(doc) {
  const both = (key) => name({ name: doc[key], name_en: doc[`${key}_en`] });
  const reason = hall.feedback.reasons.reasons.find((each) => each.id === doc.reason);
  const open = OPEN.includes(doc.state);
  const day = (at) => dayOf(at, hall.zone);
  const rows = [
    ["feedback.number", doc.number],
    ["feedback.kind", t(`follow-up-kind.${doc.kind}`)],
    ["feedback.about", both("window")],
    ["feedback.why", reason && told(reason)],
    ["feedback.department", both("department")],
    ["feedback.day", day(doc.opened)],
    ["feedback.before", doc.before && day(doc.before)],
    ["feedback.due", `${day(doc.due)}${doc.provisional ? t("case.provisional") : ""}`],
    ["case.light", open && t(`deadline-light.${doc.light}`)],
    ["feedback.verdict", doc.verdict && t(`verdict.${doc.verdict}`)],
  ].filter(([, value]) => value);
  return [
    make("p.case-state", {}, t(`follow-up-state-holder.${doc.state}`)),
    make("dl", {}, rows.map(([key, value]) => [make("dt", {}, t(key)), make("dd", {}, safe(value))])),
    doc.reply && make("blockquote", { "aria-label": t("feedback.reply") }, make("h3", {}, t("feedback.reply")), make("p", {}, doc.reply)),
    doc.judge && verdict(doc),
    open && addition(doc),
  ];
}

/** Whether the applicant is satisfied; who is not may appeal at once, while that is possible. */
function verdict(doc) {
  const note = make("p.note", { role: "alert", hidden: true });
  const judge = (satisfied, again = false) => () => sent(note, `/receipts/${codeInAddress()}/verdict`, { satisfied, again });
  return make(
    "div.verdict",
    {},
    make("h3", {}, t("feedback.ask")),
    make(
      "div.row",
      {},
      button("feedback.yes", judge(true), "main"),
      button("feedback.no", judge(false)),
      doc.appeal && button("feedback.again", judge(false, true)),
    ),
    note,
  );
}

function addition() {
  letter = letterFields(hall.letter);
  const note = make("p.note", { role: "alert", hidden: true });
  const add = () => (letter.text() ? sent(note, `/receipts/${codeInAddress()}/words`, { text: letter.text(), contact: letter.contact() }) : tell(note, t("box.no-text")));
  return make("details.add", {}, make("summary.press", {}, t("feedback.add")), letter.element, make("div.row", {}, button("feedback.send", add, "main")), note);
}

async function sent(note, path, document) {
  try {
    await send(path, document);
    await look();
  } catch (error) {
    tell(note, error.lines?.join(" ") ?? t("letter.failed"));
  }
}

function tell(note, text) {
  note.textContent = text;
  note.hidden = false;
}

// --- a new one

function drawForm() {
  const box = find("#box");
  box.hidden = Boolean(codeInAddress());
  if (codeInAddress()) return;
  if (!hall.feedback.enabled) return box.replaceChildren(make("p", {}, t("feedback.off")));
  if (form && box.dataset.language === language()) return; // what is half written is not torn up
  box.dataset.language = language();
  form = new FeedbackForm(hall, { place: true });
  box.dataset.step = "open";
  box.replaceChildren(make("h2", {}, t("feedback.new")), form.element, make("div.row", {}, button("feedback.send", post, "main")));
}

async function post() {
  const document = form.document();
  if (!document || form.sending) return;
  form.sending = true;
  try {
    const given = await send("/receipts", document);
    form = null;
    find("#box").replaceChildren(...receiptLines(given, hall.zone));
  } catch (error) {
    form.sending = false;
    form.say(error.lines?.join(" ") ?? t("letter.failed"));
  }
}
