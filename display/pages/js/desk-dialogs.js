/* What the desk asks before it sends, and its help. Each dialog resolves with what was chosen, null if nothing was.
 *
 * Keys are read by their place (`event.code`) outside every text field, so an input method swallows none; within a field
 * a key that belongs to a composition is the input method's. */

import { find, make, press } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { practice } from "./desk-page.js";
import { ALWAYS, VERBS, capOf, verbName } from "./desk-parts.js";

const SIGN = /^(?:Key([A-Z])|(?:Digit|Numpad)([0-9]))$/;
const composing = (event) => event.isComposing || event.key === "Process";
const shortcut = (event) => event.ctrlKey || event.altKey || event.metaKey;

/** The letter or digit of a key; "" for any other. */
export const signOf = (code) => SIGN.exec(code)?.slice(1).find(Boolean) ?? "";

/** Opens a dialog with `title` and `parts`; `{done(value), chosen}`. Esc and its own button give null. */
export function open(dialog, title, parts, keys) {
  let done = null;
  const chosen = new Promise((resolve) => {
    done = (value) => {
      resolve(value);
      if (dialog.open) dialog.close();
    };
  });
  const back = make("button.press.back", { type: "button" }, t("desk.back"), make("kbd", {}, "Esc"));
  press(back, () => done(null));
  dialog.replaceChildren(make("div.card", {}, make("h2", { id: `${dialog.id}-title` }, title), ...parts, back));
  dialog.setAttribute("aria-labelledby", `${dialog.id}-title`);
  dialog.onclose = () => dialog.open || done(null); // by Esc. It comes late: the next question may be open already
  dialog.onkeydown = (event) => {
    if (!dialog.open) return;
    event.stopPropagation(); // no verb is pressed while a dialog asks
    if (composing(event) || shortcut(event)) return;
    if (event.repeat && signOf(event.code)) event.preventDefault(); // the key that opened the dialog is still down
    else keys(event, done);
  };
  dialog.showModal();
  return { done, chosen };
}

/** Moves the focus among the buttons in sight by an arrow key; true if it was one. */
function moved(event, list) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.code];
  if (!by) return false;
  const buttons = [...list.querySelectorAll("button")].filter((button) => !button.closest("[hidden]"));
  const at = buttons.indexOf(event.target);
  buttons[at < 0 ? 0 : (at + by + buttons.length) % buttons.length]?.focus();
  event.preventDefault();
  return true;
}

/** Asks for one of a few: by its digit, by arrows and Enter, or by a press. `lines` are `[digit, words]`; resolves with
 * the index. `at`: the line on which Enter would fall. */
export function pick(dialog, title, lines, at = 0) {
  let asked = null;
  const buttons = lines.map(([digit, words], index) => {
    const button = make("button.press.choice", { type: "button" }, make("kbd", {}, String(digit)), make("span.words", {}, words));
    press(button, () => asked.done(index));
    return button;
  });
  const list = make("ol.choices", {}, buttons.map((button) => make("li", {}, button)));
  asked = open(dialog, title, [list, make("p.hint", {}, t("desk.pick"))], (event, done) => {
    const index = lines.findIndex(([digit]) => signOf(event.code) === String(digit));
    if (index >= 0) done(index);
    else if (!moved(event, list)) return;
    event.preventDefault();
  });
  buttons[at].focus();
  return asked.chosen;
}

/** Asks for one of many: what is typed narrows the list. `lines` are `{text, parts}`; resolves with the index. */
export function findOne(dialog, title, lines, at = 0) {
  let asked = null;
  const buttons = lines.map(({ parts }, index) => {
    const button = make("button.press.choice", { type: "button" }, parts);
    press(button, () => asked.done(index));
    return make("li", {}, button);
  });
  const list = make("ul.choices.many", {}, buttons);
  const field = make("input", { type: "search", autocomplete: "off", placeholder: t("desk.find"), "aria-label": t("desk.find") });
  const narrow = () => {
    const wanted = field.value.normalize("NFKC").trim().toLowerCase();
    buttons.forEach((button, index) => (button.hidden = !lines[index].text.toLowerCase().includes(wanted)));
    const { activeElement } = dialog.ownerDocument;
    if (activeElement !== field) (find("li:not([hidden]) button", list) ?? list).focus();
  };
  list.tabIndex = -1; // has the focus while no line fits, so that Backspace is still read by its place
  field.addEventListener("input", narrow);
  asked = open(dialog, title, [field, list, make("p.hint", {}, t("desk.find-hint"))], (event, done) => {
    if (moved(event, list)) return;
    if (event.target === field) {
      if (event.code !== "Enter" && event.code !== "NumpadEnter") return;
      const first = buttons.findIndex((button) => !button.hidden);
      if (first >= 0) done(first);
    } else if (signOf(event.code)) field.value += signOf(event.code);
    else if (event.code === "Backspace") field.value = field.value.slice(0, -1);
    else return;
    event.preventDefault();
    narrow();
  });
  (buttons[at] ?? list).querySelector("button")?.focus();
  return asked.chosen;
}

/** The form of a window at which no clerk is signed in, `window` in `names`. `attempt({clerk, queues, secret, fresh, again})`
 * is called with what was typed. `secrets`: the names of the fields for a password that are asked for now. */
export function showSignIn(form, window, names, secrets, attempt) {
  const signature = [t("_lang"), ...secrets].join();
  if (form.dataset.drawn === signature) return;
  form.dataset.drawn = signature;
  const typed = (field) => find(`input[name=${field}]`, form)?.value ?? "";
  const [kept, secret] = [typed("clerk"), typed("secret")];
  const clerk = make("input", { name: "clerk", maxlength: 32, autocomplete: "off", autocapitalize: "off", spellcheck: "false", lang: "en" });
  clerk.value = kept;
  const boxes = names.hall.windows[window].serves.map((queue) => {
    const box = make("input", { type: "checkbox", name: "queue", value: queue });
    return make("label.queue", {}, box, make("span", {}, `${queue} ${names.queue(queue)}`));
  });
  const queues = make("details", {}, make("summary", {}, t("desk.only-queues")), make("div.boxes", {}, boxes));
  const fields = secrets.map((field) => secretField(field, field === "secret" ? secret : ""));
  const send = make("button.press.main", { type: "submit" }, t("desk.sign-in-title"));
  form.replaceChildren(
    make("h2", {}, t("desk.closed-now")),
    make("label.staff", {}, t("desk.clerk-number"), clerk),
    ...fields,
    send,
    ...(boxes.length > 1 ? [queues] : []),
    practice(names.desk, window),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    const chosen = [...form.querySelectorAll("input[name=queue]:checked")].map((box) => box.value);
    const [staff, [known, fresh, again]] = [clerk.value.normalize("NFKC").trim(), ["secret", "fresh", "again"].map(typed)];
    attempt({ clerk: staff, queues: chosen, secret: known, fresh, again });
  };
}

function secretField(name, value) {
  const words = t({ secret: "desk.password", fresh: "desk.new-password", again: "desk.once-more" }[name]);
  const input = make("input", { name, type: "password", maxlength: 64, autocomplete: name === "secret" ? "current-password" : "new-password" });
  input.value = value;
  return make("label.staff", {}, words, input);
}

/** All keys, and the rules of a press. */
export function help(dialog, doc, names, window) {
  const row = (cap, called, about) => make("tr", {}, make("th", { scope: "row" }, make("kbd", {}, cap)), make("td", {}, called), make("td", {}, about));
  const rows = Object.keys(VERBS).map((verb) => row(verb === "next" ? `${capOf(verb)} / N` : capOf(verb), verbName(verb, doc), t(`desk.about-${verb}`)));
  const cases = doc?.cases && row("B", t("desk.cases"), t("desk.cases-about"));
  const fees = doc?.fees !== undefined && row("Y", t("desk.fees"), t("desk.fees-about"));
  const filing = ALWAYS.file && row("K", t("desk.file"), t("desk.file-about"));
  const table = make("table", {}, make("tbody", {}, rows, cases, fees, filing, row("D", t("desk.day"), t("desk.day-about")), row("F1", t("desk.help"), t("desk.help-about"))));
  const rules = make("ul.rules", {}, [1, 2, 3, 4, 5].map((nth) => make("li", {}, t(`desk.help-${nth}`))));
  const scroll = make("div.scroll", { tabindex: 0 }, practice(names.desk, window), table, rules);
  const { chosen } = open(dialog, t("desk.help-title"), [scroll], (event, done) => {
    if (!["F1", "Enter", "NumpadEnter"].includes(event.code)) return;
    event.preventDefault();
    done(null);
  });
  return chosen;
}
