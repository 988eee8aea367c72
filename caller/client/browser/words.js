/* Words in the languages of the hall. A language is one file of words; the first chosen language speaks, the
 * second (on boards and signs) stands small beside it. A word missing in a language falls back to the next of its chain;
 * what a language is (name, direction, chain, signs, dates) stands among its words under keys with an underscore, made by
 * config/languages.py. No page asks which language speaks: it takes a text by `own` or `told`. */

export const BASE = "zh"; // what every chain ends with
export const COMPLETE = [BASE, "en"]; // with every word there is
const loaded = new Map(); // language → its words
let chosen = [BASE];

/** Takes the words of languages, by id. */
export function provide(languages) {
  for (const [id, words] of Object.entries(languages)) loaded.set(id, words);
}

/** Makes these languages (ids, most wanted first) the ones that speak; those without words are left out. */
export function choose(languages) {
  chosen = languages.filter((id) => loaded.has(id));
  if (!chosen.length) chosen = [BASE];
  document.documentElement.lang = tag(chosen[0]);
  document.documentElement.dir = word(chosen[0], "_dir") ?? "ltr";
}

/** The BCP 47 tag of a language. */
export const tag = (id) => word(id, "_lang") ?? id;

export const has = (id) => loaded.has(id);
export const language = () => chosen[0];
export const second = () => chosen[1];
export const word = (id, key) => loaded.get(id)?.[key];

/** A sign between words in the language that speaks: "list", "name", "stop" or "colon". */
export const sign = (name) => word(chosen[0], `_${name}_sign`) ?? ", ";

const chain = (id) => (word(id, "_chain") ?? `${id} ${BASE}`).split(" ");
const first = (id, value) => chain(id).map(value).find((found) => found?.length);

/** The language that speaks, or the first of its chain that has every word: messages are written in those. */
export const complete = () => chain(chosen[0]).find((id) => COMPLETE.includes(id));

/** A field of a document in a language, as written: `name` is Chinese, `name_en` English; the first of the chain that is there. */
export const own = (doc, key, id = language()) => first(id, (each) => doc[each === BASE ? key : `${key}_${each}`]) ?? doc[key];

/** What an answer {zh, en, next_zh, …} says in a language; `before`: "next_" for the next step. */
export const told = (answer, before = "", id = language()) => first(id, (each) => answer[before + each]) ?? "";

/** The part in the page's own language of what a program has said in both: "中文 / English". Any other text stays whole. */
export function half(text) {
  const [zh, en, ...more] = text.split(" / ");
  if (en === undefined || more.length || !/[\u3400-\u9fff]/.test(zh) || /[\u3400-\u9fff]/.test(en)) return text;
  return complete() === BASE ? zh : en;
}

/** Text from settings or people may hold signs that turn the direction of what follows: they are left out. */
export const safe = (text) => String(text).replace(/[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, "");

/** A text with its facts; from right to left each stands apart (as in <bdi>), so that A012 or 09:00–12:00 keeps its order. */
export function fill(text, facts, id = language()) {
  const apart = word(id, "_dir") === "rtl" ? (fact) => fact && `\u2068${fact}\u2069` : (fact) => fact;
  return text.replace(/\{(\w+)\}/g, (_, name) => apart(safe(facts[name] ?? "")));
}

/** The words for `key` in the first language, with {facts} filled in. */
export function t(key, facts = {}) {
  return fill(first(chosen[0], (id) => word(id, key)) ?? key, facts);
}

/** The same in the second language, or "" when there is none. */
export function t2(key, facts = {}) {
  return chosen[1] ? fill(word(chosen[1], key) ?? "", facts, chosen[1]) : "";
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
  const named = word(id, "_months") && (options.month || options.weekday);
  if (!formatters.has(key)) formatters.set(key, named ? namedDates(id, zone, options) : new Intl.DateTimeFormat(chain(id).map(tag), { timeZone: zone, ...options }));
  const formatter = formatters.get(key);
  return (micros) => formatter.format(new Date(micros / 1000));
}

/** The month of a date on a screen: "long" or "short", whichever is shorter in the language that speaks. */
export const month = () => word(chosen[0], "_month");

/** Dates of a language that browsers write none in: its own names, the day before the month. */
function namedDates(id, zone, { month, weekday, ...others }) {
  const [months, weekdays] = ["_months", "_weekdays"].map((key) => word(id, key).split(" "));
  const numbers = new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...others, month: month && "numeric", weekday: weekday && "short" });
  const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  return {
    format(at) {
      const part = Object.fromEntries(numbers.formatToParts(at).map(({ type, value }) => [type, value]));
      const date = [part.day, part.month && months[part.month - 1]].filter(Boolean).join("-");
      const clock = [part.hour, part.minute].filter(Boolean).join(":");
      return [part.weekday && weekdays[days.indexOf(part.weekday)], date, part.year, clock].filter(Boolean).join(" ");
    },
  };
}

export const CLOCK = { hour: "2-digit", minute: "2-digit", hour12: false };
