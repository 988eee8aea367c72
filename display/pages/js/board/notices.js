/* One notice at a time, changed calmly: moving text is hard to read and harder to ignore. */

import { say } from "../dom.js";

const NOTICE_MS = 12_000;

export class Notices {
  constructor(line, standing) {
    Object.assign(this, { line, standing, list: standing, index: 0 });
    this.draw();
    setInterval(() => this.draw(this.index++), NOTICE_MS);
  }

  show(list) {
    this.list = list?.length ? list : this.standing;
    this.draw();
  }

  draw() {
    const notice = this.list[this.index % Math.max(1, this.list.length)] ?? "";
    say(this.line, notice);
  }
}
