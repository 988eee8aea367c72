/* The sign over one window: whom it calls, or why not, and the published facts of what is done here. */

import { clerkParts } from "./clerk.js";
import { find, fit, make, phrases, say } from "./dom.js";
import { begin, query, station, stationToken, stop } from "./page.js";
import { facts as told, days, name, name2, t, t2, windowLabel } from "./words.js";

const { hall, url } = await begin(["zh", "en"]);
const id = query.get("window") ?? "";
const facts = hall.windows[id];
const withClerk = query.has("clerk"); // needs the token of an evaluator: a board may not know who serves
const HERE = { open: "sign.free", called: "sign.called" }; // said differently at the window itself
let shown = "";

if (facts) open();
else stop("stop.no-window", "stop.no-window.next");

function open() {
  showFacts();
  const watch = withClerk ? ["board", `window/${id}`] : ["board"];
  station({ url, token: stationToken(withClerk ? `rate.${id}` : "board"), watch, onView: show });
}

function show(topic, doc) {
  if (topic === "board") showState(doc.windows[id] ?? { state: "closed" }, doc.queues);
  else showClerk(doc.clerk);
}

function showState(window, queues) {
  const words = window.state === "open" && waited(queues) ? "sign.wait" : (HERE[window.state] ?? `window.${window.state}`);
  const wordy = !window.number || window.state === "paused";
  find("#now").className = `now ${window.state}${wordy ? " wordy" : ""}`;
  say(find("#number"), wordy ? t(words) : window.number);
  say(find("#state"), wordy ? t2(words) : t(words));
  say(find("#state-2"), wordy ? "" : t2(words));
  fit([find("#number")]);
}

/** Whoever waits with a number must not see others invited past them. */
const waited = (queues) => facts.serves.some((queue) => queues[queue]?.waiting);

async function showClerk(clerk = "") {
  if (clerk === shown) return;
  shown = clerk;
  find("#clerk").hidden = !clerk;
  if (clerk) find("#clerk").replaceChildren(...(await clerkParts(clerk)));
}

function showFacts() {
  document.title = name(facts);
  const label = windowLabel(id, facts);
  say(find("#label"), label);
  find("#name").replaceChildren(...(label === name(facts) ? [] : phrases(name(facts))));
  fit([find("#label")]);
  say(find("#name-2"), name2(facts));
  say(find("#department"), told(facts, "department") || told(facts, "queues")[0] || "");
  const lines = told(facts, facts.items.length ? "items" : "queues");
  find("#items").replaceChildren(...lines.map((line) => make("li", {}, line)));
  row("promised", published("promised", promised(facts.promised)));
  row("fee", published("fee", told(facts, "fee")));
  row("phone", facts.phone || hall.phone);
  fit(document.querySelectorAll(".facts dd"));
}

function row(key, text) {
  find(`#${key}-row`).hidden = !text;
  say(find(`#${key}`), text);
}

/** What holds for some items must not be read as a promise for all; what differs stands in each item's guide. */
function published(key, text) {
  if (!facts.items.length) return "";
  if (!text) return t("sign.by-item");
  return facts[`${key}_partly`] ? t("sign.some", { text }) : text;
}

function promised([low, high] = []) {
  if (low === undefined) return "";
  if (low === 0 && high > 0) return t("days.now-to", { high });
  return low === high ? days(low) : t("days.range", { low, high });
}
