/* A phone number for notices by text message, left by who holds a number or a booking, and taken back by them. What it is for
 * stands beside the field before anything is typed. The number is kept apart from the log until what it was left for has
 * ended; this page only ever shows its last four digits again. */

import { make } from "../shared/dom.js";
import { complete, language, sign, t } from "../shared/words.js";
import { button } from "./feedback.js";
import { post } from "./public-page.js";

export class Notify {
  /** `proof`: {key} of a slip, or {code} of a booking. `box` stays hidden where the hall sends no notices. */
  constructor(box, proof, offered) {
    Object.assign(this, { box, proof, offered, left: "", open: false, typed: "", why: null, busy: false, drawn: "", asked: false });
  }

  /** Shows what can be done while what it is about goes on. */
  show(live) {
    this.box.hidden = !this.offered || !live;
    if (this.box.hidden) return;
    if (!this.asked) this.ask();
    this.draw();
  }

  async ask() {
    this.asked = true;
    const answer = await post("/notify", this.proof);
    if (answer.ok) this.left = answer.doc.left;
    this.draw();
  }

  draw() {
    const signature = [this.left, this.open, this.why?.().join(), language()].join("|");
    if (signature === this.drawn) return;
    this.drawn = signature;
    this.box.replaceChildren(...this.parts().filter(Boolean));
    if (this.open) this.box.querySelector("input").focus();
  }

  parts() {
    const said = this.why && make("p.note", { role: "alert" }, this.why().filter(Boolean).join(sign("stop")));
    if (this.open) return this.form(said);
    if (!this.left) return [said, button("notify.open", () => this.unfold(true))];
    const back = button("notify.back", () => this.send(""));
    return [said, make("p.note", { role: "status" }, t("notify.left", { left: this.left })), back];
  }

  form(said) {
    const field = make("input", { type: "tel", inputmode: "numeric", autocomplete: "tel-national", maxlength: 16, value: this.typed });
    field.addEventListener("input", () => (this.typed = field.value));
    const form = make(
      "form.fields",
      {},
      make("label", {}, make("span", {}, t("notify.phone")), field),
      make("p", {}, t("notify.purpose")),
      said,
      make("button.press.main", { type: "submit" }, t("notify.send")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (field.value.trim()) this.send(field.value.trim());
      else field.focus();
    });
    return [make("h2", {}, t("notify.ask")), form, button("notify.close", () => this.unfold(false))];
  }

  unfold(open) {
    Object.assign(this, { open, why: null });
    this.draw();
  }

  async send(phone) {
    if (this.busy) return;
    this.busy = true;
    const answer = await post("/notify", { ...this.proof, phone, lang: complete() });
    this.busy = false;
    if (answer.ok) Object.assign(this, { left: answer.doc.left, open: false, typed: "", why: null });
    else this.why = answer.why;
    this.draw();
  }
}
