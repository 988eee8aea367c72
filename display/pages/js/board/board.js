/* The hall's board: composes the parts and hands each new document to them. */

import { runClock } from "../clock.js";
import { find, say } from "../dom.js";
import { begin, query, station, stationToken } from "../page.js";
import { name, name2, t, t2 } from "../words.js";
import { Calls } from "./calls.js";
import { Duty } from "./duty.js";
import { Strip } from "./notices.js";
import { Queues } from "./queues.js";
import { Voice } from "./voice.js";
import { Windows } from "./windows.js";

const FEW = 3; // windows; with so few they stand as large as the calls, and queues take the room left
const REST_MS = 50; // after the first paint of a call, before anybody has looked up

const { hall, url } = await begin(["zh", "en"]);
const zone = zoneOf(query, hall);
const windows = new Windows(find("#windows"), find("#windows-pages"));
const queues = new Queues(find("#queues"), find("#queues-pages"));
const strip = new Strip(find("#strip"));
const duty = new Duty(find("#duty-panel"), find("#duty"), find("#duty-pages"), strip, {
  crowded: () => windows.paging.pages > 1,
  relaid: () => windows.paging.draw(),
});
const token = stationToken("board");
const calls = new Calls(find("#calls"), find("#recent"), { now: () => wire.now(), none });
const voice = new Voice({ token, zone: zone.name, button: find("#unmute"), now: () => wire.now(), shown: calls });
const drawn = new Map(); // part → the text of what it shows
let newest = null;
let due = 0;
const quiet = query.get("voice") === "off" || !hall.voice.enabled;

document.title = `${name(hall)}`;
say(find("#hall"), name(hall));
say(find("#hall-2"), name2(hall));
const wire = station({ url, token, watch: ["board"], onView: show });
if (wire) runClock(wire, hall.zone, find("#time"), find("#date"));

/** Calls at once; the rest a moment later, so that a call is painted before sixty windows are laid out. */
function show(_, doc) {
  newest = doc;
  const called = calledHere(doc);
  const windowCount = Object.keys(doc.windows).filter(seen).length;
  if (changed("calls", [called, windowCount, doc.hall.open])) {
    const fresh = calls.show(called, windowCount);
    if (!quiet) voice.offer(fresh);
  }
  due ||= setTimeout(showRest, REST_MS);
}

function showRest() {
  due = 0;
  const shown = Object.entries(newest.windows).filter(([id]) => seen(id));
  const many = changed("how many windows", shown.length);
  document.body.classList.toggle("few", shown.length <= FEW);
  if (changed("windows", shown)) windows.show(shown);
  const waits = Object.entries(newest.queues).filter(([id]) => servedHere(id));
  if (changed("queues", waits)) queues.show(waits);
  if (changed("notices", newest.notices)) strip.show("notices", newest.notices);
  if (changed("roster", newest.roster) || many) duty.show(newest.roster ?? []);
}

function seen(id) {
  return !zone.windows.length || zone.windows.includes(id);
}

/** Who waits for other zones' windows is told there. */
function servedHere(queue) {
  return !zone.windows.length || zone.windows.some((id) => hall.windows[id]?.serves.includes(queue));
}

/** The calls of these windows. Other zones' may have pushed ours out of the newest: who is here still is shown. */
function calledHere(doc) {
  const recent = doc.calls.filter((call) => seen(call.window));
  if (!zone.windows.length) return recent;
  const told = recent.map((call) => call.number);
  const here = Object.entries(doc.windows).filter(([id, { number }]) => seen(id) && number && !told.includes(number));
  const names = ({ name, name_en, number }) => ({ window_name: name, window_name_en: name_en, number });
  return [...recent, ...here.map(([id, line], index) => ({ call: -1 - index, at: 0, window: id, ...names(line) }))];
}

/** What stands where the calls will be: to wait, or when to come. */
function none() {
  const words = (say) => say(newest.hall.open ? "board.none" : "board.closed", hall);
  return [words(t), words(t2)];
}

/** Whether this part differs from what was drawn last: what is the same is not laid out again. */
function changed(part, value) {
  const text = JSON.stringify(value);
  const differs = drawn.get(part) !== text;
  drawn.set(part, text);
  return differs;
}

/** ?windows=1,2,3 or ?area=east shows some windows only; ?zone=east names the place whose loudspeaker this is. */
function zoneOf(given, { windows }) {
  const area = given.get("area");
  const listed = (given.get("windows") ?? "").split(",").filter(Boolean);
  const only = area ? Object.keys(windows).filter((id) => windows[id].area === area) : listed;
  return { windows: only, name: given.get("zone") ?? area ?? (only.length ? only.join("-") : "hall") };
}
