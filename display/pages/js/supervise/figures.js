/* The day in figures: how many came, were served, and what they said. */

import { make } from "../dom.js";
import { LEVELS } from "../rate/faces.js";
import { t } from "../words.js";

const COUNTS = ["issued", "waiting", "served", "missed", "cancelled", "expired"];

export const counts = (all) =>
  COUNTS.map((what) =>
    make("div", { "data-count": what }, make("p.figure.number", {}, String(all[what] ?? 0)), make("p.what", {}, t(`count.${what}`))),
  );

/** Levels with their counts, and two shares: 评价率 (rated of served) and 好评率 (levels 3 to 5 of rated). */
export function ratings(all, counted) {
  const count = (level) => all[level] ?? 0;
  const rated = LEVELS.reduce((sum, level) => sum + count(level), 0);
  const most = Math.max(1, ...LEVELS.map(count));
  const bars = LEVELS.flatMap((level) => [
    make("span", {}, t(`rate.${level}`)),
    bar(count(level) / most),
    make("span.number", {}, String(count(level))),
  ]);
  const good = LEVELS.filter((level) => level > 2).reduce((sum, level) => sum + count(level), 0);
  return [make("div.bars", {}, ...bars), make("p.shares", {}, share("rated", rated, counted.served), share("good", good, rated))];
}

function bar(part) {
  const track = make("div");
  const fill = make("div.bar");
  fill.style.width = `${Math.round(part * 100)}%`;
  track.append(fill);
  return track;
}

const share = (key, part, whole) =>
  make("span", {}, `${t(`supervise.${key}`)} `, make("b.number", {}, whole ? `${Math.round((100 * part) / whole)}%` : "—"));
