/* Who is called now, large, and who was called just before. A second call never wipes the first: every call
 * rings (flashes with its caption) at least as long as it sounds, and the large rows grow in number for it. */

import { fit, make } from "../dom.js";
import { name, t2, windowLabel, windowLabel2 } from "../words.js";

const RING_MS = 10_000; // a caption one has time to look up to, even in a hall without sound
const AFTER_SOUND_MS = 2_000; // it must not end before the last syllable
export const FRESH_MICROS = 30_000_000; // older calls are shown, never announced: neither flashed nor spoken
const LARGE = 3; // a hall with fewer windows has no more calls worth so much room
const LARGE_MAX = 6; // more at once than a reader can take in
const RECENT_MAX = 6;

export class Calls {
  /** `none` gives the words, in two languages, for a board without a call. */
  constructor(large, recent, { now, none }) {
    Object.assign(this, { large, recent, now, none, windows: LARGE, list: [], ringing: new Map(), newest: 0 });
    new ResizeObserver(() => this.fit()).observe(large);
  }

  /** Shows the calls of a document (newest first); returns those never seen before and still fresh, oldest first. */
  show(list, windows) {
    Object.assign(this, { list, windows });
    const fresh = list.filter((call) => call.call > this.newest && this.now() - call.at < FRESH_MICROS);
    this.newest = Math.max(this.newest, ...list.map((call) => call.call));
    for (const call of fresh) this.ring(call.call, RING_MS - (this.now() - call.at) / 1000);
    this.draw();
    return fresh.reverse();
  }

  /** The loudspeaker has this call in its queue; it rings until that is over. */
  sounding(id) {
    this.ring(id, Infinity);
    this.draw();
  }

  sounded(id) {
    this.ring(id, AFTER_SOUND_MS);
  }

  ring(id, millis) {
    if (millis <= 0) return;
    const known = this.ringing.get(id);
    clearTimeout(known?.timer);
    const until = Math.max(millis === Infinity ? Infinity : performance.now() + millis, known?.least ?? 0);
    const least = known?.least ?? performance.now() + RING_MS;
    const stop = () => this.ringing.delete(id) && this.draw();
    const timer = until === Infinity ? 0 : setTimeout(stop, until - performance.now());
    this.ringing.set(id, { timer, least, sounding: until === Infinity });
  }

  /** Which calls stand large: the one that sounds, those that ring, then the newest that somebody still follows.
   * Whoever missed a call, or is done, must not be sent to that window from afar. */
  chosen() {
    const urgency = (call) => {
      const ring = this.ringing.get(call.call);
      return ring ? (ring.sounding ? 0 : 1) : 2;
    };
    const rings = this.list.filter((call) => urgency(call) < 2).length;
    const rows = Math.min(LARGE_MAX, Math.max(rings, Math.min(LARGE, this.windows)));
    const order = this.list.filter((call) => !call.over || urgency(call) < 2).sort((one, other) => urgency(one) - urgency(other) || other.call - one.call);
    return new Set(order.slice(0, rows));
  }

  draw() {
    const chosen = this.chosen();
    const large = this.list.filter((call) => chosen.has(call));
    const before = this.list.filter((call) => !chosen.has(call)).slice(0, RECENT_MAX);
    this.large.dataset.rows = large.length;
    this.large.replaceChildren(...(large.length ? large.map((call) => this.row(call)) : [this.empty()]));
    this.recent.replaceChildren(...before.map(small));
    this.recent.parentElement.hidden = !before.length;
    this.fit();
  }

  fit() {
    fit(this.large.querySelectorAll(".number, .window, .second"));
    fit(this.recent.querySelectorAll(".window"));
  }

  empty() {
    const [words, second] = this.none();
    return make("li.none", {}, make("span", {}, words), make("span.second", {}, second));
  }

  row(call) {
    const where = { name: call.window_name, name_en: call.window_name_en };
    const label = windowLabel(call.window, where);
    const caption = t2("call.caption", { number: call.number, window: windowLabel2(call.window, where) || label });
    const ringing = this.ringing.has(call.call) ? ".ringing" : "";
    const plain = label === name(where) ? "" : make("span.named", {}, name(where));
    return make(
      `li.call${ringing}`,
      { "data-call": call.call },
      make("span.number", {}, call.number),
      arrow(),
      make("span.where", {}, make("span.window", {}, label), plain, caption ? make("span.second", {}, caption) : ""),
    );
  }
}

const small = (call) =>
  make(
    "li",
    { "data-call": call.call },
    make("span.number", {}, call.number),
    make("span.window", {}, windowLabel(call.window, { name: call.window_name, name_en: call.window_name_en })),
  );

function arrow() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "way");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", "M8 3l9 9-9 9");
  svg.append(path);
  return svg;
}
