/* Fingers. A tap is pointerdown … pointerup on the same tile, however the finger shook between; Chromium's
 * own click is lost after 15 px of drift. The tile answers the finger at once, here, before anything is sent, and
 * keeps its pressed look until the kiosk has answered.
 *
 * Lifting the finger therefore changes nothing on the glass. Chromium puts off whatever comes over a socket until it
 * has painted what an input has changed; so an answer that is here after 5 ms would wait for the next frame, and then
 * for another one. For the same reason a touch goes no further than to us: no mouse, no focus, no gesture comes of it. */

import { publicScreen, within } from "../shared/dom.js";

const DRIFT_PX = 40; // how far beyond the tile's edge a shaking finger may lift and still mean it
const LONG_MS = 3000; // the staff corner opens by a press this long, which nobody makes by chance

const TWICE_MS = 350; // the second tap of a double tap comes within that, and meant the screen before
const TWICE_PX = 80;
const ANSWER_MS = 600; // a tap without an answer looks pressed no longer

let last = { at: -Infinity, x: 0, y: 0, screen: "" }; // where the last tap was made, and on which screen
let press = null; // {target, element, id, since}
let tapped = null; // the element of a tap that waits for its answer
let unanswered; // the timer that ends this

export function listen(root, onTap) {
  root.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  root.addEventListener("pointerdown", (event) => down(event, root));
  root.addEventListener("pointermove", (event) => moved(event));
  root.addEventListener("pointerup", (event) => up(event, onTap));
  root.addEventListener("pointercancel", () => release());
  root.addEventListener("click", (event) => event.detail === 0 && byKeyboard(event, onTap));
  publicScreen(root);
  root.addEventListener("wheel", (event) => event.preventDefault(), { passive: false });
}

function down(event, root) {
  const element = event.target.closest("[data-target]");
  if (!event.isPrimary || isSecondOfTwo(event) || !element || element.getAttribute("aria-disabled") === "true") return;
  release(); // a first finger that comes again has left before, whatever we heard of it
  answered();
  root.setPointerCapture(event.pointerId); // a tile that is repainted away must not take the lifting with it
  press = { target: element.dataset.target, element, id: event.pointerId, since: event.timeStamp };
  element.dataset.down = "";
}

/** A second tap in the same place right after the screen has changed: it was meant for what is gone. When the finger
 * came counts, and not when this page got round to it: on a busy PC a hasty second tap is handled late. */
function isSecondOfTwo(event) {
  const soon = event.timeStamp - last.at < TWICE_MS;
  return soon && last.screen !== screen() && Math.hypot(event.clientX - last.x, event.clientY - last.y) < TWICE_PX;
}

const screen = () => document.getElementById("kiosk").dataset.n;

function moved(event) {
  if (!press || event.pointerId !== press.id) return;
  if (within(event, press.element, DRIFT_PX)) press.element.dataset.down = "";
  else delete press.element.dataset.down;
}

function up(event, onTap) {
  if (!press || event.pointerId !== press.id) return;
  const { target, element, since } = press;
  last = { at: event.timeStamp, x: event.clientX, y: event.clientY, screen: screen() };
  const meant = element.isConnected && element.dataset.target === target && within(event, element, DRIFT_PX);
  const short = element.dataset.long !== undefined && event.timeStamp - since < LONG_MS;
  if (!meant || short) return release();
  [press, tapped] = [null, element];
  unanswered = setTimeout(answered, ANSWER_MS);
  onTap(target, element);
}

/** Ends the pressed look of the last tap: its answer is about to be painted. */
export function answered() {
  clearTimeout(unanswered);
  if (tapped) delete tapped.dataset.down;
  tapped = null;
}

function byKeyboard(event, onTap) {
  const element = event.target?.closest("[data-target]");
  if (element?.isConnected && element.getAttribute("aria-disabled") !== "true") onTap(element.dataset.target, element);
}

function release() {
  if (press) delete press.element.dataset.down;
  press = null;
}

const KEY_GAP_MS = 120; // scanners leave under 30 ms between two keys, people over 150
const KEY_OVER_MS = 2000; // keys so far apart never belong together
const TEXT_MIN = 2; // a letter and an Enter may be a very quick person's
const TEXT_MAX = 256;
const CONTROL_KEYS = { j: "Enter", m: "Enter", i: "Tab" }; // LF, CR and Tab as some scanners send them

/** Tells a scanner that plays keyboard from a person, by the rule of devices/protocols/scanner.py. `key` returns
 * "typed", "scan" (of `text`), "part" (of a scan: it presses nothing), "press" (unless another key follows) or "other". */
export class KeyBurst {
  constructor() {
    this.text = "";
    this.typed = "";
    this.paused = false;
    this.last = -Infinity;
  }

  key(key, at) {
    const ends = key === "Enter" || key === "Tab";
    if ([...key].length > 1 && !ends) return "other";
    const gap = at - this.last;
    this.last = at;
    const soon = gap <= KEY_GAP_MS;
    if (gap > KEY_OVER_MS) [this.typed, this.paused] = ["", false];
    else if (this.typed && !soon) this.paused = true;
    if (ends) return this.end(key, soon);
    if (key === " " && !soon) return "press";
    this.typed = (this.typed + key).slice(0, TEXT_MAX + 1);
    return "typed";
  }

  end(key, soon) {
    const { typed, paused } = this;
    [this.typed, this.paused] = ["", false];
    if (soon && !paused && typed.length >= TEXT_MIN && typed.length <= TEXT_MAX) {
      this.text = typed;
      return "scan";
    }
    if (soon) return "part";
    return key === "Enter" ? "press" : "other";
  }
}

// The keys of an audio pad, or of any USB keypad: what they begin, and what they do once somebody listens. Arrows and help
// have no other work here; the others press what is in focus until then.
const PAD = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right", F1: "help", Help: "help" };
const PAD_WALKING = { ...PAD, Enter: "ok", " ": "ok", Escape: "back", Backspace: "back", Delete: "back", F2: "repeat", Insert: "repeat" };
// A keypad with its numbers on sends digits in the places of its arrows.
const PAD_NUMBERS = { Numpad8: "up", Numpad2: "down", Numpad4: "left", Numpad6: "right", Numpad5: "ok", Numpad0: "repeat", NumpadDecimal: "back", NumpadDivide: "help" };

/** The pad's key that a key stands for, or nothing. `own`: what the hall has written of its pad's keys, key → work. */
export function padKey(event, listens, own = {}) {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  if (event.key in own || event.code in own) return own[event.key] ?? own[event.code];
  return listens ? (PAD_WALKING[event.key] ?? PAD_NUMBERS[event.code]) : PAD[event.key];
}

/** Takes every key, so that none of the browser's own works here (help, print, open, find, reload). A person's Enter
 * or space presses what is in focus once no key has followed; a Tab alone moves the focus. A pad's keys walk the screen. */
export function listenToKeys({ onScan, onTap, onPad, listens, own }) {
  const burst = new KeyBurst();
  let pressing;
  const name = (event) => (event.ctrlKey && CONTROL_KEYS[event.key.toLowerCase()]) || event.key;
  const press = (event) => {
    const chosen = { target: document.activeElement };
    const pad = padKey(event, listens(), own());
    return () => (pad ? onPad(pad) : byKeyboard(chosen, onTap));
  };
  window.addEventListener("keydown", (event) => {
    const key = name(event);
    const ours = !(event.ctrlKey || event.altKey || event.metaKey) || key !== event.key;
    const meaning = ours ? burst.key(key, event.timeStamp) : "other";
    clearTimeout(pressing);
    if (meaning === "scan") onScan(burst.text);
    if (meaning === "press") pressing = setTimeout(press(event), KEY_GAP_MS);
    const pad = meaning === "other" || event.code.startsWith("Numpad") ? padKey(event, listens(), own()) : undefined;
    if (pad && meaning !== "press" && !event.repeat) onPad(pad);
    if (!(meaning === "other" && event.key === "Tab" && !event.ctrlKey && !event.altKey)) event.preventDefault();
  }, { capture: true });
  window.addEventListener("keyup", (event) => event.preventDefault(), { capture: true }); // a space presses when it rises
}
