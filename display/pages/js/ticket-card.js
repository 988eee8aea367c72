/* The card of a number: where it stands, in one look; what to have ready; until when it is kept.
 *
 * Pure of the connection: each function makes elements, or a figure, from a ticket's document at the caller's
 * instant `now` (UTC microseconds). */

import { make } from "../shared/dom.js";
import { fetchOnce } from "../shared/fetching.js";
import { own, safe, sign, t, told } from "../shared/words.js";
import { band, days, name, published, timeOfDay, windowLabel } from "./hall.js";

// --- a place kept for a person who will be late (postponed): until when the number is not called. Until then
// nothing on the page may say "you are next"; the button comes back only once a press would move that time.

const MINUTE = 60_000_000; // µs

/** The instant (µs) until which this number is not called; 0 if it may be called. */
export const keptUntil = (doc, now) => (doc.state === "waiting" && doc.not_before > now ? doc.not_before : 0);

/** The instant from which being later still moves the time by a minute or more. */
const prolongedFrom = (until, minutes) => until - (minutes - 1) * MINUTE;

export const canProlong = (until, minutes, now) => now >= prolongedFrom(until, minutes);

/** How many µs until the page has something else to say; 0 if never. */
export function changesIn(doc, minutes, now) {
  const until = keptUntil(doc, now);
  const next = [prolongedFrom(until, minutes), until].find((instant) => instant > now);
  return until && next ? next - now : 0;
}

// --- directions: the part of the hall a window is in, and how one gets there. Shown once called, and before that
// if it is the same for every window that may call.

const areaOf = (window, hall) => hall.areas[hall.windows[window]?.area];

/** The area of all these windows, if it is one; a window without an area goes where it is needed and says nothing. */
export function shared(windows, hall) {
  const areas = new Set(windows.map(([, window]) => window.area).filter(Boolean));
  return areas.size === 1 ? hall.areas[[...areas][0]] : undefined;
}

/** The element that says so, or "". */
function way(area) {
  if (!area) return "";
  const there = own(area, "way");
  return make("p.way", {}, make("b", {}, name(area)), there ? make("span", {}, there) : "");
}

// --- the position

/** The elements of the card. */
export function place(doc, hall, now) {
  const queue = name({ name: doc.queue_name ?? "", name_en: doc.queue_name_en ?? "" });
  const number = make("p.number", {}, doc.number);
  if (doc.state === "called") return [make("p.of", {}, t("ticket-holder.called")), number, ...turn(doc, hall)];
  return [make("p.of", {}, [t("ticket.your"), queue].filter(Boolean).join(" · ")), number, ...(BODIES[doc.state]?.(doc, hall, now) ?? [])];
}

/** What of a card is worth hearing when it changes: of a call where to go, else the place in the line. */
export const heard = (card) => {
  const parts = card.matches(".turn") ? [...card.children] : [...card.querySelectorAll(".note, .head, .head ~ .more, .figures > div:not(.wide)")];
  return parts.map((part) => [...(part.children.length ? part.children : [part])].map((each) => each.textContent).join(" ")).join(sign("stop"));
};

const BODIES = {
  waiting: (doc, hall, now) => {
    const until = keptUntil(doc, now);
    if (doc.arrive_by) return [head("ticket.arrive", { until: timeOfDay(hall.zone)(doc.arrive_by) }), more(t("ticket.arrive.more")), ways(doc, hall)];
    if (until) return [head("ticket.kept", { until: timeOfDay(hall.zone)(until) }), more(t("ticket.kept.more")), ways(doc, hall)];
    return [...messages(doc), doc.ahead || doc.suspended ? "" : head("ticket.next"), ...doubts(doc, hall), figures(doc, hall)];
  },
  serving: (doc) => [head("ticket-holder.serving"), more(windowLabel(doc.window, windowDoc(doc)))],
  held: () => [head("ticket-holder.held")],
  missed: (doc) => [head("ticket-holder.missed"), more(t(doc.missed_can_return ? "ticket.missed.return" : "ticket.missed.new"))],
  served: (doc) => [
    head("ticket-holder.served"),
    doc.outcome ? make("p.more.outcome", {}, doc.sent_to ? t("ticket.sent-to", { to: name({ name: doc.sent_to, name_en: doc.sent_to_en }) }) : t(`outcome-holder.${doc.outcome}`)) : "",
    more(t("ticket.served.more")),
  ],
  lapsed: () => [head("ticket-holder.lapsed"), more(t("ticket.served.more"))],
  "by-hand": () => [head("ticket-holder.by-hand")],
  merged: (doc) => [head("ticket-holder.merged"), more(t("ticket.merged.more", { number: doc.merged ?? "" }))],
  cancelled: () => [head("ticket-holder.cancelled"), more(t("ticket.cancelled.more"))],
  expired: () => [head("ticket-holder.expired"), more(t("ticket.expired.more"))],
};

// --- what stands still, and why the wait may be long

const inWords = (line, key) => safe(own(line, key));

/** Messages to all who wait. */
const messages = (doc) => (doc.said ?? []).map((each) => make("p.note", { role: "status" }, safe(told(each))));

function doubts(doc, hall) {
  const time = (at) => timeOfDay(hall.zone)(at);
  if (doc.suspended) {
    const { until } = doc.suspended;
    const kept = until ? t("ticket.suspended.until", { time: time(until) }) : t("ticket.suspended.more");
    return [head("ticket.suspended", { reason: inWords(doc.suspended, "reason") }), more(kept)];
  }
  if (doc.rest_until) return [more(t("ticket.break", { time: time(doc.rest_until) }))];
  if (doc.unstaffed) return [more(t("ticket.unstaffed", { time: time(doc.unstaffed) }))];
  return doc.late ? [more(t("ticket.unreached"))] : [];
}

const turn = (doc, hall) => {
  const label = windowLabel(doc.window, windowDoc(doc));
  const named = name(windowDoc(doc));
  return [
    make("p.head", {}, t("ticket.where")),
    make("p.window", {}, label),
    named === label ? "" : make("p.named", {}, named),
    way(areaOf(doc.window, hall)),
    make("p.more", {}, t("ticket.turn.more")),
  ];
};

/** The windows of a ticket as [id, facts]; one the hall no longer has keeps its name. */
const windowsOf = (doc, hall) =>
  (doc.windows ?? []).map(
    (called) => Object.entries(hall.windows).find(([, each]) => each.name === called) ?? ["", { name: called }],
  );

/** A window by the number over it, when it has one: that is what one looks for. */
function numbered([id, window]) {
  const label = windowLabel(id, window);
  return label === name(window) ? label : `${label} ${name(window)}`;
}

/** When the clerk of a paused window said to be back. */
const awayUntil = (doc, [id]) => (doc.back?.[id] ? [make("small", {}, t("window.back", { time: doc.back[id] }))] : []);

function figures(doc, hall) {
  const wait = band(doc);
  const rows = [];
  if (doc.ahead) rows.push(row("ticket.ahead", t("ticket.people", doc)));
  if (wait) rows.push(row("ticket.wait", wait));
  return ways(doc, hall, rows);
}

/** Where it may be called and how one gets there, after the `rows` given. */
function ways(doc, hall, rows = []) {
  const windows = windowsOf(doc, hall);
  if (windows.length) rows.push(make("div.wide", {}, make("dt", {}, t("ticket.windows")), ...windows.map((each) => make("dd", {}, numbered(each), ...awayUntil(doc, each)))));
  const there = way(shared(windows, hall));
  if (there) rows.push(make("div.wide", {}, make("dt", {}, t("ticket.way")), make("dd", {}, there)));
  return make("dl.figures", {}, ...rows);
}

const row = (key, text) => make("div", {}, make("dt", {}, t(key)), make("dd", {}, text));

const head = (key, facts) => make("p.head", {}, t(key, facts));
const more = (text) => make("p.more", {}, text);
const windowDoc = (doc) => ({ name: doc.window_name ?? "", name_en: doc.window_name_en ?? "" });

// --- what to have ready, told once and completely (一次性告知): the published facts of each item of this visit

/** One article for each item id. An item no longer in the hall's list is left out. */
export async function guide(ids) {
  const items = await Promise.all(ids.map(load));
  const known = items.filter(Boolean);
  const papers = known.length > 1 ? [together(known)] : [];
  return known.length ? [make("h2", {}, t("ticket.guide")), ...papers, ...known.map((item) => article(item, !papers.length))] : [];
}

/** The papers of several items, each once. */
const together = (items) => {
  const papers = new Set(items.flatMap((item) => published(item, "papers") ?? []));
  return make("article.together", {}, make("h2", {}, t("ticket.papers.all", { count: items.length })), make("ul", {}, [...papers].map((line) => make("li", {}, line))));
};

/** Where a visit goes on after this place: what, and to which windows. */
export async function onward(stops, hall) {
  const lines = await Promise.all((stops ?? []).map(async ({ items }) => {
    const known = (await Promise.all(items.map(load))).filter(Boolean);
    const where = known.length ? windowsOf(known[0], hall).map(numbered).join(t("ticket.and")) : "";
    return known.length ? make("li", {}, make("b", {}, known.map((item) => published(item, "name")).join(t("ticket.and"))), where && make("small", {}, where)) : "";
  }));
  return lines.some(Boolean) ? [make("h2", {}, t("ticket.then")), make("ol", {}, lines.filter(Boolean)), make("p.note", {}, t("ticket.then.more"))] : [];
}

const load = (id) => fetchOnce(`/items/${encodeURIComponent(id)}.json`);

const article = (item, withPapers) =>
  make(
    "article",
    {},
    make("h2", {}, published(item, "name")),
    ...list("ticket.papers", "ul", withPapers ? published(item, "papers") : []),
    ...text("ticket.conditions", published(item, "conditions")),
    ...list("ticket.steps", "ol", published(item, "steps")),
    ...text("ticket.days", item.promised_days === null ? "" : days(item.promised_days)),
    ...text("ticket.days.statutory", item.statutory_days ? days(item.statutory_days) : ""),
    ...text("ticket.fee", published(item, "fee")),
    ...text("ticket.fee-basis", published(item, "fee_basis")),
    ...text("ticket.basis", published(item, "basis")),
    ...text("ticket.phone", item.phone),
  );

const list = (key, tag, lines) =>
  lines?.length ? [make("div", {}, make("h3", {}, t(key)), make(tag, {}, ...lines.map((line) => make("li", {}, line))))] : [];

const text = (key, words) => (words ? [make("div", {}, make("h3", {}, t(key)), make("p", {}, words))] : []);
