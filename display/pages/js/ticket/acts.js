/* What one may do with one's own number: be late, come back, give it up (asked twice), have the phone ring. */

import { make } from "../dom.js";
import { words } from "../page.js";
import { press } from "../press.js";
import { language, t } from "../words.js";
import { canProlong, keptUntil } from "./late.js";

export class Acts {
  constructor(box, dialog, { hall, bell, send }) {
    Object.assign(this, { box, dialog, hall, bell, send, note: "", drawn: "" });
  }

  show(doc, now) {
    const until = keptUntil(doc, now);
    const asked = until ? "ticket.late.more" : "ticket.late";
    const late = !until || canProlong(until, this.hall.rules.postpone_minutes, now) ? asked : "";
    if (doc.not_before !== this.doc?.not_before) this.note = ""; // the card says until when
    Object.assign(this, { doc, late });
    if (this.dialog.open && doc.state !== "waiting") this.dialog.close();
    this.draw();
  }

  draw() {
    const { state, missed_can_return: back } = this.doc;
    const signature = [state, back, this.late, this.note, this.bell.on, language()].join("|");
    if (signature === this.drawn) return;
    this.drawn = signature;
    const shown = [this.note && make("p.note", { role: "status" }, this.note), ...this.buttons(state, back)];
    this.box.replaceChildren(...shown.filter(Boolean));
  }

  buttons(state, back) {
    if (state === "missed" && back) return [this.button("ticket.return", () => this.ask({ type: "RequeueTicket" }), "main")];
    if (state !== "waiting") return [];
    const minutes = this.hall.rules.postpone_minutes;
    const bell = this.bell.on ? make("p.note", {}, t("ticket.bell.on")) : this.button("ticket.bell", () => this.listen(), "main");
    const late = () => this.ask({ type: "PostponeTicket", minutes });
    return [bell, this.late && this.button(this.late, late), this.button("ticket.cancel", () => this.sure())];
  }

  button(key, act, kind = "") {
    const text = t(key, { minutes: this.hall.rules.postpone_minutes });
    const element = make(`button.press${kind ? `.${kind}` : ""}`, { type: "button", "data-act": key }, text);
    press(element, act);
    return element;
  }

  async listen() {
    await this.bell.start();
    this.draw();
  }

  /** Sends a command; a refusal is shown in its own words. */
  async ask(command) {
    try {
      await this.send(command);
      this.note = "";
    } catch (refused) {
      this.note = words(refused).join(language() === "zh" ? "，" : ". ");
    }
    this.draw();
  }

  sure() {
    const close = () => this.dialog.close();
    const yes = () => this.ask({ type: "CancelTicket" }).finally(close);
    this.dialog.replaceChildren(
      make(
        "div.ask",
        {},
        make("h2", {}, t("ticket.cancel.ask", this.doc)),
        make("p", {}, t("ticket.cancel.more")),
        this.button("ticket.cancel.no", close, "main"),
        this.button("ticket.cancel.yes", yes),
      ),
    );
    this.dialog.showModal();
  }
}
