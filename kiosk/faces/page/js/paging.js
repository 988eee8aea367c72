/* How much fits: tiles by measuring the box, reading matter by counting its columns. Paging never leaves this
 * page: the machine knows nothing of sizes. */

import { capacity, pageOf, rem } from "../shared/paging.js";

// per screen, the least tile in rem (1 rem = 20 px where the short side is 1080): width, height
const LEAST = {
  services: { portrait: [15, 8.6], landscape: [14.1, 7] },
  items: { portrait: [23, 8.6], landscape: [21, 7.6] },
  search: { portrait: [23, 6.8], landscape: [21, 6.4] },
  booked: { portrait: [40, 10], landscape: [30, 10] },
  priority: { portrait: [40, 8.6], landscape: [21, 11] },
  behalf: { portrait: [40, 13], landscape: [30, 13] },
};
const LARGE = { services: [1.5, 1.45], items: [1.6, 1.35], search: [2, 1.5], booked: [1, 1.8], priority: [1.6, 1.7], behalf: [1, 1.6] }; // of that, where the type is twice as large
const LARGE_LOW = { ...LARGE, items: [1, 1.45] }; // half a glass
const GAP_REM = 1;
const FEW = 8; // so few tiles may be wider
const LINE_REM = 2.1; // of a name that takes several lines
const SIGN_REM = 1.7; // a hanzi of it
const LARGE_LINE_REM = 4.2;
const LARGE_SIGN_REM = 3.6;
const LINES_MAX = 5; // a longer name is set smaller
const LONG_SIGNS = 24; // hanzi in a name that wants a whole line of tiles

/** Whether a name wants a whole line of tiles: two letters take the room of one hanzi. */
export const isLong = (name) => signs(name) > LONG_SIGNS;

const signs = (name) => [...name].reduce((sum, sign) => sum + (sign > "\u02ff" ? 1 : 0.5), 0);

export class Paging {
  constructor() {
    this.at = 0;
    this.rowPages = 1;
    this.room = { columns: 2, rows: 4 };
    this.of = "";
  }

  /** A new screen starts at its first page. */
  turn(identity) {
    if (identity === this.of) return;
    this.of = identity;
    this.at = 0;
    this.rowPages = 1;
  }

  go(step, pages) {
    this.at = Math.max(0, Math.min(pages - 1, this.at + step));
  }

  /** Turn to the page of the tile at `index`; -1: stay. */
  show(index) {
    if (index >= 0) this.at = Math.floor(index / (this.room.columns * this.room.rows));
  }

  slice(items) {
    this.longest = Math.max(0, ...items.map((item) => signs(item.name ?? "")));
    this.long = this.longest > LONG_SIGNS; // then a tile has a whole line
    const shown = pageOf(items, this.at, this.room.columns * this.room.rows);
    Object.assign(this, { at: shown.at, pages: shown.pages });
    return shown;
  }

  /** Measure after painting; true if another painting is due because something else fits now. */
  measure(root, screen, count) {
    const reading = root.querySelector("[data-reading]");
    if (reading) return this.measureReading(reading);
    const box = root.querySelector("[data-paged]");
    return box ? this.measureTiles(box, screen, count) : false;
  }

  measureTiles(box, screen, count) {
    const px = rem();
    const body = box.parentElement.getBoundingClientRect();
    const portrait = innerHeight > innerWidth;
    let [wide, high] = (LEAST[screen] ?? LEAST.items)[portrait ? "portrait" : "landscape"];
    const { classList } = document.documentElement;
    const large = classList.contains("large");
    const factors = portrait && classList.contains("low") ? LARGE_LOW : LARGE;
    if (large) [wide, high] = (factors[screen] ?? factors.items).map((factor, side) => factor * [wide, high][side]);
    if (this.long) [wide, high] = [Math.max(wide, portrait ? 40 : 30), Math.max(screen === "services" ? 0 : high, this.longTile(body.width / px, large))];
    let columns = capacity(body.width / px, wide, GAP_REM);
    const fit = (height) => capacity(height / px, high, GAP_REM);
    let rows = fit(body.height);
    if (rows * columns < count) rows = fit(body.height - 7 * px); // the pager needs its place
    if (columns > 2 && rows * (columns - 1) >= count && count <= FEW) columns -= 1;
    const changed = columns !== this.room.columns || rows !== this.room.rows;
    this.room = { columns, rows };
    box.style.setProperty("--columns", columns);
    box.style.setProperty("--rows", this.pages > 1 ? rows : Math.max(1, Math.ceil(count / columns)));
    return changed;
  }

  /** The height in rem of tiles that have a whole line of `wide` rem each: the longest name, and a line of facts. */
  longTile(wide, large) {
    const [line, sign] = large ? [LARGE_LINE_REM, LARGE_SIGN_REM] : [LINE_REM, SIGN_REM];
    const lines = Math.ceil((this.longest * sign) / (wide - 4));
    return (Math.min(lines, LINES_MAX) + 1) * line + (large ? 0 : 1.4);
  }

  measureReading(reading) {
    const list = reading.firstElementChild;
    const width = list.clientWidth;
    const gap = parseFloat(getComputedStyle(list).columnGap) || 0;
    const pages = Math.max(1, Math.ceil((list.scrollWidth + gap) / (width + gap) - 0.1));
    const along = document.documentElement.dir === "rtl" ? 1 : -1; // where the next column stands
    list.style.transform = `translateX(${along * this.at * (width + gap)}px)`;
    const changed = pages !== this.rowPages;
    this.rowPages = pages;
    this.pages = pages;
    return changed;
  }
}
