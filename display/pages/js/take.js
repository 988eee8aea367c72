/* A number taken with one's own phone. The address holds the code of the minute that a kiosk or a board shows; the server gives
 * a pass for it, and the pass takes one number. The phone is known by a random key that this page made and keeps; no other
 * page and no log has it. */

import { find, make } from "../shared/dom.js";
import { fetchOnce } from "../shared/fetching.js";
import { t } from "../shared/words.js";
import { Chooser, inWords, radios, told } from "./choose.js";
import { button } from "./feedback.js";
import { band, explained, query } from "./hall.js";
import { post, publicPage } from "./public-page.js";

const PHONE = "hallcall.phone";
const NUMBER = "hallcall.number"; // the newest taken with this phone: {key, number, at}
const KEPT_MS = 12 * 3_600_000;

const { hall: offer, speaks } = await publicPage("take.title", "/offer.json");
const code = query.get("code") ?? "";
let waits = { queues: {}, items: {} };
let passed = ""; // what the code was exchanged for
let why = null; // why there is no pass, or the last number was refused: gives [words, next step]
let sending = false;

const chooser = await begun();
speaks(draw);

async function begun() {
  if (!offer.take) {
    why = () => [t("take.off"), t("take.off.next")];
    draw();
    return null;
  }
  await arrive();
  const made = new Chooser(find("#choose"), offer, { mark, chosen: page });
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
  const mine = kept && make("p", {}, make("a.press.wide", { href: `/t#${kept.key}` }, t("take.mine", kept)));
  const scan = !passed && !why && told([t("take.scan"), t("take.scan.next")], "yellow");
  const parts = [mine, why ? told(why()) : scan].filter(Boolean);
  find("#told").replaceChildren(...parts);
  find("#told").hidden = !parts.length;
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
  if (kind === "i") import("./ticket-card.js").then(async ({ guide }) => facts.replaceChildren(...(await guide([thing.id]))));
  const take = () => takeNumber(thing, kind, classes?.value() ?? "ordinary");
  const press = button("take.take", take, "main");
  press.disabled = Boolean(shut) || !passed;
  const note = make("p.note", {}, mark(thing, kind));
  return [note, passed && !shut && classes?.element, facts, make("div.act.near", {}, press)];
}

async function takeNumber(thing, kind, priority) {
  if (sending) return;
  sending = true;
  const chosen = kind === "i" ? { item: thing.id } : { queue: thing.id };
  const answer = await post("/take/number", { code, phone: phoneKey(), passed, priority, ...chosen });
  sending = false;
  if (answer.ok) {
    keep(NUMBER, JSON.stringify({ ...answer.doc, at: Date.now() }));
    return location.replace(`/t#${answer.doc.key}`);
  }
  why = answer.why;
  if (answer.code.startsWith("take-")) passed = "";
  draw();
  scrollTo(0, 0);
}

// --- what this phone keeps

function phoneKey() {
  const made = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const kept = read(PHONE);
  if (kept) return kept;
  keep(PHONE, made());
  return read(PHONE) ?? "";
}

function keptNumber() {
  const kept = JSON.parse(read(NUMBER) ?? "null");
  return kept && Date.now() - kept.at < KEPT_MS ? kept : null;
}

/** Private browsing may have no store: then this phone is nobody, and is told so. */
function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    /* as above */
  }
}
