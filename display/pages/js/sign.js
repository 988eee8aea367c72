/* The sign over one window: whom it calls, or why not, and the published facts of what is done here. */

import { darken, find, make, phrases, publicScreen, say } from "../shared/dom.js";
import { fit } from "../shared/fitting.js";
import { CLOCK, instants, language, t, t2 } from "../shared/words.js";
import { begin, days, name, name2, published, query, windowLabel } from "./hall.js";
import { clerkParts } from "./hall-screens.js";
import { followSettings, station, stationToken, stop } from "./station.js";

const { hall, url } = await begin();
const id = query.get("window") ?? "";
const facts = hall.windows[id];
const withClerk = query.has("clerk"); // needs the token of an evaluator: a board may not know who serves
const HERE = { open: "sign.free", called: "sign.called" }; // said differently at the window itself
let serves = "";
let shown = "";

publicScreen();
if (facts) open();
else stop("stop.no-window", "stop.no-window.next");

function open() {
  showFacts();
  addEventListener("resize", fitItems);
  const watch = withClerk ? ["board", `window/${id}`] : ["board"];
  const [page, who] = withClerk ? [`rate.${id}`, `evaluator ${id}`] : ["board", `board sign-${id}`];
  station({ url, token: stationToken(page), watch, onView: show, who });
}

function show(topic, doc) {
  if (topic === "board") followSettings(hall, doc.hall.settings);
  if (topic === "board") darken((doc.dark ?? []).includes(`sign/${id}`));
  if (topic === "board") showState(doc.windows[id] ?? { state: "closed" }, doc.queues, doc.suspended);
  else showClerk(doc.clerk);
}

function showState(window, queues, suspended = []) {
  const usual = window.state === "open" && waited(queues) ? "sign.wait" : (HERE[window.state] ?? `window-public.${window.state}`);
  const stops = !window.number && stopped(suspended) && "sign.suspended";
  const words = stops || (window.rest ? "sign.break" : usual);
  const wordy = !window.number || window.state === "paused";
  const when = { time: window.rest ? instants(hall.zone, CLOCK, language())(window.rest.until) : "" };
  find("#now").className = `now ${stops ? "paused" : window.state}${wordy ? " wordy" : ""}`;
  say(find("#number"), wordy ? t(words, when) : window.number);
  const back = window.back && !stops && !window.rest ? { time: window.back } : null;
  say(find("#state"), back ? t("window.back", back) : wordy ? t2(words, when) : t(words));
  say(find("#state-2"), back ? t2("window.back", back) : wordy ? "" : t2(words));
  fit(document.querySelectorAll(".now p"));
}

/** Whether the hall, or all that this window serves, is suspended. */
function stopped(suspended) {
  const queues = suspended.filter((each) => each.scope === "queue").map((each) => each.id);
  return suspended.some((each) => each.scope === "hall") || (facts.serves.length > 0 && facts.serves.every((queue) => queues.includes(queue)));
}

/** Applicants who wait with a number must not see others invited past them. */
const waited = (queues) => facts.serves.some((queue) => queues[queue]?.waiting);

async function showClerk(clerk = "") {
  serves = clerk;
  const parts = clerk ? await clerkParts(clerk) : [];
  if (clerk !== serves) return; // another signed in meanwhile
  const card = parts.map((part) => part.outerHTML).join("");
  if (card === shown) return;
  shown = card;
  find("#clerk").hidden = !clerk;
  find("#clerk").replaceChildren(...parts);
  fitFacts();
}

function showFacts() {
  document.title = name(facts);
  const label = windowLabel(id, facts);
  say(find("#label"), label);
  find("#name").replaceChildren(...(label === name(facts) ? [] : phrases(name(facts))));
  say(find("#name-2"), name2(facts));
  say(find("#department"), published(facts, "department") || published(facts, "queues")[0] || "");
  const lines = published(facts, facts.items.length ? "items" : "queues");
  find("#items").replaceChildren(...lines.map((line) => make("li", {}, line)));
  row("promised", condition("promised", promised(facts.promised)));
  row("fee", condition("fee", published(facts, "fee")));
  row("phone", facts.phone || hall.phone);
  fitFacts();
}

function fitFacts() {
  fit(document.querySelectorAll(".window p, .now p, .facts dd, .clerk p"));
  fitItems();
}

/** Each item on a line or two; those for which there is no room are left out whole, never cut. */
function fitItems() {
  const lines = [...find("#items").children];
  for (const line of lines) line.hidden = false;
  fit(lines);
  const room = find("#items").getBoundingClientRect();
  for (const line of lines) {
    const box = line.getBoundingClientRect();
    line.hidden = box.right > room.right + 1 || box.bottom > room.bottom + 1;
  }
}

function row(key, text) {
  find(`#${key}-row`).hidden = !text;
  say(find(`#${key}`), text);
}

/** What holds for some items must not be read as a promise for all; what differs stands in each item's guide. */
function condition(key, text) {
  if (!facts.items.length) return "";
  if (!text) return t("sign.by-item");
  return facts[`${key}_partly`] ? t("sign.some", { text }) : text;
}

function promised([low, high] = []) {
  if (low === undefined) return "";
  if (low === 0 && high > 0) return t("days.now-to", { high });
  return low === high ? days(low) : t("days.range", { low, high });
}
