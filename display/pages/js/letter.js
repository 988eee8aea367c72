/* A person's own words, with a way to reach them if they like. They go to the hall's own deletable file by the web
 * process, never over the wire: the caller's log cannot forget. */

import { make } from "./dom.js";
import { words } from "./page.js";
import { t } from "./words.js";

const TEXT_MAX = 500; // characters, as the web process takes them
const CONTACT_MAX = 60;

/** The two fields: `{element, text(), contact()}`. */
export function fields() {
  const text = field("textarea", "letter.text", { maxlength: TEXT_MAX, rows: 4 });
  const contact = field("input", "letter.contact", { type: "text", maxlength: CONTACT_MAX, autocomplete: "off" });
  const element = make("div.letter", {}, text, contact, make("p.second", {}, t("letter.apart")));
  return { element, text: () => text.value.trim(), contact: () => contact.value.trim() };
}

const field = (tag, key, more) => make(tag, { "aria-label": t(key), placeholder: t(key), ...more });

/** Sends a letter. How many this ticket may still send; throws the words of whatever went wrong. */
export async function send(ticket, kind, letter, level = 0) {
  const body = JSON.stringify({ ticket, kind, level, text: letter.text(), contact: letter.contact() });
  const headers = { "Content-Type": "application/json" };
  const response = await fetch("/opinion", { method: "POST", headers, body }).catch(() => null);
  const answer = await response?.json().catch(() => null);
  if (!response?.ok) throw new LetterError(answer?.zh ? words(answer) : [t("letter.failed"), t("letter.failed.next")]);
  return answer.left;
}

class LetterError extends Error {
  constructor(told) {
    super(told[0]);
    this.told = told.filter(Boolean);
  }
}
