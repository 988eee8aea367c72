/* The loudspeaker of one place: one call after another, never two at once, none twice, none that is old.
 * The web process renders the sound and grants each call once per place, whatever this page remembers, so
 * a page that is loaded again, or a second board beside it, repeats nothing. */

import { press } from "../press.js";
import { FRESH_MICROS } from "./calls.js";

const AWAY = { speak: false, wait_ms: 500 }; // the web process or the caller restarts: ask again
const BUSY_MS_MAX = 15_000; // an announcement is shorter; a grant that says otherwise is not believed

export class Voice {
  constructor({ token, zone, button, now, shown }) {
    Object.assign(this, { token, zone, button, now, shown, queue: [], running: false });
    this.audio = new AudioContext();
    this.audio.onstatechange = () => this.unblock();
    press(button, () => this.audio.resume());
    this.unblock();
  }

  /** Chromium starts sound only after a touch, unless it was started with the kiosk flag: say so visibly. */
  unblock() {
    this.button.hidden = this.audio.state === "running";
    if (this.audio.state === "running") this.run();
  }

  offer(calls) {
    this.queue.push(...calls);
    if (calls.length) this.run();
  }

  async run() {
    if (this.running || this.audio.state !== "running") return;
    this.running = true;
    while (this.queue.length) await this.announce(this.queue.shift()).catch(() => {});
    this.running = false;
  }

  async announce(call) {
    const grant = await this.granted(call);
    if (!grant) return;
    this.shown.sounding(call.call);
    try {
      const sound = await this.sound(grant.url);
      tell("hallcall-sound", call.call);
      await this.play(sound);
      tell("hallcall-silence", call.call);
    } finally {
      this.shown.sounded(call.call);
    }
  }

  /** Asks until the place is free; null when the call was announced already, or is old by now. */
  async granted(call) {
    while (this.now() - call.at < FRESH_MICROS) {
      const grant = await this.ask(call).catch(() => AWAY);
      if (grant.speak) return grant;
      if (!grant.wait_ms) return null;
      await new Promise((resolve) => setTimeout(resolve, Math.min(grant.wait_ms, BUSY_MS_MAX)));
    }
    return null;
  }

  async ask(call) {
    const response = await fetch(`/announce/${call.call}?zone=${encodeURIComponent(this.zone)}`, {
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

  play(buffer) {
    return new Promise((resolve) => {
      const source = new AudioBufferSourceNode(this.audio, { buffer });
      source.connect(this.audio.destination);
      source.onended = resolve;
      source.start();
    });
  }
}

/** Whoever minds the hall's loudspeaker (a light at the lectern, a test) may listen to these two events. */
const tell = (event, call) => window.dispatchEvent(new CustomEvent(event, { detail: { call } }));
