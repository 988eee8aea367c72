/* The phone of someone who waits: their own number and nothing about anybody else.
 * The ticket's id is in the address of the page (the slip's QR) and is all that opens it. */

import { connect } from "../client.js";
import { find, make, say } from "./dom.js";
import { begin } from "./page.js";
import { press } from "./press.js";
import { Acts } from "./ticket/acts.js";
import { Bell } from "./ticket/bell.js";
import { OpinionBox } from "./ticket/box.js";
import { guide } from "./ticket/guide.js";
import { changesIn } from "./ticket/late.js";
import { place } from "./ticket/place.js";
import { Rating } from "./ticket/rating.js";
import { label, language, name, speak, t } from "./words.js";

const preferred = localStorage.getItem("hallcall.language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
const { hall, url } = await begin([preferred]);
const ticket = decodeURIComponent(location.pathname.split("/").pop());
const bell = new Bell();
const acts = new Acts(find("#acts"), find("#sure"), { hall, bell, send: (command) => wire.send({ ticket, ...command }) });
const rating = new Rating(find("#rating"), ticket, (command) => wire.send({ ticket, ...command }));
const box = new OpinionBox(find("#box"), ticket);
let doc = null;
let guided = "";
let later = null;

press(find("#language"), otherLanguage);
relabel();
const wire = connect({ url, token: ticket, watch: [`ticket/${ticket}`], onView: show, onState: state });

function show(_, newest) {
  bell.ring(doc, newest);
  doc = newest;
  draw();
}

function draw() {
  if (!doc) return;
  document.title = `${doc.number} ${doc.state === "called" ? t("ticket.turn") : t("ticket.title")}`;
  document.body.dataset.state = doc.state;
  const card = find("#place");
  card.className = `card${doc.state === "called" ? " turn" : ""}`;
  card.replaceChildren(...place(doc, hall, wire.now()).filter(Boolean));
  acts.show(doc, wire.now());
  rating.show(doc);
  find("#box").hidden = false;
  showGuide();
  drawLater(changesIn(doc, hall.rules.postpone_minutes, wire.now()));
}

/** Nobody sends news when the minutes someone asked for are over. */
function drawLater(micros) {
  clearTimeout(later);
  if (micros) later = setTimeout(draw, micros / 1000 + 1);
}

async function showGuide() {
  const wanted = `${language()} ${(doc.items ?? []).join()}`;
  if (wanted === guided) return;
  guided = wanted;
  find("#guide").replaceChildren(...(await guide(doc.items ?? [])));
}

function state(now, info) {
  document.body.dataset.wire = now;
  document.body.classList.toggle("stale", now === "silent");
  find(".silence")?.remove();
  if (now === "silent") document.body.append(make("p.silence", { role: "alert" }, t("silent")));
  if (now === "closed" && info.code && !doc) gone();
}

function gone() {
  find("#place").replaceChildren(make("p.head", {}, t("ticket.gone")), make("p.more", {}, t("ticket.gone.more")));
}

async function otherLanguage() {
  const ids = hall.languages.map((each) => each.id);
  await speak([ids[(ids.indexOf(language()) + 1) % ids.length]]);
  localStorage.setItem("hallcall.language", language());
  relabel();
  if (find("#box").dataset.step === "folded") box.fold(); // a letter half written is not torn up
  draw();
}

function relabel() {
  label();
  say(find("#hall"), name(hall));
  say(find("#language"), hall.languages.find((each) => each.id !== language())?.name ?? "");
  const phones = [["ticket.phone", hall.phone], ["ticket.complaint", hall.complaint_phone]].filter(([, phone]) => phone);
  find("#phones").replaceChildren(
    ...phones.map(([key, phone]) => make("p", {}, `${t(key)} `, make("a", { href: `tel:${phone}` }, phone))),
  );
}
