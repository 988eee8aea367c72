/* Why a rating is bad: a versioned list, any of it or none. What is sent names the version ("1:slow"), so that
 * figures stay comparable when the list changes. */

import { make, phrases } from "../dom.js";
import { press } from "../press.js";
import { language, t } from "../words.js";

/** Loads the list once. */
export async function loadReasons() {
  const response = await fetch(new URL("../../reasons.json", import.meta.url));
  return response.json();
}

/** The choices and what was chosen: `{element, chosen()}`. */
export function reasonChoices(list) {
  const buttons = list.reasons.map((reason) => choice(reason));
  const element = make("div.why", {}, make("div.reasons", { role: "group", "aria-label": t("rate.why") }, ...buttons));
  const pressed = (button) => button.getAttribute("aria-pressed") === "true";
  const chosen = () => buttons.filter(pressed).map((button) => `${list.version}:${button.dataset.reason}`);
  return { element, chosen };
}

function choice(reason) {
  const button = make(
    "button.press.reason",
    { type: "button", "aria-pressed": "false", "data-reason": reason.id },
    ...phrases(language() === "zh" ? reason.zh : reason.en),
  );
  press(button, () => button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true"));
  return button;
}
