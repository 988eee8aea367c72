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

const { hall, url } = await begin(["zh", "en"]);
const zone = zoneOf(query);
const windows = new Windows(find("#windows"), find("#windows-pages"));
const queues = new Queues(find("#queues"), find("#queues-pages"));
const notices = new Notices(find("#notice"), hall.notices);
const token = stationToken("board");
const calls = new Calls(find("#calls"), find("#recent"), () => wire.now());
const voice = new Voice({ token, zone: zone.name, button: find("#unmute"), now: () => wire.now(), shown: calls });
const quiet = query.get("voice") === "off" || !hall.voice.enabled;

document.title = `${name(hall)}`;
say(find("#hall"), name(hall));
say(find("#hall-2"), name2(hall));
const wire = station({ url, token, watch: ["board"], onView: show });
if (wire) runClock(wire, hall.zone, find("#time"), find("#date"));

function show(_, doc) {
  const seen = zone.windows.length ? (id) => zone.windows.includes(id) : () => true;
  const heard = doc.calls.filter((call) => seen(call.window));
  windows.show(Object.entries(doc.windows).filter(([id]) => seen(id)));
  queues.show(Object.entries(doc.queues));
  notices.show(doc.notices);
  const fresh = calls.show(heard);
  if (!quiet) voice.offer(fresh);
}

/** ?windows=1,2,3 shows some windows only; ?zone=east names the place whose loudspeaker this is. */
function zoneOf(given) {
  const only = (given.get("windows") ?? "").split(",").filter(Boolean);
  return { windows: only, name: given.get("zone") ?? (only.length ? only.join("-") : "hall") };
}
