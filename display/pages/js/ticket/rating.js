/* Rating from the slip's QR: once, for as long as the hall allows, with reasons for a bad level. One's
 * own words go apart, after the rating, and whether they arrive changes nothing about it. */

import { make } from "../dom.js";
import { fields, send as sendLetter } from "../letter.js";
import { words } from "../page.js";
import { press } from "../press.js";
import { BAD_LEVEL, levels } from "../rate/faces.js";
import { loadReasons, reasonChoices } from "../rate/reasons.js";
import { language, t } from "../words.js";

export class Rating {
  constructor(box, ticket, send) {
    Object.assign(this, { box, ticket, send, step: "", done: false });
  }

  show(doc) {
    const due = doc.rateable && !doc.rated && !this.done;
    if (doc.rated) this.done = true;
    this.box.hidden = !due && !this.done;
    const telling = ["sending", "thanks"].includes(this.step) && this.painted.endsWith(`|${language()}`);
    if (this.done && telling) return; // what became of it stays to be read
    if (this.done) return this.paint("done", make("h2", {}, t("ticket.rated")));
    if (due && this.step !== "why") this.ask();
  }

  paint(step, ...children) {
    const signature = `${step}|${language()}`;
    if (this.step === step && this.painted === signature) return;
    Object.assign(this, { step, painted: signature });
    this.box.replaceChildren(...children);
  }

  ask() {
    this.paint("ask", make("h2", {}, t("ticket.rate")), levels((level) => this.chosen(level)));
  }

  async chosen(level) {
    if (level > BAD_LEVEL) return this.rate(level, []);
    const choices = reasonChoices(await loadReasons());
    const letter = fields();
    const plain = this.button("rate.plain", () => this.rate(level, []));
    const send = this.button("rate.send", () => this.rate(level, choices.chosen(), letter), "main");
    const again = this.button("rate.again", () => this.ask());
    const head = make("h2", {}, t("rate.why"));
    this.paint("why", head, choices.element, letter.element, make("div.row", {}, send, plain, again));
  }

  async rate(level, reasons, letter = null) {
    this.paint("sending", make("h2", {}, t("rate.sending")));
    try {
      await this.send({ type: "Rate", level, reasons, via: "phone" });
    } catch (refused) {
      return this.paint("refused", make("h2", {}, words(refused)[0]));
    }
    this.done = true;
    const more = letter?.text() ? await this.write(letter, level) : [t("rate.thanks.more")];
    this.paint("thanks", make("h2", {}, t("rate.thanks")), ...more.map((line) => make("p.second", {}, line)));
  }

  write(letter, level) {
    return sendLetter(this.ticket, "rating", letter, level).then(
      () => [t("letter.kept")],
      (error) => error.told,
    );
  }

  button(key, act, kind = "") {
    const element = make(`button.press${kind ? `.${kind}` : ""}`, { type: "button" }, t(key));
    press(element, act);
    return element;
  }
}
