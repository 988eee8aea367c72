/* How a case goes on, for who holds its receipt; under it what the hall publishes of its cases, for anyone. The receipt's QR holds the address `/case#CODE`; the code stays behind the
 * #, so that no server logs it with the address, and may be typed as well. Wrong ones are counted by the server. */

import { find, make } from "../shared/dom.js";
import { fit } from "../shared/fitting.js";
import { instants, safe, t } from "../shared/words.js";
import { CaseRating } from "./case-rating.js";
import { fetchOnce } from "../shared/fetching.js";
import { explained, name } from "./hall.js";
import { askCode, codeInAddress, looked, NO_DIGITS, post, publicPage } from "./public-page.js";

const DAY = { year: "numeric", month: "long", day: "numeric" };

const { hall, speaks } = await publicPage("case.title");
// The case as the server shows it ({found: true, doc}), or why there is none: a wrong code ({found: false, doc: the words}) or
// no answer at all (doc null).
let seen = null;
let rating = null; // of the case in sight
let published = { agency: [], overruns: [] };

askCode(find("#code"), NO_DIGITS, look);
speaks(() => (draw(), drawPublished()));
look();
fetchOnce("/cases.json", published).then((found) => ((published = found), drawPublished()));

/** Asks for the case of the code in the address. What the server says of a wrong code is shown as it stands, with its next
 * step; where there is no answer at all, the page says that and to try again. */
async function look() {
  const code = codeInAddress();
  find("#code").value = code;
  if (!code) return;
  seen = await looked(`/progress/${encodeURIComponent(code)}`, find("#case"));
  rating = null; // of another case, perhaps
  draw();
}

const NOT_ACCEPTED = new Set(["received", "asked", "refused"]);
const CLOCKLESS = new Set(["asked", "refused", "withdrawn"]); // no date is kept any more, or not yet

function draw() {
  const box = find("#case");
  box.hidden = !seen;
  if (!seen) return;
  const [words, next] = seen.doc && !seen.found ? explained(seen.doc) : [t("silent"), t("case.again")];
  box.replaceChildren(...(seen.found ? progress(seen.doc) : [make("p.case-state", {}, words), make("p", {}, next)]));
  box.dataset.light = seen.found ? seen.doc.light : "grey";
  fit(box.querySelectorAll(".fit"));
  drawRating();
}

/** Asks for the rating of the case in sight, once it was decided. */
function drawRating() {
  const box = find("#rating");
  if (!seen?.found) return box.replaceChildren(), (box.hidden = true);
  if (!rating) {
    box.replaceChildren();
    rating = new CaseRating(box, hall, { rate: (given) => send("rating", given), add: (given) => send("addition", given), receipt: () => `/progress/${codeInAddress()}/receipt`, words: true });
  }
  rating.show(seen.doc.rating, seen.doc);
}

async function send(what, given) {
  const sent = await post(`/progress/${codeInAddress()}/${what}`, given);
  return sent.ok ? { ok: true, kept: sent.doc.kept } : { ok: false, lines: sent.why() };
}

function progress(doc) {
  const counts = doc.due && !CLOCKLESS.has(doc.state);
  const both = (key) => name({ name: doc[key], name_en: doc[`${key}_en`] });
  const paper = (each) => make("p", {}, name({ name: each, name_en: doc.papers_en[each] }));
  const decided = doc.decision && t(`case-decision.${doc.decision}`);
  const rows = [
    ["case.number", doc.number],
    ["case.item", both("item")],
    ["case.department", both("department")],
    [NOT_ACCEPTED.has(doc.state) ? "case.received" : "case.opened", dateOf(doc.opened)],
    ["case.before", doc.before && dateOf(doc.before)],
    ["case.due", counts && `${dateOf(doc.due)}${doc.provisional ? t("case.provisional") : ""}`],
    ["case.light", counts && t(`deadline-light.${doc.light}`)],
    ["case.parts", doc.parts.length && doc.parts.map(part)],
    ["case.joint", doc.joint.length && doc.joint.map(joint)],
    ["case.above", doc.heard ? t("case.heard", { date: dateOf(doc.heard) }) : doc.reported && t("case.reported", { date: dateOf(doc.reported) })],
    ["case.asked", doc.asked.length && [doc.asked_until && make("p", {}, t("case.asked-until", { date: dateOf(doc.asked_until) })), ...doc.asked.map(paper)].filter(Boolean)],
    ["case.agent", doc.agent && safe(doc.agent)],
    ["case.listed", doc.listed.length && doc.listed.map(paper)],
    ["case.owed", doc.owed.length && [...doc.owed.map(paper), make("p", {}, t("case.owed-due", { date: dateOf(doc.owed_due) }))]],
    ["case.phone", doc.phone],
  ].filter(([, value]) => value);
  return [
    make("p.case-state", {}, t(`case-state.${doc.state}`), decided && make("b", {}, decided)),
    make("dl", {}, rows.map(([key, value]) => [make("dt", {}, t(key)), make("dd", {}, typeof value === "string" ? safe(value) : value)])),
  ];
}

/** A department's part: its light, and by when it replies or when it did. */
function part(one) {
  const words = t(one.replied ? "case.part-done" : "case.part-waits", { date: dateOf(one.replied || one.due) });
  return make("p.part", {}, make("b", { "data-light": one.light }, safe(name({ name: one.department, name_en: one.department_en })), make("i", {}, t(`deadline-light.${one.light}`))), make("span", {}, words));
}

function joint(one) {
  const when = one.held ? t("case.joint-held", { date: dateOf(one.held) }) : t("case.joint-on", { date: one.day });
  return make("p", {}, `${t(`joint-step.${one.kind}`)} ${when}`);
}

/** What is published, without what nobody has: two lists, each case with its month. */
function drawPublished() {
  const lists = Object.entries(published).filter(([, rows]) => rows.length);
  find("#published").replaceChildren(...lists.flatMap(([list, rows]) => [make("h2", {}, t(`published.${list}`)), make("ul.roots", {}, rows.map((row) => publishedLine(list, row)))]));
}

function publishedLine(list, row) {
  const both = (key) => name({ name: row[key], name_en: row[`${key}_en`] });
  const result = [t(`case-state.${row.state}`), row.decision && t(`case-decision.${row.decision}`)].filter(Boolean).join(" · ");
  const said = list === "agency" ? [t("published.opened", row), t("published.ended", row), result] : [t("published.due", row), row.ended ? t("published.ended", row) : t("published.open"), both("department")];
  return make(
    "li",
    { "data-number": row.number },
    make("p.day", {}, make("span", {}, safe(row.number)), make("span", {}, row.month ? safe(row.month) : "")),
    make("p", {}, both("item")),
    make("p.rated", {}, said.filter(Boolean).map((each) => make("span", {}, each))),
  );
}

const dateOf = (micros) => instants(hall.zone, DAY)(micros);
