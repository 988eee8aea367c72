/* How many wait for what, and about how long. */

import { fit, make } from "../dom.js";
import { band, name, t } from "../words.js";
import { Paging } from "./paging.js";

const ROWS = 3; // the room below the windows

export class Queues {
  constructor(list, dots) {
    this.paging = new Paging(list, dots, { rowsMax: ROWS });
    this.paging.room = () => ({ columns: 2, rows: ROWS });
    this.paging.drawn = () => fit(list.querySelectorAll(".name"));
  }

  show(queues) {
    this.paging.show(queues.map(([id, queue]) => row(id, queue)));
  }
}

const row = (id, queue) =>
  make(
    "li.queue",
    { "data-queue": id },
    make("b", {}, id),
    make("span.name", {}, name(queue)),
    make("span.wait", {}, t("queue.waiting", queue), queue.waiting ? make("small", {}, band(queue)) : ""),
  );
