/* The rating of a decided case (办件评价), apart from that of a reception: on the page of its progress, and on that of the slip
 * with which its result was collected. It counts once; a bad level asks why and never blocks. Once given, its receipt shows.
 *
 * Once later something can be added to it (追评), which changes no count.
 *
 * `rate({level, reasons, text, contact})` sends it, `add({level, text})` what is added later; each and returns {ok, kept} or {ok: false, lines}; `receipt` is the path of the
 * receipt; `words`: whether own words can be sent this way. */

import { make } from "../shared/dom.js";
import { fetchOnce } from "../shared/fetching.js";
import { language, t } from "../shared/words.js";
import { BAD_LEVEL, button, letterFields, levels, reasonChoices } from "./feedback.js";
import { ours } from "./hall.js";

export class CaseRating {
  constructor(box, hall, { rate, add, receipt, words }) {
    Object.assign(this, { box, hall, send: rate, sendMore: add, path: receipt, words, step: "", painted: "" });
  }

  /** `state`: of the document: open, given or empty; what is half answered is not torn up. */
  show(state, facts) {
    this.facts = facts;
    this.box.hidden = !state && !this.step;
    if (state === "given" && !["thanks", "adding", "add-words", "sending"].includes(this.step)) return this.given(facts);
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

  given({ added }, note = "") {
    if (note) this.painted = "";
    const said = note && make("p.note", { role: "alert" }, note);
    const more = added ? make("p.second", {}, t("ticket.added", { level: t(`level.${added}`) })) : make("div.row", {}, button("case.add", () => this.adding()));
    this.paint(added ? "added" : "given", make("h2", {}, t("case.rated")), said, more, this.receipt());
  }

  adding() {
    this.paint("adding", make("h2", {}, t("ticket.add.ask")), levels((level) => (this.words ? this.addWords(level) : this.add({ level }))));
  }

  addWords(level) {
    const letter = letterFields(this.hall.letter);
    letter.hideContact(true);
    const send = button("ticket.add.send", () => this.add({ level, text: letter.text() }), "main");
    this.paint("add-words", make("h2", {}, t("ticket.add.words")), letter.element, make("div.row", {}, send, button("letter.nothing", () => this.add({ level }))));
  }

  async add(addition) {
    this.paint("sending", make("h2", {}, t("rate.sending")));
    const sent = await this.sendMore(addition);
    if (!sent.ok) return this.given(this.facts, sent.lines.filter(Boolean).join(" "));
    this.facts = { ...this.facts, added: addition.level };
    const said = make("p.second", {}, t("ticket.added", { level: t(`level.${addition.level}`) }));
    this.paint("thanks", make("h2", {}, t("rate.thanks")), said, sent.kept && make("p.second", {}, t("letter.kept")), this.receipt());
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
    const link = make("a", { href: ours(`/ratings#${found.receipt}`) }, t("receipt.check"));
    box.replaceChildren(make("h3", {}, t("receipt.title")), make("p.second", {}, t("receipt.more")), make("p.receipt-text", {}, make("code", {}, found.receipt)), link);
  }
}
