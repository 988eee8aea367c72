/* The clerk's own day: receptions, outcomes, ratings and follow-ups, from the caller's document `clerk-day/WINDOW`, which
 * is watched only while this is open. From here a clerk appeals against a bad rating; another person reviews it. */

import { make, press } from "../shared/dom.js";
import { instants, t } from "../shared/words.js";
import { open, pick } from "./desk-dialogs.js";
import { explained, name, timeOfDay } from "./hall.js";

const MINUTE = 60_000_000;
const LEVELS = [5, 4, 3, 2, 1];

/** Opens the dialog, empty until the document comes; `{chosen, show(doc)}`: `chosen` resolves when it is closed, with the bad
 * ratings that may be appealed against where the clerk goes on to that. */
export function openDay(dialog, clerk, names, zone) {
  let rows = [];
  const box = make("div.scroll.day", { tabindex: 0 });
  const { chosen, done: close } = open(dialog, t("desk.day-title", { clerk }), [box], (event, done) => {
    if (event.code === "KeyA" && rows.length) return event.preventDefault(), done(rows);
    if (!["KeyD", "Enter", "NumpadEnter"].includes(event.code)) return;
    event.preventDefault();
    done(null);
  });
  box.focus();
  const show = (doc) => {
    rows = doc.followups.filter((row) => row.appealable);
    box.replaceChildren(...parts(doc, names, zone, () => close(rows)));
  };
  return { chosen, show };
}

/** Asks which bad rating and why, sends the appeal, and tells what came of it. */
export async function appealRating(rows, dialog, { clerk, window, names, wire, tell }) {
  const lines = rows.map((row, index) => [index + 1, `${row.number} ${row.ticket_number} ${t(`level.${row.level}`)}`]);
  const which = await pick(dialog, t("desk.appeal-which"), lines);
  const { objections } = names.desk;
  const why = which === null ? null : await pick(dialog, t("desk.appeal-why"), objections.map((each, index) => [index + 1, name(each)]));
  if (why === null) return tell(t("desk.cancelled"));
  const row = rows[which];
  try {
    await wire.send({ type: "AppealRating", follow_up: row.follow_up, staff: clerk, code: objections[why].id, window });
    tell(t("desk.appealed", row), t("desk.appeal-counts"), "done");
  } catch (refused) {
    tell(...(refused ? explained(refused) : [t("desk.no-answer", { verb: t("desk.appeal") }), t("desk.no-answer-next")]), "refused");
  }
}

function parts(doc, names, zone, appeal) {
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
    ...followUps(doc.followups, zone, appeal),
    make("table", {}, make("tbody", {}, doc.receptions.map((row) => reception(row, names, zone)))),
  ];
}

const figure = (words, count) => make("li", {}, words, make("b.number", {}, String(count)));

function followUps(rows, zone, appeal) {
  if (!rows.length) return [];
  const date = instants(zone, { month: "2-digit", day: "2-digit" });
  const lines = rows.map((row) => {
    const own = [row.level ? t(`level.${row.level}`) : "", row.appeal ? t(`rating-appeal.${row.appeal}`) : ""];
    const state = [t(`follow-up-kind.${row.kind}`), own[0], t(`follow-up-state.${row.state}`), own[1], row.appeals ? t("desk.day-appealed", { count: row.appeals }) : ""];
    return make("li", {}, make("b.number", {}, row.number), `${date(row.opened)} ${row.ticket_number} `, state.filter(Boolean).join(" · "));
  });
  return [make("h3", {}, t("desk.day-follow-ups")), make("ul.followed", {}, lines), ...(rows.some((row) => row.appealable) ? [appealKey(appeal)] : [])];
}

/** The key of an appeal, which a finger may press as well. */
function appealKey(appeal) {
  const key = make("button.press.appeal", { type: "button" }, make("kbd", {}, "A"), t("desk.appeal-key"));
  press(key, appeal);
  return key;
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
