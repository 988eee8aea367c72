/* An appointment with one's own phone: the item, a free time, the ID number; afterwards the code alone opens it, behind the #
 * of the address. Before it books, the page does a work that costs a robot more than a person (`workFor`). */

import { find, make } from "../shared/dom.js";
import { fetchOnce } from "../shared/fetching.js";
import { CLOCK, instants, language, safe, t } from "../shared/words.js";
import { Chooser, told } from "./choose.js";
import { button } from "./feedback.js";
import { explained, name, store, stored } from "./hall.js";
import { Notify } from "./notify.js";
import { Push } from "./push.js";
import { askCode, codeInAddress, leadTo, looked, NO_DIGITS, post, publicPage } from "./public-page.js";
import { sha256 } from "./rating-tree.js";

const CODE = /^\d{8}$/;
const KEPT = "hallcall.booking"; // the code of the newest booking made with this phone
const DATE = { month: "long", day: "numeric", weekday: "short" };
const AT_ONCE = 500; // hashes between two looks at the finger

const { hall: offer, speaks } = await publicPage("book.title", "/offer.json");
let why = null; // why the last press did nothing: gives [words, next step]
let picked = null; // the time that was chosen: {item, day, slot}
let booked = null; // the booking of the code in the address
let changing = false;
let sending = false;

const chooser = new Chooser(find("#choose"), offer, { mark: () => "", chosen: page, listed: (thing) => thing.books });
askCode(find("#code"), NO_DIGITS, moved);
await moved(false);
speaks(draw);

/** Another place in the address: a code shows its booking, all else is chosen from. `led`: by a step of who uses the page. */
async function moved(led = true) {
  const code = codeInAddress();
  why = picked = null;
  changing = false;
  if (offer.book && CODE.test(code)) {
    const answer = await looked(`/book/bookings/${code}`, find("#choose"));
    booked = answer.found ? answer.doc : null;
    if (!booked) why = () => whyNot(answer.doc);
  } else booked = null;
  draw();
  if (led && booked) leadTo(find("#choose"));
}

/** Why an answer is none: the hall's own words, or that nothing answered. */
function whyNot(doc) {
  return doc?.zh ? explained(doc) : [t("silent"), t("case.again")];
}

function draw() {
  const code = codeInAddress();
  find("#ask").hidden = !offer.book || (CODE.test(code) && Boolean(booked)) || code.includes("=");
  drawTold(code);
  if (!offer.book) return find("#choose").replaceChildren();
  if (!CODE.test(code)) return chooser.draw();
  find("#choose").replaceChildren(make("p.back", {}, make("a", { href: "#" }, t("choose.back"))), ...(booked ? booking(code) : []).filter(Boolean));
}

function drawTold(code) {
  const kept = stored(KEPT);
  const mine = kept && !code && make("p", {}, make("a.press.wide", { href: `#${kept}` }, t("book.mine", { code: kept })));
  const parts = [mine, offer.book ? why && told(why()) : told([t("book.off"), t("book.off.next")])].filter(Boolean);
  find("#told").replaceChildren(...parts);
  find("#told").hidden = !parts.length;
}

// --- a time

function dayOf(slot) {
  return instants(offer.zone, DATE)(slot);
}

function clockOf(slot) {
  return instants(offer.zone, CLOCK)(slot);
}

function page(thing) {
  if (picked?.item === thing.id) return confirmation();
  return [slotList(thing.id, (day, slot) => {
    picked = { item: thing.id, day, slot };
    draw();
    scrollTo(0, 0);
    leadTo(find("#choose"), ".case-state");
  })];
}

/** The free times of an item; `choose(day, slot)` is called with one. */
function slotList(item, choose) {
  const box = make("div.below", {}, make("p.note", { role: "status" }, t("book.looking")));
  looked(`/book/slots/${encodeURIComponent(item)}`).then(({ found, doc }) => {
    if (!found) return box.replaceChildren(told(whyNot(doc)));
    const days = Object.entries(doc.days);
    const first = days.find(([, slots]) => left(slots))?.[0];
    box.replaceChildren(...(days.length ? days.map(([day, slots]) => dayPart(day, slots, choose, day === first)) : [make("p.note", {}, t("book.none"))]));
  });
  return box;
}

function left(slots) {
  return Object.values(slots).reduce((sum, each) => sum + each, 0);
}

function dayPart(day, slots, choose, open) {
  const buttons = Object.entries(slots).map(([slot, free]) => {
    const press = button("book.slot", () => choose(day, Number(slot)), "", clockOf(Number(slot)));
    press.append(" ", make("small", {}, free ? t("book.left", { free }) : t("book.full")));
    press.disabled = !free;
    return press;
  });
  const total = left(slots);
  const head = make("summary.press.wide", {}, dayOf(Number(Object.keys(slots)[0])), " ", make("small", {}, total ? t("book.left", { free: total }) : t("book.full")));
  return make("details", { open, "data-day": day }, head, make("div.slots", {}, buttons));
}

function confirmation() {
  const field = make("input", { id: "number", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: 24 });
  const note = make("p.note", { role: "status" }, t("book.number.more"));
  const again = () => {
    picked = null;
    draw();
  };
  const send = () => (field.value.trim() ? book(field.value.trim(), note) : field.focus());
  return [
    make("h3.case-state", {}, `${dayOf(picked.slot)} ${clockOf(picked.slot)}`),
    make("div.fields", {}, make("label", {}, make("span", {}, t("book.number")), field)),
    note,
    make("div.act", {}, button("book.book", send, "main"), button("book.other", again)),
  ];
}

async function book(number, note) {
  if (sending) return;
  sending = true;
  note.textContent = t("book.working");
  const asked = await fetchOnce("/book/challenge");
  const work = asked ? await workFor(asked) : "";
  const answer = await post("/book/bookings", { ...picked, id_number: number, challenge: asked?.challenge ?? "", work });
  sending = false;
  if (answer.ok) {
    store(KEPT, answer.doc.code);
    location.hash = `#${answer.doc.code}`;
    return;
  }
  why = answer.why;
  if (answer.code.startsWith("slot-")) picked = null; // the times are looked at anew
  drawTold(codeInAddress());
  note.textContent = t("book.number.more");
  if (!picked) chooser.draw();
  scrollTo(0, 0);
}

/** A number whose hash after the challenge begins with so many zero bits; the page stays alive meanwhile. */
async function workFor({ challenge, bits }) {
  const encoder = new TextEncoder();
  for (let tried = 0; ; tried += 1) {
    const hash = sha256(encoder.encode(`${challenge}.${tried}`));
    if (new DataView(hash.buffer).getUint32(0) >>> (32 - bits) === 0) return String(tried);
    if (tried % AT_ONCE === 0) await new Promise((resume) => setTimeout(resume));
  }
}

// --- a booking

function booking(code) {
  const item = chooser.items?.find((each) => each.id === booked.item);
  if (!item && !chooser.items) chooser.load(draw);
  const open = booked.state === "booked";
  const inTime = open && booked.change_until > Date.now() * 1000;
  const rows = [
    ["case.item", item && name(item)],
    ["book.when", `${dayOf(booked.slot)} ${clockOf(booked.slot)}`],
    ["book.before", booked.before && `${dayOf(booked.before)} ${clockOf(booked.before)}`],
    ["book.where", offer.address],
    ["book.code", code],
  ].filter(([, value]) => value);
  const card = make(
    "section.card.case",
    { "data-light": open ? "green" : "grey" },
    make("h2.case-state", {}, t(`appointment-holder.${booked.state}`)),
    make("dl", {}, rows.map(([key, value]) => [make("dt", {}, t(key)), make("dd", {}, safe(value))])),
    open && make("p", {}, t("book.come", offer)),
    open && make("img.qr", { src: `/book/bookings/${code}.svg`, alt: t("book.code") }),
  );
  return [card, open && acts(code, inTime), ...(open ? toldBy(code) : []), changing && slotList(booked.item, (day, slot) => act(code, "change", { day, slot }))];
}

function acts(code, inTime) {
  const calendar = make("a.press", { href: `/book/bookings/${code}.ics?lang=${language()}`, download: "appointment.ics" }, t("book.calendar"));
  if (!inTime) return make("div.act", {}, calendar, make("p.note", {}, t("book.late", offer)));
  const change = () => {
    changing = true;
    draw();
  };
  return make("div.act", {}, calendar, button("book.change", change), sureButton(() => act(code, "cancel", {})));
}

let notices = []; // of the booking that is shown: by its browser, by text message

function toldBy(code) {
  if (notices[0]?.proof.code !== code) notices = [new Push(make("section.help", { id: "push" }), { code }, offer.push), new Notify(make("section.help"), { code }, offer.notify)];
  for (const each of notices) each.show(true);
  return notices.map(({ box }) => box);
}

/** Gives up at the second press: the first asks. */
function sureButton(act) {
  let asked = false;
  const element = button("book.cancel", () => {
    if (asked) return act();
    asked = true;
    element.textContent = t("book.cancel.sure");
  });
  return element;
}

async function act(code, what, document) {
  const answer = await post(`/book/bookings/${code}/${what}`, document);
  await moved();
  if (answer.ok) return;
  why = answer.why;
  drawTold(code);
  scrollTo(0, 0);
}
