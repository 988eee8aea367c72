/* How every page of the hall begins and what they share: the hall's public facts, names and waits in words, the
 * station's token and connection, what to say when it is quiet. */

import { connect } from "../shared/client.js";
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
async function both(key, facts) {
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

const following = ({ languages }) => languages[(languages.findIndex((each) => each.id === language()) + 1) % languages.length];

/** Makes the language after the one that speaks speak; the languages are those of the hall. */
export async function nextLanguage(hall) {
  await speak([following(hall).id]);
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

// --- new settings

const FACTS_MS = [500, 60_000]; // between two looks, at first and at most: the server follows within a moment, or never

let looking = false;

/** Loads the page anew when the settings in force are of another version than `hall` is made of, once the server has
 * them too and `free` says that nobody is in the middle of something. */
export function followSettings(hall, version, free = () => true) {
  if (looking || version === hall.settings) return;
  looking = true;
  const look = async (wait) => {
    const fresh = await fetchOnce("/hall.json");
    if (fresh && fresh.settings !== hall.settings && free()) return location.reload();
    setTimeout(() => look(Math.min(wait * 2, FACTS_MS[1])), wait);
  };
  look(FACTS_MS[0]);
}

// --- the connection

let tokenKey = ""; // under which this page's token is kept

/** The token of this station: from the fragment once, then kept. A fragment never reaches any server. */
export function stationToken(page) {
  const key = (tokenKey = `hallcall.token.${page}`);
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    localStorage.setItem(key, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return given ?? localStorage.getItem(key) ?? "";
}

/** Connects a station and shows when it is not current; null without a token. `who`: as what it is enrolled, if not as
 * what usually watches its topic; `onState`: how it shows the state of its connection; `free`: whether nobody is in the
 * middle of something, so that the office may have it loaded anew. */
export function station({ url, token, watch, onView, onState = showState, who = usual(watch.at(-1)), free = () => true, ...more }) {
  if (!token) {
    both("stop.no-token").then((head) => enrol(url, who, head));
    return null;
  }
  let [restart, welcome, asked] = [null, {}, watch];
  const shown = (state, info) => {
    onState(state);
    if (info.station) welcome = info;
    restart?.greeted(welcome);
    if (info.code === "bad-token") {
      wire.close();
      enrol(url, who, [info.zh, info.en]);
    } else showStop(state, info);
  };
  const seen = (topic, doc) => restart?.takes(topic, doc) || onView(topic, doc);
  const wire = connect({ url, token, watch, onView: seen, onState: shown, ...more });
  const direct = wire.watch;
  wire.watch = (topics) => ((asked = topics), direct(restart?.with(topics) ?? topics));
  import("./restart.js").then(({ PageRestart }) => {
    restart = new PageRestart({ wire, watch: asked, free, words: () => both("stop.restart") });
    restart.greeted(welcome);
  });
  return wire;
}

/** Shows a code until a manager enrols this page, then begins anew with the token. */
async function enrol(url, who, head) {
  const { askEnrolment, givenCode } = await import("./enrol.js"); // which a page with a token never needs
  const keep = (token) => {
    localStorage.setItem(tokenKey, token);
    location.reload();
  };
  askEnrolment({ url, who, head, words: both, keep, code: givenCode() });
}

function showStop(state, info) {
  if (state === "current") find(".stopped")?.remove();
  if (state !== "closed" || !info.code) return;
  stopWith([info.zh, info.en], [info.next_zh ?? "", info.next_en ?? ""]);
}

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

/** As what a station that watches `topic` is enrolled; a sign that shows its clerk watches the board as well. */
function usual(topic) {
  const [kind, id] = topic.split("/");
  return { board: `board ${query.get("area") ?? "hall"}`, window: `evaluator ${id}`, supervise: "supervisor office" }[kind];
}

/** A full page that says why this station does nothing, and what to do next, in both languages. */
export function stop(key, nextKey, facts = {}) {
  Promise.all([both(key, facts), both(nextKey, facts)]).then(([head, next]) => stopWith(head, next));
  return null;
}

function stopWith([zh, en], [nextZh, nextEn]) {
  find(".stopped")?.remove();
  const english = (text) => make("span", { lang: "en" }, text);
  const head = make("h2", {}, zh, english(en));
  document.body.append(make("section.stopped", { role: "alert" }, head, make("p", {}, nextZh, english(nextEn))));
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

/** Keeps a value in this browser; where it has no store a page has what it shows until it is closed. */
export function keep(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // nothing is kept
  }
}
