/* How the holder of a number wants to be met: hard of hearing, low vision, a wheelchair, an interpreter. It is asked only of
 * who opens it, says what to do and not what a person has, and may be taken back as long as the visit lasts. Who calls the
 * number then sees it and comes to fetch its holder. */

import { make } from "../shared/dom.js";
import { language, sign, t } from "../shared/words.js";
import { button } from "./feedback.js";
import { explained } from "./hall.js";

const WAYS = ["deaf", "blind", "wheelchair", "interpreter"];
const LIVE = ["waiting", "called", "held", "missed"]; // who is being served is met already

export class Help {
  /** `send(command)` carries a command out, and throws its refusal. */
  constructor(box, send) {
    Object.assign(this, { box, send, note: "", open: false, busy: false, drawn: "" });
  }

  show(doc) {
    this.doc = doc;
    this.box.hidden = !LIVE.includes(doc.state);
    this.draw();
  }

  draw() {
    const { assistance = "" } = this.doc;
    const signature = [assistance, this.open, this.note, language()].join("|");
    if (signature === this.drawn) return;
    this.drawn = signature;
    const focused = this.box.contains(document.activeElement) && document.activeElement.dataset.act;
    this.box.replaceChildren(...this.parts(assistance).filter(Boolean));
    if (focused) (this.box.querySelector(`[data-act="${focused}"]`) ?? this.box.querySelector("button"))?.focus();
  }

  parts(assistance) {
    const noted = assistance && make("p.note", { role: "status" }, t("ticket.help.noted", { way: t(`assistance-holder.${assistance}`) }));
    if (!this.open) return [noted, button("ticket.help", () => this.unfold(true), "", t(assistance ? "ticket.help.change" : "ticket.help"))];
    const ways = WAYS.map((way) => {
      const choice = button(`ticket.help.${way}`, () => this.choose(way), "", t(`assistance-holder.${way}`));
      choice.setAttribute("aria-pressed", String(way === assistance));
      return choice;
    });
    const none = assistance && button("ticket.help.none", () => this.choose(""));
    const heading = make("h2", {}, t("ticket.help.ask"));
    const row = make("div.ways", {}, ways);
    return [heading, make("p", {}, t("ticket.help.more")), row, none, button("ticket.help.back", () => this.unfold(false)), this.note && make("p.note", { role: "alert" }, this.note)];
  }

  unfold(open) {
    Object.assign(this, { open, note: "" });
    this.draw();
  }

  async choose(assistance) {
    if (this.busy) return;
    this.busy = true;
    try {
      await this.send({ type: "SetAssistance", assistance });
      Object.assign(this, { open: false, note: "" });
    } catch (refused) {
      this.note = explained(refused).join(sign("stop"));
    }
    this.busy = false;
    this.draw();
  }
}
