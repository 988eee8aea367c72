/* What the hall publishes of its ratings, and whether the rating of a receipt is among them. The page loads the list under a
 * root and computes root and counts again itself; a receipt stays behind the # of the address and is sent nowhere. */

import { fetchOnce } from "../shared/fetching.js";
import { find, make } from "../shared/dom.js";
import { safe, t, told } from "../shared/words.js";
import { windowLabel } from "./hall.js";
import { askCode, codeInAddress, publicPage } from "./public-page.js";
import { follows, placeOf, receiptIn } from "./rating-tree.js";

const LEVELS = [5, 4, 3, 2, 1];
const BAD_LEVEL = 2;

const { hall, speaks } = await publicPage("ratings.title");
let roots = [];
let month = null; // the ranking and attendance published last
let rectified = { months: {}, exclusions: {}, published: {}, lists: {} };
let verdict = null; // of the receipt: {light, words, root}

askCode(find("#receipt"), /\s/g, check);
speaks(draw);
({ roots, month = null } = await fetchOnce("/ratings.json", { roots: [] }));
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
  if (!follows(list, root)) return { light: "red", words: ["ratings.wrong-list", root], root };
  const place = placeOf(list, receipt);
  if (!place) return { light: "red", words: ["ratings.changed"], root };
  const [, , kind] = list.ratings[place - 1];
  const facts = { day: receipt.day, level: t(`level.${receipt.level}`), place, size: list.ratings.length };
  const excluded = rectified.exclusions[receipt.seq];
  return { light: excluded ? "grey" : "green", words: [excluded ? "ratings.excluded" : "ratings.counted", facts], level: receipt.level, kind, root };
}

function draw() {
  const box = find("#found");
  box.hidden = !verdict;
  if (verdict) {
    const [key, facts = {}] = verdict.words;
    const said = verdict.level ? { ...facts, level: t(`level.${verdict.level}`), of: t(`ratings.of.${verdict.kind || "all"}`) } : facts;
    box.dataset.light = verdict.light;
    box.replaceChildren(make("p.case-state", {}, t(`${key}`, said)), make("p", {}, t(`${key}.next`)), verdict.root ? make("p.root", {}, verdict.root.root) : "");
  }
  drawMonth();
  drawRectified();
  find("#roots").replaceChildren(...(roots.length ? roots.map(line) : [make("li", {}, t("ratings.none"))]));
}

/** One root: its day, the counts of receptions and of decided cases under it, and the list that anyone may save. */
function line(root) {
  const { case_levels: cases, levels } = root;
  const visits = levels.map((count, n) => count - (cases[n] ?? 0));
  const apart = [["visit", root.receptions, visits]];
  if (root.decided || cases.some(Boolean)) apart.push(["case", root.decided, cases]);
  const kinds = cases.length ? apart : [["all", 0, levels]];
  return make(
    "li",
    { "data-last": root.last },
    make("p.day", {}, safe(root.day)),
    kinds.map((kind) => counts(root, ...kind)),
    make("p.root", {}, root.root),
    make("a", { href: `/ratings/${root.last}.json`, download: `ratings-${root.day}-${root.last}.json` }, t("ratings.list")),
  );
}

/** The ratings of one kind under a root: how many of how many, the share of good ones, and the levels. */
function counts(root, kind, count, levels) {
  const sum = (some) => some.reduce((one, other) => one + other, 0);
  const [total, bad] = [sum(levels), sum(levels.slice(0, BAD_LEVEL))];
  const under = ([seq, row]) => Number(seq) >= root.first && Number(seq) <= root.last && (kind === "all" || row.case === (kind === "case"));
  const excluded = Object.entries(rectified.exclusions).filter(under).length;
  const share = total - excluded ? `${((100 * (total - bad)) / (total - excluded)).toFixed(1)}%` : "—";
  return make(
    "div",
    { "data-of": kind },
    make("p.rated", {}, t(`ratings.share.${kind}`, { count, total, share })),
    make("p.levels", {}, LEVELS.map((level) => make("span", {}, `${t(`level.${level}`)} ${levels[level - 1]}`))),
    excluded ? make("p.second", {}, t("ratings.excluded-count", { excluded })) : "",
  );
}

/** How each window stood in the month published last: place, points, attendance. */
function drawMonth() {
  const box = find("#month");
  box.hidden = !month;
  if (!month) return;
  const share = (part) => (part === undefined ? "—" : `${(100 * part).toFixed(1)}%`);
  const line = ({ window: id, place, points, attendance, punctual }) => {
    const facts = { place, points: points?.toFixed(2) ?? "—", attendance: share(attendance), punctual: share(punctual) };
    const words = [place ? t("month.place", facts) : t("month.unplaced", facts), attendance === undefined ? "" : t("month.attendance", facts)];
    return make("li", {}, make("p.day", {}, windowLabel(id, hall.windows[id])), make("p.rated", {}, words.filter(Boolean).map((each) => make("span", {}, each))));
  };
  box.replaceChildren(make("h2", {}, t("month.title", { month: month.month })), make("ul.roots", {}, month.windows.map(line)));
}

/** What became of bad ratings: the counts of each month, and each one that was published. */
function drawRectified() {
  const months = Object.keys(rectified.months).sort().reverse();
  const box = find("#rectified");
  box.hidden = !months.length;
  const published = Object.values(rectified.published).sort((a, b) => b.closed - a.closed);
  box.replaceChildren(make("h2", {}, t("rectified.title")), make("ul.roots", {}, months.map(monthLine), published.map(publishedLine)));
}

function monthLine(id) {
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
