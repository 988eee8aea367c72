/* Builds nodes and morphs what is shown into what should be shown, so that a figure that changes under a
 * finger neither moves nor replaces the tile below it. */

export function h(tag, attributes = {}, ...children) {
  const node = tag === "svg" || tag === "path" ? svg(tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const svg = (tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);

const segmenter = new Intl.Segmenter("zh", { granularity: "word" });

/** A name that may break before its words and nowhere inside them: 国土和|不动产|登记局. */
export const phrases = (text) =>
  [...segmenter.segment(text)].flatMap(({ segment, index }) => (index && /^\p{Script=Han}{2,}$/u.test(segment) ? [h("wbr"), segment] : [segment]));

/** Make `old` like `fresh`, touching only what differs. */
export function morph(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  morphAttributes(old, fresh);
  const wanted = [...fresh.childNodes];
  const shown = [...old.childNodes];
  wanted.forEach((child, i) => {
    if (i >= shown.length) old.append(child);
    else if (alike(shown[i], child)) morph(shown[i], child);
    else shown[i].replaceWith(child);
  });
  shown.slice(wanted.length).forEach((child) => child.remove());
}

const alike = (a, b) => a.nodeName === b.nodeName && a.dataset?.key === b.dataset?.key;

function morphAttributes(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) return;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "data-down" && name !== "style") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}
