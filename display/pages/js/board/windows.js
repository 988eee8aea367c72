/* Every window with its state, in words and not by colour alone. */

import { fit, make } from "../dom.js";
import { name, t } from "../words.js";
import { Paging } from "./paging.js";

export class Windows {
  constructor(list, dots) {
    this.paging = new Paging(list, dots);
    this.paging.drawn = () => fit(list.querySelectorAll(".name, .state"));
  }

  show(windows) {
    this.paging.show(windows.map(([id, window]) => cell(id, window)));
  }
}

const cell = (id, window) =>
  make(`li.cell.${window.state}`, { "data-window": id }, make("span.name", {}, ...title(id, window)), state(window));

/** The number people look for, then the name without the word that stands over all of them. */
const title = (id, window) =>
  /^\d+$/.test(id) ? [make("b.number", {}, id), ` ${name(window).replace(/窗口$/, "")}`] : [name(window)];

function state(window) {
  const words = t(`window.${window.state}`);
  if (!window.number || window.state === "paused") return make("span.state", {}, words);
  return make("span.state", {}, make("span.number", {}, window.number), make("small", {}, words));
}
