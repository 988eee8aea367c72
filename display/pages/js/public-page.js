/* What the pages on a person's own phone share: the hall's name, the language that was chosen once for all of them, the
 * phones to call, and the code that stands behind the # of the address, so that no server logs it with the address. */

import { find, make, press, say } from "../shared/dom.js";
import { COMPLETE, label, language, t } from "../shared/words.js";
import { begin, explained, name, nameByLanguage, nextLanguage, publicWords, query, speak } from "./hall.js";

const CHOSEN = "hallcall.language";

/** Begins a page titled by the words of `title`; `facts`: where what it needs of the hall lies. `speaks(draw)`: its button chooses the next language, then `draw` runs. */
export async function publicPage(title, facts) {
  publicWords();
  const chosen = localStorage.getItem(CHOSEN);
  const likely = chosen ?? (COMPLETE.find((id) => reads(id)) ?? COMPLETE.at(-1)); // its words come with the facts
  const { hall, url } = await begin([likely], facts);
  if (!query.get("lang")) await offeredHere(hall, chosen);
  const relabel = () => {
    label();
    say(find("#hall"), name(hall));
    nameByLanguage(find("#language"), hall);
    document.title = t(title);
    find("#phones")?.replaceChildren(...phones(hall));
  };
  const speaks = (draw) =>
    press(find("#language"), async () => {
      await nextLanguage(hall);
      localStorage.setItem(CHOSEN, language());
      relabel();
      draw();
    });
  relabel();
  return { hall, url, relabel, speaks };
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

/** What the server answers at `path`: {found, doc}; doc null where it cannot be reached. */
export async function looked(path) {
  const response = await fetch(path).catch(() => null);
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
