/* A clerk's card: name, photo, star and party badge if the hall put a file there; otherwise the staff number. */

import { make } from "./dom.js";
import { t } from "./words.js";

const cards = new Map();

/** The card file of a clerk, or {} (names are off by default). */
export async function clerkCard(clerk) {
  if (!cards.has(clerk)) cards.set(clerk, load(clerk));
  return cards.get(clerk);
}

async function load(clerk) {
  const response = await fetch(`/clerks/${encodeURIComponent(clerk)}.json`).catch(() => null);
  return response?.status === 200 ? response.json() : {};
}

/** What is shown of a clerk, as elements. */
export async function clerkParts(clerk) {
  const card = await clerkCard(clerk);
  const badges = [card.star ? "★".repeat(Math.min(5, card.star)) : "", card.party ? t("party") : ""].filter(Boolean);
  return [
    card.photo ? make("img", { src: `/clerks/${encodeURIComponent(card.photo)}`, alt: card.name ?? "" }) : "",
    make("p.clerk-name", {}, card.name ?? t("clerk.number", { clerk })),
    card.name ? make("p.second", {}, t("clerk.number", { clerk })) : "",
    badges.length ? make("p.badges", {}, badges.join(" · ")) : "",
  ].filter(Boolean);
}
