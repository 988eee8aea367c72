/* Text that always fits: names may be eighty signs long, and nothing on a screen is ever cut.
 *
 * `fit` fits single texts; `fitBoxes` fits boxes with several things in them. Both read all before they write any: a
 * reading after a writing makes the browser lay out the whole screen at once, and sixty of these are seen.
 *
 * An element may be `--fit-lines` lines high (1 where its style says nothing). Nothing is set smaller than the page's
 * `--fit-floor` (rem; a part may have its own): below it a reader at that page's distance sees a grey line. What does not fit:
 *
 * 1. is set smaller on one line, down to ONE_LINE of its own size;
 * 2. is set on as many lines as fit into the same height, down to SMALLEST of its own size or the floor: no word is broken
 *    (a person's name only at its point or space) while a smaller size has room for it whole;
 * 3. loses its middle, so that names that differ at either end can still be told apart; its whole text is its title.
 *
 * An element with the class "number" does 1 only, without a limit: a number is never broken nor shortened.
 * What was fitted is fitted again when the window changes: a kiosk browser opens small and then fills the screen. */

const ONE_LINE = 0.72;
const SMALLEST = 0.5;
const STEPS = [1, 0.9, 0.8, 0.72, 0.64, 0.57, SMALLEST]; // of its own size, on several lines
const SLACK = 0.5; // of its type's size: so much higher than its lines is the box of text in tight lines

const BOX_STEP = 0.05;
const BOX_SMALLEST = 0.4; // below, nothing can be read: the layout is at fault

const SIGNS_MIN = 4;
const KNOWN_MAX = 1000; // ways remembered; a hall of 300 windows has 600 names

const fitted = new Set();
const known = new Map(); // what an element holds and the room it has → the way it fits
const boxFitted = new WeakMap(); // box → what it held, and its size, when it was fitted
const shortened = new WeakMap(); // element → {nodes, text}: what stood there, and what stands there now

addEventListener("resize", () => fit(fitted));
document.fonts?.addEventListener?.("loadingdone", () => fit(fitted));

/** Fits the text of each element. Reads all before it writes any; only what does not fit is looked at again. */
export function fit(elements) {
  for (const element of fitted) if (!element.isConnected) fitted.delete(element);
  const list = [...elements];
  for (const element of list) {
    fitted.add(element);
    restore(element);
  }
  const tight = list.filter((element) => element.clientWidth).map(measured).filter((each) => !fits(each));
  for (const each of tight) shrink(each);
}

function restore(element) {
  const before = shortened.get(element);
  if (before && element.textContent === before.text) element.replaceChildren(...before.nodes);
  if (before) element.removeAttribute("title");
  shortened.delete(element);
  element.classList.remove("wrapped", "whole");
  element.style.fontSize = "";
}

/** An element with its type's size and the height it may have, both in px. */
function measured(element) {
  const style = getComputedStyle(element);
  const size = parseFloat(style.fontSize);
  const line = parseFloat(style.lineHeight) || size * 1.3;
  const padding = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
  const lines = parseInt(style.getPropertyValue("--fit-lines")) || 1;
  return { element, size, height: line * lines + padding, smallest: Math.max(SMALLEST, Math.min(1, floor(style) / size)) };
}

/** The smallest type that an element's style allows, in px. */
function floor(style) {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  return (parseFloat(style.getPropertyValue("--fit-floor")) || 0) * rem;
}

/** Whether the text, as it is set now, lies within its element's width and the height it may have. */
function fits({ element, size, height }) {
  if (tooWide(element)) return false;
  const range = document.createRange();
  range.selectNodeContents(element);
  const set = parseFloat(element.style.fontSize) || size;
  return range.getBoundingClientRect().height <= height + set * SLACK;
}

const tooWide = (element) => element.scrollWidth > element.clientWidth + 1;
/** Whether an element has grown beyond what holds it, where its own width does not tell. */
const wider = ({ offsetWidth, parentElement }) => parentElement?.clientWidth > 0 && offsetWidth > parentElement.clientWidth + 1;
const tooHigh = (element) => element.scrollHeight > element.clientHeight + 1;

/** Finds how an element fits, or remembers it: a board is drawn anew with each call, and its names stay. */
function shrink(each) {
  const { element, size, height } = each;
  const key = `${element.innerHTML}|${element.className}|${element.clientWidth}|${size}|${height}`;
  if (known.has(key)) return apply(each, known.get(key));
  const way = found(each);
  if (known.size >= KNOWN_MAX) known.delete(known.keys().next().value);
  known.set(key, way);
  apply(each, way);
}

/** The way an element fits: `{scale, wrapped, signs}` (signs of each run of text; 0 for all). */
function found(each) {
  const { element, smallest } = each;
  const ratio = (element.clientWidth - 1) / element.scrollWidth;
  const one = { scale: Math.min(1, ratio), wrapped: false, whole: false, signs: 0 };
  if (element.classList.contains("number")) return one;
  if (ratio >= Math.max(ONE_LINE, smallest) && works(each, one)) return one;
  const steps = [...STEPS.filter((step) => step > smallest), smallest];
  for (const whole of [true, false]) {
    for (const scale of steps) {
      const way = { scale, wrapped: true, whole, signs: 0 };
      if (works(each, way)) return way;
    }
  }
  let [low, high] = [SIGNS_MIN, element.textContent.length];
  while (low < high) {
    const signs = Math.ceil((low + high) / 2);
    if (works(each, { scale: smallest, wrapped: true, whole: false, signs })) low = signs;
    else high = signs - 1;
  }
  return { scale: smallest, wrapped: true, whole: false, signs: low };
}

function works(each, way) {
  apply(each, way);
  const good = fits(each) && !(way.whole && wider(each.element));
  restore(each.element);
  return good;
}

function apply({ element, size }, { scale, wrapped, whole, signs }) {
  element.style.fontSize = `${size * scale}px`;
  element.classList.toggle("wrapped", wrapped);
  element.classList.toggle("whole", whole);
  if (signs) shorten(element, signs);
}

/** Takes the middle out of each run of text that has more than so many signs. */
function shorten(element, signs) {
  const nodes = [...element.childNodes];
  element.title = element.textContent;
  element.replaceChildren(...nodes.map((node) => node.cloneNode(true)));
  for (const part of [element, ...element.querySelectorAll("*")]) {
    const run = [...part.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    const text = [...run.map((node) => node.data).join("")];
    if (part.classList.contains("number") || text.length <= signs) continue;
    const tail = Math.floor((signs - 1) / 2);
    run[0].data = `${text.slice(0, signs - 1 - tail).join("").trimEnd()}…${text.slice(text.length - tail).join("").trimStart()}`;
    for (const node of run.slice(1)) node.data = "";
  }
  shortened.set(element, { nodes, text: element.textContent });
}

/** Gives each box in which something has no room a `--shrink` below 1, by which its style sheet scales what stands in
 * it. A box whose text and size are those of the last time is left as it is. */
export function fitBoxes(boxes) {
  const shown = [...boxes].filter((box) => box.clientHeight || released(box));
  const changed = shown.filter((box) => boxFitted.get(box) !== identity(box));
  for (const box of changed) box.style.removeProperty("--shrink");
  let tight = changed.filter(overflows);
  for (let size = 1 - BOX_STEP; tight.length && size >= BOX_SMALLEST; size -= BOX_STEP) {
    for (const box of tight) box.style.setProperty("--shrink", size.toFixed(2));
    tight = tight.filter(overflows);
  }
  for (const box of changed) boxFitted.set(box, identity(box));
}

/** A box that is none in this layout (`display: contents`) keeps no scale: what it holds would heed it before its parent's. */
function released(box) {
  box.style.removeProperty("--shrink");
  boxFitted.delete(box);
  return false;
}

const overflows = (box) => tooHigh(box) || tooWide(box);
const identity = (box) => `${box.textContent} ${box.clientWidth}x${box.clientHeight} ${document.documentElement.className}`;
