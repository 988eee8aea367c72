/* Many things in a little room without a scroll bar: pages that turn by themselves, with dots that say so. */

import { make } from "../dom.js";

const PAGE_MS = 8_000; // long enough to find one's window among twenty
const DOTS_MAX = 8;

export class Paging {
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
    this.page += 1;
    this.draw();
  }

  draw() {
    const { columns, rows } = this.room();
    const each = columns * rows;
    this.pages = Math.max(1, Math.ceil(this.elements.length / each));
    this.page %= this.pages;
    this.list.style.setProperty("--columns", columns);
    this.list.style.setProperty("--rows", Math.min(rows, Math.max(1, Math.ceil(this.elements.length / columns))));
    this.list.replaceChildren(...this.elements.slice(this.page * each, this.page * each + each));
    this.dots.replaceChildren(...(this.pages > 1 ? marks(this.page, this.pages) : []));
    this.drawn?.();
  }

  room() {
    const style = getComputedStyle(this.list);
    const gap = parseFloat(style.rowGap) || 0;
    const across = pixels(style, "--cell-w");
    const down = pixels(style, "--cell-h");
    const most = (room, cell) => Math.max(1, Math.floor((room + gap) / (cell + gap)));
    const rows = parseInt(style.getPropertyValue("--lines")) || most(this.list.clientHeight, down);
    const roomy = most(this.list.clientHeight, pixels(style, "--roomy") || Infinity);
    return { columns: this.columns(most(this.list.clientWidth, across), roomy), rows };
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
const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
