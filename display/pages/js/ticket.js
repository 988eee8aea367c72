/* The phone of an applicant who waits: their own number and nothing about anybody else.
 * The slip's QR holds the address `/t#KEY`; the key is the ticket's id, a dot and a proof that only the caller can
 * make. It is all that opens the page, and stays behind the #: no server and no proxy on the way sees it. */

import { connect } from "../shared/client.js";
import { find, make, say } from "../shared/dom.js";
import { fit } from "../shared/fitting.js";
import { language, sign, t } from "../shared/words.js";
import { button } from "./feedback.js";
import { FeedbackBox } from "./feedback-form.js";
import { explained, ours, ring, showState } from "./hall.js";
import { keptKey, keptOffline, LastState } from "./last-state.js";
import { Notify } from "./notify.js";
import { publicPage } from "./public-page.js";
import { Push } from "./push.js";
import { canProlong, changesIn, guide, heard, keptUntil, onward, place } from "./ticket-card.js";
import { Answers, OpinionBox, Rating } from "./ticket-feedback.js";
import { Help } from "./ticket-help.js";

const BUZZ_MS = [400, 200, 400, 200, 800];

/** The phone rings when it is one's turn. A browser lets a page ring only after a touch, so the page asks for
 * one while there is time, and says plainly whether the bell is on. */
class Bell {
  constructor() {
    this.on = false;
  }

  /** Must run inside a touch. */
  async start() {
    this.audio = new AudioContext();
    await this.audio.resume();
    this.on = true;
    navigator.wakeLock?.request("screen").catch(() => {});
  }

  /** Rings once for each call of this number; never for one that was there when the page was opened. */
  ring(before, after) {
    const fresh = before && after.state === "called" && after.call !== before.call;
    if (!fresh) return;
    navigator.vibrate?.(BUZZ_MS);
    if (this.on) ring(this.audio);
    window.dispatchEvent(new CustomEvent("hallcall-bell", { detail: { call: after.call } }));
  }
}

/** What one may do with one's own number: be late, come back, give it up (asked twice), have the phone ring. */
class Acts {
  constructor(box, dialog, { hall, bell, send }) {
    Object.assign(this, { box, dialog, hall, bell, send, note: "", drawn: "" });
  }

  show(doc, now) {
    const until = keptUntil(doc, now);
    const asked = until ? "ticket.late.more" : "ticket.late";
    const late = doc.arrive_by ? "" : !until || canProlong(until, this.hall.rules.postpone_minutes, now) ? asked : "";
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
    const focused = this.box.contains(document.activeElement);
    this.box.replaceChildren(...shown.filter(Boolean));
    if (focused) this.box.querySelector("button")?.focus(); // who hears the page stays where they pressed
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
    return button(key, act, kind, t(key, { minutes: this.hall.rules.postpone_minutes }));
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
      this.note = explained(refused).join(sign("stop"));
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
        make("h2", { id: "sure-head" }, t("ticket.cancel.ask", this.doc)),
        make("p", {}, t("ticket.cancel.more")),
        this.button("ticket.cancel.no", close, "main"),
        this.button("ticket.cancel.yes", yes),
      ),
    );
    this.dialog.showModal();
  }
}

// --- the page

const { hall, url, speaks } = await publicPage("ticket.title");
if (!location.hash && location.pathname === "/t") history.replaceState(null, "", `#${keptKey()}`); // opened from the home screen
const key = location.hash.slice(1);
const last = new LastState(find("#last"), key, hall.zone);
const ticket = key.split(".")[0];
addEventListener("hashchange", () => location.reload()); // another slip, scanned into the same page
const bell = new Bell();
const acts = new Acts(find("#acts"), find("#sure"), { hall, bell, send: (command) => wire.send({ ticket, ...command }) });
const help = new Help(find("#help"), (command) => wire.send({ ticket, ...command }));
const notify = new Notify(find("#notify"), { key }, hall.notify);
const push = new Push(find("#push"), { key }, hall.push);
const rating = new Rating(find("#rating"), { key }, (command) => wire.send({ ticket, ...command }), hall);
let ofCase = null; // asked where the result of a case was collected with this slip: the others load nothing of it
const answers = new Answers(find("#answers"), (command) => wire.send({ ticket, ...command }), hall.zone);
const box = hall.feedback.enabled ? new FeedbackBox(find("#box"), { key }, hall) : new OpinionBox(find("#box"), { key }, hall.letter);
let doc = null;
let guided = "";
let later = null;
let reach = ""; // the connection's state: also before there is a wire

speaks(otherLanguage);
const wire = connect({ url, token: key, watch: [`ticket/${ticket}`, `answers/${ticket}`], onView: (topic, newest) => (topic.startsWith("answers/") ? answers.show(newest) : show(topic, newest)), onState: state });

function show(_, newest) {
  bell.ring(doc, newest);
  doc = newest;
  last.keep(doc, wire);
  draw();
}

function draw() {
  if (!doc) return drawLast();
  drawPlace(doc, wire.now());
  last.say(reach);
  acts.show(doc, wire.now());
  const live = !["served", "cancelled", "expired", "lapsed", "merged"].includes(doc.state);
  push.show(live);
  notify.show(live);
  help.show(doc);
  rating.show(doc);
  if (doc.case) showCase(doc.case);
  find("#box").hidden = false;
  showGuide(doc);
  drawLater(changesIn(doc, hall.rules.postpone_minutes, wire.now()));
}

function drawPlace(doc, now) {
  document.title = `${doc.number} ${doc.state === "called" ? t("ticket-holder.called") : t("ticket.title")}`;
  document.body.dataset.state = doc.state;
  const card = find("#place");
  card.className = `card${doc.state === "called" ? " turn" : ""}`;
  card.replaceChildren(...place(doc, hall, now).filter(Boolean));
  tell(doc.state === "called", heard(card));
  fit(card.querySelectorAll(".number"));
}

/** Tells who hears the page what has changed, in few words; a call breaks in on what is being read. */
function tell(called, words) {
  say(find("#rung"), called ? words : "");
  say(find("#heard"), called ? "" : words);
}

/** A page that was loaded where nothing reaches the hall shows what it knew last, and does nothing else. */
function drawLast() {
  if (!last.doc || (reach !== "silent" && navigator.onLine)) return;
  drawPlace(last.doc, last.at);
  last.say("silent");
  showGuide(last.doc);
}

async function showCase(state) {
  ofCase ??= import("./case-rating.js").then(({ CaseRating }) => {
    const ways = { rate: (given) => ofTheCase({ type: "RateCase", via: "phone", ...given }), add: (given) => ofTheCase({ type: "AddToRating", case: true, ...given }) };
    return new CaseRating(find("#case-rating"), hall, { ...ways, receipt: () => `/ratings/receipts/${key}/case`, words: false });
  });
  (await ofCase).show(state.rating, state);
}

/** Rates the case whose result was collected with this slip, or adds to that; own words go by the progress page of its receipt. */
function ofTheCase(command) {
  return wire.send({ ticket, ...command }).then(
    () => ({ ok: true, kept: false }),
    (refused) => ({ ok: false, lines: explained(refused) }),
  );
}

/** Nobody sends news when the minutes someone asked for are over. */
function drawLater(micros) {
  clearTimeout(later);
  if (micros) later = setTimeout(draw, micros / 1000 + 1);
}

async function showGuide(doc) {
  const wanted = `${language()} ${(doc.items ?? []).join()} ${JSON.stringify(doc.then ?? [])}`;
  if (wanted === guided) return;
  guided = wanted;
  const [then, told] = [await onward(doc.then, hall), await guide(doc.items ?? [])];
  find("#then").hidden = !then.length;
  find("#then").replaceChildren(...then);
  find("#guide").replaceChildren(...told);
}

function state(now, info) {
  reach = now;
  showState(now);
  last.say(now);
  draw();
  if (now === "closed" && info.code && !doc) gone();
}

function gone() {
  last.forget();
  find("#place").replaceChildren(make("p.head", {}, t("ticket.gone")), make("p.more", {}, t("ticket.gone.more")));
  if (!hall.feedback.enabled) return;
  find("#box").hidden = false;
  find("#box").replaceChildren(make("a.press.main", { href: ours("/feedback") }, t("feedback.without")));
}

function otherLanguage() {
  if (find("#box").dataset.step === "folded") box.fold(); // a letter half written is not torn up
  answers.again();
  draw();
}

keptOffline();
