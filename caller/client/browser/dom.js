/* Making and finding elements, so that no page ever builds markup from strings. */

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
