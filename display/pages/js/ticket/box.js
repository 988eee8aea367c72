/* The opinion box (意见箱): a complaint, a suggestion or praise, whenever there is a number; folded until touched. */

import { make } from "../dom.js";
import { fields, send } from "../letter.js";
import { press } from "../press.js";
import { t } from "../words.js";

const KINDS = ["complaint", "suggestion", "praise"];

export class OpinionBox {
  constructor(box, ticket) {
    Object.assign(this, { box, ticket });
    this.fold();
  }

  /** Shut, with `note` above when there is something to tell. */
  fold(note = "", more = true) {
    const open = this.button("box.open", () => this.unfold());
    this.paint("folded", note && make("p.note", { role: "status" }, note), more && open);
  }

  unfold() {
    const letter = fields();
    const kinds = KINDS.map((kind) => this.kind(kind));
    const send = this.button("box.send", () => this.post(letter, kinds), "main");
    const group = make("div.kinds", { role: "group", "aria-label": t("box.kind") }, ...kinds);
    this.note = make("p.note", { role: "alert", hidden: true });
    const row = make("div.row", {}, send, this.button("box.close", () => this.fold()));
    this.paint("open", make("h2", {}, t("box.title")), group, letter.element, this.note, row);
  }

  async post(letter, kinds) {
    const kind = kinds.find((each) => each.getAttribute("aria-pressed") === "true")?.dataset.kind;
    if (!kind || !letter.text()) return this.say(t(kind ? "box.no-text" : "box.no-kind"));
    if (this.sending) return;
    this.sending = true;
    try {
      const left = await send(this.ticket, kind, letter);
      this.fold(t("box.kept"), left > 0);
    } catch (error) {
      this.say(error.told.join(" "));
    } finally {
      this.sending = false;
    }
  }

  say(text) {
    this.note.textContent = text;
    this.note.hidden = false;
  }

  kind(kind) {
    const button = this.button(`box.${kind}`, () => {
      for (const each of button.parentElement.children) each.setAttribute("aria-pressed", each === button);
    });
    button.className = "press reason";
    button.dataset.kind = kind;
    button.setAttribute("aria-pressed", "false");
    return button;
  }

  button(key, act, kind = "") {
    const element = make(`button.press${kind ? `.${kind}` : ""}`, { type: "button", "data-act": key }, t(key));
    press(element, act);
    return element;
  }

  paint(step, ...children) {
    this.box.dataset.step = step;
    this.box.replaceChildren(...children.filter(Boolean));
  }
}
