/* Who is on duty today (值班表): a panel where the windows leave room for it, else lines in the strip at the foot. */

import { fit, make } from "../dom.js";
import { name, name2, t, t2 } from "../words.js";
import { Paging } from "./paging.js";

export class Duty {
  /** `crowded` says whether the windows had to turn pages; `relaid` lays them out again. */
  constructor(panel, list, dots, strip, { crowded, relaid }) {
    Object.assign(this, { panel, strip, crowded, relaid, roster: [] });
    this.paging = new Paging(list, dots);
    this.paging.drawn = () => fit(list.querySelectorAll(".role, .who"));
    addEventListener("resize", () => this.place());
  }

  show(roster) {
    this.roster = roster;
    this.place();
    this.paging.show(roster.map(card));
  }

  /** The panel is tried first; if windows then no longer fit on one page, the strip tells it. */
  place() {
    this.panel.hidden = !this.roster.length;
    this.relaid();
    const narrow = this.roster.length > 0 && this.crowded();
    if (narrow) {
      this.panel.hidden = true;
      this.relaid();
    }
    this.strip.show("duty", narrow ? lines(this.roster) : []);
  }
}

const role = (duty) => ({ name: duty.role, name_en: duty.role_en });
const title = (duty) => ({ name: duty.title, name_en: duty.title_en });

const card = (duty) =>
  make(
    "li.on-duty",
    {},
    make("span.role", {}, name(role(duty)), make("small", {}, name2(role(duty)))),
    make("span.who", {}, make("b", {}, name(duty)), make("small", {}, name(title(duty)))),
    make("span.phone.number", {}, duty.phone),
  );

/** One line in each language: the heading, then each role with who holds it and the phone. */
function lines(roster) {
  const line = (say, called) => [
    say("board.duty"),
    ...roster.map((duty) => say("board.duty.line", { role: called(role(duty)), name: called(duty), phone: duty.phone })),
  ];
  return [line(t, name), ...(t2("board.duty") ? [line(t2, (doc) => name2(doc) || name(doc))] : [])];
}
