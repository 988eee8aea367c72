/* The emergency sheet: whom to call by hand, in which order, while the caller is away.
 *
 * 1. The newest sheet is kept in this browser: the page shows it with the caller gone, and after it was loaded anew.
 * 2. Ticks are kept too, by day and number: a number that a kiosk gives meanwhile is not known to the hall before its return.
 * 3. Back again, one press notes each ticked number as called by hand; what a kiosk gave and was not called by hand is called
 *    in its turn once the sheet is closed. Nothing is sent before a press, nor while the page is not current. */

import { newId } from "../shared/client.js";
import { find, make, press, say } from "../shared/dom.js";
import { keepRowFocus } from "../shared/row_focus.js";
import { BASE, label, own, sign, t } from "../shared/words.js";
import { begin, explained, keep, nameByLanguage, nextLanguage, query, timeOfDay } from "./hall.js";
import { SHEET } from "./hall-screens.js";
import { station, stationToken } from "./station.js";

const PRESS_MS = 5_000;
const TICKED = "hallcall.sheet.ticked";
const RANGE_MAX = 60; // numbers of one range that a page shows; a kiosk alone for an hour gives fewer

const { hall, url } = await begin([BASE]);
hall.languages = hall.staff_languages;
const window_ = query.get("window") ?? "";
const page = window_ ? `desk.${window_}` : "guide";
const clock = timeOfDay(hall.zone);
let doc = kept(SHEET, null);
let ticked = kept(TICKED, { day: "", numbers: [] });
let link = "connecting";
let busy = false;
let wire = null;

start();

function start() {
  relabel();
  keepRowFocus(document.body);
  press(find("#print"), () => print());
  addEventListener("beforeprint", () => say(find("#how"), t("sheet.how.away"))); // which is what the paper is for
  addEventListener("afterprint", draw);
  press(find("#language"), async () => (await nextLanguage(hall), relabel(), draw()));
  press(find("#note"), note);
  press(find("#close"), close);
  const session = sessionStorage.getItem(`hallcall.session.${window_ || "guide"}`) ?? "";
  const token = stationToken(page);
  wire = station({ url, token, session, watch: ["sheet"], onView: show, onState: linked, free: () => !busy, who: window_ ? `window ${window_}` : "guide guide" });
  draw();
}

function relabel() {
  label();
  document.title = t("sheet.title");
  nameByLanguage(find("#language"), hall);
}

// --- what comes, and what is kept

function kept(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function show(topic, view) {
  if (topic !== "sheet") return;
  doc = view;
  keep(SHEET, doc);
  draw();
}

function linked(state) {
  link = state;
  draw();
}

function tick(number, on) {
  const numbers = ticks().filter((each) => each !== number);
  ticked = { day: doc.day, numbers: on ? [...numbers, number] : numbers };
  keep(TICKED, ticked);
  draw();
}

function ticks() {
  return ticked.day === doc?.day ? ticked.numbers : [];
}

/** The waiting numbers that were ticked: what can be noted now. */
function toNote() {
  return Object.entries(doc?.waiting ?? {}).filter(([, each]) => ticks().includes(each.number));
}

// --- showing

function draw() {
  const current = link === "current";
  const told = doc ? t(current ? "sheet.current" : "sheet.kept", { time: clock(doc.at) }) : t("sheet.none");
  say(find("#as-of"), told);
  find("#as-of").classList.toggle("away", !current);
  say(find("#how"), t(current ? "sheet.how.current" : "sheet.how.away"));
  const count = toNote().length;
  const back = Object.values(doc?.waiting ?? {}).filter((each) => each.back).length;
  say(find("#note"), t("sheet.note", { count }));
  say(find("#close"), t("sheet.close", { count: back }));
  find("#note").disabled = !current || busy || !count;
  find("#close").disabled = !current || busy || !back || count > 0;
  find("#note").hidden = !count;
  find("#close").hidden = Boolean(window_) || !back;
  if (!doc) return;
  say(find("#hall"), [own(doc, "hall"), doc.day].join(" · "));
  find("#lists").replaceChildren(...Object.keys(doc.queues).map(queueSection).filter(Boolean), ...Object.entries(doc.kiosks).map(kioskSection));
}

function called(queue) {
  const names = doc.queues[queue] ?? { name: "", name_en: "" };
  return own(names, "name");
}

/** One queue: who waits, the next first. A window sees the queues it serves. */
function queueSection(queue) {
  if (window_ && doc.windows[window_] && !doc.windows[window_].includes(queue)) return null;
  const rows = Object.values(doc.waiting).filter((each) => each.queue === queue);
  if (!rows.length) return null;
  rows.sort((a, b) => a.promise - b.promise || a.number.localeCompare(b.number));
  const serving = Object.keys(doc.windows).filter((id) => doc.windows[id].includes(queue));
  const where = serving.length ? t("sheet.windows", { windows: serving.join(sign("list")) }) : "";
  return section(`${queue} ${called(queue)}`, where, rows.map((each) => row(each.number, each.back)));
}

/** The numbers a kiosk gives while it is cut off, in their order; each queue's begin a line. */
function kioskSection([id, kiosk]) {
  const numbers = kiosk.ranges.filter((each) => !window_ || !doc.windows[window_] || doc.windows[window_].includes(each.queue)).map(numbersOf);
  const lists = numbers.map((each) => each.map((number) => row(number, false)));
  return section(t("sheet.kiosk", { kiosk: kiosk.name || id }), t("sheet.until", { time: clock(kiosk.until) }), ...lists);
}

function numbersOf({ queue, first, last }) {
  const digits = first.slice(queue.length).length;
  const [from, to] = [first, last].map((each) => Number(each.slice(queue.length)));
  const count = Math.min(RANGE_MAX, to - from + 1);
  return Array.from({ length: count }, (_, place) => queue + String(from + place).padStart(digits, "0"));
}

function section(title, more, ...lists) {
  return make("section", {}, make("h2", {}, title, more && make("small", {}, more)), lists.map((rows) => make("ol", {}, rows)));
}

function row(number, back) {
  const on = ticks().includes(number);
  const box = make("input", { type: "checkbox", "data-key": number });
  box.checked = on;
  box.addEventListener("change", () => tick(number, box.checked));
  const mark = back && make("small", {}, t("sheet.back"));
  return make(`li${on ? ".ticked" : ""}${back ? ".back" : ""}`, {}, make("label", {}, box, make("span", {}, number), mark));
}

// --- telling the hall

async function send(command) {
  await wire.send(command, newId(), wire.now() + PRESS_MS * 1000);
}

async function act(work, done) {
  if (busy) return;
  busy = true;
  draw();
  try {
    await work();
    say(find("#message"), done());
  } catch (why) {
    if (why) say(find("#message"), explained(why).filter(Boolean).join(" "));
  }
  busy = false;
  draw();
}

function note() {
  const rows = toNote();
  act(
    async () => {
      for (const [ticket] of rows) await send({ type: "NoteCalledByHand", ticket, window: window_ });
    },
    () => t("sheet.noted", { count: rows.length }),
  );
}

function close() {
  act(
    () => send({ type: "CloseSheet" }),
    () => t("sheet.closed"),
  );
}
