/* How many wait for what, and about how long. */

import { make, phrases } from "../dom.js";
import { band, name, t } from "../words.js";
import { Paging } from "./paging.js";

export class Queues {
  constructor(list, dots) {
    this.paging = new Paging(list, dots);
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
    make("span.name", {}, ...phrases(name(queue))),
    make("span.wait", {}, t("queue.waiting", queue), queue.waiting ? make("small", {}, band(queue)) : ""),
  );
