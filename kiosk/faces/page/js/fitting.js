/* Names may have eighty signs. What does not fit its box is set smaller, never cut: a box that overflows gets a
 * `--shrink`, by which the style sheet scales what stands in it. */

const BOXES = ".hall, main:has(> .hero), main:has(> .calm), main:has(> .body > .ticket), main:has(> .body > .rows), .body:has(> .ticket), .body:has(> .rows), .tile";
const STEP = 0.05;
const LEAST = 0.4; // below, nothing can be read: the layout is at fault
export const LONG = 24; // hanzi in a name that wants a whole line of tiles

/** How much room a text takes, in hanzi. */
export const weight = (text) => [...text].reduce((sum, sign) => sum + (sign > "\u02ff" ? 1 : 0.5), 0);

/** After painting: measure every box whose text or size has changed. */
export function fit(root) {
  for (const box of root.querySelectorAll(BOXES)) {
    const identity = `${box.textContent} ${box.clientWidth}x${box.clientHeight} ${document.documentElement.className}`;
    if (!box.clientHeight || box.fitted === identity) continue;
    let size = 1;
    box.style.removeProperty("--shrink");
    while (size > LEAST && overflows(box)) box.style.setProperty("--shrink", (size -= STEP).toFixed(2));
    box.fitted = identity;
  }
}

const overflows = (box) => box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;
