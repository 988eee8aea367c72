/* What the phone knew last of its number: kept by the phone, so that a page opened again in a lift shows it and says of what
 * time it is. One number is kept, the newest; its key opens it again from the home screen. The time is the caller's: a
 * phone with a wrong clock says the right one.
 *
 * Only a secure context has a worker that answers without a network (worker.js); elsewhere the page lacks nothing else. */

import { CLOCK, instants, t } from "../shared/words.js";
import { keep, store, stored } from "./hall.js";

const KEPT = "hallcall.ticket";
const TICK_MS = 10_000; // how often a page that is current notes that what it shows is still so
const OFFLINE = /^\/(assets\/|items\/|hall\.json$|wire\.json$)/; // the same as worker.js answers

const readKept = () => {
  try {
    return JSON.parse(stored(KEPT) || "{}");
  } catch {
    return {}; // another version wrote it
  }
};

/** The key of the number this phone saw last, or "". */
export const keptKey = () => readKept().key ?? "";

export class LastState {
  constructor(line, key, zone) {
    const kept = readKept();
    Object.assign(this, { line, key, zone, doc: null, at: 0 });
    if (key && kept.key === key) Object.assign(this, { doc: kept.doc, at: kept.at });
  }

  /** Keeps a document that has just come over `wire`, and goes on noting until when it held. */
  keep(doc, wire) {
    this.doc = doc;
    this.note(wire);
    this.ticks ??= setInterval(() => wire.state === "current" && this.note(wire), TICK_MS);
  }

  note(wire) {
    this.at = wire.now();
    keep(KEPT, { key: this.key, at: this.at, doc: this.doc });
  }

  /** The number is not known any more: nothing of it stays on the phone. */
  forget() {
    this.doc = null;
    if (keptKey() === this.key) store(KEPT, "");
  }

  /** Says of what time the card is, while the connection's `state` lets nobody know whether it is still so. */
  say(state) {
    const old = state === "silent" && this.doc;
    this.line.hidden = !old;
    if (old) this.line.textContent = this.words();
  }

  /** With the date: whether that was today only the phone's own clock could say. */
  words() {
    const [time, date] = [CLOCK, { month: "long", day: "numeric" }].map((wanted) => instants(this.zone, wanted)(this.at));
    return t("ticket.last", { date, time });
  }
}

/** Has the worker keep what this page was made of, and offers the page to the home screen: where the browser lets it. */
export async function keptOffline() {
  if (!isSecureContext || !navigator.serviceWorker) return;
  const link = Object.assign(document.createElement("link"), { rel: "manifest", href: "/t.webmanifest" });
  document.head.append(link);
  try {
    await navigator.serviceWorker.register("/worker.js", { scope: "/t" });
    const { active } = await navigator.serviceWorker.ready;
    const loaded = performance.getEntriesByType("resource").map(({ name }) => new URL(name));
    const own = loaded.filter((url) => url.origin === location.origin && OFFLINE.test(url.pathname));
    active.postMessage({ keep: ["/t", ...new Set(own.map((url) => url.pathname))] });
  } catch {
    // a certificate that was clicked away, a browser in which a person forbids it: the page goes on without
  }
}
