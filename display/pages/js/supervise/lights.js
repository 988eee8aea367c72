/* What is in order and what is not: each light is a colour and a shape (round, triangle, square) and a word. */

import { make } from "../dom.js";
import { language, name, t } from "../words.js";

const RED = new Set([
  "away", "device-error", "device-offline", "device-paper-out", "device-cover-open",
  "log-damaged", "disk-full", "disk-error", "corrupt", "fault",
]);
const DEVICE_LIGHTS = { ready: "green", "paper-low": "yellow", unknown: "yellow" };
const URGENT = { red: 0, yellow: 1, green: 2 }; // what needs a hand stands first: a long list is cut at its end

/** How many of each light there are, in the mast. */
export function lights(doc) {
  const all = [
    ...Object.values(doc.windows).map(windowLight),
    ...Object.values(doc.queues).map(queueLight),
    ...Object.values(doc.devices).map(deviceLight),
  ];
  return ["red", "yellow", "green"].map((colour) =>
    make(`span.light.${colour}`, {}, `${t(`light.${colour}`)} ${all.filter((each) => each === colour).length}`),
  );
}

export function alerts(list, now) {
  if (!list.length) return [make("li", {}, make("span.light.green", {}, t("supervise.no-alerts")))];
  return list.map((alert) =>
    make(
      "li",
      {},
      make(`span.light.${RED.has(alert.code) ? "red" : "yellow"}`, {}, language() === "zh" ? alert.zh : alert.en),
      make("span.age", {}, age(alert.since, now)),
    ),
  );
}

export const windows = (all, now) => Object.entries(all).map(([id, window]) => desk(id, window, now));

const desk = (id, window, now) =>
  make(
    "li.desk",
    { "data-window": id },
    make("b", {}, /^\d+$/.test(id) ? `${id} ${name(window).replace(/窗口$/, "")}` : name(window)),
    make(`span.state.light.${windowLight(window)}`, {}, stateWords(window)),
    make(
      "span.more",
      {},
      make("span", {}, window.clerk || "—"),
      make("span", {}, `${t("supervise.served")} ${window.served}`),
      make("span", {}, age(window.since, now)),
    ),
  );

function stateWords(window) {
  if (window.away) return t("supervise.away");
  if (window.state === "paused") return t("supervise.paused");
  return window.number || t(`window.${window.state}`);
}

function windowLight(window) {
  if (window.away) return "red";
  if (window.state === "paused") return "yellow";
  return window.state === "closed" ? "grey" : "green";
}

const queueLight = (queue) => (queue.alarm ? "red" : queue.late ? "yellow" : "green");
const deviceLight = (device) => DEVICE_LIGHTS[device.state] ?? "red";

export function queues(all, now) {
  const keys = ["supervise.queues", "board.waiting", "supervise.late", "supervise.oldest", "supervise.held"];
  const head = make("tr", {}, ...keys.map((key) => make("th", { scope: "col" }, t(key))));
  return [head, ...Object.entries(all).map(([id, queue]) => line(id, queue, now))];
}

const line = (id, queue, now) =>
  make(
    "tr",
    { "data-queue": id },
    make("td", {}, make(`span.light.${queueLight(queue)}`, {}, `${id} ${name(queue)}`)),
    make("td.number", {}, String(queue.waiting)),
    make("td.number", {}, String(queue.late)),
    make("td", {}, queue.oldest ? age(queue.oldest, now) : "—"),
    make("td", {}, queue.held ? t("supervise.held.for", { count: queue.held, age: age(queue.held_since, now) }) : "—"),
  );

export function devices(all, now) {
  const list = Object.entries(all).sort(([, one], [, two]) => URGENT[deviceLight(one)] - URGENT[deviceLight(two)]);
  if (!list.length) return [make("li", {}, t("supervise.none"))];
  return list.map(([id, device]) =>
    make(
      "li",
      { "data-device": id },
      make(`span.light.${deviceLight(device)}`, {}, `${t(`kind.${device.kind}`)} ${id}：${t(`device.${device.state}`)}`),
      make("span.age", {}, age(device.since, now)),
    ),
  );
}

const age = (since, now) => (since ? t("minutes", { minutes: Math.max(0, Math.floor((now - since) / 60_000_000)) }) : "");
