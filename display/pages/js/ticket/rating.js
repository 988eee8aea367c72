/* Rating from the slip's QR: once, for as long as the hall allows, with reasons and own words for a bad level. */

import { make } from "../dom.js";
import { words } from "../page.js";
import { press } from "../press.js";
import { BAD_LEVEL, levels } from "../rate/faces.js";
import { loadReasons, reasonChoices } from "../rate/reasons.js";
import { language, t } from "../words.js";

export class Rating {
  constructor(box, send) {
    Object.assign(this, { box, send, step: "", done: false });
  }

  show(doc) {
    const due = doc.rateable && !doc.rated && !this.done;
    if (doc.rated) this.done = true;
    this.box.hidden = !due && !this.done;
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
    const choices = reasonChoices(await loadReasons(), { free: true });
    const plain = this.button("rate.plain", () => this.rate(level, []));
    const send = this.button("rate.send", () => this.rate(level, choices.chosen()), "main");
    this.paint("why", make("h2", {}, t("rate.why")), choices.element, make("div.row", {}, send, plain));
  }

  async rate(level, reasons) {
    this.paint("sending", make("h2", {}, t("rate.sending")));
    try {
      await this.send({ type: "Rate", level, reasons, via: "phone" });
      this.done = true;
      this.paint("thanks", make("h2", {}, t("rate.thanks")), make("p.second", {}, t("rate.thanks.more")));
    } catch (refused) {
      this.paint("refused", make("h2", {}, words(refused)[0]));
    }
  }

  button(key, act, kind = "") {
    const element = make(`button.press${kind ? `.${kind}` : ""}`, { type: "button" }, t(key));
    press(element, act);
    return element;
  }
}
