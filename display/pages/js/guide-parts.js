/* What the guide desk shows: who was found, and the hall at a glance. Nothing here sends.
 *
 * Which acts are live for the ticket that was found, and why the others are not, stands in the document (`verbs`). */

import { find, make, press, say } from "../shared/dom.js";
import { fit } from "../shared/fitting.js";
import { own, t, told } from "../shared/words.js";
import { alone, minutesOf, renew, thenWords, windowName } from "./desk-parts.js";
import { actButton } from "./guide-asks.js";
import { band, nameByLanguage } from "./hall.js";

// The acts on a ticket, each with the kind of command that must be live; null: always offered.
export const ACTS = {
  requeue: "RequeueTicket",
  class: "ChangeTicket",
  item: "ChangeTicket",
  add: "ChangeTicket",
  papers: "MarkPapers",
  assist: "SetAssistance",
  print: null,
  tell: null,
  postpone: "PostponeTicket",
  cancel: "CancelTicket",
};

/** Why an act is not live, as `[words, next step]`; null for a live one. */
export function whyNot(act, ticket) {
  const state = ACTS[act] && ticket.verbs?.[ACTS[act]];
  if (!state || state.live) return null;
  return [told(state), told(state, "next_")];
}

/** The marks of a ticket in words: class, papers, assistance. */
export function marks(ticket) {
  return [
    ticket.priority && t(`class-mark.${ticket.priority}`).trim(),
    ticket.assistance && t(`assistance.${ticket.assistance}`),
    ticket.papers && t(`guide.papers-${ticket.papers}`),
    alone(ticket),
  ].filter(Boolean);
}

const markParts = (ticket) => marks(ticket).map((words) => make("span.mark", {}, words));

/** What was found: one ticket with its acts, several as rows, or that there is none. */
export function showFound(root, doc, at, { choose, act, checkIn }) {
  const box = find("#found", root);
  if (!doc) return renew(box, "none", () => [make("p.none", {}, t("guide.found-lead"))]);
  const { tickets, more, appointments } = doc;
  const booked = Object.entries(appointments);
  const minutes = tickets.map((each) => minutesOf(at.now - each.since));
  renew(box, [tickets, more, appointments, minutes, at.clock(at.now).slice(0, 4)], () => [
    ...booked.map(([id, each]) => appointment(id, each, at, checkIn)),
    ...(tickets.length === 1 ? [card(tickets[0], at, act)] : tickets.map((each) => row(each, at, choose))),
    more > 0 && make("p.none", {}, t("guide.more", { count: more })),
    !tickets.length && !booked.length && make("p.none", {}, t("guide.nothing")),
  ]);
}

function row(ticket, at, choose) {
  const facts = [t(`ticket-state.${ticket.state}`), at.names.queue(ticket.queue)].join(" · ");
  const parts = [make("b.number", {}, ticket.number), ...markParts(ticket), make("span.words", {}, facts), minutes(ticket, at)];
  const button = make("button.press.row", { type: "button", "data-key": ticket.ticket }, parts);
  press(button, () => choose(ticket));
  return button;
}

const minutes = (ticket, at) => make("span.minutes", {}, t("desk.minutes", { count: minutesOf(at.now - ticket.since) }));

function card(ticket, at, act) {
  const items = ticket.items.map(at.names.item).join(" / ") || t("desk.no-items");
  const where = ticket.window && at.names.window(ticket.window);
  const facts = [
    ["guide.state", [t(`ticket-state.${ticket.state}`), where].filter(Boolean).join(" · ")],
    ["guide.queue", `${ticket.queue} ${at.names.queue(ticket.queue)}`],
    ["guide.item", items],
    ["guide.then", ticket.then ? thenWords(ticket.then, at.names) : ""],
    ["guide.class", at.names.priority(ticket.priority)],
    ["guide.wait", ticket.state === "waiting" ? [t("guide.ahead", { count: ticket.ahead }), band(ticket)].filter(Boolean).join(" · ") : ""],
    ["guide.bound", ticket.bound && at.names.window(ticket.bound)],
    ["guide.issued", at.clock(ticket.issued)],
    ["guide.assist", ticket.assistance && t(`assistance.${ticket.assistance}`)],
    ["guide.papers", ticket.papers && t(`papers-mark.${ticket.papers}`)],
  ].filter(([, words]) => words);
  const list = make("dl", {}, facts.map(([key, words]) => make("div", {}, make("dt", {}, t(key)), make("dd", {}, words))));
  const buttons = Object.keys(ACTS).map((each) => actButton(each, t(`guide.act-${each}`), "", whyNot(each, ticket), () => act(each, ticket)));
  return make("article.one", { "data-state": ticket.state }, make("h2.number", {}, ticket.number, ...markParts(ticket)), list, make("div.acts", {}, buttons));
}

function appointment(id, each, at, checkIn) {
  const what = each.item ? at.names.item(each.item) : at.names.queue(each.queue);
  const button = actButton("check-in", t("guide.check-in"), "", !each.open, () => checkIn(id, each));
  return make("article.booked", {}, make("p", {}, make("b", {}, t("guide.booked", { time: at.clock(each.slot) })), " ", what), button);
}

/** The hall at a glance; `message(window)` is called with a press on a window. */
export function showHall(root, doc, at, { choose, message }) {
  const fetch = Object.entries(doc.assistance);
  find("#fetch-box", root).hidden = !fetch.length;
  renew(find("#fetch", root), [fetch, at.clock(at.now)], () => fetch.map(([id, each]) => fetchRow(id, each, at, choose)));
  const windows = Object.entries(doc.windows).sort(([, one], [, other]) => other.free - one.free);
  renew(find("#windows", root), [windows, at.clock(at.now)], () => [
    ...windows.filter(([, each]) => each.state !== "closed").map(([id, each]) => windowRow(id, each, at, message)),
    closedRow(windows.filter(([, each]) => each.state === "closed"), at),
  ]);
  renew(find("#queues", root), doc.queues, () => Object.entries(doc.queues).map(([id, each]) => queueRow(id, each, at)));
  renew(find("#printers", root), doc.printers, () => Object.entries(doc.printers).map(printerRow));
}

/** Who must be fetched: first those who are called. */
function fetchRow(id, each, at, choose) {
  const where = each.window ? at.names.window(each.window) : "";
  const parts = [make("b.number", {}, each.number), ...markParts(each), make("span.words", {}, [t(`ticket-state.${each.state}`), where].filter(Boolean).join(" · "))];
  const button = make("button.press.row", { type: "button", "data-key": id, "data-state": each.state }, parts);
  press(button, () => choose({ ticket: id, number: each.number }));
  return make("li", {}, button);
}

function windowRow(id, each, at, message) {
  const state = each.free && each.waiting === 0 ? t("guide.empty") : t(`window-state.${each.state}`);
  const facts = [each.number, each.state === "paused" && own(each, "reason")];
  const since = each.state === "closed" ? "" : t("desk.minutes", { count: minutesOf(at.now - each.since) });
  const parts = [
    make("b", {}, at.names.window(id)),
    make("span.state", {}, [state, ...facts].filter(Boolean).join(" ")),
    make("span.minutes", {}, [each.state !== "closed" && t("guide.waits", { count: each.waiting }), since].filter(Boolean).join(" · ")),
    each.unread > 0 && make("span.mark", {}, t("guide.unread", { count: each.unread })),
  ];
  const button = make("button.press.row", { type: "button", "data-key": id, "data-state": each.free ? "free" : each.state }, parts);
  press(button, () => message(id));
  return make("li", {}, button);
}

/** The windows without a clerk, in one line: there is nothing to be told there. */
const closedRow = (windows, at) =>
  windows.length > 0 && make("li.none", {}, t("guide.closed", { windows: windows.map(([id]) => (windows.length > 4 ? id : at.names.window(id))).join(t("guide.and")) }));

function queueRow(id, each, at) {
  const why = told(each);
  const open = t("guide.windows-open", { count: each.windows.length });
  const wait = [t("guide.waits", { count: each.waiting }), each.open ? band(each) : why, open].filter(Boolean).join(" · ");
  return make("li", { "data-alone": String(!each.windows.length && each.waiting > 0) }, make("b", {}, `${id} ${at.names.queue(id)}`), make("span", {}, wait));
}

function printerRow([id, each]) {
  const place = each.prints ? each.station : t("guide.on-kiosk", { kiosk: each.station });
  const good = ["ready", "paper-low"].includes(each.state);
  return make("li", { "data-good": String(good) }, make("b", {}, id), make("span", {}, `${place} · ${t(`device-state.${each.state}`)}`));
}


// --- the page around it

/** Who sits at the guide desk (`window`, where the hall has one), and the button with which they come and go. */
export function showDuty(root, window, session) {
  const open = window && window.state !== "closed";
  say(find("#clerk", root), open ? t("desk.clerk", { clerk: window.clerk }) : "");
  find("#duty", root).hidden = !window && !session;
  say(find("#duty", root), open || session ? t("guide.leave") : t("guide.come"));
}

/** What is said of the last act; read out where it changes. */
export function showNote(root, { words, next, tone }) {
  const [box, first, second] = ["#message", "#words", "#next"].map((selector) => find(selector, root));
  if (box.dataset.tone === tone && first.textContent === words && second.textContent === next) return;
  box.dataset.tone = tone;
  say(first, words);
  say(second, next);
  fit([first, second]);
}

/** Puts the words of a language on what does not change with the hall. `buttons`: `[act, words, cap, does]`. */
export function labelDesk(root, hall, place, buttons) {
  const called = place && hall.windows[place] ? windowName(place, hall.windows[place]) : t("guide.title");
  say(find("#place", root), called);
  fit([find("#place", root)]);
  document.title = `${called} · ${t("guide.title")}`;
  find("#key", root).placeholder = t("guide.key");
  const parts = { "#key": t("guide.key"), "#found": t("guide.found"), "#hall": t("guide.hall") };
  for (const [part, words] of Object.entries(parts)) find(part, root).setAttribute("aria-label", words);
  nameByLanguage(find("#language", root), hall);
  find("#acts", root).replaceChildren(...buttons.map(([act, words, cap, does]) => actButton(act, words, cap, null, does)));
}

/** Sets larger type, or the usual one, and keeps the choice. */
export function larger(root, on) {
  document.documentElement.classList.toggle("large", on);
  find("#larger", root).setAttribute("aria-pressed", String(on));
  localStorage.setItem("hallcall.desk.large", on ? "1" : "");
}
