/* How every page begins: words, the hall's public facts, the token, the wire, and what to say when it is quiet. */

import { connect } from "../client.js";
import { find, make } from "./dom.js";
import { both, label, language, speak, t, t2 } from "./words.js";

export const query = new URLSearchParams(location.search);

/** The token of this station: from the fragment once, then kept. A fragment never reaches any server. */
export function stationToken(page) {
  const key = `hallcall.token.${page}`;
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    localStorage.setItem(key, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return given ?? localStorage.getItem(key) ?? "";
}

const fetchJson = async (url) => (await fetch(url)).json();

/** The hall's facts and the wire's address, with the words loaded and the labels filled. */
export async function begin(languages) {
  const theme = query.get("theme");
  if (/^[a-z]+$/.test(theme ?? "")) document.documentElement.dataset.theme = theme;
  const wanted = query.get("lang")?.split(",") ?? languages;
  const [hall, wire] = await Promise.all([fetchJson("/hall.json"), fetchJson("/wire.json"), speak(wanted)]);
  label();
  return { hall, url: wire.url };
}

/** Connects a station; `onState` is told after the page's own signs are set. */
export function station({ url, token, watch, onView, onState = () => {} }) {
  const own = watch.at(-1); // a sign that shows its clerk watches the board as well
  if (!token) return stop("stop.no-token", "stop.no-token.next", {}, enrolling(own));
  return connect({
    url,
    token,
    watch,
    onView,
    onState(state, info) {
      showState(own, state, info);
      onState(state, info);
    },
  });
}

function showState(topic, state, info) {
  const quiet = state === "silent";
  document.body.dataset.wire = state;
  document.body.classList.toggle("stale", quiet);
  find(".silence")?.remove();
  if (quiet) document.body.append(silence());
  if (state === "current") find(".stopped")?.remove();
  if (state !== "closed" || !info.code) return;
  stopWith([info.zh, info.en], [info.next_zh ?? "", info.next_en ?? ""], info.code === "bad-token" ? enrolling(topic) : []);
}

/** What a bye or a refusal says, and the next step, in the language that speaks. */
export const words = (frame) =>
  language() === "zh" ? [frame.zh, frame.next_zh ?? ""] : [frame.en, frame.next_en ?? ""];

const silence = () =>
  make("p.silence", { role: "alert" }, make("span", {}, t("silent")), make("small", {}, t2("silent") || t("silent.more")));

/** What the technician types and then opens, for a station that watches `topic`. */
function enrolling(topic) {
  const [kind, id] = topic.split("/");
  const who = { board: "board hall", window: `evaluator ${id}`, supervise: "supervisor office" }[kind];
  return [`hallcall enrol ${who} --data DATA`, `${location.origin}${location.pathname}${location.search}#token=…`];
}

/** A full page that says why this station does nothing, and what the technician does next, in both languages. */
export function stop(key, nextKey, facts = {}, typed = []) {
  Promise.all([both(key, facts), both(nextKey, facts)]).then(([head, next]) => stopWith(head, next, typed));
  return null;
}

function stopWith([zh, en], [nextZh, nextEn], typed) {
  find(".stopped")?.remove();
  const english = (tag, text) => make(tag, { lang: "en" }, text);
  document.body.append(
    make(
      "section.stopped",
      { role: "alert" },
      make("h2", {}, zh, english("span", en)),
      make("p", {}, nextZh, english("span", nextEn)),
      ...typed.map((line) => make("code", {}, line)),
    ),
  );
}
