/* Making, finding and pressing elements, so that no page ever builds markup from strings. */

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "path", "circle"]);

export const find = (selector, root = document) => root.querySelector(selector);

/** make("li.call.newest", {title: "…"}, child, "text", [more children], …); what is null, false or "" is left out. */
export function make(spec, attributes = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(key, value);
  }
  element.append(...children.flat(3).filter((child) => child !== "" && child !== null && child !== undefined && child !== false));
  return element;
}

const segmenter = new Intl.Segmenter("zh", { granularity: "word" });

/** A name that may break before its words and nowhere inside them: 税务|登记与|证明. For `word-break: keep-all`. */
export const phrases = (text) =>
  [...segmenter.segment(text)].flatMap(({ segment, index }) =>
    index && /^\p{Script=Han}{2,}$/u.test(segment) ? [make("wbr"), segment] : [segment],
  );

/** A QR code as a picture: `bits` are its rows of "0" and "1", `label` what it leads to. */
export function qr(bits, label) {
  const size = bits.length;
  const path = bits.flatMap((line, y) => [...line].map((bit, x) => (bit === "1" ? `M${x + 4} ${y + 4}h1v1h-1z` : ""))).join("");
  return make("svg", { class: "qr", viewBox: `0 0 ${size + 8} ${size + 8}`, role: "img", "aria-label": label }, make("path", { d: path }));
}

/** Sets text only when it changed: a clock and a live region must not be rewritten for nothing. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

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
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, woken, { capture: true });
  document.addEventListener("visibilitychange", keepAwake);
  keepAwake();
}

// --- a public screen blanks in its own hours alone

const WOKEN_MS = 60_000; // a finger or a key lights a dark screen for so long

const night = { dark: false, wakes: 0, turned: () => {} }; // wakes: until then (performance.now) it is lit
let lock = Promise.resolve(null); // keeps the PC from blanking the screen

/** Takes the lock while the screen is to be seen: it ends with each hiding of the page. Outside its hours the PC may turn
 * the screen off. */
function keepAwake() {
  lock = lock.then(async (held) => {
    await held?.release();
    const wanted = document.visibilityState === "visible" && !isDark();
    return wanted ? navigator.wakeLock?.request("screen").catch(() => null) : null;
  });
}

const isDark = () => document.documentElement.classList.contains("dark");

/** Makes the page black while its hours say so (`html.dark` in the page's style). `turned` is told each change. */
export function darken(dark, turned = () => {}) {
  Object.assign(night, { dark, turned });
  turnScreen();
}

function turnScreen() {
  const off = night.dark && performance.now() >= night.wakes;
  if (off === isDark()) return;
  document.documentElement.classList.toggle("dark", off);
  keepAwake();
  night.turned(off);
}

/** What wakes the screen presses nothing: it could not be seen. */
function woken(event) {
  if (!isDark()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  night.wakes = performance.now() + WOKEN_MS;
  turnScreen();
  setTimeout(turnScreen, WOKEN_MS + 1);
}
