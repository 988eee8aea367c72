/* The rating of a decided case (办件评价), apart from that of a reception: on the page of its progress, and on that of the slip
 * with which its result was collected. It counts once; a bad level asks why and never blocks. Once given, its receipt shows.
 *
 * `rate({level, reasons, text, contact})` sends it and returns {ok, kept} or {ok: false, lines}; `receipt` is the path of the
 * receipt; `words`: whether own words can be sent this way. */

import { make } from "../shared/dom.js";
import { fetchOnce } from "../shared/fetching.js";
import { language, t } from "../shared/words.js";
import { BAD_LEVEL, button, letterFields, levels, reasonChoices } from "./feedback.js";

export class CaseRating {
  constructor(box, hall, { rate, receipt, words }) {
    Object.assign(this, { box, hall, send: rate, path: receipt, words, step: "", painted: "" });
  }

  /** `state`: of the document: open, given or empty; what is half answered is not torn up. */
  show(state, facts) {
    this.facts = facts;
    this.box.hidden = !state && !this.step;
    if (state === "given" && this.step !== "thanks") return this.paint("given", make("h2", {}, t("case.rated")), this.receipt());
    if (state === "open" && ["", "ask", "given"].includes(this.step)) this.ask();
  }

  paint(step, ...children) {
    const signature = `${step}|${language()}|${this.facts.number}`;
    if (this.painted === signature) return;
    Object.assign(this, { step, painted: signature });
    this.box.dataset.step = step;
    this.box.hidden = false;
    this.box.replaceChildren(...children.filter(Boolean));
  }

  ask(note = "") {
    if (note) this.painted = "";
    const said = note && make("p.note", { role: "alert" }, note);
    this.paint("ask", make("h2", {}, t("case.rate")), make("p.second", {}, t("case.rate.more", this.facts)), said, levels((level) => this.chosen(level)));
  }

  chosen(level) {
    if (level > BAD_LEVEL) return this.rate({ level, reasons: [] });
    const choices = reasonChoices(this.hall.rating);
    const letter = this.words ? letterFields(this.hall.letter) : null;
    const given = () => ({ level, reasons: choices.chosen(), ...(letter && { text: letter.text(), contact: letter.contact() }) });
    const main = button("rate.send", () => this.rate(given()), "main");
    const plain = button("rate.plain", () => this.rate({ level, reasons: [] }));
    const again = button("rate.again", () => this.ask());
    this.paint("why", make("h2", {}, t("rate.why")), choices.element, letter?.element, make("div.row", {}, main, plain, again));
  }

  async rate(rating) {
    this.paint("sending", make("h2", {}, t("rate.sending")));
    const sent = await this.send(rating);
    if (!sent.ok) return this.ask(sent.lines.filter(Boolean).join(" "));
    this.paint("thanks", make("h2", {}, t("rate.thanks")), make("p.second", {}, t(sent.kept ? "letter.kept" : "rate.thanks.more")), this.receipt());
  }

  /** With it anyone can check that the rating is counted. */
  receipt() {
    const box = make("div.receipt", {});
    this.fill(box);
    return box;
  }

  async fill(box) {
    const found = await fetchOnce(this.path());
    if (!found?.receipt) return;
    const link = make("a", { href: `/ratings#${found.receipt}` }, t("receipt.check"));
    box.replaceChildren(make("h3", {}, t("receipt.title")), make("p.second", {}, t("receipt.more")), make("p.receipt-text", {}, found.receipt), link);
  }
}
