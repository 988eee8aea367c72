/* The card: where this number stands, in one look. */

import { make } from "../dom.js";
import { clockOf } from "../clock.js";
import { band, name, t, windowLabel } from "../words.js";
import { keptUntil } from "./late.js";
import { areaOf, shared, way } from "./way.js";

/** The elements of the card for a ticket's document at the caller's instant `now`. */
export function place(doc, hall, now) {
  const queue = name({ name: doc.queue_name ?? "", name_en: doc.queue_name_en ?? "" });
  const number = make("p.number", {}, doc.number);
  if (doc.state === "called") return [make("p.of", {}, t("ticket.turn")), number, ...turn(doc, hall)];
  return [make("p.of", {}, [t("ticket.your"), queue].filter(Boolean).join(" · ")), number, ...(BODIES[doc.state]?.(doc, hall, now) ?? [])];
}

const BODIES = {
  waiting: (doc, hall, now) => {
    const until = keptUntil(doc, now);
    if (until) return [head("ticket.kept", { until: clockOf(hall.zone).time(until) }), more(t("ticket.kept.more")), ways(doc, hall)];
    return [doc.ahead ? "" : head("ticket.next"), figures(doc, hall)];
  },
  serving: (doc) => [head("ticket.serving"), more(windowLabel(doc.window, windowDoc(doc)))],
  held: () => [head("ticket.held")],
  missed: (doc) => [head("ticket.missed"), more(t(doc.missed_can_return ? "ticket.missed.return" : "ticket.missed.new"))],
  served: () => [head("ticket.served"), more(t("ticket.served.more"))],
  cancelled: () => [head("ticket.cancelled"), more(t("ticket.cancelled.more"))],
  expired: () => [head("ticket.expired"), more(t("ticket.expired.more"))],
};

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
  if (windows.length) rows.push(make("div.wide", {}, make("dt", {}, t("ticket.windows")), ...windows.map((each) => make("dd", {}, numbered(each)))));
  const there = way(shared(windows, hall));
  if (there) rows.push(make("div.wide", {}, make("dt", {}, t("ticket.way")), make("dd", {}, there)));
  return make("dl.figures", {}, ...rows);
}

const row = (key, text) => make("div", {}, make("dt", {}, t(key)), make("dd", {}, text));

const head = (key, facts) => make("p.head", {}, t(key, facts));
const more = (text) => make("p.more", {}, text);
const windowDoc = (doc) => ({ name: doc.window_name ?? "", name_en: doc.window_name_en ?? "" });
