/* Many things in a little room without a scroll bar: pages that turn by themselves, with dots that say so. */

import { make } from "../dom.js";

const PAGE_MS = 8_000; // long enough to find one's window among twenty
const DOTS_MAX = 8;

export class Paging {
  /** `list` is a CSS grid that states its smallest cell as --cell-w and --cell-h. */
  constructor(list, dots, { rowsMax = Infinity } = {}) {
    Object.assign(this, { list, dots, rowsMax, page: 0, elements: [] });
    new ResizeObserver(() => this.draw()).observe(list);
    setInterval(() => this.turn(), PAGE_MS);
  }

  show(elements) {
    this.elements = elements;
    this.draw();
  }

  turn() {
    this.page += 1;
    this.draw();
  }

  draw() {
    const { columns, rows } = this.room();
    const each = columns * rows;
    const pages = Math.max(1, Math.ceil(this.elements.length / each));
    this.page %= pages;
    this.list.style.setProperty("--columns", columns);
    this.list.style.setProperty("--rows", Math.min(rows, Math.max(1, Math.ceil(this.elements.length / columns))));
    this.list.replaceChildren(...this.elements.slice(this.page * each, this.page * each + each));
    this.dots.replaceChildren(...(pages > 1 ? marks(this.page, pages) : []));
    this.drawn?.();
  }

  room() {
    const style = getComputedStyle(this.list);
    const gap = parseFloat(style.rowGap) || 0;
    const across = pixels(style, "--cell-w");
    const down = pixels(style, "--cell-h");
    const columns = Math.max(1, Math.floor((this.list.clientWidth + gap) / (across + gap)));
    const rows = Math.max(1, Math.floor((this.list.clientHeight + gap) / (down + gap)));
    return { columns, rows: Math.min(rows, this.rowsMax) };
  }
}

function marks(page, pages) {
  const text = `${page + 1} / ${pages}`;
  if (pages > DOTS_MAX) return [text];
  return [...Array.from({ length: pages }, (_, index) => make(index === page ? "i.now" : "i")), text];
}

const pixels = (style, name) => parseFloat(style.getPropertyValue(name)) * rem();
const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
