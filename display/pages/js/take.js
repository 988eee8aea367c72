/* A number taken with one's own phone. The address holds the code of the minute that a kiosk or a board shows; the server gives
 * a pass for it, and the pass takes one number. The phone is known by a random key that this page made and keeps; no other
 * page and no log has it. */

import { find, make } from "../shared/dom.js";
import { fetchOnce } from "../shared/fetching.js";
import { t } from "../shared/words.js";
import { Chooser, inWords, radios, told } from "./choose.js";
import { button } from "./feedback.js";
import { band, explained, keep, name, ours, query, store, stored } from "./hall.js";
import { post, publicPage } from "./public-page.js";

const PHONE = "hallcall.phone";
const NUMBER = "hallcall.number"; // the newest taken with this phone: {key, number, at}
const KEPT_MS = 12 * 3_600_000;
const ITEMS_MAX = 10; // of one visit, as the caller takes them

const { hall: offer, speaks } = await publicPage("take.title", "/offer.json");
const code = query.get("code") ?? "";
let waits = { queues: {}, items: {} };
let passed = ""; // what the code was exchanged for
let why = null; // why there is no pass, or the last number was refused: gives [words, next step]
let more = []; // items chosen before the one in sight, for the same visit
let sending = false;

const chooser = await begun();
addEventListener("hashchange", drawTold);
speaks(draw);

async function begun() {
  if (!offer.take) {
    why = () => [t("take.off"), t("take.off.next")];
    drawTold();
    return null;
  }
  await arrive();
  const made = new Chooser(find("#choose"), offer, { mark, chosen: page, together });
  made.draw();
  drawTold();
  return made;
}

/** Exchanges the code for a pass; without one the page only shows what the hall offers. */
async function arrive() {
  if (code) {
    const answer = await post("/take/here", { code, phone: phoneKey() });
    if (answer.ok) ({ passed, ...waits } = answer.doc);
    else why = answer.why;
  }
  if (!passed) waits = await fetchOnce("/take/waits", waits);
}

function draw() {
  if (!offer.take) why = () => [t("take.off"), t("take.off.next")];
  drawTold();
  chooser?.draw();
}

function drawTold() {
  const kept = keptNumber();
  const mine = kept && make("p", {}, make("a.press.wide", { href: ours(`/t#${kept.key}`) }, t("take.mine", kept)));
  const arrive = kept?.remote && passed && make("div.act", {}, button("take.arrive", () => arriveWith(kept), "main", t("take.arrive", kept)));
  const scan = !passed && !why && told(remote() ? [t("take.remote"), t("take.remote.next", { minutes: offer.arrive_minutes })] : [t("take.scan"), t("take.scan.next")], "yellow");
  const parts = [arrive, mine, why ? told(why()) : scan, basket()].filter(Boolean);
  find("#told").replaceChildren(...parts);
  find("#told").hidden = !parts.length;
}

/** Whether this phone may take one without being here; whether it may take one at all now. */
function remote() {
  return offer.take === "remote" && !code;
}

function may() {
  return Boolean(passed) || remote();
}

// --- what is chosen

function queueOf(thing, kind) {
  return kind === "q" ? thing.id : thing.queue;
}

/** Why this gives no number now, as the caller's words; null where it does. */
function closed(thing, kind) {
  const queue = waits.queues[queueOf(thing, kind)];
  return queue && !queue.open ? queue : (kind === "i" && waits.items[thing.id]) || null;
}

function mark(thing, kind) {
  const shut = closed(thing, kind);
  if (shut) return explained(shut)[0];
  const queue = waits.queues[queueOf(thing, kind)];
  return queue ? [t("take.waiting", queue), queue.waiting ? band(queue) : ""].filter(Boolean).join(" · ") : "";
}

function page(thing, kind) {
  const shut = closed(thing, kind);
  const classes = offer.classes.length > 1 ? radios("take.class", offer.classes, "ordinary", (each) => inWords(each, "words")) : null;
  const facts = make("section.guide");
  const ids = kind === "i" ? visitWith(thing.id) : [];
  if (kind === "i") import("./ticket-card.js").then(async ({ guide }) => facts.replaceChildren(...(await guide(ids))));
  const take = () => takeNumber(kind === "i" ? { items: ids } : { queue: thing.id }, classes?.value() ?? "ordinary");
  const press = button(ids.length > 1 ? "take.several" : "take.take", take, "main", t(ids.length > 1 ? "take.several" : "take.take", { count: ids.length }));
  press.disabled = Boolean(shut) || !may();
  const add = kind === "i" && !shut && may() && ids.length < ITEMS_MAX && button("take.add", () => ((more = ids), drawTold(), (location.hash = "")));
  const note = ids.length < 2 && make("p.note", {}, mark(thing, kind));
  return [note, may() && !shut && classes?.element, facts, make("div.act.near", {}, press, add)];
}

// --- several items in one visit: one number, in the order that the caller finds the shortest

const visitWith = (id) => [...more.filter((each) => each !== id), id];

/** What is chosen already, and the way to let it go. */
function basket() {
  if (!more.length) return null;
  const [kind, id] = decodeURIComponent(location.hash.slice(1)).split("=");
  const ids = kind === "i" ? visitWith(id) : more; // with the one in sight
  const names = ids.map((id) => name(chooser?.items?.find((each) => each.id === id) ?? { name: id, name_en: id })).join(t("ticket.and"));
  const drop = button("take.drop", () => ((more = []), draw()));
  return make("div.basket", {}, make("p", {}, t("take.chosen", { count: ids.length, names })), drop);
}

/** The button that takes all items of a life event that give numbers now; nothing where these are too few or too many. */
function together(items) {
  const open = items.filter((each) => !closed(each, "i")).map((each) => each.id);
  if (open.length < 2 || open.length > ITEMS_MAX) return null;
  const all = () => ((more = open.slice(0, -1)), drawTold(), (location.hash = `#i=${encodeURIComponent(open.at(-1))}`));
  return make("div.act", {}, button("take.together", all, "main", t("take.together", { count: open.length })));
}

async function takeNumber(chosen, priority) {
  if (sending) return;
  sending = true;
  find(".near .main").textContent = t("book.working");
  const answer = await post("/take/number", { code, phone: phoneKey(), passed, priority, ...chosen });
  sending = false;
  if (answer.ok) {
    keep(NUMBER, { ...answer.doc, remote: !passed, at: Date.now() });
    return location.replace(ours(`/t#${answer.doc.key}`));
  }
  failed(answer);
}

/** Checks a number in that was taken elsewhere. */
async function arriveWith(kept) {
  const answer = await post("/take/arrived", { code, phone: phoneKey(), key: kept.key });
  if (!answer.ok && answer.code !== "arrived-already") return failed(answer);
  keep(NUMBER, { ...kept, remote: false });
  location.replace(ours(`/t#${kept.key}`));
}

function failed(answer) {
  why = answer.why;
  if (answer.code.startsWith("take-")) passed = "";
  draw();
  scrollTo(0, 0);
}

// --- what this phone keeps

/** Private browsing may have no store: then this phone is nobody, and is told so. */
function phoneKey() {
  const made = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const kept = stored(PHONE);
  if (kept) return kept;
  store(PHONE, made());
  return stored(PHONE);
}

function keptNumber() {
  const kept = JSON.parse(stored(NUMBER) || "null");
  return kept && Date.now() - kept.at < KEPT_MS ? kept : null;
}
