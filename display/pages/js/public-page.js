/* What the pages on a person's own phone share: the hall's name, the language that was chosen once for all of them, the
 * phones to call, and the code that stands behind the # of the address, so that no server logs it with the address. */

import { find, make, press, say } from "../shared/dom.js";
import { COMPLETE, label, language, t } from "../shared/words.js";
import { begin, chosenLanguage, explained, keepLanguage, name, nameByLanguage, nextLanguageKept, opened, publicWords, query, speak } from "./hall.js";

/** Begins a page titled by the words of `title`; `facts`: where what it needs of the hall lies. It speaks the language that its address
 * names, as a link in a message or on a slip does, or that was chosen on any page before. `speaks(draw)`: the page heeds what is
 * pressed from now on; its button has a name from then, and chooses the next language, then `draw` runs. */
export async function publicPage(title, facts) {
  publicWords();
  const named = query.get("lang")?.split(",")[0];
  const chosen = named ?? chosenLanguage();
  const likely = chosen || (COMPLETE.find((id) => reads(id)) ?? COMPLETE.at(-1)); // its words come with the facts
  const { hall, url } = await begin([likely], facts);
  await offeredHere(hall, chosen);
  if (named === language()) keepLanguage(named);
  const relabel = () => {
    label();
    say(find("#hall"), name(hall));
    document.title = t(title);
    find("#phones")?.replaceChildren(...phones(hall));
  };
  const speaks = (draw) => {
    const button = find("#language");
    press(button, async () => {
      await nextLanguageKept(hall);
      relabel();
      nameByLanguage(button, hall);
      keepingFields(draw);
    });
    nameByLanguage(button, hall);
    opened();
  };
  relabel();
  return { hall, url, speaks };
}

const FIELDS = "main :is(input, textarea, select, details, [aria-pressed])";

/** Draws, and leaves what was typed, chosen and unfolded as it was where the same fields stand there again. */
function keepingFields(draw) {
  const kinds = (fields) => fields.map(({ tagName, type }) => tagName + type).join();
  const before = [...document.querySelectorAll(FIELDS)];
  const held = before.map(({ value, checked, open, ariaPressed }) => ({ value, checked, open, ariaPressed }));
  draw();
  const after = [...document.querySelectorAll(FIELDS)];
  if (kinds(after) !== kinds(before)) return;
  for (const [n, field] of after.entries()) {
    const changed = Object.entries(held[n]).filter(([key, was]) => was !== undefined && field[key] !== was);
    for (const [key, was] of changed) field[key] = was;
    if (changed.length) field.dispatchEvent(new Event("change"));
  }
}

const reads = (id) => navigator.language.split("-")[0] === id;

/** Has a language speak that the hall offers: the chosen one, the phone's own, or what speaks already; else the hall's first. */
async function offeredHere({ languages }, chosen) {
  const ids = languages.map((each) => each.id);
  const best = [chosen, ids.find(reads), language()].find((id) => ids.includes(id)) ?? ids[0];
  if (best !== language()) await speak([best]);
}

const phones = (hall) =>
  [["ticket.phone", hall.phone], ["ticket.complaint", hall.complaint_phone]]
    .filter(([, phone]) => phone)
    .map(([key, phone]) => make("p", {}, `${t(key)} `, make("a", { href: `tel:${phone}`, "aria-label": `${t(key)} ${phone}` }, phone)));

/** Puts who hears the page where a step has led: at the heading `selector` finds in `box`, else at the page's. What was pressed to get
 * there is gone, and with it the place to read on from. */
export function leadTo(box, selector = "h2") {
  const heading = find(selector, box) ?? find("h1");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

/** What stands behind the # of the address. */
export const codeInAddress = () => decodeURIComponent(location.hash.slice(1));

/** Has what is typed into the form's field go behind the #, cleaned of the signs `dropped`, and calls `look` for each. */
export function askCode(field, dropped, look) {
  find("#ask").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = `#${field.value.replace(dropped, "")}`;
    if (location.hash === typed) look();
    else location.hash = typed; // the change of it looks
  });
  window.addEventListener("hashchange", look);
}

export const NO_DIGITS = /[^0-9０-９]/g;

const LATE_MS = 300; // what comes sooner needs no word

/** What the server answers at `path`: {found, doc}; doc null where it cannot be reached. `box`: where it will be shown, and meanwhile, on a
 * slow line, that it is on its way. */
export async function looked(path, box = null) {
  const late = box && setTimeout(() => ((box.hidden = false), box.replaceChildren(make("p.note", { role: "status" }, t("case.looking")))), LATE_MS);
  const response = await fetch(path).catch(() => null);
  clearTimeout(late);
  return response ? { found: response.ok, doc: await response.json().catch(() => null) } : { found: false, doc: null };
}

/** Sends a document as our pages do: {ok, doc}, or {ok: false, code, why}; `why()` is what is so and the next step, in the language that speaks. */
export async function post(path, document) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(document) }).catch(() => null);
  const doc = await response?.json().catch(() => null);
  if (response?.ok) return { ok: true, doc };
  return { ok: false, code: doc?.code ?? "", why: () => (doc?.zh ? explained(doc) : [t("letter.failed"), ""]) };
}
