/* The strip at the foot: one notice at a time, changed calmly, because moving text is hard to read and harder to
 * ignore. All lie upon each other, so that the strip is as high as the highest and nothing above it jumps. */

import { make } from "../dom.js";

const NOTICE_MS = 12_000;

export class Strip {
  constructor(box) {
    Object.assign(this, { box, parts: { notices: [], duty: [] }, index: 0 });
    setInterval(() => this.turn(this.index + 1), NOTICE_MS);
  }

  /** `part` is notices or duty; a notice is a text, or pieces of which each keeps together. */
  show(part, list) {
    this.parts[part] = list;
    const slides = Object.values(this.parts).flat();
    this.box.replaceChildren(...slides.map(slide));
    this.turn(this.index);
  }

  turn(index) {
    const slides = [...this.box.children];
    this.index = index % Math.max(1, slides.length);
    slides.forEach((each, at) => each.classList.toggle("now", at === this.index));
  }
}

const slide = (notice) =>
  Array.isArray(notice)
    ? make("p.slide", {}, ...notice.flatMap((piece) => [make("span.piece", {}, piece), " "]))
    : make("p.slide", {}, notice);
