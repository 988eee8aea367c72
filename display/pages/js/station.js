/* A station of the hall: its token, its connection, its enrolment, a full page that says why it does nothing, and the settings it
 * follows. Phones load none of it. */

import { connect } from "../shared/client.js";
import { find, make } from "../shared/dom.js";
import { fetchOnce } from "../shared/fetching.js";
import { both, query, showState } from "./hall.js";
import { PageRestart } from "./restart.js";

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
  restart = new PageRestart({ wire, watch: asked, free, words: () => both("stop.restart") });
  restart.greeted(welcome);
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
