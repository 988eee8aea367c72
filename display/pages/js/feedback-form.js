/* A complaint, report, suggestion, praise or consultation: its form, and the receipt one is given for it.
 *
 * The phone page of a number sends it with the slip's key; the hall's own page (`/feedback`) without one, and may name a
 * window. The code of the receipt is the applicant's key to it from then on. */

import { make } from "../shared/dom.js";
import { instants, month, t, told } from "../shared/words.js";
import { button, letterFields } from "./feedback.js";
import { explained, name, ours } from "./hall.js";

export const KINDS = ["complaint", "report", "suggestion", "praise", "consultation"];
const DAY = { year: "numeric", month: "long", day: "numeric" };

/** A day as people read it. */
export const dayOf = (micros, zone) => instants(zone, { ...DAY, month: month() })(micros);

/** Sends one of our forms; returns the answer, or throws an error with `lines` in words. */
export async function send(path, document) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(document) }).catch(() => null);
  const answer = await response?.json().catch(() => null);
  if (response?.ok) return answer;
  throw Object.assign(new Error(), { lines: answer?.zh ? explained(answer).filter(Boolean) : [t("letter.failed"), t("letter.failed.next")] });
}

/** The form; `place`: whether a window may be named. */
export class FeedbackForm {
  constructor(hall, { place = false } = {}) {
    this.kinds = choices(KINDS.map((kind) => [kind, t(`follow-up-kind.${kind}`)]), "kind", "feedback.kind");
    const reasons = hall.feedback.reasons.reasons;
    this.reasons = choices(reasons.map((each) => [each.id, told(each)]), "reason", "feedback.reason");
    this.letter = letterFields(hall.letter);
    this.anonymous = make("input", { type: "checkbox", id: "anonymous" });
    this.anonymous.addEventListener("change", () => this.letter.hideContact(this.anonymous.checked));
    this.window = place ? select(hall) : null;
    this.note = make("p.note", { role: "alert", hidden: true });
    const hidden = make("label.check", { for: "anonymous" }, this.anonymous, t("feedback.anonymous"));
    const where = place && make("label.where", {}, make("span", {}, t("feedback.window")), this.window);
    const head = (key) => make("h3", {}, t(key));
    this.element = make(
      "div.feedback",
      {},
      ...[this.kinds.element, where, head("feedback.reason"), this.reasons.element, this.letter.element, hidden, this.note].filter(Boolean),
    );
  }

  /** What is to be sent; null where something is missing, which is then said. */
  document() {
    const kind = this.kinds.chosen();
    const [text, reason] = [this.letter.text(), this.reasons.chosen()];
    if (!kind || !(text || reason)) return this.say(t(kind ? "feedback.empty" : "feedback.no-kind"));
    const anonymous = this.anonymous.checked;
    this.note.hidden = true;
    return { kind, text, reason, anonymous, contact: anonymous ? "" : this.letter.contact(), ...(this.window?.value && { window: this.window.value }) };
  }

  say(text) {
    this.note.textContent = text;
    this.note.hidden = false;
    return null;
  }
}

/** Buttons of which at most one is chosen. */
function choices(rows, what, called) {
  const buttons = rows.map(([id, text]) => {
    const choice = button(id, () => choose(choice), "", text);
    choice.className = "press reason";
    choice.dataset[what] = id;
    choice.setAttribute("aria-pressed", "false");
    return choice;
  });
  const choose = (chosen) => buttons.forEach((each) => each.setAttribute("aria-pressed", each === chosen && each.getAttribute("aria-pressed") !== "true"));
  const element = make("div.kinds", { role: "group", "aria-label": t(called) }, ...buttons);
  return { element, chosen: () => buttons.find((each) => each.getAttribute("aria-pressed") === "true")?.dataset[what] ?? "" };
}

function select(hall) {
  const rows = Object.entries(hall.windows).map(([id, window]) => make("option", { value: id }, /^\d+$/.test(id) ? `${id} ${name(window)}` : name(window)));
  return make("select", { id: "window" }, make("option", { value: "" }, t("feedback.window-none")), ...rows);
}

/** What one is told once it is received: the number, the code, the date, and where it is followed. */
export function receiptLines(given, zone) {
  const facts = { number: given.number, due: dayOf(given.due, zone) };
  const way = ours(`/feedback#${given.code}`);
  return [
    make("h2", {}, t(given.joined ? "feedback.joined" : "feedback.received", facts)),
    make("p", {}, t("answer.due", facts)),
    ...(given.code ? [make("p.receipt-code", {}, make("span", {}, t("feedback.code")), make("b", {}, grouped(given.code))), make("a.press.main", { href: way }, t("feedback.follow"))] : []),
  ];
}

/** A code as one reads it out: 12345 67890. */
export const grouped = (code) => code.replace(/^(.{5})/, "$1 ");

/** The box of the phone page: folded, the form, or the receipt. */
export class FeedbackBox {
  constructor(box, sender, hall) {
    Object.assign(this, { box, sender, hall });
    this.fold();
  }

  fold() {
    this.paint("folded", button("feedback.open", () => this.unfold()));
  }

  unfold() {
    this.form = new FeedbackForm(this.hall);
    const row = make("div.row", {}, button("feedback.send", () => this.post(), "main"), button("box.close", () => this.fold()));
    this.paint("open", make("h2", {}, t("feedback.title")), this.form.element, row);
  }

  async post() {
    const document = this.form.document();
    if (!document || this.sending) return;
    this.sending = true;
    try {
      const given = await send("/receipts", { ...this.sender, ...document });
      this.paint("kept", ...receiptLines(given, this.hall.zone), button("box.close", () => this.fold()));
    } catch (error) {
      this.form.say(error.lines?.join(" ") ?? t("letter.failed"));
    } finally {
      this.sending = false;
    }
  }

  paint(step, ...children) {
    this.box.dataset.step = step;
    this.box.replaceChildren(...children.filter(Boolean));
  }
}
