/* What to have ready, told once and completely (一次性告知): the published facts of each item of this visit. */

import { make } from "../dom.js";
import { days, facts, t } from "../words.js";

/** One article for each item id. An item no longer in the hall's list is left out. */
export async function guide(ids) {
  const items = await Promise.all(ids.map(load));
  const known = items.filter(Boolean);
  return known.length ? [make("h2", {}, t("ticket.guide")), ...known.map(article)] : [];
}

async function load(id) {
  const response = await fetch(`/items/${encodeURIComponent(id)}.json`).catch(() => null);
  return response?.ok ? response.json() : null;
}

const article = (item) =>
  make(
    "article",
    {},
    make("h2", {}, facts(item, "name")),
    ...list("ticket.papers", "ul", facts(item, "papers")),
    ...text("ticket.conditions", facts(item, "conditions")),
    ...list("ticket.steps", "ol", facts(item, "steps")),
    ...text("ticket.days", item.promised_days === null ? "" : days(item.promised_days)),
    ...text("ticket.days.statutory", item.statutory_days ? days(item.statutory_days) : ""),
    ...text("ticket.fee", facts(item, "fee")),
    ...text("ticket.basis", facts(item, "basis")),
    ...text("ticket.phone", item.phone),
  );

const list = (key, tag, lines) =>
  lines?.length ? [make("div", {}, make("h3", {}, t(key)), make(tag, {}, ...lines.map((line) => make("li", {}, line))))] : [];

const text = (key, words) => (words ? [make("div", {}, make("h3", {}, t(key)), make("p", {}, words))] : []);
