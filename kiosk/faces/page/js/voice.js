/* Says the prompt of the screen in sight, once, and never over another. A browser lets a page speak only after a
 * touch, and nobody who has not touched wants to be spoken to. What is no longer in sight falls silent. */

export class Voice {
  constructor(key) {
    this.key = key; // of this kiosk's page
    this.awake = false;
    this.said = ""; // on which screen, what
    this.wanted = ""; // what belongs to the screen in sight
    this.sound = null;
  }

  touched() {
    this.awake = true;
  }

  /** `doc.voice` is {on, say}: whether this applicant wants sound, and the prompt of this screen. */
  follow(doc, mine) {
    const { on, say } = doc.voice ?? { on: false, say: "" };
    if (!mine || !on || !say) return this.hush();
    const prompt = `/voice/${doc.language}/${say}.wav`;
    if (prompt === this.wanted) return;
    this.hush();
    this.wanted = prompt;
    if (this.awake && this.said !== `${doc.n}${prompt}`) this.play(prompt, doc.n);
  }

  play(prompt, n) {
    this.said = `${n}${prompt}`;
    this.sound = new Audio(`${prompt}?key=${encodeURIComponent(this.key)}`);
    this.sound.play().catch(() => {}); // no loudspeaker, or the browser says no: the screen says it all
  }

  hush() {
    this.sound?.pause();
    this.sound = null;
    this.wanted = "";
  }
}
