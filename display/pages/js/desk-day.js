/* The clerk's own day: receptions, outcomes, ratings and follow-ups, from the caller's document `clerk-day/WINDOW`, which
 * is watched only while this is open. Nothing here sends. */

import { make } from "../shared/dom.js";
import { instants, t } from "../shared/words.js";
import { open } from "./desk-dialogs.js";
import { timeOfDay } from "./hall.js";

const MINUTE = 60_000_000;
const LEVELS = [5, 4, 3, 2, 1];

/** Opens the dialog, empty until the document comes; `{chosen, show(doc)}`: `chosen` resolves when it is closed. */
export function openDay(dialog, clerk, names, zone) {
  const box = make("div.scroll.day", { tabindex: 0 });
  const { chosen } = open(dialog, t("desk.day-title", { clerk }), [box], (event, done) => {
    if (!["KeyD", "Enter", "NumpadEnter"].includes(event.code)) return;
    event.preventDefault();
    done(null);
  });
  box.focus();
  return { chosen, show: (doc) => box.replaceChildren(...parts(doc, names, zone)) };
}

function parts(doc, names, zone) {
  if (!doc.count && !doc.followups.length) return [make("p", {}, t("desk.day-none"))];
  const minutes = doc.seconds / 60;
  const sums = { count: doc.count, minutes: Math.round(minutes), mean: (minutes / Math.max(1, doc.count)).toFixed(1) };
  const outcomes = Object.entries(doc.outcomes).map(([outcome, count]) => figure(t(`outcome.${outcome}`), count));
  const levels = LEVELS.filter((level) => doc.levels[level]).map((level) => figure(t(`level.${level}`), doc.levels[level]));
  return [
    make("p", {}, t("desk.day-sums", sums)),
    make("ul.figures", {}, outcomes),
    make("p", {}, t("desk.day-rated", { count: doc.rated })),
    make("ul.figures", {}, levels),
    ...followUps(doc.followups, zone),
    make("table", {}, make("tbody", {}, doc.receptions.map((row) => reception(row, names, zone)))),
  ];
}

const figure = (words, count) => make("li", {}, words, make("b.number", {}, String(count)));

function followUps(rows, zone) {
  if (!rows.length) return [];
  const date = instants(zone, { month: "2-digit", day: "2-digit" });
  const lines = rows.map((row) => {
    const state = [t(`follow-up-kind.${row.kind}`), t(`follow-up-state.${row.state}`), row.appeals ? t("desk.day-appealed", { count: row.appeals }) : ""];
    return make("li", {}, make("b.number", {}, row.number), `${date(row.opened)} ${row.ticket_number} `, state.filter(Boolean).join(" · "));
  });
  return [make("h3", {}, t("desk.day-follow-ups")), make("ul.followed", {}, lines)];
}

function reception(row, names, zone) {
  const clock = timeOfDay(zone);
  const took = Math.floor(Math.max(0, row.ended - row.began) / MINUTE);
  return make(
    "tr",
    {},
    make("td.number", {}, `${clock(row.began)}–${clock(row.ended)}`),
    make("th", { scope: "row" }, row.number),
    make("td.number", {}, t("desk.minutes", { count: took })),
    make("td", {}, t(`outcome.${row.outcome}`)),
    make("td.items", {}, row.items.map(names.item).join(" / ")),
  );
}
