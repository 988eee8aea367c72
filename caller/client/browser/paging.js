/* Many things in a little room without a scroll bar: how many cells fit, and pages that turn by themselves. */

import { make } from "./dom.js";

const PAGE_MS = 8_000; // long enough to find one's window among twenty
const DOTS_MAX = 8;

/** The pixels of one rem. */
export const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

/** How many cells with gaps between them fit in `room`; at least one. All in one unit. */
export const capacity = (room, cell, gap) => Math.max(1, Math.floor((room + gap) / (cell + gap)));

/** The cells of page `at` (from 0), the page that is really shown, and how many there are. */
export function pageOf(cells, at, each) {
  const pages = Math.max(1, Math.ceil(cells.length / each));
  const shown = Math.min(at, pages - 1);
  return { items: cells.slice(shown * each, (shown + 1) * each), at: shown, pages };
}

/** How many stand on a page so that none has one alone: of nine where eight fit, five and four. */
export const evenly = (count, most) => Math.ceil(count / Math.max(1, Math.ceil(count / most))) || 1;

export class TurningPages {
  /** `list` is a CSS grid that states its smallest cell as --cell-w and --cell-h, and --roomy, the height at
   * which it would rather have fewer columns; --lines is how many rows a list has that is as high as its content. */
  constructor(list, dots) {
    Object.assign(this, { list, dots, page: 0, pages: 1, elements: [] });
    new ResizeObserver(() => this.draw()).observe(list);
    setInterval(() => this.turn(), PAGE_MS);
  }

  show(elements) {
    this.elements = elements;
    this.draw();
  }

  turn() {
    this.page = (this.page + 1) % this.pages;
    this.draw();
  }

  draw() {
    const { columns, rows } = this.room();
    const { items, at, pages } = pageOf(this.elements, this.page, evenly(this.elements.length, columns * rows));
    Object.assign(this, { page: at, pages });
    this.list.style.setProperty("--columns", columns);
    this.list.style.setProperty("--rows", Math.min(rows, Math.max(1, Math.ceil(this.elements.length / columns))));
    this.list.replaceChildren(...items);
    this.dots.replaceChildren(...(pages > 1 ? marks(at, pages) : []));
    this.drawn?.();
  }

  room() {
    const style = getComputedStyle(this.list);
    const gap = parseFloat(style.rowGap) || 0;
    const across = pixels(style, "--cell-w");
    const down = pixels(style, "--cell-h");
    const rows = parseInt(style.getPropertyValue("--lines")) || capacity(this.list.clientHeight, down, gap);
    const roomy = capacity(this.list.clientHeight, pixels(style, "--roomy") || Infinity, gap);
    return { columns: this.columns(capacity(this.list.clientWidth, across, gap), roomy), rows };
  }

  /** As few columns as a roomy height allows: six windows need not be as small as sixty. */
  columns(most, roomy) {
    let columns = most;
    while (columns > 1 && Math.ceil(this.elements.length / (columns - 1)) <= roomy) columns -= 1;
    return columns;
  }
}

function marks(page, pages) {
  const text = `${page + 1} / ${pages}`;
  if (pages > DOTS_MAX) return [text];
  return [...Array.from({ length: pages }, (_, index) => make(index === page ? "i.now" : "i")), text];
}

const pixels = (style, name) => parseFloat(style.getPropertyValue(name)) * rem();
