/* How every page of the hall begins and what they share: the hall's public facts, names and waits in words,
 * what to say when it is quiet. What a station of the hall has besides: `station.js`. */

import { find, make, say } from "../shared/dom.js";
import { fetchJson, fetchOnce } from "../shared/fetching.js";
import { BASE, CLOCK, COMPLETE, choose, fill, has, instants, label, language, own, provide, safe, second, t, t2, told, word } from "../shared/words.js";

export const query = new URLSearchParams(location.search);

// --- beginning

/** Loads `languages` (ids, most wanted first) and makes them the ones that speak. A file lacks nothing: the server has filled
 * its gaps. */
export async function speak(languages) {
  await Promise.all(languages.map(load));
  if (!languages.some(has)) await load(BASE);
  choose(languages);
}

let kind = ""; // ".public": a phone's file of words is without those of the staff's pages

/** The pages that begin from now on load these words only. */
export const publicWords = () => void (kind = ".public");

async function load(id) {
  if (has(id) || !/^[a-z-]{2,12}$/i.test(id)) return;
  const words = await fetchOnce(new URL(`../lang/${id}${kind}.json`, import.meta.url));
  if (words) provide({ [id]: words });
}

/** The words for `key` in Chinese and in English, whatever speaks: for what must be understood by anybody. */
export async function both(key, facts) {
  await Promise.all(COMPLETE.map(load));
  return COMPLETE.map((id) => fill(word(id, key) ?? key, facts, id));
}

/** The hall's facts and the wire's address, with the words loaded and the labels filled. No `languages`: the first two that
 * the hall offers. `facts`: where they lie; a page that names fewer speaks to no wire. */
export async function begin(languages, facts = "/hall.json") {
  const theme = query.get("theme");
  if (/^[a-z]+$/.test(theme ?? "")) document.documentElement.dataset.theme = theme;
  const wanted = query.get("lang")?.split(",") ?? languages;
  const [hall, wire] = await Promise.all([fetchJson(facts), facts === "/hall.json" ? fetchJson("/wire.json") : {}, wanted && speak(wanted)]);
  if (!wanted) await speak(hall.languages.slice(0, 2).map((each) => each.id));
  label();
  return { hall, url: wire.url };
}

/** Lets the page be touched, now that it heeds what is pressed. A page with fields is inert in its file until then, and says that it
 * opens: what is typed or pressed before would be lost. */
export function opened() {
  find(".opening")?.remove();
  find("main").inert = false;
}

const following = ({ languages }) => languages[(languages.findIndex((each) => each.id === language()) + 1) % languages.length];

/** Makes the language after the one that speaks speak; the languages are those of the hall. */
export async function nextLanguage(hall) {
  await speak([following(hall).id]);
}

/** Does so for the pages that this person opens next, too. */
export async function nextLanguageKept(hall) {
  await nextLanguage(hall);
  keepLanguage(language());
}

/** Names a button by the language that `nextLanguage` would choose, in itself, and marks it so for who hears it. */
export function nameByLanguage(button, hall) {
  const { name, tag } = following(hall);
  say(button, hall.languages.length > 1 ? name : "");
  button.lang = tag;
}

// --- names

/** A name from a document. */
export const name = (doc) => safe(own(doc, "name"));

/** The other name, for the second language. */
export function name2(doc) {
  if (!second()) return "";
  const other = safe(own(doc, "name", second()) || "");
  return other === name(doc) ? "" : other;
}

/** A published fact in the language that speaks, in Chinese when the hall has not written it otherwise. */
export function published(doc, key) {
  const fact = own(doc, key);
  return Array.isArray(fact) ? fact.map(safe) : fact && safe(fact);
}

/** What people look for over a window: its number if its id is one, otherwise its name. */
export function windowLabel(id, doc, words = t, called = name) {
  return /^\d+$/.test(id) ? words("window.label", { id }) : called(doc);
}

/** The same in the second language. */
export const windowLabel2 = (id, doc) => windowLabel(id, doc, t2, name2);

/** A promise in working days; 0 is on the spot. */
export const days = (count) => (count === 0 ? t("days.now") : count === 1 ? t("days.one") : t("days", { days: count }));

/** A wait in plain words: a band, never a false exact minute; "" when it is not known. */
export function band(doc) {
  if (!(doc.low >= 0) || !(doc.high >= 0)) return "";
  if (doc.high < 1) return t("band.now");
  return doc.low === doc.high ? t("band.one", doc) : t("band", doc);
}

/** What a refusal or a bye says, and the next step, in the language that speaks. */
export const explained = (frame) => [told(frame), told(frame, "next_")];

// --- the state of the connection

/** Marks the page with the connection's state, and says so when what it shows may be old. */
export function showState(state) {
  const silent = state === "silent";
  document.body.dataset.wire = state;
  document.body.classList.toggle("stale", silent);
  find(".silence")?.remove();
  if (!silent) return;
  const more = make("small", {}, t2("silent") || t("silent.more"));
  document.body.append(make("p.silence", { role: "alert" }, make("span", {}, t("silent")), more));
}

// --- a bell

const TONES = [880, 660, 880, 660]; // Hz; a plain two-tone bell, no file to load
const TONE_SECONDS = 0.35;

/** Rings in an audio context that a touch or a key has started: a browser lets no page ring before one. */
export const ring = (audio, tones = TONES) => tones.forEach((hertz, index) => tone(audio, hertz, index * TONE_SECONDS));

function tone(audio, frequency, delay) {
  const start = audio.currentTime + delay;
  const sound = new OscillatorNode(audio, { frequency });
  const volume = new GainNode(audio, { gain: 0.4 });
  volume.gain.setTargetAtTime(0, start + TONE_SECONDS / 2, 0.05);
  sound.connect(volume).connect(audio.destination);
  sound.start(start);
  sound.stop(start + TONE_SECONDS);
}

// --- the time of day

/** The time of day of caller instants (UTC microseconds) in the hall's zone. */
export const timeOfDay = (zone) => instants(zone, CLOCK);

// --- what is kept

/** What this browser keeps under a name, as text; "" where it keeps nothing, or lets no page keep anything. */
export function stored(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

/** Keeps a text in this browser; false where it has no store, or a full one: then a page has what it shows until it is closed. */
export function store(key, text) {
  try {
    localStorage.setItem(key, text);
    return true;
  } catch {
    return false;
  }
}

/** Keeps a value in this browser. */
export const keep = (key, value) => store(key, JSON.stringify(value));

// --- the language that was chosen, on whatever page, holds on all of them

const CHOSEN = "hallcall.language";
let carried = ""; // the one that addresses have to carry, where this browser keeps nothing

/** The language that was chosen in this browser; "" where none was. */
export const chosenLanguage = () => carried || stored(CHOSEN);

/** Keeps the language that was chosen: in this browser, and only where that is not possible in the address; the newest choice holds. */
export function keepLanguage(id) {
  carried = store(CHOSEN, id) ? "" : id;
  const address = new URL(location);
  address.searchParams.delete("lang");
  if (carried) address.searchParams.set("lang", carried);
  if (address.href !== location.href) history.replaceState(history.state, "", address);
}

/** The address of another page of the hall for this phone, with the language where it has to carry it. */
export function ours(path) {
  const address = new URL(path, location.origin);
  if (carried) address.searchParams.set("lang", carried);
  return address.pathname + address.search + address.hash;
}
