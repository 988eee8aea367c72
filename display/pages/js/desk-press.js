/* The presses of a window's desk on their way to the caller: each under an id that is kept first, one at a time.
 *
 * A press is meant for PRESS_MS only: later it would call the wrong person. When the connection or the page comes back it is
 * sent again under the same id, so it has one effect, and the answer tells what became of it. The caller carries out none
 * that comes later. The keys work again once what a press has done is in sight: on the document before it the next press
 * would be refused. */

import { newId } from "../shared/client.js";
import { t } from "../shared/words.js";
import { paperOf } from "./desk-parts.js";
import { explained } from "./hall.js";

const PRESS_MS = 5_000; // a commit takes milliseconds; a clerk who waited longer has looked away
const PENDING_MS = 100; // an answer that comes sooner is shown at once: what stands in between would flicker, and cost both a frame

/** Commands that change nothing about who is at the window, so no version counts them. */
export const ASIDE = ["CorrectOutcome", "RaiseAlarm", "MoveCase", "CorrectFee"];

export class Presses {
  pending = ""; // the verb whose answer is awaited
  #newest = ""; // id of the last press
  #acted = -1; // the version a press was done on, until the document of what it did is here
  #kept;
  #desk;

  /** `desk`: its keys' element, `seen()` the document shown, `sender()` the connection, `tell(words, next, tone, sheet)` and
   * `draw()` to show what became of a press. */
  constructor(window, desk) {
    this.#kept = `hallcall.press.${window}`;
    this.#desk = desk;
  }

  /** Sends a command under an id that is kept first. `words`: what the press is called, what was done then, and the number it
   * was done to where the answer names none. */
  async carryOut(command, verb, words) {
    const { seen, sender, tell, draw } = this.#desk;
    const kept = { id: newId(), command, until: sender().now() + PRESS_MS * 1000, version: seen().version, ...words };
    sessionStorage.setItem(this.#kept, JSON.stringify(kept));
    this.#wait(verb);
    const shown = setTimeout(() => draw(tell(t("desk.waiting-answer", { verb: words.called }), "", "pending")), PENDING_MS);
    await this.#answered(kept);
    clearTimeout(shown);
  }

  /** Sends a press that was on its way when the page was loaded anew again, once: its id shows whether it was done. */
  again() {
    const kept = this.#newest ? null : sessionStorage.getItem(this.#kept);
    if (kept) this.#answered(JSON.parse(kept));
  }

  /** The document of a version is here. */
  moved(version) {
    if (this.#acted >= 0 && version !== this.#acted) this.#free();
  }

  /** Shows what the caller answers to a press, whenever that comes; after PRESS_MS the keys work again without it. */
  async #answered(kept) {
    const { seen, sender, tell } = this.#desk;
    this.#newest = kept.id;
    const last = () => this.#newest === kept.id;
    const late = setTimeout(() => {
      if (!last()) return;
      if (this.pending && this.#acted < 0) tell(t("desk.no-answer", { verb: kept.called }), t("desk.no-answer-next"), "away");
      this.#free();
    }, PRESS_MS);
    let [told, sheet] = [[], null];
    try {
      const result = await sender().send(kept.command, kept.id, kept.until);
      sheet = paperOf(result);
      told = [kept.did.replace("{number}", result.number ?? kept.number), sheet?.words ?? kept.next ?? "", "done"];
    } catch (refused) {
      told = [...explained(refused), "refused"];
    }
    if (!last()) return;
    sessionStorage.removeItem(this.#kept);
    tell(...told, sheet);
    if (told[2] === "done" && kept.command.type === "CloseWindow") sender().signOut();
    const counted = told[2] === "done" && !ASIDE.includes(kept.command.type);
    if (counted && seen()?.version === kept.version) this.#acted = kept.version;
    else clearTimeout(late) ?? this.#free();
  }

  #free() {
    this.#acted = -1;
    this.#wait("");
    this.#desk.draw();
  }

  /** Marks the keys as waiting or not, at once: they are drawn so only when an answer is late. */
  #wait(verb) {
    this.pending = verb;
    this.#desk.keys.setAttribute("aria-busy", String(Boolean(verb)));
  }
}
