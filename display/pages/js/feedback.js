/* What the tablet and the phone ask: five choices, reasons for a bad one, a person's own words.
 *
 * Own words go to the hall's deletable file by the web process, never over the wire: the caller's log cannot
 * forget. Reasons are a versioned list, any of it or none; what is sent names the version ("1:slow"), so that
 * figures stay comparable when the list changes. */

import { make, phrases, press, qr } from "../shared/dom.js";
import { t, told } from "../shared/words.js";
import { explained } from "./hall.js";

export const LEVELS = [5, 4, 3, 2, 1];
export const BAD_LEVEL = 2; // this and below is a bad rating (差评) and may give reasons
const MOUTHS = {
  5: "M13 24q7 10 14 0z",
  4: "M13 25q7 6 14 0",
  3: "M13 27h14",
  2: "M13 29q7 -6 14 0",
  1: "M12 31q8 -10 16 0",
};

/** A button with the words of `key` that calls `act`. */
export function button(key, act, kind = "", text = t(key)) {
  const element = make(`button.press${kind ? `.${kind}` : ""}`, { type: "button", "data-act": key }, text);
  press(element, act);
  return element;
}

/** The row of choices, all of one size and ink; `choose(level)` is called with a press. */
export function levels(choose) {
  const buttons = LEVELS.map((level) => {
    const choice = make("button.press.level", { type: "button", "data-level": level }, face(level), t(`level.${level}`));
    press(choice, () => choose(level));
    return choice;
  });
  return make("div.levels", { role: "group", "aria-label": t("rate.ask") }, buttons);
}

const face = (level) =>
  make(
    "svg.face",
    { viewBox: "0 0 40 40", "aria-hidden": "true" },
    make("circle", { cx: 20, cy: 20, r: 17 }),
    make("circle.eye", { cx: 14, cy: 16, r: 2 }),
    make("circle.eye", { cx: 26, cy: 16, r: 2 }),
    make("path", { d: MOUTHS[level] }),
  );

/** The reasons of the hall's list `{version, reasons}` as buttons, and which were chosen: `{element, chosen()}`. */
export function reasonChoices(list) {
  const buttons = list.reasons.map(reasonChoice);
  const element = make("div.why", {}, make("div.reasons", { role: "group", "aria-label": t("rate.why") }, buttons));
  const pressed = (choice) => choice.getAttribute("aria-pressed") === "true";
  const chosen = () => buttons.filter(pressed).map((choice) => `${list.version}:${choice.dataset.reason}`);
  return { element, chosen };
}

function reasonChoice(reason) {
  const attributes = { type: "button", "aria-pressed": "false", "data-reason": reason.id };
  const choice = make("button.press.reason", attributes, phrases(told(reason)));
  press(choice, () => choice.setAttribute("aria-pressed", choice.getAttribute("aria-pressed") !== "true"));
  return choice;
}

/** The two fields of a letter, at most `text` and `contact` characters long: `{element, text(), contact()}`. */
export function letterFields(longest) {
  const text = field("textarea", "letter.text", { maxlength: longest.text, rows: 4 });
  const contact = field("input", "letter.contact", { type: "text", maxlength: longest.contact, autocomplete: "off" });
  const element = make("div.letter", {}, text, contact, make("p.second", {}, t("letter.apart")));
  return { element, text: () => text.value.trim(), contact: () => contact.value.trim(), hideContact: (hide) => (contact.hidden = hide) };
}

const field = (tag, key, more) => make(tag, { "aria-label": t(key), placeholder: t(key), ...more });

/** Sends a letter; returns how many this ticket may still send. Throws a `LetterError` with the reason in words.
 * `sender` proves whose it is: a phone's `{key}`, or a tablet's `{ticket, token}`. */
export async function sendLetter({ token, ...whose }, kind, letter, level = 0) {
  const body = JSON.stringify({ ...whose, kind, level, text: letter.text(), contact: letter.contact() });
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch("/opinion", { method: "POST", headers, body }).catch(() => null);
  const answer = await response?.json().catch(() => null);
  if (!response?.ok) throw new LetterError(answer?.zh ? explained(answer) : [t("letter.failed"), t("letter.failed.next")]);
  return answer.left;
}

const PROVINCE_TRIES = 15; // a platform that has not answered after half a minute is not waited for
const PROVINCE_MS = 2_000;

/** The province's own page for this visit, once its platform has answered: a code to scan on the tablet, a link on the phone;
 * null where there is none. `wanted()`: whether anybody still looks. `sender` as for a letter. */
export async function provincePage({ token, ...whose }, wanted) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  for (let tries = 0; tries < PROVINCE_TRIES && wanted(); tries++) {
    const response = await fetch("/province-page", { method: "POST", headers, body: JSON.stringify(whose) }).catch(() => null);
    const found = response?.ok ? await response.json().catch(() => ({})) : {};
    if (found.url) return found;
    if (!found.wait && tries) return null; // asked twice: what sends it may be a second behind the visit
    await new Promise((resume) => setTimeout(resume, PROVINCE_MS));
  }
  return null;
}

/** What a tablet shows of it: the code and what it is for. */
export const provinceCode = (found) => make("div.province", {}, qr(found.qr, t("province.scan")), make("p", {}, t("province.scan")));

/** What a phone shows of it: it opens beside this page, which knows nothing of it any more. */
export const provinceLink = (found) => make("a.press.province", { href: found.url, target: "_blank", rel: "noopener noreferrer" }, t("province.open"));

class LetterError extends Error {
  constructor(lines) {
    super(lines[0]);
    this.lines = lines.filter(Boolean);
  }
}
