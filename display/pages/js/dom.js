/* Making and finding elements, so that no page ever builds markup from strings. */

export const find = (selector, root = document) => root.querySelector(selector);

/** make("li.call.newest", {title: "…"}, child, "text", …) */
export function make(spec, attributes = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== "" && child !== null && child !== undefined));
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

const SMALLEST = 0.68; // of its own size; below this a name is clipped instead: unreadable is worse than cut

const fitted = new Set(); // a kiosk browser opens small and then fills the screen: what was fitted is fitted again

addEventListener("resize", () => fit(fitted));

/** Shrinks the type of each element until its words fit on one line. Reads all before it writes any. */
export function fit(elements) {
  for (const element of fitted) if (!element.isConnected) fitted.delete(element);
  const list = [...elements];
  for (const element of list) {
    fitted.add(element);
    element.style.fontSize = "";
  }
  const sizes = list.map((element) => {
    if (element.scrollWidth <= element.clientWidth) return ""; // its own size: it still follows its room
    const ratio = (element.clientWidth - 1) / element.scrollWidth;
    return `${parseFloat(getComputedStyle(element).fontSize) * Math.max(SMALLEST, ratio)}px`;
  });
  list.forEach((element, index) => (element.style.fontSize = sizes[index]));
}
