/* Who is called now, large, and who was called just before; and the loudspeaker that says so.
 *
 * A second call never wipes the first: every call rings (flashes with its caption) at least as long as it sounds,
 * and the large rows grow in number for it. The loudspeaker plays one call after another, never two at once, none
 * twice, none that is old. The web process renders the sound and grants each call once per place, whatever this
 * page remembers, so a page that is loaded again, or a second board beside it, repeats nothing.
 *
 * A message to all who wait is spoken in between. A call never waits for one: it breaks it off, and the message begins
 * again after the calls. */

import { make, press } from "../shared/dom.js";
import { fit } from "../shared/fitting.js";
import { ANNOUNCE_MICROS } from "../shared/wire_constants.js";
import { t as words, t2 } from "../shared/words.js";
import { name, windowLabel, windowLabel2 } from "./hall.js";

const RING_MS = 10_000; // a caption one has time to look up to, even in a hall without sound
const AFTER_SOUND_MS = 2_000; // it must not end before the last syllable
const LARGE = 3; // a hall with fewer windows has no more calls worth so much room
const LARGE_MAX = 6; // more at once than a reader can take in
const RECENT_MAX = 6;
const AWAY = { speak: false, wait_ms: 500 }; // the web process or the caller restarts: ask again
const BUSY_MS_MAX = 15_000; // an announcement is shorter; a grant that says otherwise is not believed
const DEVICE_MS = 3_000; // a sound device that has not begun by then, or is so late with an announcement, is opened anew

export class Calls {
  /** `none` gives the lines, each in two languages, for a board without a call; `busy` is told whether a call rings. */
  constructor(large, recent, { now, none, busy }) {
    Object.assign(this, { large, recent, now, none, busy, windows: LARGE, list: [], ringing: new Map(), newest: 0 });
    new ResizeObserver(() => this.fit()).observe(large);
  }

  /** Shows the calls of a document (newest first); returns those never seen before and still fresh, oldest first. */
  show(list, windows) {
    Object.assign(this, { list, windows });
    const fresh = list.filter((call) => call.call > this.newest && this.now() - call.at < ANNOUNCE_MICROS);
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
   * A call that is over stands among the earlier ones at once, even while it rings: whoever missed it, is held or has
   * gone must not be sent to that window from afar. */
  chosen() {
    const urgency = (call) => {
      const ring = this.ringing.get(call.call);
      return ring ? (ring.sounding ? 0 : 1) : 2;
    };
    const live = this.list.filter((call) => !call.over);
    const rings = live.filter((call) => urgency(call) < 2).length;
    const rows = Math.min(LARGE_MAX, Math.max(rings, Math.min(LARGE, this.windows)));
    const order = live.sort((one, other) => urgency(one) - urgency(other) || other.call - one.call);
    return new Set(order.slice(0, rows));
  }

  /** Whether a call is over before its turn at the loudspeaker: then it is not announced. */
  isOver(id) {
    return this.list.some((call) => call.call === id && call.over);
  }

  /** Whether the calls stand beside the playlist, and so in low rows. */
  beside(narrow) {
    this.narrow = narrow;
    this.draw();
  }

  draw() {
    this.busy(this.ringing.size > 0);
    const chosen = this.chosen();
    const large = this.list.filter((call) => chosen.has(call));
    const before = this.list.filter((call) => !chosen.has(call)).slice(0, RECENT_MAX);
    this.large.dataset.rows = this.narrow ? Math.max(2, large.length) : large.length; // a lone one in a row like two
    this.large.replaceChildren(...(large.length ? large.map((call) => this.row(call)) : [this.empty()]));
    this.recent.replaceChildren(...before.map(small));
    this.recent.parentElement.hidden = !before.length;
    this.fit();
  }

  fit() {
    const captions = this.large.querySelectorAll(".call .second");
    for (const caption of captions) caption.hidden = false;
    fit(this.large.querySelectorAll(".number, .window, .named, .second, .none span"));
    // Where there is no room for the whole of a caption, none of it is shown.
    for (const caption of captions) caption.hidden = Boolean(caption.title) || caption.scrollWidth > caption.clientWidth + 1;
    fit(this.recent.querySelectorAll(".number, .window"));
  }

  empty() {
    const lines = this.none().map(([words, second]) => make("p", {}, make("span", {}, words), second && make("span.second", {}, second)));
    return make("li.none", {}, lines);
  }

  row(call) {
    const where = { name: call.window_name, name_en: call.window_name_en };
    const label = windowLabel(call.window, where);
    const caption = t2("call.caption", { number: call.number, window: windowLabel2(call.window, where) || label });
    const ringing = this.ringing.has(call.call) ? ".ringing" : "";
    const named = [label === name(where) ? "" : name(where), call.assisted && words("board.assisted")].filter(Boolean).join(" · ");
    const plain = named && make("span.named", {}, named);
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

const arrow = () => make("svg.way", { viewBox: "0 0 24 24", "aria-hidden": "true" }, make("path", { d: "M8 3l9 9-9 9" }));

/** The loudspeaker of one place. */
export class Announcer {
  constructor({ token, zone, button, now, shown }) {
    Object.assign(this, { token, zone, button, now, shown, queue: [], messages: [], known: new Set(), running: false });
    this.breakOff = () => {}; // ends what may not keep a call waiting: a message, or the wait for its turn
    this.open();
    press(button, () => this.audio.resume());
    setInterval(() => this.audio.state !== "running" && this.open(), DEVICE_MS);
  }

  /** Opens the sound device. On a PC that is busy when its screens start the device may never answer the first one who
   * asks, and the browser does not ask again. */
  open() {
    this.audio?.close().catch(() => {});
    const audio = (this.audio = new AudioContext());
    audio.onstatechange = () => audio === this.audio && this.unblock();
    this.unblock();
  }

  /** Chromium starts sound only after a touch, unless it was started with the kiosk flag: say so visibly. */
  unblock() {
    this.button.hidden = this.audio.state === "running";
    if (this.audio.state === "running") this.run();
  }

  offer(calls) {
    this.queue.push(...calls);
    if (!calls.length) return;
    this.breakOff();
    this.run();
  }

  /** Takes the messages that hold now; each is spoken once. */
  tell(messages) {
    const fresh = messages.filter((each) => !this.known.has(each.call));
    this.known = new Set(messages.map((each) => each.call));
    this.messages = [...this.messages.filter((each) => this.known.has(each.call)), ...fresh.reverse()];
    if (fresh.length) this.run();
  }

  async run() {
    if (this.running || this.audio.state !== "running") return;
    this.running = true;
    while (this.queue.length || this.messages.length) {
      const turn = this.queue.length ? this.announce(this.queue.shift()) : this.speak(this.messages[0]);
      await turn.catch(() => this.pause(AWAY.wait_ms));
    }
    this.running = false;
  }

  /** Speaks a message to its end and takes it from the list; one that a call breaks off stays there. */
  async speak(message) {
    const grant = this.now() < message.until ? await this.ask(`message/${message.call}`).catch(() => AWAY) : {};
    if (this.queue.length) return;
    if (grant.wait_ms) return this.pause(Math.min(grant.wait_ms, BUSY_MS_MAX));
    if (grant.speak) {
      const sound = await this.sound(grant.url);
      if (this.queue.length) return;
      notify("hallcall-message", message.call);
      if (!(await this.play(sound, grant.volume, true))) return;
      notify("hallcall-message-end", message.call);
    }
    this.messages = this.messages.filter((each) => each !== message);
  }

  /** Waits, but not when a call comes. */
  pause(millis) {
    return new Promise((resolve) => {
      this.breakOff = resolve;
      setTimeout(resolve, millis);
      if (this.queue.length) resolve();
    });
  }

  async announce(call) {
    const grant = await this.granted(call);
    if (!grant) return;
    this.shown.sounding(call.call);
    try {
      const sound = await this.sound(grant.url);
      notify("hallcall-sound", call.call);
      await this.play(sound, grant.volume);
      notify("hallcall-silence", call.call);
    } finally {
      this.shown.sounded(call.call);
    }
  }

  /** Asks until the place is free; null when the call was announced already, or is old or over by now. */
  async granted(call) {
    while (this.now() - call.at < ANNOUNCE_MICROS && !this.shown.isOver(call.call)) {
      const grant = await this.ask(call.call).catch(() => AWAY);
      if (grant.speak) return grant;
      if (!grant.wait_ms) return null;
      await new Promise((resolve) => setTimeout(resolve, Math.min(grant.wait_ms, BUSY_MS_MAX)));
    }
    return null;
  }

  /** Asks for the turn of a call, by its number, or of a message. */
  async ask(what) {
    const response = await fetch(`/announce/${what}?zone=${encodeURIComponent(this.zone)}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${this.token}` },
    });
    const behind = response.status === 404 || response.status === 503; // the web process hears of it in a moment
    return behind ? AWAY : response.json();
  }

  async sound(url) {
    const response = await fetch(url);
    return this.audio.decodeAudioData(await response.arrayBuffer());
  }

  /** Plays to the end, or until a call comes where it `mayBreak`; returns whether it came to its end. A device that is
   * lost in the middle does not hold up the calls after this one. */
  play(buffer, volume = 100, mayBreak = false) {
    return new Promise((resolve) => {
      const source = new AudioBufferSourceNode(this.audio, { buffer });
      source.connect(new GainNode(this.audio, { gain: volume / 100 })).connect(this.audio.destination);
      source.onended = () => resolve(true);
      source.start();
      if (mayBreak) this.breakOff = () => (resolve(false), source.stop());
      setTimeout(() => resolve(true), buffer.duration * 1000 + DEVICE_MS);
    });
  }
}

/** Programs beside the page (a light at the lectern, a test) may listen to these two events. */
const notify = (event, call) => window.dispatchEvent(new CustomEvent(event, { detail: { call } }));
