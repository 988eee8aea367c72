/* Presses by a finger that trembles: down … up inside the target counts, however far it wandered.
 * A `click` is lost after 15 px of drift; many who need a hall the most drift 40. Feedback comes on the
 * way down, locally, and keyboards and screen readers press the same button. */

const MARGIN_PX = 16; // around a target that still belong to it: fingertips are wider than they look
const GESTURES = ["contextmenu", "dragstart", "selectstart", "gesturestart"];

/** Whether an event lies in the element, or at most `margin` px beside it. */
export function within(event, element, margin = MARGIN_PX) {
  const box = element.getBoundingClientRect();
  const { clientX: x, clientY: y } = event;
  return x >= box.left - margin && x <= box.right + margin && y >= box.top - margin && y <= box.bottom + margin;
}

/** Calls `act` for a press of `button` by finger, mouse or key. */
export function press(button, act) {
  let finger = null;
  const release = () => {
    finger = null;
    button.classList.remove("pressed");
  };
  button.addEventListener("pointerdown", (event) => {
    if (button.disabled || event.button) return;
    finger = event.pointerId;
    button.setPointerCapture(event.pointerId);
    button.classList.add("pressed");
  });
  button.addEventListener("pointerup", (event) => {
    const counts = finger === event.pointerId && within(event, button);
    release();
    if (counts) act(event);
  });
  button.addEventListener("pointercancel", release);
  button.addEventListener("click", (event) => event.detail === 0 && act(event));
}

/** On a public screen a long press, a drag or a pinch opens nothing of the browser; fields for text keep theirs. */
export function publicScreen(root = document) {
  for (const name of GESTURES) {
    root.addEventListener(name, (event) => {
      const field = event.target.closest?.("input, textarea");
      if (!field || name === "contextmenu") event.preventDefault();
    });
  }
  root.addEventListener("keydown", (event) => {
    const browsers = /^F\d+$/.test(event.key) || ((event.ctrlKey || event.metaKey) && !"acvxz".includes(event.key.toLowerCase())) || event.altKey;
    if (browsers) event.preventDefault();
  });
  keepAwake();
}

/** A screen of the hall never blanks; the lock ends with each hiding of the page and is taken anew. */
function keepAwake() {
  const take = () => document.visibilityState === "visible" && navigator.wakeLock?.request("screen").catch(() => {});
  document.addEventListener("visibilitychange", take);
  take();
}
