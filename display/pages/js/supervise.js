/* The supervisor's page: red, yellow and green over windows, queues and devices. It watches and can do nothing. */

import { runClock } from "./clock.js";
import { find, make, say } from "./dom.js";
import { begin, station, stationToken } from "./page.js";
import { counts, ratings } from "./supervise/figures.js";
import { alerts, devices, lights, queues, windows } from "./supervise/lights.js";
import { name, t } from "./words.js";

const LOOK_MS = 5_000; // ages are told in minutes
const MANY = 40; // windows; beyond it each keeps one line

const { hall, url } = await begin(["zh"]);
let doc = null;
document.title = `${t("supervise.title")} · ${name(hall)}`;
say(find("#hall"), name(hall));
const wire = station({ url, token: stationToken("supervise"), watch: ["supervise"], onView: show });
if (wire) runClock(wire, hall.zone, find("#time"), find("#date"));
setInterval(() => doc && draw(), LOOK_MS);

function show(_, newest) {
  doc = newest;
  draw();
}

function draw() {
  const now = wire.now();
  find("#lights").replaceChildren(...lights(doc, now));
  find("#counts").replaceChildren(...counts(doc.counts));
  find("#alerts").replaceChildren(...alerts(doc.alerts, now));
  find("#windows").replaceChildren(...windows(doc.windows, now));
  find("#windows").classList.toggle("many", Object.keys(doc.windows).length > MANY);
  find("#queues").replaceChildren(...queues(doc.queues, now));
  find("#devices").replaceChildren(...devices(doc.devices, now));
  find("#ratings").replaceChildren(...ratings(doc.ratings, doc.counts));
}
