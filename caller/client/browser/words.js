/* Words in the languages of the hall. A language is one file of words; the first chosen language speaks, the
 * second (on boards and signs) stands small beside it. A word missing in a language falls back to zh. */

const FALLBACK = "zh";
const loaded = new Map(); // language → its words
let chosen = [FALLBACK];

/** Takes the words of languages, by id. */
export function provide(languages) {
  for (const [id, words] of Object.entries(languages)) loaded.set(id, words);
}

/** Makes these languages (ids, most wanted first) the ones that speak; those without words are left out. */
export function choose(languages) {
  chosen = languages.filter((id) => loaded.has(id));
  if (!chosen.length) chosen = [FALLBACK];
  document.documentElement.lang = tag(chosen[0]);
}

/** The BCP 47 tag of a language, as its own file of words gives it. */
const tag = (id) => word(id, "_lang") ?? word(id, "language.lang") ?? id;

export const has = (id) => loaded.has(id);
export const language = () => chosen[0];
export const second = () => chosen[1];
export const word = (id, key) => loaded.get(id)?.[key];

/** Text from settings or people may hold signs that turn the direction of what follows: they are left out. */
export const safe = (text) => String(text).replace(/[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, "");

export const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => safe(facts[name] ?? ""));

/** The words for `key` in the first language, with {facts} filled in. */
export function t(key, facts = {}) {
  return fill(word(chosen[0], key) ?? word(FALLBACK, key) ?? key, facts);
}

/** The same in the second language, or "" when there is none. */
export function t2(key, facts = {}) {
  return chosen[1] ? fill(word(chosen[1], key) ?? "", facts) : "";
}

/** Fills every element marked data-t (first language) or data-t2 (second language) under `root`. */
export function label(root = document) {
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of root.querySelectorAll("[data-t2]")) element.textContent = t2(element.dataset.t2);
}

const formatters = new Map();

/** A formatter of instants (UTC microseconds) in a language (id), by default the one that speaks; making one costs more
 * than using it. */
export function instants(zone, options, id = language()) {
  const locale = tag(id);
  const key = JSON.stringify([locale, zone, options]);
  if (!formatters.has(key)) formatters.set(key, new Intl.DateTimeFormat(locale, { timeZone: zone, ...options }));
  const formatter = formatters.get(key);
  return (micros) => formatter.format(new Date(micros / 1000));
}

export const CLOCK = { hour: "2-digit", minute: "2-digit", hour12: false };
