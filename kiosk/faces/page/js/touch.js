/* Fingers. A tap is pointerdown … pointerup on the same tile, however the finger shook between; Chromium's
 * own click is lost after 15 px of drift. The tile answers the finger at once, here, before anything is sent. */

import { publicScreen, within } from "../shared/press.js";

const DRIFT_PX = 40; // how far beyond the tile's edge a shaking finger may lift and still mean it
const LONG_MS = 3000; // the staff corner opens by a press this long, which nobody makes by chance

const TWICE_MS = 350; // the second tap of a double tap comes within that, and meant the screen before
const TWICE_PX = 80;

let last = { at: -Infinity, x: 0, y: 0, screen: "" }; // where the last tap was made, and on which screen
let press = null; // {target, element, id, since}

export function listen(root, onTap) {
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
  root.setPointerCapture(event.pointerId); // a tile that is repainted away must not take the lifting with it
  press = { target: element.dataset.target, element, id: event.pointerId, since: performance.now() };
  element.dataset.down = "";
}

/** A second tap in the same place right after the screen has changed: it was meant for what is gone. */
function isSecondOfTwo(event) {
  const soon = performance.now() - last.at < TWICE_MS;
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
  last = { at: performance.now(), x: event.clientX, y: event.clientY, screen: screen() };
  const meant = element.isConnected && element.dataset.target === target && within(event, element, DRIFT_PX);
  release();
  if (!meant) return;
  if (element.dataset.long !== undefined && performance.now() - since < LONG_MS) return;
  onTap(target, element);
}

function byKeyboard(event, onTap) {
  const element = event.target.closest("[data-target]");
  if (element && element.getAttribute("aria-disabled") !== "true") onTap(element.dataset.target, element);
}

function release() {
  if (press) delete press.element.dataset.down;
  press = null;
}

const GAP_MS = 120; // readers leave under 30 ms between letters, people over 150
const OVER_MS = 2000; // what is typed after so long belongs to nothing before it

/** A reader types like a keyboard, fast, and ends with Enter. A person's keys do not pass here, nor does the rest
 * of a code that paused: its last letters could be another code. */
export function listenToReader(onScan) {
  let typed = "";
  let paused = false;
  let last = 0;
  window.addEventListener("keydown", (event) => {
    const gap = event.timeStamp - last; // by when it was typed, however late this page hears of it
    last = event.timeStamp;
    if (gap > OVER_MS) [typed, paused] = ["", false];
    else if (gap > GAP_MS && typed) paused = true;
    if (event.key === "Enter") {
      if (typed) event.preventDefault(); // else a bad scan presses the button that was touched last
      if (typed.length >= 4 && !paused) onScan(typed);
      [typed, paused] = ["", false];
    } else if (event.key.length === 1) typed += event.key;
  });
}
