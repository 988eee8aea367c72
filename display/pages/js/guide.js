/* The guide desk: finds a number, issues one for somebody, helps a ticket on, and shows where it is empty.
 *
 * 1. The field for what is looked for has the focus whenever nothing is asked: a scanner types into it at any time.
 *    So no letter is a key of its own; F keys, Tab, Enter and Esc do everything.
 * 2. An ID number leaves this page once, to the web process that makes a keyed hash of it, and stands nowhere after that. Of
 *    a card on the desk's reader only the hash comes here.
 * 3. While the page is not current nothing is sent, nor kept for later; one act is on its way at most.
 * 4. The page speaks straight to the caller: it issues numbers while a kiosk, or the web process, does not run. */

import { newId } from "../shared/client.js";
import { find, press, say } from "../shared/dom.js";
import { fetchJson } from "../shared/fetching.js";
import { keepRowFocus } from "../shared/row_focus.js";
import { label, t } from "../shared/words.js";
import { Names } from "./desk-parts.js";
import { askVisit, commandFor, hashed, keepPrinter, leavePhone, printJob, slipSaid, ticketByPhone, usualPrinter } from "./guide-acts.js";
import { askMessage, help, meaning, showSignIn } from "./guide-asks.js";
import { searchQuestions, takeFeedback } from "./guide-feedback.js";
import { labelDesk, larger, showDuty, showFound, showHall, showNote, whyNot } from "./guide-parts.js";
import { begin, explained, nextLanguageKept, opened, query, stored, timeOfDay } from "./hall.js";
import { keepSheet, staffLanguage } from "./hall-screens.js";
import { followSettings, station, stationToken } from "./station.js";

const [PRESS_MS, TICK_MS] = [5_000, 500];
const SIGNED_OUT = ["board"]; // what a desk may watch before a person has signed in
const SESSION = "hallcall.session.guide";

const { hall, url } = await begin([staffLanguage()]);
hall.languages = hall.staff_languages;
const names = new Names(hall, await fetchJson("/desk.json"));
const desk = find("#desk");
const part = (selector) => find(selector, desk);
const place = query.get("window") ?? Object.keys(hall.windows).find((id) => hall.windows[id].kind === "guide") ?? "";
const token = stationToken("guide");
const clock = timeOfDay(hall.zone);
let [wire, doc, found] = [null, null, null]; // the connection, the hall, what was looked for
let [wanted, looked, card] = ["", 0, 0]; // its key, how often something was looked for, and when the last card was laid
let [link, pending] = ["connecting", ""]; // the state of the connection, and the act whose answer is awaited
let [changing, coming] = [false, false]; // a first password is to be changed; a staff number is asked for where no password is
let [staff, job] = ["", { id: "", station: "" }]; // who has just signed in, and sits at no desk yet; the slip that is being printed
let note = { words: "", next: "", tone: "" };
const sheet = keepSheet(() => link === "current" && !wire.missing && !pending, watch);

function start() {
  relabel();
  keepRowFocus(desk);
  press(part("#language"), otherLanguage);
  press(part("#larger"), () => larger(desk, !document.documentElement.classList.contains("large")));
  press(part("#duty"), duty);
  larger(desk, stored("hallcall.desk.large") === "1");
  part("#search").addEventListener("submit", (event) => (event.preventDefault(), look(part("#key").value)));
  document.addEventListener("keydown", key);
  wire = station({ url, token, session: sessionStorage.getItem(SESSION) ?? "", watch: SIGNED_OUT, onView: show, onState: linked, onPerson: person, who: "guide guide", free: atRest });
  if (wire) setInterval(draw, TICK_MS);
  opened();
}

// --- what comes

/** What is watched now; watched again it comes whole at once, and not with the next beat. */
function watch(sheet = []) {
  const more = [wanted && `find/${wanted}`, job.station && `jobs/${job.station}`].filter(Boolean);
  wire?.watch(wire.missing ? SIGNED_OUT : ["guide", ...more, ...sheet]);
}

function show(topic, view) {
  if (topic === "guide") (doc = view), takeSeat();
  if (sheet(topic, view)) return;
  if (topic === `find/${wanted}`) found = view;
  if (topic === `jobs/${job.station}`) printed(view.jobs[job.id]);
  draw();
  if (doc) followSettings(hall, doc.settings, atRest);
}

function linked(state) {
  const back = state === "current" && link !== "current";
  link = state;
  document.body.dataset.wire = state;
  if (state === "connecting") wire?.watch(SIGNED_OUT); // until it is known whether the session goes on
  if (back && note.tone === "cut") tell(t("guide.link-back"), "", "done");
  draw();
}

function person(ended) {
  if (!wire) return;
  wire.session ? sessionStorage.setItem(SESSION, wire.session) : sessionStorage.removeItem(SESSION);
  if (wire.missing) [doc, found] = [null, null];
  if (ended) tell(...explained(ended), "refused");
  watch();
  draw();
}

const atRest = () => !pending && !find("dialog[open], #sign-in input:focus", desk) && !part("#key").value;

// --- showing

const seen = () => ({ doc, names, now: wire.now(), clock, dialog: part("#ask"), printer: usualPrinter(doc) });

function draw() {
  const current = link === "current";
  say(part("#link"), t(`desk.link-${{ current: "current", silent: "silent", closed: "closed" }[link] ?? "away"}`));
  part("#link").dataset.link = link;
  showNote(desk, note);
  if (!wire) return;
  say(part("#time"), clock(wire.now()));
  const asked = current && (wire.missing || coming);
  const form = part("#sign-in");
  const opened = asked && form.hidden;
  form.hidden = !asked;
  part("#work").hidden = part("#hall").hidden = asked;
  if (asked) showSignIn(form, wire.missing ? ["secret", ...(changing ? ["fresh", "again"] : [])] : [], signIn);
  else if (form.childElementCount) form.replaceChildren(), delete form.dataset.drawn; // no password stays behind
  if (opened) find("input", form).focus();
  if (!doc) return;
  takeCard();
  const at = seen();
  showHall(desk, doc, at, { choose, message });
  showFound(desk, wanted ? found : null, at, { choose, act, checkIn });
  showDuty(desk, doc.windows[place], wire.session);
}

const tell = (words, next = "", tone = "") => showNote(desk, (note = { words, next, tone }));

// --- keys

const KEYS = { F2: issue, F4: checkInByCode, F6: () => aside(takeFeedback), F7: () => aside(searchQuestions), F1: showHelp };

function key(event) {
  if (event.isComposing || event.repeat) return;
  const asked = find("dialog[open]", desk) || !part("#sign-in").hidden;
  const act = KEYS[event.code];
  if (event.code === "Escape" && coming) return (coming = false), draw();
  if (asked || event.ctrlKey || event.altKey || event.metaKey) return;
  if (act) return event.preventDefault(), act();
  if (event.code === "Escape") return look("");
  // What a scanner types belongs into the field, whatever has the focus.
  if (event.key.length === 1 && event.key !== " " && !event.target.closest?.("input, select")) part("#key").focus();
}

// --- finding

/** Looks for what was typed or scanned; an appointment's code checks it in. */
async function look(text) {
  const { kind, key } = meaning(text);
  if (kind === "code") return checkIn(key);
  const [mine, hidden] = [(looked += 1), ["document", "phone"].includes(kind)];
  const by = hidden ? await keyOf(kind, key) : key;
  if (by === null || mine !== looked) return; // something else is looked for since
  [wanted, found] = [by, null];
  if (!wanted || (hidden && part("#key").value === text)) part("#key").value = "";
  if (kind === "none" && text.trim()) tell(t("guide.unreadable"), t("guide.unreadable-next"), "refused");
  else tell("");
  watch();
  draw();
  atKey();
}

/** Looks for the holder of an ID card laid on this desk's own reader: once a card, as soon as nothing is asked or sent. */
function takeCard() {
  const laid = doc.windows[place]?.card;
  if (!laid || laid.at <= card || pending || find("dialog[open]", desk)) return;
  [card, wanted, found, looked] = [laid.at, laid.person, null, looked + 1];
  part("#key").value = "";
  tell(t("guide.card-laid"), "", "done");
  watch();
}

const choose = (ticket) => ((part("#key").value = ticket.number), look(ticket.ticket));

/** The keyed hash of an ID number, or the ticket that was left with a phone number; null, with words, where there is none. */
async function keyOf(kind, text) {
  tell(t("guide.asking"), "", "pending");
  const { key = null, why } = kind === "document" ? await hashed(text, token) : await ticketByPhone(text, token, seen());
  if (why) refused(why);
  return key;
}

// --- acting

/** Whether an act may be asked for now; else it is refused with words. */
function ready() {
  if (link !== "current") return tell(t("desk.away-press", { link: part("#link").textContent }), t("desk.away-next"), "cut");
  if (!doc) return tell(t("guide.no-view"), t("desk.no-view-next"), "cut");
  if (pending) return tell(t("desk.pending-press", { verb: pending }), t("desk.pending-next"), "pending");
  return true;
}

const refused = (why) => tell(...why, "refused");
const aside = (shown) => hall.feedback.enabled && ready() && shown(part("#ask"), { hall, names, token, wire, tell }).then(() => part("#key").focus());

/** An act on the ticket that was found. */
async function act(name, ticket) {
  if (!ready()) return;
  const why = whyNot(name, ticket);
  if (why) return refused(why);
  const command = await commandFor(name, ticket, seen());
  if (!command?.type) return command?.why ? refused(command.why) : tell(t("desk.cancelled"));
  if (ready()) await carryOut(command, t(`guide.act-${name}`), { number: ticket.number });
}

async function message(window) {
  if (!ready()) return;
  if (doc.windows[window].state === "closed") return refused([t("guide.window-closed", { window: names.window(window) }), t("guide.window-closed-next")]);
  const code = await askMessage(seen(), t("guide.tell-title", { window: names.window(window) }));
  if (!code) tell(t("desk.cancelled"));
  else if (ready()) await carryOut({ type: "SendMessage", window, code }, t("guide.act-tell"), { number: "" });
}

// --- numbers

async function issue() {
  if (!ready()) return;
  const { visit: chosen, form } = (await askVisit(seen)) ?? {};
  if (!form || !ready()) return form || tell(t("desk.cancelled"));
  keepPrinter(form.printer);
  const holder = meaning(form.document);
  if (form.document.trim() && holder.kind !== "document") return refused([t("guide.bad-document"), t("guide.bad-document-next")]);
  const person = form.document.trim() ? await keyOf("document", holder.key) : "";
  if (person === null) return;
  const phone = form.phone.replace(/[\s-]/g, "");
  if (phone && meaning(phone).kind !== "phone") return refused([t("guide.phone-bad"), t("guide.phone-bad-next")]);
  const items = chosen.map((each) => each.item).filter(Boolean);
  const visit = items.length ? { items } : { queue: chosen[0].queue };
  const given = await carryOut({ type: "TakeTicket", ...visit, priority: form.priority, window: form.window, person }, t("guide.issue"));
  if (!given) return;
  const { why } = phone ? await leavePhone(given, { ...form, phone }, token) : {}; // before the number is shown: it is found from then on
  await follow(given, form.assistance, form.printer, "guide.issued-now");
  if (why) refused(why);
}

/** Marks, prints and shows a number that was just given. */
async function follow(given, assistance, printer, key) {
  part("#key").value = given.number;
  look(given.ticket);
  if (assistance) await carryOut({ type: "SetAssistance", ticket: given.ticket, assistance }, t("guide.act-assist"), given);
  if (printer) await carryOut(printJob(doc, given.ticket, printer), t("guide.act-print"), given);
  if (!printer || job.id) tell(t(key, given), printer ? t("guide.printing", { printer }) : t("guide.not-printed"), "done");
}

const atKey = () => (part("#key").focus(), part("#key").select());
function checkInByCode() {
  return (atKey(), tell(t("guide.check-in-lead"), t("guide.check-in-lead-next")));
}

async function checkIn(code) {
  if (!ready()) return;
  const given = await carryOut({ type: "CheckIn", code }, t("guide.check-in"));
  if (given) await follow(given, "", usualPrinter(doc), "guide.checked-in");
}

/** Says what became of the slip. */
function printed(line) {
  if (!line || ["requested", "taken"].includes(line.state)) return;
  tell(...slipSaid(line));
  job = { id: "", station: "" };
  watch();
}

// --- sending

/** Sends a command and says what became of it; resolves with its result, null where it was not done. */
async function carryOut(command, called, facts = {}) {
  const id = newId();
  if (command.type === "RequestJob") job = { id, station: command.station };
  pending = called;
  tell(t("desk.waiting-answer", { verb: called }), "", "pending");
  const late = setTimeout(() => (tell(t("desk.no-answer", { verb: called }), t("desk.no-answer-next"), "away"), (pending = "")), PRESS_MS);
  try {
    const result = await wire.send(command, id, wire.now() + PRESS_MS * 1000);
    const number = result.number ?? facts.number ?? "";
    tell(t(number ? "guide.did" : "guide.did-it", { act: called, number }), "", "done");
    return { ...facts, ...result };
  } catch (why) {
    if (why) tell(...explained(why), "refused");
    if (command.type === "RequestJob") job = { id: "", station: "" };
    return null;
  } finally {
    clearTimeout(late);
    pending = "";
    watch();
    draw();
  }
}

// --- who is here

async function duty() {
  if (!ready()) return;
  const open = (doc.windows[place]?.state ?? "closed") !== "closed";
  if (!open && !wire.session) return (coming = true), draw();
  if (open) await carryOut({ type: "CloseWindow", window: place }, t("guide.leave"));
  if (wire.session) wire.signOut();
}

async function signIn({ staff: clerk, secret, fresh, again }) {
  if (!clerk) return refused([t("desk.clerk-missing"), t("desk.clerk-missing-next")]);
  if (fresh !== again) return refused([t("desk.not-alike"), t("desk.not-alike-next")]);
  if (wire.missing && !(await known(clerk, secret, fresh))) return;
  [coming, staff] = [false, clerk];
  takeSeat();
  draw();
  part("#key").focus();
}

/** Whether the caller takes this person's password. */
async function known(clerk, secret, fresh) {
  try {
    await wire.signIn(clerk, secret, fresh);
    changing = false;
    tell(t("desk.did-sign-in", { clerk }), "", "done");
    return true;
  } catch (why) {
    changing = ["change-first", "weak-password"].includes(why?.code);
    if (why) refused(explained(why));
    else tell(t("desk.no-answer", { verb: t("desk.sign-in-title") }), t("desk.no-answer-next"), "away");
    draw();
    return false;
  }
}

/** Opens the guide desk's own window for who has just come, so that the hall's screens show that somebody is there. */
function takeSeat() {
  if (!staff || !doc) return;
  const [clerk, window] = [staff, doc.windows[place]];
  staff = "";
  if (window?.state === "closed" && doc.phase !== "closed") carryOut({ type: "OpenWindow", window: place, clerk }, t("guide.come"));
}

// --- the page itself

async function showHelp() {
  await help(part("#help"), [...offered().map(([, words, cap]) => [cap, words]), ["Esc", t("guide.clear")]]);
  part("#key").focus();
}

async function otherLanguage() {
  await nextLanguageKept(hall);
  tell("");
  relabel();
  draw();
}

const offered = () => [
  ["issue", t("guide.issue"), "F2", issue], ["check-in", t("guide.check-in"), "F4", checkInByCode],
  ...(hall.feedback.enabled ? [["feedback", t("guide.feedback"), "F6", KEYS.F6], ["questions", t("guide.questions"), "F7", KEYS.F7]] : []),
  ["help", t("desk.help"), "F1", showHelp],
];
const relabel = () => (label(), labelDesk(desk, hall, place, offered()));

start();
