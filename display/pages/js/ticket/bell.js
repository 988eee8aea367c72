/* The phone rings when it is one's turn. A browser lets a page ring only after a touch, so the page asks for
 * one while there is time, and says plainly whether the bell is on. */

const TONES = [880, 660, 880, 660]; // Hz; a plain two-tone bell, no file to load
const TONE_SECONDS = 0.35;
const BUZZ_MS = [400, 200, 400, 200, 800];

export class Bell {
  constructor() {
    this.on = false;
  }

  /** Must run inside a touch. */
  async start() {
    this.audio = new AudioContext();
    await this.audio.resume();
    this.on = true;
    navigator.wakeLock?.request("screen").catch(() => {});
  }

  /** Rings once for each call of this number; never for one that was there when the page was opened. */
  ring(before, after) {
    const fresh = before && after.state === "called" && after.call !== before.call;
    if (!fresh) return;
    navigator.vibrate?.(BUZZ_MS);
    if (this.on) TONES.forEach((tone, index) => this.tone(tone, index * TONE_SECONDS));
    window.dispatchEvent(new CustomEvent("hallcall-bell", { detail: { call: after.call } }));
  }

  tone(frequency, delay) {
    const start = this.audio.currentTime + delay;
    const sound = new OscillatorNode(this.audio, { frequency });
    const volume = new GainNode(this.audio, { gain: 0.4 });
    volume.gain.setTargetAtTime(0, start + TONE_SECONDS / 2, 0.05);
    sound.connect(volume).connect(this.audio.destination);
    sound.start(start);
    sound.stop(start + TONE_SECONDS);
  }
}
