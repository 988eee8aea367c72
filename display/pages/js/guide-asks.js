/* What the guide types or scans means, and what each act of the guide desk asks before it is sent. Nothing here sends. */

import { make, press } from "../shared/dom.js";
import { language, safe, t, word } from "../shared/words.js";
import { findOne, open, pick } from "./desk-dialogs.js";
import { name } from "./hall.js";

const AIM = /^\][A-Za-z][0-9A-Za-z]/; // a scanner's mark of the kind of code
const SLIP = /(?:^|[/=#])([0-9a-f]{8}-[0-9a-f-]{27})(?:\.[0-9a-f]{24})?(?:$|[/?&#])/i;
const DOCUMENT = /^(?:[0-9]{17}[0-9X]|(?:passport|护照)[:：]?[A-Z0-9]{5,9})$/i;
const CODE = /^[0-9]{8}$/; // of an appointment
const PHONE = /^1[3-9][0-9]{9}$/;
const NUMBER = /^[A-Z]{0,2}[0-9]{0,6}$/i;

/** What was typed or scanned: `{kind, key}`, kind "ticket", "document", "phone", "code", "number", or "none". */
export function meaning(text) {
  const plain = text.normalize("NFKC").trim().replace(AIM, "");
  const slip = SLIP.exec(plain);
  if (slip) return { kind: "ticket", key: slip[1].toLowerCase() };
  const joined = plain.replace(/[\s-]/g, "");
  if (DOCUMENT.test(joined)) return { kind: "document", key: joined };
  if (PHONE.test(joined)) return { kind: "phone", key: joined };
  if (CODE.test(joined)) return { kind: "code", key: joined };
  if (joined && NUMBER.test(joined)) return { kind: "number", key: joined.toUpperCase() };
  return { kind: "none", key: "" };
}

/** The codes of a kind of the catalogue, in its order, as `[code, words]`. */
const coded = (kind, codes) => codes.map((code) => [code, t(`${kind}.${code}`)]);
export const ASSISTANCE = ["deaf", "blind", "wheelchair", "interpreter"];
const PAPERS = ["complete", "incomplete"];

/** One of a few, by its digit or a press; resolves with the code, null if nothing was chosen. */
async function oneOf(dialog, title, choices, at = "") {
  const lines = choices.map(([, words], index) => [index + 1, words]);
  const nth = await pick(dialog, title, lines, Math.max(0, choices.findIndex(([code]) => code === at)));
  return nth === null ? null : choices[nth][0];
}

export const askClass = (at, ticket) =>
  oneOf(at.dialog, t("guide.class-title", ticket), Object.keys(at.names.desk.classes).map((id) => [id, at.names.priority(id)]), ticket.priority);

export const askAssistance = (at, ticket) =>
  oneOf(at.dialog, t("guide.assist-title", ticket), [...coded("assistance", ASSISTANCE), ["", t("guide.mark-off")]], ticket.assistance || ASSISTANCE[0]);

export const askMinutes = (at, ticket) =>
  oneOf(at.dialog, t("guide.postpone-title", ticket), [5, 10, 20, 30].map((count) => [count, t("minutes", { minutes: count })]));

export const askCancel = (at, ticket) =>
  oneOf(at.dialog, t("guide.cancel-title", ticket), [["", t("guide.no")], ["yes", t("guide.cancel-yes")]]);

/** Shows which papers the visit needs, and asks whether they are complete. `papers`: lines of the items' guides. */
export function askPapers(at, ticket, papers) {
  const choices = [...coded("papers-mark", PAPERS), ["", t("guide.mark-off")]];
  const title = papers.length ? `${t("guide.papers-title", ticket)} ${t("guide.papers-need")}` : t("guide.papers-title", ticket);
  const asked = oneOf(at.dialog, title, choices, ticket.papers || PAPERS[0]);
  if (papers.length) at.dialog.querySelector("h2").after(make("ol.papers", { tabindex: 0 }, papers.map((line) => make("li", {}, safe(line)))));
  return asked;
}

/** What a number is for: an item, or a queue that no item leads to. */
export async function askWhat(at, title) {
  const items = Object.entries(at.names.desk.items);
  const led = new Set(items.map(([, each]) => each.queue));
  const bare = Object.keys(at.names.hall.queues).filter((queue) => !led.has(queue));
  const choices = [
    ...items.map(([item, each]) => ({ item, queue: each.queue, words: `${each.queue} ${at.names.item(item)}` })),
    ...bare.map((queue) => ({ item: "", queue, words: `${queue} ${at.names.queue(queue)}` })),
  ];
  const lines = choices.map(({ words, item }) => ({ text: `${words} ${item}`, parts: [make("span.words", {}, words)] }));
  const nth = await findOne(at.dialog, title, lines);
  return nth === null ? null : choices[nth];
}

/** One of the hall's fixed messages; `null` if nothing was chosen. */
export const askMessage = (at, title) => oneOf(at.dialog, title, at.names.desk.messages.map((each) => [each.id, name(each)]));

/** To which window; those where a clerk is. */
export async function askWindow(at, title, doc) {
  const ids = Object.keys(doc.windows).filter((id) => doc.windows[id].state !== "closed");
  const lines = ids.map((id) => {
    const words = `${at.names.window(id)} ${t(`window-state.${doc.windows[id].state}`)}`;
    return { text: words, parts: [make("span.words", {}, words)] };
  });
  const nth = await findOne(at.dialog, title, lines);
  return nth === null ? null : ids[nth];
}

/** One of the numbers that a phone number has found. */
export const askNumber = (at, tickets) => oneOf(at.dialog, t("guide.phone-which"), tickets.map(({ ticket, number }) => [ticket, number]));

/** A printer that prints for the guide desk; `null` if nothing was chosen. */
export function askPrinter(at, title, doc) {
  return oneOf(at.dialog, title, printers(doc), at.printer);
}

export const printers = (doc) =>
  Object.entries(doc.printers)
    .filter(([, each]) => each.prints)
    .map(([id, each]) => [id, `${id} ${t(`device-state.${each.state}`)}`]);

/** The rest of a number to issue for what is in `visit`: class, window, ID number, assistance, printer; "more" where one more
 * item is wanted first. */
export function askIssue(at, visit, doc) {
  const several = visit.length > 1;
  const classes = Object.keys(at.names.desk.classes).map((id) => [id, at.names.priority(id)]);
  const windows = several ? [] : doc.queues[visit[0].queue]?.windows ?? []; // of several, the caller chooses where it begins
  const fields = {
    priority: choice("guide.class", "priority", classes, "ordinary"),
    window: choice("guide.only-window", "window", [["", t("guide.any-window")], ...windows.map((id) => [id, at.names.window(id)])], ""),
    assistance: choice("guide.assist", "assistance", [["", t("guide.none")], ...coded("assistance", ASSISTANCE)], ""),
    printer: choice("guide.printer", "printer", [...printers(doc), ["", t("guide.no-print")]], at.printer),
  };
  const number = make("input", { name: "document", maxlength: 40, autocomplete: "off", autocapitalize: "off", spellcheck: "false", lang: "en" });
  const phone = make("input", { name: "phone", type: "tel", maxlength: 16, autocomplete: "off" });
  const told = make("label.tick", {}, make("input", { name: "notify", type: "checkbox" }), t("guide.phone-notify"));
  const send = make("button.press.main", { type: "submit" }, t("guide.issue"));
  const holder = make("label", {}, t("guide.document"), number, make("small", {}, t("guide.document-more")));
  const more = visit.every((each) => each.item) && make("button.press", { type: "button", "data-act": "more" }, t("guide.add-item"));
  const form = make("form.issue", {}, Object.values(fields), holder, make("label", {}, t("guide.phone"), phone, make("small", {}, t("guide.phone-more"))), at.names.hall.notify && told, send, more);
  const asked = open(at.dialog, t("guide.issue-title", { what: visit.map((each) => each.words).join(t("guide.and")) }), [form], () => {});
  if (more) press(more, () => asked.done("more"));
  form.onsubmit = (event) => {
    event.preventDefault();
    asked.done(Object.fromEntries(new FormData(form)));
  };
  send.focus();
  return asked.chosen;
}

function choice(key, field, choices, at) {
  const options = choices.map(([value, words]) => make("option", { value, selected: value === at }, words));
  return make("label", {}, t(key), make("select", { name: field }, options));
}

/** All keys, and what the desk does. */
export function help(dialog, acts) {
  const row = (cap, called) => make("tr", {}, make("th", { scope: "row" }, make("kbd", {}, cap)), make("td", {}, called));
  const table = make("table", {}, make("tbody", {}, acts.map(([cap, called]) => row(cap, called))));
  const rules = make("ul.rules", {}, [1, 2, 3, 4, 5].filter((nth) => word(language(), `guide.help-${nth}`)).map((nth) => make("li", {}, t(`guide.help-${nth}`))));
  const scroll = make("div.scroll", { tabindex: 0 }, table, rules);
  return open(dialog, t("guide.help-title"), [scroll], (event, done) => {
    if (!["F1", "Enter", "NumpadEnter"].includes(event.code)) return;
    event.preventDefault();
    done(null);
  }).chosen;
}

/** The form of a person who is not signed in: a staff number, and the password where `secrets` asks for it. */
export function showSignIn(form, secrets, attempt) {
  const signature = [t("_lang"), ...secrets].join();
  if (form.dataset.drawn === signature) return;
  form.dataset.drawn = signature;
  const typed = (field) => form.querySelector(`input[name=${field}]`)?.value ?? "";
  const kept = { staff: typed("staff"), secret: typed("secret") };
  const field = (id, key, type, more = {}) => {
    const input = make("input", { name: id, type, maxlength: 64, autocomplete: "off", autocapitalize: "off", spellcheck: "false", lang: "en", ...more });
    input.value = kept[id] ?? "";
    return make("label.staff", {}, t(key), input);
  };
  const words = { secret: "desk.password", fresh: "desk.new-password", again: "desk.once-more" };
  const send = make("button.press.main", { type: "submit" }, t("desk.sign-in-title"));
  form.replaceChildren(
    make("h2", {}, t("guide.sign-in")),
    field("staff", "desk.clerk-number", "text"),
    ...secrets.map((each) => field(each, words[each], "password", { autocomplete: each === "secret" ? "current-password" : "new-password" })),
    send,
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    attempt({ staff: typed("staff").normalize("NFKC").trim(), secret: typed("secret"), fresh: typed("fresh"), again: typed("again") });
  };
}

/** A button that an act hangs on. `dead`: why it does nothing now; it can be pressed all the same, and then says so. */
export function actButton(act, words, cap, dead, onPress) {
  const button = make("button.press.act", { type: "button", "data-act": act, "data-key": act, "data-state": dead ? "dead" : "live", "aria-disabled": String(Boolean(dead)) },
    cap && make("kbd", {}, cap), make("span", {}, words));
  press(button, () => onPress(act));
  return button;
}
