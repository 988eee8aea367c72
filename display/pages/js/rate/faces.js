/* The five choices: the same size, the same ink, none before the others but for their order. */

import { make } from "../dom.js";
import { press } from "../press.js";
import { t } from "../words.js";

export const LEVELS = [5, 4, 3, 2, 1];
export const BAD_LEVEL = 2; // this and below is a bad rating (差评) and may give reasons
const MOUTHS = {
  5: "M13 24q7 10 14 0z",
  4: "M13 25q7 6 14 0",
  3: "M13 27h14",
  2: "M13 29q7 -6 14 0",
  1: "M12 31q8 -10 16 0",
};
const SVG = "http://www.w3.org/2000/svg";

/** The row of choices; `choose(level)` is called with a press. */
export function levels(choose) {
  const buttons = LEVELS.map((level) => {
    const button = make("button.press.level", { type: "button", "data-level": level }, face(level), t(`rate.${level}`));
    press(button, () => choose(level));
    return button;
  });
  return make("div.levels", { role: "group", "aria-label": t("rate.ask") }, ...buttons);
}

function face(level) {
  const svg = draw("svg", { viewBox: "0 0 40 40", class: "face", "aria-hidden": "true" });
  svg.append(
    draw("circle", { cx: 20, cy: 20, r: 17 }),
    draw("circle", { cx: 14, cy: 16, r: 2, class: "eye" }),
    draw("circle", { cx: 26, cy: 16, r: 2, class: "eye" }),
    draw("path", { d: MOUTHS[level] }),
  );
  return svg;
}

function draw(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
