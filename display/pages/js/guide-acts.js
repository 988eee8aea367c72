/* The command of each act of the guide desk, once what it needs has been asked; the printer it prints on; and the keyed hash
 * of an ID number, which the web process makes. Nothing here goes over the wire. */

import { fetchOnce } from "../shared/fetching.js";
import { half, t } from "../shared/words.js";
import {
  askAssistance, askCancel, askClass, askIssue, askMessage, askMinutes, askNumber, askPapers, askPrinter, askWhat, askWindow, printers,
} from "./guide-asks.js";
import { explained, published, store, stored } from "./hall.js";

const PRINTER = "hallcall.guide.printer";
const JOB_SECONDS = 60;
const NONE = "-"; // of a guide who prints nothing

/** The command of an act on the ticket that was found; null if the guide went back, `{why}` where it cannot be. `at`: what
 * the dialogs show, with the hall's `doc`. */
export async function commandFor(act, ticket, at) {
  const of = (type, fields = {}) => ({ type, ticket: ticket.ticket, ...fields });
  const chosen = (value, type, field) => (value === null ? null : of(type, { [field]: value }));
  if (act === "requeue") return of("RequeueTicket");
  if (act === "cancel") return (await askCancel(at, ticket)) ? of("CancelTicket") : null;
  if (act === "class") return chosen(await askClass(at, ticket), "ChangeTicket", "priority");
  if (act === "assist") return chosen(await askAssistance(at, ticket), "SetAssistance", "assistance");
  if (act === "postpone") return chosen(await askMinutes(at, ticket), "PostponeTicket", "minutes");
  if (act === "papers") return chosen(await askPapers(at, ticket, await papersOf(ticket)), "MarkPapers", "papers");
  if (act === "print") return reprint(ticket, at);
  if (act === "tell") return tellWindow(ticket, at);
  const what = await askWhat(at, t(act === "add" ? "guide.add-title" : "guide.item-title", ticket));
  if (act === "add") return what && (what.item ? of("ChangeTicket", { items: [...ticket.items, what.item] }) : { why: [t("guide.add-none"), t("guide.add-none-next")] });
  return what && of("ChangeTicket", what.item ? { item: what.item } : { queue: what.queue });
}

/** The items of a visit, one after the other, and the rest of a number to issue: {visit, form}; null if the guide went back.
 * `seen()`: what the dialogs show. */
export async function askVisit(seen) {
  const visit = [];
  for (;;) {
    const what = await askWhat(seen(), t("guide.issue"));
    if (!what && !visit.length) return null;
    if (what && !visit.some((each) => each.words === what.words)) visit.push(what);
    const form = await askIssue(seen(), visit, seen().doc);
    if (form !== "more") return form && { visit, form };
  }
}

/** What the items' guides ask for, as far as the web process can be reached. */
async function papersOf(ticket) {
  const guides = await Promise.all(ticket.items.map((item) => fetchOnce(`/items/${encodeURIComponent(item)}.json`, {})));
  return [...new Set(guides.flatMap((each) => published(each ?? {}, "papers") ?? []))];
}

async function tellWindow(ticket, at) {
  const there = ["called", "serving"].includes(ticket.state) && ticket.window;
  const window = there || (await askWindow(at, t("guide.tell-whom"), at.doc));
  const code = window && (await askMessage(at, t("guide.tell-title", { window: at.names.window(window) })));
  return code ? { type: "SendMessage", window, code, ticket: ticket.ticket } : null;
}

async function reprint(ticket, at) {
  if (!printers(at.doc).length) return { why: [t("guide.no-printer"), t("guide.no-printer-next")] };
  const printer = await askPrinter(at, t("guide.print-title", ticket), at.doc);
  if (!printer) return null;
  keepPrinter(printer);
  return printJob(at.doc, ticket.ticket, printer);
}

// --- printers

export const printJob = (doc, ticket, printer) => ({
  type: "RequestJob", station: doc.printers[printer].station, kind: "print-slip", device: printer, ticket, seconds: JOB_SECONDS,
});

/** The printer chosen last on this tablet, else the first; "" if none is wanted or there is none. */
export function usualPrinter(doc) {
  const known = doc ? printers(doc).map(([id]) => id) : [];
  const kept = stored(PRINTER);
  if (kept === NONE) return "";
  return known.includes(kept) ? kept : known[0] ?? "";
}

export const keepPrinter = (printer) => store(PRINTER, printer || NONE);

/** What is said of a slip that is printed, or is not: words, next step, tone. */
export function slipSaid({ state, device, detail }) {
  if (state === "done") return [t("guide.printed", { printer: device }), "", "done"];
  const words = state === "failed" ? t("guide.print-failed", { printer: device }) : t("guide.print-unknown", { printer: device });
  return [words, half(detail) || t("guide.print-next"), "refused"];
}

// --- a person

/** The keyed hash of an ID number, `{key}`, or `{why}` it has none. The number is kept nowhere. */
export async function hashed(number, token) {
  const { said, why } = await toldWeb("/guide/person", { number }, token, ["guide.no-web", "guide.no-web-next"]);
  return why ? { why } : { key: said.person };
}

const NO_PHONE = ["guide.phone-no-web", "guide.phone-no-web-next"];

/** Leaves a phone number with a ticket, as its holder agreed; `{why}` where it was not kept. */
export const leavePhone = (given, { phone, notify }, token) =>
  toldWeb("/guide/contact", { ticket: given.ticket, number: given.number, phone, notify: Boolean(notify) }, token, NO_PHONE);

/** The ticket, `{key}`, that was left with this phone number, chosen where there are several; `{why}` there is none. */
export async function ticketByPhone(phone, token, at) {
  const { said, why } = await toldWeb("/guide/phone", { phone }, token, NO_PHONE);
  if (why) return { why };
  if (!said.tickets.length) return { why: [t("guide.phone-none"), t("guide.phone-none-next")] };
  return { key: said.tickets.length > 1 ? await askNumber(at, said.tickets) : said.tickets[0].ticket };
}

/** What the web process answers, `{said}`, or `{why}` it does not do it; `away`: the keys of the words where it is away. */
async function toldWeb(path, body, token, away) {
  try {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    const said = await answer.json();
    return answer.ok ? { said } : { why: explained(said) };
  } catch {
    return { why: away.map((key) => t(key)) };
  }
}
