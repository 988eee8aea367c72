/* Words in the languages of the hall. A language is one file under lang/; the first chosen language speaks,
 * the second (on boards and signs) stands small beside it. A word missing in a language falls back to zh. */

const FALLBACK = "zh";
const loaded = new Map();
let chosen = [FALLBACK];

/** Loads `languages` (ids, most wanted first) and makes them the ones that speak. */
export async function speak(languages) {
  chosen = languages.length ? languages : [FALLBACK];
  await Promise.all([...new Set([...chosen, FALLBACK])].map(load));
  chosen = chosen.filter((id) => loaded.has(id));
  document.documentElement.lang = loaded.get(chosen[0])?._lang ?? chosen[0];
}

async function load(id) {
  if (loaded.has(id) || !/^[a-z-]{2,12}$/i.test(id)) return;
  const response = await fetch(new URL(`../lang/${id}.json`, import.meta.url));
  if (response.ok) loaded.set(id, await response.json());
}

/** The words for `key` in the first language, with {facts} filled in. */
export function t(key, facts = {}) {
  return fill(word(chosen[0], key) ?? word(FALLBACK, key) ?? key, facts);
}

/** The words for `key` in Chinese and in English, whatever speaks: for what must be understood by anybody. */
export async function both(key, facts = {}) {
  await Promise.all(["zh", "en"].map(load));
  return ["zh", "en"].map((id) => fill(word(id, key) ?? key, facts));
}

/** The same in the second language, or "" when there is none. */
export function t2(key, facts = {}) {
  return chosen[1] ? fill(word(chosen[1], key) ?? "", facts) : "";
}

const word = (id, key) => loaded.get(id)?.[key];
const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");

/** A name from a document: `doc.name` in Chinese, `doc.name_en` for every other language that lacks its own. */
export function name(doc) {
  return chosen[0] === FALLBACK ? doc.name : doc.name_en || doc.name;
}

/** A published fact in the language that speaks, in Chinese when the hall has not written it otherwise. */
export function facts(doc, key) {
  const other = doc[`${key}_${chosen[0]}`];
  return other?.length ? other : doc[key];
}

/** The other name, for the second language. */
export function name2(doc) {
  if (!chosen[1]) return "";
  const other = chosen[1] === FALLBACK ? doc.name : doc.name_en;
  return other === name(doc) ? "" : other || "";
}

/** What people look for over a window: its number if its id is one, otherwise its name. */
export function windowLabel(id, doc, say = t, called = name) {
  return /^\d+$/.test(id) ? say("window.label", { id }) : called(doc);
}

/** The same in the second language. */
export const windowLabel2 = (id, doc) => windowLabel(id, doc, t2, name2);

export const language = () => chosen[0];

/** Fills every element marked data-t (first language) or data-t2 (second language) under `root`. */
export function label(root = document) {
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of root.querySelectorAll("[data-t2]")) element.textContent = t2(element.dataset.t2);
}

/** A promise in working days; 0 is on the spot. */
export const days = (count) => (count === 0 ? t("days.now") : count === 1 ? t("days.one") : t("days", { days: count }));

/** A wait in plain words: a band, never a false exact minute; "" when it is not known. */
export function band(doc, say = t) {
  if (!(doc.low >= 0) || !(doc.high >= 0)) return "";
  if (doc.high < 1) return say("band.now");
  if (doc.low === doc.high) return say("band.one", doc);
  return say("band", doc);
}
