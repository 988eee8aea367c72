/* The clerk's desk as a page: the same keys and the same window document as the terminal's console.
 *
 * 1. A press carries the version of the document it was made on (`as_of`): if the window has moved on, the caller
 *    refuses it, and a double press burns no ticket.
 * 2. A press is meant for some seconds only and has one effect, whatever becomes of connection and page (desk-press.js).
 * 3. While the page is not current no press is sent, nor kept for later.
 * 4. One press is on its way at most.
 * 5. The page speaks straight to the caller, and goes on when the process it was loaded from stops. */

import { find, press, say } from "../shared/dom.js";
import { fetchJson } from "../shared/fetching.js";
import { keepRowFocus } from "../shared/row_focus.js";
import { label, t } from "../shared/words.js";
import { ask } from "./desk-asks.js";
import { CasesPanel, caseWords } from "./desk-cases.js";
import { appealRating, openDay } from "./desk-day.js";
import { isAsBefore } from "./desk-ending.js";
import { fileFeedback, files } from "./desk-feedback.js";
import { help, showSignIn } from "./desk-dialogs.js";
import { askFees } from "./desk-fees.js";
import { HallBoard, queuesChanged } from "./desk-handover.js";
import { Attention, float, larger } from "./desk-page.js";
import { ASIDE, Presses } from "./desk-press.js";
import {
  ALWAYS, Names, VERBS, commandOf, inEffect, resumes, showKeys, showLists, showMast, showMessages, showNote, showQueues, showSheets, showStandstill, showTicket, verbName, verbOf, whyNot, windowName,
} from "./desk-parts.js";
import { begin, explained, nameByLanguage, nextLanguageKept, query, stored, timeOfDay } from "./hall.js";
import { keepSheet, staffLanguage } from "./hall-screens.js";
import { followSettings, station, stationToken, stop } from "./station.js";

const TICK_MS = 500;
const FLASH_MS = 1_000;
const WITHOUT_VERSION = ["PauseWindow", "ResumeWindow", "CloseWindow", "RelieveClerk", ...ASIDE];

const id = query.get("window") ?? "";
const SESSION = `hallcall.session.${id}`; // of the person who has signed in, for this tab only
const { hall, url } = await begin([staffLanguage()]);
hall.languages = hall.staff_languages;
const names = new Names(hall, await fetchJson("/desk.json"));
const desk = find("#desk");
const part = (selector) => find(selector, desk);
const attention = new Attention();
let wire = null;
let doc = null;
let link = "connecting";
let changing = false; // a first password is to be changed
let note = { words: "", next: "", tone: "" };
let [day, cases] = [null, null]; // the own day and the cases, while they are open
const board = new HallBoard();
const sheet = keepSheet(() => link === "current" && doc && doc.state !== "closed" && !wire.missing && !day && !cases && atRest(), (more) => wire.watch([`window/${id}`, ...more]));
const presses = new Presses(id, { keys: part("#keys"), seen: () => doc, sender: () => wire, tell, draw });
const carryOut = (command, verb, words) => presses.carryOut(command, verb, words);

if (hall.windows[id]) start();
else stop("stop.no-window", "stop.no-window.next");

function start() {
  if (files(hall, id)) ALWAYS.file = ["K", "desk.file"];
  relabel();
  keepRowFocus(desk);
  part("#by-hand").href = `/sheet?window=${encodeURIComponent(id)}`;
  listen(document);
  press(part("#language"), otherLanguage);
  press(part("#larger"), () => larger(part("#larger"), !document.documentElement.classList.contains("large")));
  press(part("#float"), () => float(desk, listen));
  part("#float").hidden = !("documentPictureInPicture" in window);
  larger(part("#larger"), stored("hallcall.desk.large") === "1");
  const [token, session] = [stationToken(`desk.${id}`), sessionStorage.getItem(SESSION) ?? ""];
  wire = station({ url, token, session, watch: [`window/${id}`], onView: show, onState: linked, onPerson: person, who: `window ${id}`, free: () => atRest() });
  if (!wire) return;
  setInterval(draw, TICK_MS);
  setInterval(flash, FLASH_MS);
}

// --- what comes

function show(topic, view) {
  if (topic === "board") return board.show(view);
  if (sheet(topic, view)) return;
  if (topic !== `window/${id}`) return (topic.startsWith("cases/") ? cases : day)?.show(view);
  const before = doc;
  doc = view;
  const changed = queuesChanged(before, doc, names);
  if (changed) tell(changed, t("desk.queues-changed-next"), "done");
  if (before && isIdle(before) && !before.waiting && isIdle(doc) && doc.waiting) attention.came(doc.waiting);
  if (!isIdle(doc) || !doc.waiting) attention.flashing = false;
  presses.moved(doc.version);
  draw();
  followSettings(hall, doc.settings, atRest);
}

/** No press may go now: the page is not current, or one is on its way. */
const held = () => link !== "current" || Boolean(presses.pending);

/** Nothing is asked or on its way, and the desk is in its own window: it may be loaded anew. */
const atRest = () => !presses.pending && !find("dialog[open], #sign-in input:focus", desk) && desk.ownerDocument === document;

const isIdle = (view) => view.state === "open" && !view.ticket;

function linked(state) {
  const back = state === "current" && link !== "current";
  link = state;
  document.body.dataset.wire = state;
  if (back && note.tone === "cut") tell(t("desk.link-back"), "", "done");
  if (back) presses.again();
  draw();
}

/** A person has signed in or is signed out; `ended` says why the caller did that. */
function person(ended) {
  if (wire?.session) sessionStorage.setItem(SESSION, wire.session);
  else sessionStorage.removeItem(SESSION);
  if (ended) tell(...explained(ended), "refused");
  draw();
}

function flash() {
  attention.title([doc?.ticket?.number, windowName(id, hall.windows[id])], doc?.waiting ?? 0);
}

// --- showing

function draw() {
  const current = link === "current";
  say(part("#link"), t(`desk.link-${{ current: "current", silent: "silent", closed: "closed" }[link] ?? "away"}`));
  part("#link").dataset.link = link;
  part("#by-hand").hidden = current;
  const beside = seated() ? Object.keys(ALWAYS) : ["help"];
  showKeys(desk, doc, new Set([...live(), ...beside]), presses.pending, act);
  showNote(desk, note);
  if (!doc) return;
  const now = wire.now();
  const closed = doc.state === "closed" || (wire.missing && current);
  showMast(desk, doc, names, timeOfDay(hall.zone)(now));
  showTicket(desk, doc, names, now, current);
  showStandstill(desk, doc, timeOfDay(hall.zone));
  showMessages(desk, doc, timeOfDay(hall.zone), readMessage);
  showQueues(desk, doc, names);
  showLists(desk, doc, now, (ticket) => act("choose", ticket));
  part("#ticket").hidden = closed;
  const form = part("#sign-in");
  const opened = closed && form.hidden;
  form.hidden = !closed;
  if (closed) showSignIn(form, id, names, wire.missing ? ["secret", ...(changing ? ["fresh", "again"] : [])] : [], signIn);
  else form.replaceChildren(); // no password stays behind
  if (!closed) delete form.dataset.drawn;
  if (opened) find("input", form).focus();
}

/** A clerk is signed in here, as far as is known now: what stands beside the visit can be opened. */
function seated() {
  return link === "current" && !wire.missing && Boolean(doc) && doc.state !== "closed";
}

/** The verbs a press would carry out on this document; none while it is not current or an answer is awaited. */
function live() {
  if (!doc || held() || wire.missing) return new Set();
  return new Set(Object.keys(VERBS).filter((verb) => !whyNot(verb, doc)));
}

function tell(words, next = "", tone = "", sheet = null) {
  note = { words, next, tone };
  showNote(desk, note);
  showSheets(desk, sheet);
  cases?.tell({ words, next, tone, sheet });
}

// --- pressing

function listen(target) {
  target.addEventListener("keydown", key);
  target.addEventListener("pointerdown", () => attention.awake());
  // Mouse and finger move no focus but into a field: Space stays the key that calls the next, and a dialog that opens
  // under a finger keeps the focus it has given.
  target.addEventListener("mousedown", (event) => event.target.closest?.("input, label, summary, .scroll") || event.preventDefault());
}

function key(event) {
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  setTimeout(() => attention.awake()); // after the press has gone
  if (event.code === "F1") {
    event.preventDefault();
    return act("help");
  }
  const over = event.target.closest?.("dialog:not([open])"); // the focus leaves a question some milliseconds after Esc
  if (!over && event.target.closest?.("input, dialog")) return;
  if (event.code === "KeyM" && doc?.messages?.length) return readMessage();
  const verb = { KeyD: "day", KeyB: "cases", KeyY: "fees", KeyK: ALWAYS.file && "file" }[event.code] ?? verbOf(event.code);
  const onButton = event.code === "Space" && !over && event.target.closest?.("button:focus-visible, summary");
  if (!verb || onButton) return;
  event.preventDefault();
  act(verb);
}

/** Carries out a key or a press, asks about it first, or refuses it with words. `ticket`: where a choice begins. */
async function act(key, ticket = "") {
  if (key === "help") return help(part("#help"), doc, names, id);
  if (key === "day") return ownDay();
  if (key === "file") return held() || !seated() ? refuse("out") : fileFeedback(doc, part("#ask"), { hall, wire, tell });
  if (key === "cases") return doc?.cases && ownCases();
  if (key === "fees") return doc?.fees !== undefined && ownFees();
  const verb = inEffect(key, doc);
  if (!live().has(verb)) return refuse(verb);
  const seen = doc;
  const choice = await ask(verb, seen, { dialog: part("#ask"), names, now: wire.now(), ticket, board: () => board.ask(wire, `window/${id}`), secret: Boolean(wire.session) });
  if (choice === null) return tell(t("desk.cancelled"));
  if (choice.secret && !(await known(choice.fields.clerk, choice.secret, ""))) return;
  if (held()) return refuse(verb);
  return send({ verb, seen, ...choice });
}

/** Shows the own day of the clerk at the window, and watches it while it is open. */
async function ownDay() {
  if (!seated()) return refuse("out");
  day = openDay(part("#help"), doc.clerk, names, hall.zone);
  wire.watch([`window/${id}`, `clerk-day/${id}`]);
  const rows = await day.chosen.finally(() => (day = null));
  wire.watch([`window/${id}`]);
  return rows && appealRating(rows, part("#ask"), { clerk: doc.clerk, window: id, names, wire, tell });
}

/** Shows the cases of this window, watched while they are open. */
async function ownCases() {
  if (!seated()) return refuse("out");
  cases = new CasesPanel(part("#help"), part("#ask"), names, hall.zone, moveCase);
  wire.watch([`window/${id}`, `cases/${id}`]);
  await cases.closed;
  cases = null;
  return wire.watch([`window/${id}`]);
}

function moveCase({ row, move, fields, words }) {
  if (held()) return refuse("out");
  const command = { type: "MoveCase", case: row.case, move, as_of: row.version, window: id, staff: doc.clerk, ...fields };
  return carryOut(command, "case", caseWords(row, move, words));
}

/** Asks for a fee, or for a receipt to be corrected, with today's receipts in sight, and carries it out as a press is. */
async function ownFees() {
  if (held() || !seated()) return refuse("out");
  const today = new Promise((resolve) => (day = { show: (view) => view.fees && resolve(view.fees) }));
  wire.watch([`window/${id}`, `clerk-day/${id}`]);
  const asked = await askFees(doc, await today, { dialog: part("#ask"), names }).finally(() => wire.watch([`window/${id}`]));
  day = null;
  if (!asked) return tell(t("desk.cancelled"));
  return held() ? refuse("out") : carryOut({ window: id, ...asked.command }, "fees", { called: t("desk.fees"), did: asked.did, number: doc.ticket?.number ?? "" });
}

/** Tells the caller that a message was read; what is not answered stays in sight. */
const readMessage = (message = "") => link === "current" && wire.send({ type: "AcknowledgeMessage", window: id, message }).catch(() => {});

function refuse(verb) {
  if (link !== "current") return tell(t("desk.away-press", { link: part("#link").textContent }), t("desk.away-next"), "cut");
  if (!doc) return tell(t("desk.no-view"), t("desk.no-view-next"), "cut");
  if (presses.pending) return tell(t("desk.pending-press", { verb: verbName(presses.pending, doc) }), t("desk.pending-next"), "pending");
  if (wire.missing) return tell(t("desk.sign-in-first"), t("desk.sign-in-first-next"), "refused");
  return tell(...whyNot(verb, doc), "refused");
}

function send({ verb, seen, fields, words, type = commandOf(verb, seen) }) {
  const version = WITHOUT_VERSION.includes(type) ? {} : { as_of: seen.version };
  const called = verbName(verb, seen);
  const as = verb === "correct" && isAsBefore(seen.ended, fields) ? "correct-same" : type === "TakeOverVisit" ? "take-over" : verb;
  const did = t(`desk.did-${resumes(verb, seen) ? "resume" : as}`, { number: "{number}", choice: words });
  const number = verb === "correct" ? seen.ended.number : (seen.ticket?.number ?? "");
  const next = verb === "finish" ? t("desk.may-correct") : "";
  return carryOut({ type, window: id, ...version, ...fields }, verb, { called, did, next, number });
}

/** Signs the clerk in, where the caller asks for that, and opens the window; one that is another clerk's is left as it is. */
async function signIn({ clerk, queues, secret, fresh, again }) {
  if (!clerk) return tell(t("desk.clerk-missing"), t("desk.clerk-missing-next"), "refused");
  if (fresh !== again) return tell(t("desk.not-alike"), t("desk.not-alike-next"), "refused");
  if (held()) return refuse("out");
  const words = { called: t("desk.sign-in-title"), did: t("desk.did-sign-in", { clerk }), number: "" };
  if (wire.missing && !(await known(clerk, secret, fresh))) return;
  if (doc.state !== "closed" && doc.clerk !== clerk) return tell(words.did, "", "done");
  await carryOut({ type: "OpenWindow", window: id, clerk, queues }, "sign-in", words);
}

/** Whether the caller takes this person's password. */
async function known(clerk, secret, fresh) {
  try {
    await wire.signIn(clerk, secret, fresh);
    changing = false;
    return true;
  } catch (refused) {
    changing = ["change-first", "weak-password"].includes(refused?.code);
    if (refused) tell(...explained(refused), "refused");
    else tell(t("desk.no-answer", { verb: t("desk.sign-in-title") }), t("desk.no-answer-next"), "away");
    draw();
    return false;
  }
}

// --- the page itself

async function otherLanguage() {
  await nextLanguageKept(hall);
  tell("");
  relabel();
  draw();
}

function relabel() {
  label();
  label(desk); // where it stands in the small window
  part("#keys").setAttribute("aria-label", t("desk.keys"));
  part("#queues-box").setAttribute("aria-label", t("desk.queues"));
  nameByLanguage(part("#language"), hall);
  flash();
}
