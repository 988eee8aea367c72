/* The phone's feedback: rating from the slip's QR, what the hall answers, and the opinion box (意见箱) of a hall without receipts.
 *
 * A rating counts once, for as long as the hall allows, with reasons for a bad level. Own words go apart, after the
 * rating, and whether they arrive changes nothing about it. The box takes a complaint, a suggestion or praise,
 * whenever there is a number; it is folded until touched. */

import { make } from "../shared/dom.js";
import { fetchOnce } from "../shared/fetching.js";
import { instants, language, month, t } from "../shared/words.js";
import { BAD_LEVEL, button, letterFields, levels, provinceLink, provincePage, reasonChoices, sendLetter } from "./feedback.js";
import { explained, ours } from "./hall.js";

export class Rating {
  constructor(box, sender, send, hall) {
    Object.assign(this, { box, sender, send, hall, step: "", done: false });
  }

  show(doc) {
    const due = doc.rateable && !doc.rated && !this.done;
    if (doc.rated) this.done = true;
    this.box.hidden = !due && !this.done;
    if ((due || this.done) && !this.box.hidden) this.lookForProvince();
    const telling = ["sending", "thanks"].includes(this.step) && this.painted.endsWith(`|${language()}`);
    if (this.done && telling) return; // what became of it stays to be read
    if (this.done && ["adding", "add-words"].includes(this.step)) return;
    if (this.done) return this.paint(doc.added ? "added" : "done", make("h2", {}, t("ticket.rated")), this.addition(doc), this.receipt());
    if (due && this.step !== "why") this.ask();
  }

  paint(step, ...children) {
    const signature = `${step}|${language()}`;
    if (this.step === step && this.painted === signature) return;
    Object.assign(this, { step, painted: signature });
    this.box.replaceChildren(...children.filter(Boolean), ...(this.province ? [provinceLink(this.province)] : []));
  }

  /** The province's own page for this visit, in a line of its own under whatever is in the box. */
  async lookForProvince() {
    if (this.looked || !this.sender.key) return;
    this.looked = true;
    this.province = await provincePage(this.sender, () => !this.box.hidden);
    if (this.province) this.box.append(provinceLink(this.province));
  }

  ask() {
    this.paint("ask", make("h2", {}, t("ticket.rate")), levels((level) => this.chosen(level)));
  }

  chosen(level) {
    if (level > BAD_LEVEL) return this.rate(level, []);
    const choices = reasonChoices(this.hall.rating);
    const letter = letterFields(this.hall.letter);
    const plain = button("rate.plain", () => this.rate(level, []));
    const send = button("rate.send", () => this.rate(level, choices.chosen(), letter), "main");
    const again = button("rate.again", () => this.ask());
    const head = make("h2", {}, t("rate.why"));
    this.paint("why", head, choices.element, letter.element, make("div.row", {}, send, plain, again));
  }

  async rate(level, reasons, letter = null) {
    this.paint("sending", make("h2", {}, t("rate.sending")));
    try {
      await this.send({ type: "Rate", level, reasons, via: "phone" });
    } catch (refused) {
      return this.paint("refused", make("h2", {}, explained(refused)[0]));
    }
    this.done = true;
    const more = letter?.text() ? await this.write(letter, level) : [t("rate.thanks.more")];
    this.paint("thanks", make("h2", {}, t("rate.thanks")), ...more.map((line) => make("p.second", {}, line)), this.receipt());
  }

  /** What is offered once later: how one sees it now (追评); it changes no count. */
  addition(doc) {
    if (!doc.receipt) return "";
    if (doc.added) return make("p.second", {}, t("ticket.added", { level: t(`level.${doc.added}`) }));
    return make("div.row", {}, button("ticket.add", () => this.paint("adding", make("h2", {}, t("ticket.add.ask")), levels((level) => this.add(level)))));
  }

  async add(level) {
    this.paint("sending", make("h2", {}, t("rate.sending")));
    try {
      await this.send({ type: "AddToRating", level });
    } catch (refused) {
      return this.paint("refused", make("h2", {}, explained(refused)[0]));
    }
    const letter = letterFields(this.hall.letter);
    letter.hideContact(true);
    const done = (line) => this.paint("thanks", make("h2", {}, t("rate.thanks")), make("p.second", {}, t("ticket.added", { level: t(`level.${level}`) })), line && make("p.second", {}, line), this.receipt());
    const main = button("ticket.add.send", async () => done(letter.text() ? (await this.write(letter, level, "addition")).join(" ") : ""), "main");
    this.paint("add-words", make("h2", {}, t("ticket.add.words")), letter.element, make("div.row", {}, main, button("letter.nothing", () => done(""))));
  }

  /** The receipt of the rating, once the hall has it on disk; with it anyone can check that the rating is counted. */
  receipt() {
    const box = make("div.receipt", {});
    if (this.sender.key) this.fill(box);
    return box;
  }

  async fill(box) {
    const found = await fetchOnce(`/ratings/receipts/${this.sender.key}`);
    if (!found) return;
    const link = make("a", { href: ours(`/ratings#${found.receipt}`) }, t("receipt.check"));
    box.replaceChildren(make("h3", {}, t("receipt.title")), make("p.second", {}, t("receipt.more")), make("p.receipt-text", {}, make("code", {}, found.receipt)), link);
  }

  write(letter, level, kind = "rating") {
    return sendLetter(this.sender, kind, letter, level).then(
      () => [t("letter.kept")],
      (error) => error.lines,
    );
  }
}

/** What the hall owes an answer to, with the date; a date that has moved is told with the one before and why.
 * That this page has told it is noted once, when an eye could see it. */
export class Answers {
  constructor(box, send, zone) {
    Object.assign(this, { box, send, zone, noted: "" });
    document.addEventListener("visibilitychange", () => this.note());
  }

  /** `doc`: of the topic answers/TICKET. */
  show(doc) {
    this.answers = doc.answers ?? [];
    this.box.hidden = !this.answers.length;
    this.box.replaceChildren(...this.answers.map((each) => this.line(each)));
    this.note();
  }

  /** Draws the same in the language that speaks now. */
  again() {
    this.show({ answers: this.answers });
  }

  line(answer) {
    const day = instants(this.zone, { year: "numeric", month: month(), day: "numeric" });
    const dates = { due: day(answer.due), before: answer.before ? day(answer.before) : "" };
    const moved = answer.before ? [make("p.note", {}, t("answer.moved", dates)), make("p.second", {}, t(`answer.why.${answer.why_moved}`))] : [];
    const open = [...moved, make("p", {}, t("answer.due", dates)), answer.provisional ? make("p.second", {}, t("answer.provisional")) : ""];
    return make("div.answer", {}, make("h2", {}, t(`answer.${answer.kind}`, answer)), ...(answer.closed ? [make("p", {}, t("answer.closed"))] : open), answer.code && make("a", { href: ours(`/feedback#${answer.code}`) }, t("feedback.follow")));
  }

  note() {
    const untold = this.answers?.filter((each) => each.before && !each.told).map((each) => each.due).join();
    if (!untold || untold === this.noted || document.visibilityState !== "visible") return;
    this.noted = untold;
    this.send({ type: "NoteDateTold", way: "page" }).catch(() => {}); // told all the same; the next opening notes it
  }
}

const KINDS = ["complaint", "suggestion", "praise"];

export class OpinionBox {
  constructor(box, sender, longest) {
    Object.assign(this, { box, sender, longest });
    this.fold();
  }

  /** Shut, with `note` above when there is something to tell. */
  fold(note = "", more = true) {
    const open = button("box.open", () => this.unfold());
    this.paint("folded", note && make("p.note", { role: "status" }, note), more && open);
  }

  unfold() {
    const letter = letterFields(this.longest);
    const kinds = KINDS.map((kind) => this.kind(kind));
    const send = button("box.send", () => this.post(letter, kinds), "main");
    const group = make("div.kinds", { role: "group", "aria-label": t("box.kind") }, ...kinds);
    this.note = make("p.note", { role: "alert", hidden: true });
    const row = make("div.row", {}, send, button("box.close", () => this.fold()));
    this.paint("open", make("h2", {}, t("box.title")), group, letter.element, this.note, row);
  }

  async post(letter, kinds) {
    const kind = kinds.find((each) => each.getAttribute("aria-pressed") === "true")?.dataset.kind;
    if (!kind || !letter.text()) return this.say(t(kind ? "box.no-text" : "box.no-kind"));
    if (this.sending) return;
    this.sending = true;
    try {
      const left = await sendLetter(this.sender, kind, letter);
      this.fold(t("box.kept"), left > 0);
    } catch (error) {
      this.say(error.lines.join(" "));
    } finally {
      this.sending = false;
    }
  }

  say(text) {
    this.note.textContent = text;
    this.note.hidden = false;
  }

  kind(kind) {
    const choice = button(`box.${kind}`, () => {
      for (const each of choice.parentElement.children) each.setAttribute("aria-pressed", each === choice);
    });
    choice.className = "press reason";
    choice.dataset.kind = kind;
    choice.setAttribute("aria-pressed", "false");
    return choice;
  }

  paint(step, ...children) {
    this.box.dataset.step = step;
    this.box.replaceChildren(...children.filter(Boolean));
  }
}
