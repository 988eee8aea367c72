/* What a supervisor is lit up for besides windows and queues: complaints, overdue cases, cases not accepted, early warnings.
 *
 * 1. Each light is a button with its count; it opens its records, and a record of a case opens the case with its steps.
 * 2. Counts stand in the document `supervise`; the records are other documents (`cases`, `followups`, `case/ID`), watched
 *    only while they are open. Nothing here sends.
 * 3. Buttons and lines are changed, not made anew, while a finger may be on them. */

import { find, make, press, say } from "../shared/dom.js";
import { fetchJson } from "../shared/fetching.js";
import { instants, safe, t } from "../shared/words.js";
import { name } from "./hall.js";

const LIGHTS = [
  ["complaint", "followups", "red"],
  ["overdue", "cases", "red"],
  ["rejected", "cases", "grey"],
  ["warning", "cases", "yellow"],
  ["accountability", "cases", "red"],
];
const DATE = { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false };

/** The row of lights and the dialog of their records. `watch(topics)` watches those beside the page's own. */
export class DutyLights {
  open = ""; // which light's records are shown
  shown = ""; // id of the case whose steps are shown
  docs = {};
  items = {};
  departments = {};

  constructor(box, dialog, zone, watch) {
    Object.assign(this, { dialog, watch, instant: instants(zone, DATE) });
    this.buttons = LIGHTS.map(([light]) => {
      const button = make("button.press.duty", { type: "button", "data-duty": light }, make("b.figure.number"), make("span.what.light"));
      press(button, () => this.show(light));
      return button;
    });
    box.replaceChildren(...this.buttons);
    this.title = make("h2", { id: "records-title" });
    this.body = make("div.records");
    const back = make("button.press.back", { type: "button" }, t("supervise.back"));
    press(back, () => (this.shown ? this.case("") : dialog.close()));
    dialog.replaceChildren(this.title, this.body, back);
    dialog.onclose = () => this.leave();
    dialog.oncancel = (event) => this.shown && (event.preventDefault() ?? this.case(""));
  }

  /** Shows how many there are of each; none in a hall that has neither cases nor complaints. */
  counts(duties) {
    for (const [at, [light, , colour]] of LIGHTS.entries()) {
      const [figure, what] = this.buttons[at].children;
      say(figure, String(duties[light]));
      say(what, t(`supervise.duty-${light}`));
      what.className = `what light ${duties[light] ? colour : "green"}`;
    }
  }

  async show(light) {
    this.open = light;
    if (!Object.keys(this.items).length) ({ items: this.items, departments: this.departments } = await fetchJson("/desk.json"));
    this.topics();
    this.draw();
    this.dialog.showModal();
  }

  leave() {
    [this.open, this.shown, this.docs] = ["", "", {}];
    this.topics();
  }

  topics() {
    const topic = LIGHTS.find(([light]) => light === this.open)?.[1];
    this.watch([topic, this.shown && `case/${this.shown}`].filter(Boolean));
  }

  /** Takes a document of the records. */
  take(topic, doc) {
    this.docs[topic] = doc;
    if (this.open) this.draw();
  }

  draw() {
    const one = this.shown && this.docs[`case/${this.shown}`];
    say(this.title, one ? `${one.number} ${this.item(one.item)}` : t(`supervise.duty-${this.open}`));
    this.body.replaceChildren(...(one ? this.steps(one) : this.records()));
  }

  records() {
    const rows = { complaint: () => this.complaints(), accountability: () => this.accountability() }[this.open]?.() ?? this.cases();
    return rows.length ? [make("ol", {}, rows)] : [make("p", {}, t("supervise.none"))];
  }

  cases() {
    const { cases = {}, rest = {} } = this.docs.cases ?? {};
    const wanted = { overdue: (row) => row.light === "red", warning: (row) => row.light === "yellow", rejected: (row) => row.state === "refused" }[this.open];
    const found = Object.values(this.open === "rejected" ? rest : cases).filter(wanted);
    return found.map((row) => {
      const line = make("button.press.record", { type: "button", "data-key": row.case }, ...this.parts(row));
      press(line, () => this.case(row.case));
      return make("li", {}, line);
    });
  }

  parts(row) {
    const days = row.left < 0 ? t("supervise.days-over", { count: -row.left }) : t("supervise.days-left", { count: row.left });
    return [
      make(`b.light.${row.light}`, {}, row.number),
      make("span", {}, this.item(row.item)),
      make("span", {}, t(`case-state.${row.state}`)),
      make("span", {}, row.light === "grey" ? "" : days),
      make("span", {}, [row.window && t("window.label", { id: row.window }), row.owner].filter(Boolean).join(" · ")),
    ];
  }

  complaints() {
    const open = Object.values(this.docs.followups?.followups ?? {}).filter((row) => row.kind === "complaint" && !["closed", "archived"].includes(row.state));
    return open.map((row) => make("li.record", {}, ...this.recordParts(row, row.ticket_number ?? "")));
  }

  /** Accountability records; each opens the case that ran over. */
  accountability() {
    return Object.values(this.docs.cases?.records ?? {}).map((row) => {
      const line = make("button.press.record", { type: "button", "data-key": row.case }, ...this.recordParts(row, row.case_number));
      press(line, () => this.case(row.case));
      return make("li", {}, line);
    });
  }

  recordParts(row, about) {
    const persons = [row.window && t("window.label", { id: row.window }), row.owner || row.clerk].filter(Boolean);
    return [
      make(`b.light.${row.light}`, {}, row.number),
      make("span", {}, about),
      make("span", {}, t(`follow-up-state.${row.state}`)),
      make("span", {}, t("supervise.until", { time: this.instant(row.due) })),
      make("span", {}, persons.map(safe).join(" · ")),
    ];
  }

  /** Opens a case with its steps, or goes back to the list. */
  case(id) {
    this.shown = id;
    this.topics();
    this.draw();
  }

  steps(one) {
    const begun = make("li", {}, make("time.number", {}, this.instant(one.opened)), make("b", {}, t("supervise.case-opened")), make("span", {}, one.ticket_number));
    const rows = one.steps.map((step) =>
      make(
        "li",
        {},
        make("time.number", {}, this.instant(step.at)),
        make("b", {}, t(step.move === "void" ? "supervise.case-void" : `case-move.${step.move}`)),
        make("span", {}, [codeWords(step), step.staff && safe(step.staff), step.due && t("supervise.until", { time: this.instant(step.due) })].filter(Boolean).join(" · ")),
      ),
    );
    const records = Object.values(one.records).map((row) => make("p", {}, `${t("supervise.record", row)} · ${t(`follow-up-state.${row.state}`)}`));
    return [make("p.record", {}, ...this.parts(one)), ...this.shared(one), ...records, make("ol.steps", {}, begun, rows)];
  }

  /** What a case has besides its own clock, each with its light: departments' parts, papers that are to follow. */
  shared(one) {
    const parts = one.parts.map((part) => {
      const facts = { department: this.department(part.department), time: this.instant(part.replied || part.due), reply: part.reply && t(`part-reply.${part.reply}`) };
      return make("p", {}, make(`b.light.${part.light}`, {}, t(part.replied ? "supervise.part-done" : "supervise.part-waits", facts)));
    });
    const papers = one.owed.map((each) => safe(each.name)).join("、");
    const owed = one.owed_due ? [make("p", {}, make(`b.light.${one.owed_light}`, {}, t("supervise.owed", { papers, time: this.instant(one.owed_due) })))] : [];
    return [...parts, ...owed];
  }

  department = (id) => (this.departments[id] ? name(this.departments[id]) : safe(id));
  item = (id) => (this.items[id] ? name(this.items[id]) : safe(id));
}

/** What a step says besides: a pause's reason or a decision in words, else the code or the staff number itself. */
function codeWords({ move, code }) {
  if (move === "pause") return t(`case-pause.${code}`);
  return move === "decide" ? t(`case-decision.${code}`) : safe(code);
}
