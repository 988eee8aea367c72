/* What the hall's own screens share and no phone loads: the clock, in which language the staff begin, a clerk's card, and the
 * emergency sheet that a desk keeps. */

import { make, say } from "../shared/dom.js";
import { BASE, COMPLETE, instants, safe, t } from "../shared/words.js";
import { chosenLanguage, keep, timeOfDay } from "./hall.js";

const TICK_MS = 500;

/** In which language a page of the staff begins: the one they chose last, of those with every word. */
export const staffLanguage = () => COMPLETE.find((id) => id === chosenLanguage()) ?? BASE;

/** Keeps two elements on the caller's time for as long as the page lives; the PC's own clock is never shown. */
export function runClock(wire, zone, timeElement, dateElement) {
  const tick = () => {
    const now = wire.now();
    const date = instants(zone, { month: "long", day: "numeric" })(now);
    say(timeElement, timeOfDay(zone)(now));
    say(dateElement, `${date}${t("clock.gap")}${instants(zone, { weekday: "long" })(now)}`);
  };
  tick();
  return setInterval(tick, TICK_MS);
}

// --- a clerk's card

const CARD_MS = 60_000; // what the office changed of a card is seen with the first call after so long
const cards = new Map(); // clerk → { at, card }; {} (names are off by default)

/** The card of a clerk; while the web process is away the one there was. */
async function cardOf(clerk) {
  const kept = cards.get(clerk);
  if (kept && performance.now() - kept.at < CARD_MS) return kept.card;
  const response = await fetch(`/clerks/${encodeURIComponent(clerk)}.json`).catch(() => null);
  const card = response?.status === 200 ? await response.json() : response?.status === 204 ? {} : (kept?.card ?? {});
  cards.set(clerk, { at: performance.now(), card });
  return card;
}

/** What is shown of a clerk, as elements: name, photo, star and party badge, as far as the hall shows them. */
export async function clerkParts(clerk) {
  const card = await cardOf(clerk);
  const badges = [card.star ? "★".repeat(Math.min(5, card.star)) : "", card.party ? t("party") : ""].filter(Boolean);
  const number = t("clerk.number", { clerk });
  return [
    card.photo && make("img", { src: `/clerks/${encodeURIComponent(card.photo)}`, alt: safe(card.name ?? "") }),
    make("p.clerk-name", {}, safe(card.name ?? number)),
    card.name && make("p.second", {}, number),
    badges.length && make("p.badges", {}, ...badges.map((badge) => make("span", {}, badge))),
  ].filter(Boolean);
}

// --- the emergency sheet

export const SHEET = "hallcall.sheet"; // what is kept of it in this browser: its page shows it with the caller gone
const SHEET_MS = 60_000;

/** Keeps the emergency sheet of a desk for when the caller is away: asks for it once a minute where `free()`, through
 * `watch(more)`, and stops watching it when it has come. Returns what takes a document if it is the sheet. */
export function keepSheet(free, watch) {
  setInterval(() => free() && watch(["sheet"]), SHEET_MS);
  return (topic, view) => {
    if (topic !== "sheet") return false;
    keep(SHEET, view);
    if (free()) watch([]);
    return true;
  };
}
