/* The hall's board: composes the parts and hands each new document to them. */

import { runClock } from "../clock.js";
import { find, say } from "../dom.js";
import { begin, query, station, stationToken } from "../page.js";
import { name, name2 } from "../words.js";
import { Calls } from "./calls.js";
import { Notices } from "./notices.js";
import { Queues } from "./queues.js";
import { Voice } from "./voice.js";
import { Windows } from "./windows.js";

const REST_MS = 50; // after the first paint of a call, before anybody has looked up

const { hall, url } = await begin(["zh", "en"]);
const zone = zoneOf(query);
const windows = new Windows(find("#windows"), find("#windows-pages"));
const queues = new Queues(find("#queues"), find("#queues-pages"));
const notices = new Notices(find("#notice"), hall.notices);
const token = stationToken("board");
const calls = new Calls(find("#calls"), find("#recent"), () => wire.now());
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
  const called = doc.calls.filter((call) => seen(call.window));
  if (changed("calls", called)) {
    const fresh = calls.show(called);
    if (!quiet) voice.offer(fresh);
  }
  due ||= setTimeout(showRest, REST_MS);
}

function showRest() {
  due = 0;
  const shown = Object.entries(newest.windows).filter(([id]) => seen(id));
  if (changed("windows", shown)) windows.show(shown);
  if (changed("queues", newest.queues)) queues.show(Object.entries(newest.queues));
  if (changed("notices", newest.notices)) notices.show(newest.notices);
}

function seen(id) {
  return !zone.windows.length || zone.windows.includes(id);
}

/** Whether this part differs from what was drawn last: what is the same is not laid out again. */
function changed(part, value) {
  const text = JSON.stringify(value);
  const differs = drawn.get(part) !== text;
  drawn.set(part, text);
  return differs;
}

/** ?windows=1,2,3 shows some windows only; ?zone=east names the place whose loudspeaker this is. */
function zoneOf(given) {
  const only = (given.get("windows") ?? "").split(",").filter(Boolean);
  return { windows: only, name: given.get("zone") ?? (only.length ? only.join("-") : "hall") };
}
