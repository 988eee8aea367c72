/* The rating of who scans the static code at a window: the number on the slip, a level, and of a bad one why. Without a number
 * it is an opinion, on the page for those. */

import { find, make, say } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { BAD_LEVEL, button, letterFields, levels, reasonChoices } from "./feedback.js";
import { explained, name, ours, query, windowLabel } from "./hall.js";
import { publicPage } from "./public-page.js";

const { hall, speaks } = await publicPage("card.title");
const window_ = query.get("window") ?? "";
const box = find("#card");
let step = null; // draws the step that is shown, anew in another language

place();
speaks(() => {
  place();
  step?.();
});
ask();

function place() {
  const found = hall.windows[window_];
  say(find("#window"), found ? [windowLabel(window_, found), name(found)].filter((each, n, all) => all.indexOf(each) === n).join(" · ") : t("card.no-window"));
  find("#feedback").href = ours(`/feedback?window=${encodeURIComponent(window_)}`);
}

function show(draw) {
  step = draw;
  box.dataset.step = draw.name;
  box.replaceChildren(...draw());
}

function ask(number = "", note = "") {
  if (!hall.windows[window_]) {
    box.hidden = true;
    return;
  }
  const field = make("input", { id: "number", value: number, autocomplete: "off", autocapitalize: "characters", maxlength: 16, "aria-label": t("card.number") });
  const chosen = (level) => {
    const typed = field.value.trim();
    if (typed.length < 2) return ask(typed, t("card.number.more"));
    if (level > BAD_LEVEL) return send({ number: typed, level, reasons: [] });
    why(typed, level);
  };
  show(function number_() {
    const label = make("label.card-number", {}, make("span", {}, t("card.number")), field);
    return [label, make("p.note", { role: "status" }, note || t("card.number.more")), make("h2", {}, t("rate.ask")), levels(chosen)];
  });
}

function why(number, level) {
  const choices = reasonChoices(hall.rating);
  const letter = letterFields(hall.letter);
  const post = (reasons, text, contact) => send({ number, level, reasons, text, contact });
  show(function why_() {
    const plain = button("rate.plain", () => post([], "", ""));
    const main = button("rate.send", () => post(choices.chosen(), letter.text(), letter.contact()), "main");
    const again = button("rate.again", () => ask(number));
    return [make("h2", {}, t("rate.why")), choices.element, letter.element, make("div.row", {}, main, plain, again)];
  });
}

async function send(rating) {
  show(function sending() {
    return [make("h2", {}, t("rate.sending"))];
  });
  const headers = { "Content-Type": "application/json" };
  const response = await fetch("/card", { method: "POST", headers, body: JSON.stringify({ window: window_, ...rating }) }).catch(() => null);
  const doc = await response?.json().catch(() => null);
  if (!response?.ok) return ask(rating.number, doc?.zh ? explained(doc).join(" ") : t("letter.failed"));
  show(function thanks() {
    return [make("h2", {}, t("rate.thanks")), make("p.second", {}, t(doc.kept ? "letter.kept" : "rate.thanks.more"))];
  });
}
