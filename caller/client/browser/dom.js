/* Making, finding and fitting elements, so that no page ever builds markup from strings. */

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

/** Sets text only when it changed: a clock and a live region must not be rewritten for nothing. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const SMALLEST = 0.5; // of its own size; what is wider still stands on two lines (class "wrapped")

const fitted = new Set(); // a kiosk browser opens small and then fills the screen: what was fitted is fitted again

addEventListener("resize", () => fit(fitted));

/** Shrinks the type of each element until its words fit on one line; what would be too small wraps instead, and is
 * then shrunk until it is no higher than its room. Reads all before it writes any, but for the few that wrap. */
export function fit(elements) {
  for (const element of fitted) if (!element.isConnected) fitted.delete(element);
  const list = [...elements];
  for (const element of list) {
    fitted.add(element);
    element.classList.remove("wrapped");
    element.style.fontSize = "";
  }
  const ratios = list.map((element) => {
    if (element.scrollWidth <= element.clientWidth) return 1; // its own size: it still follows its room
    return (element.clientWidth - 1) / element.scrollWidth;
  });
  const sizes = list.map((element, index) => (ratios[index] < 1 ? parseFloat(getComputedStyle(element).fontSize) : 0));
  list.forEach((element, index) => {
    if (ratios[index] < 1) element.style.fontSize = `${sizes[index] * Math.max(SMALLEST, ratios[index])}px`;
    if (ratios[index] < SMALLEST) element.classList.add("wrapped");
  });
}

/** Shrinks the type of an element, within limits, until nothing of it lies outside its box. */
export function fitBox(element, smallest = 0.45) {
  element.style.fontSize = "";
  const size = parseFloat(getComputedStyle(element).fontSize);
  const over = () => element.scrollHeight > element.clientHeight + 1 || element.scrollWidth > element.clientWidth + 1;
  for (let part = 0.94; over() && part >= smallest; part -= 0.06) element.style.fontSize = `${size * part}px`;
}
