/* How a case goes on, for who holds its receipt. The receipt's QR holds the address `/case#CODE`; the code stays behind the
 * #, so that no server logs it with the address, and may be typed as well. Wrong ones are counted by the server. */

import { find, make, press, say } from "../shared/dom.js";
import { fit } from "../shared/fitting.js";
import { label, language, safe, t } from "../shared/words.js";
import { begin, explained, name, nextLanguage, nextLanguageName } from "./hall.js";

const DAY = { year: "numeric", month: "long", day: "numeric" };

const { hall } = await begin([navigator.language.startsWith("zh") ? "zh" : "en"]);
let seen = null; // the case, or why there is none

relabel();
find("#ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const code = `#${find("#code").value.replace(/[^0-9０-９]/g, "")}`;
  if (location.hash === code) look();
  else location.hash = code; // the change of it looks
});
window.addEventListener("hashchange", look);
press(find("#language"), async () => {
  await nextLanguage(hall);
  relabel();
  draw();
});
look();

function relabel() {
  label();
  say(find("#hall"), name(hall));
  say(find("#language"), nextLanguageName(hall));
  document.title = t("case.title");
  const phones = [["ticket.phone", hall.phone], ["ticket.complaint", hall.complaint_phone]].filter(([, phone]) => phone);
  find("#phones").replaceChildren(...phones.map(([key, phone]) => make("p", {}, `${t(key)} `, make("a", { href: `tel:${phone}` }, phone))));
}

/** Asks for the case of the code in the address. */
async function look() {
  const code = decodeURIComponent(location.hash.slice(1));
  find("#code").value = code;
  if (!code) return;
  const response = await fetch(`/progress/${encodeURIComponent(code)}`).catch(() => null);
  seen = response ? { found: response.ok, doc: await response.json() } : { found: false, doc: null };
  draw();
}

function draw() {
  const box = find("#case");
  box.hidden = !seen;
  if (!seen) return;
  const [words, next] = seen.doc && !seen.found ? explained(seen.doc) : [t("silent"), t("case.again")];
  box.replaceChildren(...(seen.found ? progress(seen.doc) : [make("p.case-state", {}, words), make("p", {}, next)]));
  box.dataset.light = seen.found ? seen.doc.light : "grey";
  fit(box.querySelectorAll(".fit"));
}

function progress(doc) {
  const both = (key) => name({ name: doc[key], name_en: doc[`${key}_en`] });
  const decided = doc.decision && t(`case-decision.${doc.decision}`);
  const rows = [
    ["case.number", doc.number],
    ["case.item", both("item")],
    ["case.department", both("department")],
    ["case.opened", dateOf(doc.opened)],
    ["case.before", doc.before && dateOf(doc.before)],
    ["case.due", doc.due && `${dateOf(doc.due)}${doc.provisional ? t("case.provisional") : ""}`],
    ["case.light", doc.due && t(`deadline-light.${doc.light}`)],
    ["case.phone", doc.phone],
  ].filter(([, value]) => value);
  return [
    make("p.case-state", {}, t(`case-state.${doc.state}`), decided && make("b", {}, decided)),
    make("dl", {}, rows.map(([key, value]) => [make("dt", {}, t(key)), make("dd", {}, safe(value))])),
  ];
}

const dateOf = (micros) => new Intl.DateTimeFormat(language() === "zh" ? "zh-CN" : "en-GB", { ...DAY, timeZone: hall.zone }).format(micros / 1000);
