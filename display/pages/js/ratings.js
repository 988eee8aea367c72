/* What the hall publishes of its ratings, and whether the rating of a receipt is among them. The page loads the list under a
 * root and computes root and counts again itself; a receipt stays behind the # of the address and is sent nowhere. */

import { fetchOnce } from "../shared/fetching.js";
import { find, make } from "../shared/dom.js";
import { safe, t, told } from "../shared/words.js";
import { askCode, codeInAddress, publicPage } from "./public-page.js";
import { countsOf, placeOf, receiptIn, rootOf } from "./rating-tree.js";

const LEVELS = [5, 4, 3, 2, 1];
const BAD_LEVEL = 2;

const { hall, speaks } = await publicPage("ratings.title");
let roots = [];
let rectified = { months: {}, exclusions: {}, published: {}, lists: {} };
let verdict = null; // of the receipt: {light, words, root}

askCode(find("#receipt"), /\s/g, check);
speaks(draw);
roots = (await fetchOnce("/ratings.json", { roots: [] })).roots;
rectified = await fetchOnce("/rectified.json", rectified);
await check();

/** Checks the receipt in the address, in the browser. */
async function check() {
  const text = codeInAddress();
  find("#receipt").value = text;
  verdict = text ? await judged(text) : null;
  draw();
}

async function judged(text) {
  const receipt = receiptIn(text);
  if (!receipt) return { light: "red", words: ["ratings.unreadable"] };
  if (receipt.site !== hall.site) return { light: "red", words: ["ratings.other-hall", { site: receipt.site }] };
  const root = [...roots].reverse().find((each) => receipt.seq <= each.last);
  if (!root) return { light: "yellow", words: ["ratings.not-yet"] };
  if (receipt.seq < root.first) return { light: "grey", words: ["ratings.too-old"] };
  const list = await fetchOnce(`/ratings/${root.last}.json`);
  if (!list) return { light: "grey", words: ["ratings.again"] };
  if (rootOf(list) !== root.root || countsOf(list).join() !== root.levels.join()) return { light: "red", words: ["ratings.wrong-list", root], root };
  const place = placeOf(list, receipt);
  if (!place) return { light: "red", words: ["ratings.changed"], root };
  const facts = { day: receipt.day, level: t(`level.${receipt.level}`), place, size: list.ratings.length };
  const excluded = rectified.exclusions[receipt.seq];
  return { light: excluded ? "grey" : "green", words: [excluded ? "ratings.excluded" : "ratings.counted", facts], level: receipt.level, root };
}

function draw() {
  const box = find("#found");
  box.hidden = !verdict;
  if (verdict) {
    const [key, facts = {}] = verdict.words;
    const said = verdict.level ? { ...facts, level: t(`level.${verdict.level}`) } : facts;
    box.dataset.light = verdict.light;
    box.replaceChildren(make("p.case-state", {}, t(`${key}`, said)), make("p", {}, t(`${key}.next`)), verdict.root ? make("p.root", {}, verdict.root.root) : "");
  }
  drawRectified();
  find("#roots").replaceChildren(...(roots.length ? roots.map(line) : [make("li", {}, t("ratings.none"))]));
}

/** One root: its day, the counts under it, and the list that anyone may save. */
function line(root) {
  const total = root.levels.reduce((sum, count) => sum + count, 0);
  const bad = root.levels.slice(0, BAD_LEVEL).reduce((sum, count) => sum + count, 0);
  const excluded = Object.entries(rectified.exclusions).filter(([seq]) => Number(seq) >= root.first && Number(seq) <= root.last).length;
  const counted = total - excluded;
  const share = counted ? `${((100 * (total - bad)) / counted).toFixed(1)}%` : "—";
  const counts = LEVELS.map((level) => make("span", {}, `${t(`level.${level}`)} ${root.levels[level - 1]}`));
  return make(
    "li",
    { "data-last": root.last },
    make("p.day", {}, make("span", {}, safe(root.day)), make("span", {}, t("ratings.share", { total, share }))),
    make("p.levels", {}, counts),
    excluded ? make("p.second", {}, t("ratings.excluded-count", { excluded })) : "",
    make("p.root", {}, root.root),
    make("a", { href: `/ratings/${root.last}.json`, download: `ratings-${root.day}-${root.last}.json` }, t("ratings.list")),
  );
}

/** What became of bad ratings: the counts of each month, and each one that was published. */
function drawRectified() {
  const months = Object.keys(rectified.months).sort().reverse();
  const box = find("#rectified");
  box.hidden = !months.length;
  const published = Object.values(rectified.published).sort((a, b) => b.closed - a.closed);
  box.replaceChildren(make("h2", {}, t("rectified.title")), make("ul.roots", {}, months.map(month), published.map(publishedLine)));
}

function month(id) {
  const counts = rectified.months[id];
  const share = counts.named ? `${((100 * counts.called) / counts.named).toFixed(0)}%` : "—";
  return make("li", {}, make("p.day", {}, make("span", {}, safe(id))), make("p", {}, t("rectified.month", { ...counts, share })));
}

function publishedLine(each) {
  const facts = { window: each.window, level: t(`level.${each.level}`), finding: named("finding", each.finding), measure: named("measure", each.measure) };
  return make("li", {}, make("p.day", {}, make("span", {}, safe(each.number)), make("span", {}, safe(each.month))), make("p", {}, t("rectified.line", facts)));
}

function named(kind, code) {
  const found = (rectified.lists[kind] ?? []).find((each) => each.id === code);
  return found ? told(found) : code || "—";
}
