/* What the desk shows of its window's document, and which key presses which verb. Nothing here sends.
 *
 * Which verbs are live, and why the others are not, stands in the document (`verbs`, by kind of command): the engine
 * decides it. A part is drawn anew only when what it shows has changed. */

import { find, make, press, say } from "../shared/dom.js";
import { fit } from "../shared/fitting.js";
import { language, safe, t, told } from "../shared/words.js";
import { name, windowLabel } from "./hall.js";

const SECOND = 1_000_000;
const ALARM_SHOWN = 600 * SECOND; // after it was acknowledged
const LATE_MINUTES = 30; // longer than any class's target here: the minutes turn red

// The same keys as on the terminal, by `event.code`: a key's place, whatever an input method makes of its letter.
export const VERBS = {
  next: { codes: ["Space", "KeyN"], command: "CallNext" },
  recall: { codes: ["KeyR"], command: "Recall" },
  start: { codes: ["KeyS"], command: "StartService" },
  finish: { codes: ["KeyF"], command: "FinishService" },
  miss: { codes: ["KeyX"], command: "MarkNoShow" },
  hold: { codes: ["KeyH"], command: "HoldTicket" },
  transfer: { codes: ["KeyT"], command: "TransferTicket" },
  choose: { codes: ["KeyC"], command: "CallTicket" },
  walk: { codes: ["KeyW"], command: "ServeWalkIn" },
  correct: { codes: ["KeyU"], command: "CorrectOutcome" },
  relieve: { codes: ["KeyJ"], command: "RelieveClerk" },
  merge: { codes: ["KeyG"], command: "MergeTickets" },
  alarm: { codes: ["KeyA"], command: "RaiseAlarm" },
  pause: { codes: ["KeyP"], command: "PauseWindow" },
  out: { codes: ["KeyQ"], command: "CloseWindow" },
};
export const ALWAYS = { cases: ["B", "desk.cases"], fees: ["Y", "desk.fees"], day: ["D", "desk.day"], help: ["F1", "desk.help"] }; // keys that send nothing
export const LISTS = { waiting: "next", held: "held", missed: "missed" };

export const verbOf = (code) => Object.keys(VERBS).find((verb) => VERBS[verb].codes.includes(code));
export const capOf = (verb) => (verb === "next" ? t("desk.space") : VERBS[verb].codes[0].slice(3));

/** P pauses, or resumes a paused window. */
export const resumes = (verb, doc) => verb === "pause" && doc?.state === "paused";
export const commandOf = (verb, doc) => (resumes(verb, doc) ? "ResumeWindow" : VERBS[verb].command);
export const verbName = (verb, doc) => t(`desk.verb-${resumes(verb, doc) ? "resume" : verb}`);

/** The verb a key presses: the end of a reception whose outcome must be chosen asks for it. */
export const inEffect = (verb, doc) => (doc?.verbs[commandOf(verb, doc)]?.code === "outcome-needed" ? "finish" : verb);

/** What became of the paper that a press made, in words, and where it is as A4, with the paper that is void by it; null where
 * there is neither. */
export function paperOf({ notice, about, printed, case_number = "", voided, void_about, void_number = "", also = [] }) {
  if (!notice && !void_about) return null;
  const facts = { paper: t(`notice.${notice}`), case: case_number };
  const made = notice ? t(printed ? "desk.paper-printed" : "desk.print-a4", facts) : "";
  const gone = void_about ? t(voided ? "desk.paper-void" : "desk.case-void", { paper: t(`notice.${voided}`), case: void_number }) : "";
  return {
    words: [gone, made].filter(Boolean).join(t("desk.and")),
    href: notice ? `/notices/${notice}.${about}` : "",
    also: also.map((paper) => ({ href: `/notices/${paper}.${about}`, words: t("desk.also-sheet", { paper: t(`notice.${paper}`) }) })),
    voided: voided ? `/notices/void.${void_about}` : "",
  };
}

/** Links to the papers of the last press: the applicant's, what is printed beside it, and the void one. */
export function showSheets(root, sheet) {
  for (const [place, href, called] of [["#sheet", sheet?.href, "desk.sheet"], ["#void-sheet", sheet?.voided, "desk.void-sheet"]]) {
    Object.assign(find(place, root), { hidden: !href, href: href || "", textContent: href ? t(called) : "" });
  }
  const links = (sheet?.also ?? []).map(({ href, words }) => make("a.sheet", { href, target: "_blank" }, words));
  find("#also-sheets", root).replaceChildren(...links);
}

/** The message line: words and the next step. */
export function showNote(root, note) {
  const [box, words, next] = ["#message", "#words", "#next"].map((place) => find(place, root));
  if (box.dataset.tone === note.tone && words.textContent === note.words && next.textContent === note.next) return;
  box.dataset.tone = note.tone;
  say(words, note.words);
  say(next, note.next);
  fit([words, next]);
}

/** Why a verb is not live, as `[words, next step]`; null for a live one. */
export function whyNot(verb, doc) {
  const state = doc.verbs[commandOf(verb, doc)];
  if (state.live) return null;
  return [told(state), told(state, "next_")];
}

// --- names

export const windowName = (id, window) => {
  const label = windowLabel(id, window);
  return label === name(window) ? label : `${label} ${name(window)}`;
};

/** The names of the hall, by id; an id without one is shown as it is. */
export class Names {
  constructor(hall, desk) {
    Object.assign(this, { hall, desk });
  }

  of = (table, id) => (table[id] ? name(table[id]) : safe(id));
  item = (id) => this.of(this.desk.items, id);
  queue = (id) => this.of(this.hall.queues, id);
  priority = (id) => this.of(this.desk.classes, id);
  window = (id) => (this.hall.windows[id] ? windowName(id, this.hall.windows[id]) : safe(id));
}

/** A duration in microseconds as m:ss or h:mm:ss; 0:00 for a negative one, which two clocks can give. */
export function span(micros) {
  const seconds = Math.floor(Math.max(micros, 0) / SECOND);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

export const minutesOf = (micros) => Math.floor(Math.max(micros, 0) / SECOND / 60);

// --- drawing

const drawn = new WeakMap();

/** Draws a part anew if `facts` differ from those of the last time; `keepRowFocus` keeps the focus. */
export function renew(element, facts, build) {
  const signature = JSON.stringify([language(), facts]);
  if (drawn.get(element) === signature) return;
  drawn.set(element, signature);
  element.replaceChildren(...build().filter(Boolean));
  fit(element.querySelectorAll(".fit"));
}

export function showMast(root, doc, names, clock) {
  renew(find("#window", root), doc.window, () => [names.window(doc.window)]);
  fit([find("#window", root)]);
  say(find("#clerk", root), doc.clerk ? t("desk.clerk", { clerk: doc.clerk }) : "");
  say(find("#state", root), t(`window-state.${doc.state}`));
  say(find("#time", root), clock);
}

/** The applicant at the window, or what to do without one; without colour while the link is away. */
export function showTicket(root, doc, names, now, current) {
  const { ticket } = doc;
  find("#ticket", root).dataset.tone = current ? doc.state : "old";
  const number = find("#number", root);
  if (number.textContent !== (ticket?.number ?? "")) {
    number.textContent = ticket?.number ?? "";
    fit([number]);
  }
  const facts = [ticket?.ticket, ticket?.others, ticket?.queue, ticket?.priority, ticket?.items, ticket?.then, ticket?.assistance, ticket?.papers, ticket?.alone, doc.state, doc.reason, doc.back, doc.waiting > 0];
  renew(find("#about", root), facts, () => (ticket ? aboutTicket(ticket, names) : withoutTicket(doc)));
  say(find("#elapsed", root), elapsed(doc, now));
  say(find("#rating", root), rating(doc, now));
}

/** That a kiosk gave this number while it was cut off, and what was not looked up there; "" for all others. */
export const alone = (ticket) => (ticket.alone ? [t("alone.mark"), ...ticket.alone.map((rule) => t(`alone.${rule}`))].join(" · ") : "");

function aboutTicket(ticket, names) {
  const queue = make("span.fit", {}, `${ticket.queue} ${names.queue(ticket.queue)}`);
  const priority = make("b.class", { "data-class": ticket.priority }, names.priority(ticket.priority));
  const stops = ticket.then ?? [];
  const later = new Set(stops.flatMap((stop) => stop.items));
  const items = ticket.items.filter((id) => !later.has(id)).map(names.item).join(" / ") || t("desk.no-items");
  const then = stops.length > 0 && make("p.then.fit", {}, t("desk.then", { stops: thenWords(stops, names) }));
  const noted = [ticket.assistance && t("desk.assisted", { assistance: t(`assistance.${ticket.assistance}`) }), ticket.papers && t(`papers-mark.${ticket.papers}`), alone(ticket)];
  const others = (ticket.others ?? []).map((each) => make("span.other", {}, t("desk.other-number", each)));
  const marks = [...noted.filter(Boolean).map((words) => make("b.noted", {}, words)), ...others];
  return [make("p.queue", {}, queue, priority), make("p.items.fit", {}, items), then, marks.length && make("p.marks", {}, marks)];
}

/** Where a visit for several items goes on, in the order of going. */
export const thenWords = (stops, names) => stops.map((stop) => `${stop.queue} ${stop.items.map(names.item).join(" / ")}`).join(" → ");

function withoutTicket(doc) {
  if (doc.state === "closed") return [make("p.head", {}, t("desk.closed-now"))];
  if (doc.state !== "paused") return [make("p.head", {}, t("desk.nobody")), make("p", {}, t(doc.waiting ? "desk.press-next" : "desk.nobody-waits"))];
  const reason = name({ name: doc.reason, name_en: doc.reason_en }) || t("desk.paused-now");
  const back = doc.back && make("p.back-at", {}, t("desk.back-at", { time: doc.back }));
  return [make("p.head.fit", {}, reason), back, make("p", {}, t("desk.press-resume"))];
}

function elapsed({ state, ticket, since }, now) {
  if (!ticket) return state === "paused" ? t("desk.since-paused", { time: span(now - since) }) : "";
  const key = ticket.state === "serving" ? "desk.since-serving" : "desk.since-called";
  const recalls = ticket.recalls ? t("desk.recalls", { count: ticket.recalls }) : "";
  return [t(key, { time: span(now - ticket.since) }), recalls].filter(Boolean).join("   ");
}

/** Who was called for help, else whether the last applicant is being asked or has rated. Never the level: a rating must
 * stay free. */
function rating(doc, now) {
  const { alarm } = doc;
  if (alarm && now < (alarm.acknowledged || now) + ALARM_SHOWN) {
    const key = alarm.acknowledged ? "desk.alarm-heard" : "desk.alarm-waits";
    return t(key, { kind: t(`desk.alarm-${alarm.kind}`) });
  }
  if (doc.rated && !doc.ticket) return t("desk.rating-given");
  return doc.rating && now < doc.rating.until ? t("desk.rating-asked", doc.rating) : "";
}

export function showQueues(root, doc, names) {
  renew(find("#queues", root), doc.queues, () =>
    Object.entries(doc.queues).map(([id, queue]) =>
      make("li", { "data-waiting": String(queue.waiting > 0) }, make("b", {}, id), make("span.fit", {}, names.queue(id)), make("b.number", {}, String(queue.waiting))),
    ),
  );
}

/** The lists of applicants; `choose(ticket)` is called with a press on one. */
export function showLists(root, doc, now, choose) {
  const box = find("#lists", root);
  if (!box.children.length) box.append(...Object.keys(LISTS).map((kind) => make("section", { "data-list": kind }, make("h2"), make("ul"))));
  for (const [kind, key] of Object.entries(LISTS)) {
    const [section, rows] = [find(`[data-list="${kind}"]`, box), doc[key]];
    const count = kind === "waiting" ? doc.waiting : rows.length;
    say(find("h2", section), `${t(`ticket-state.${kind}`)}  ${count}`);
    const facts = [count, rows.map((row) => [row.number, row.priority, row.bound, row.assistance, row.papers, row.alone, minutesOf(now - (row.since ?? row.issued))])];
    renew(find("ul", section), facts, () => listed(rows, count, now, choose));
  }
}

function listed(rows, count, now, choose) {
  if (!count) return [make("li.none", {}, t("desk.none"))];
  const lines = rows.map((row) => {
    const button = make("button.press.row", { type: "button", "data-key": row.ticket }, rowParts(row, now));
    press(button, () => choose(row.ticket));
    return make("li", {}, button);
  });
  return [...lines, count > rows.length && make("li.none", {}, t("desk.more", { count: count - rows.length }))];
}

/** The parts of one applicant's line: number, mark of the class, minutes, whether bound to this window. */
export function rowParts(row, now) {
  const minutes = minutesOf(now - (row.since ?? row.issued));
  const mark = t(`class-mark.${row.priority}`).trim();
  return [
    make("b.number", {}, row.number),
    mark && make("span.mark", {}, mark),
    row.assistance && make("span.mark", {}, t(`assistance.${row.assistance}`)),
    row.alone && make("span.mark", {}, t("alone.mark")),
    make(`span.minutes${minutes >= LATE_MINUTES ? ".late" : ""}`, {}, t("desk.minutes", { count: minutes })),
    row.bound && make("span.bound", {}, t("desk.bound")),
  ];
}

/** The key bar: each verb's key and name; a dead one can be pressed too, and says why it is dead. `live` holds the verbs and
 * the keys beside them that do something now. */
export function showKeys(root, doc, live, pending, act) {
  const bar = find("#keys", root);
  if (!bar.children.length) bar.append(...[...Object.keys(VERBS), ...Object.keys(ALWAYS)].map((verb) => cap(verb, act)));
  for (const button of bar.children) {
    const { verb } = button.dataset;
    const absent = (verb === "cases" && !doc?.cases) || (verb === "fees" && doc?.fees === undefined);
    const state = absent ? "absent" : live.has(verb) ? "live" : verb === pending ? "pending" : "dead";
    button.dataset.state = state;
    button.setAttribute("aria-disabled", String(state !== "live"));
    say(find("kbd", button), ALWAYS[verb]?.[0] ?? capOf(verb));
    if (verb === "fees") button.hidden = absent;
    if (verb === "cases") showCasesKey(button, doc);
    else say(find("span", button), verb in ALWAYS ? t(ALWAYS[verb][1]) : verbName(verb, doc));
  }
}

/** The key of the cases: how many there are, and how many of them are late; none in a hall without cases. */
function showCasesKey(button, doc) {
  const { cases } = doc ?? {};
  button.hidden = !cases;
  if (!cases) return;
  button.dataset.late = String(cases.late > 0);
  say(find("span", button), t(cases.late ? "desk.cases-late" : "desk.cases-open", { count: cases.open, late: cases.late }));
}

function cap(verb, act) {
  const button = make("button.press.key", { type: "button", "data-verb": verb }, make("kbd"), make("span"));
  press(button, () => act(verb));
  return button;
}

/** What the guide desk has told this window, the oldest first; `read(message)` is called with a press on its button. */
export function showMessages(root, doc, clock, read) {
  const box = find("#messages", root);
  box.hidden = !doc.messages?.length;
  renew(box, doc.messages ?? [], () =>
    (doc.messages ?? []).slice(0, 1).map((each) => {
      const button = make("button.press", { type: "button", "data-key": each.message }, t("desk.message-read"), make("kbd", {}, "M"));
      press(button, () => read(each.message));
      const more = doc.messages.length > 1 && make("small", {}, t("desk.more", { count: doc.messages.length - 1 }));
      return make("p", { role: "alert" }, make("b", {}, t("guide.title")), make("span", {}, [each.number, name(each)].filter(Boolean).join(" ")), make("time", {}, clock(each.at)), more, button);
    }),
  );
}

/** What becomes of who waits at closing time, and what of the window's work is suspended: a line each, as the document has it. */
export function showStandstill(root, doc, clock) {
  const { closing, suspended = [] } = doc;
  const stopped = suspended.map((each) => {
    const words = { name: each.scope === "queue" ? `${each.id} ${name(each)}` : name(each), reason: name({ name: each.reason, name_en: each.reason_en }) };
    return each.until ? t("desk.standstill-until", { ...words, time: clock(each.until) }) : t("desk.standstill", words);
  });
  const lines = [closing && told(closing), stopped.join(t("desk.and"))].filter(Boolean);
  renew(find("#standstill", root), lines, () => lines.map((words) => make("p", {}, make("span", {}, words))));
}
