/* 收费 at a pay window's desk: a fee is taken of who is served here, or one of today's receipts is corrected.
 *
 * 1. Today's receipts and their sum come from the caller's document `clerk-day/WINDOW`; they stand in the title while it asks.
 * 2. An item with a price asks how many units, one without asks for the amount. Then the discount (those for the number's
 *    class first), the way of payment, and of any way but cash what it is found by. What is to be taken is shown before it
 *    is: no press takes money by mistake.
 * 3. Money is whole fen: what is typed in yuan is read as digits, never as a fraction. */

import { make, press } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { findOne, open, pick } from "./desk-dialogs.js";
import { name } from "./hall.js";

const WAYS = ["cash", "pos", "scan", "transfer"];
const WITHOUT_REFERENCE = "cash";
const LINES = 9; // receipts that have a digit; those before them are in the list behind it
const TYPED = /^(\d{1,9})(?:\.(\d{1,2}))?$/;
const REFERENCE = /^[A-Za-z0-9-]{1,32}$/;

/** Fen as people read them: 123405 is 1,234.05. */
export const yuan = (fen) => `${Math.trunc(fen / 100).toLocaleString("en-US")}.${String(fen % 100).padStart(2, "0")}`;

/** The fen of an amount typed in yuan; null for what is none. */
export function fenOf(text) {
  const found = TYPED.exec(text.normalize("NFKC").trim().replace(/^¥|元$/g, "").replaceAll(",", "").trim());
  return found ? Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0")) : null;
}

const wholeOf = (text) => (/^[1-9]\d{0,2}$/.test(text.normalize("NFKC").trim()) ? Number(text.normalize("NFKC").trim()) : null);
const referenceOf = (text) => (REFERENCE.test(text.normalize("NFKC").trim()) ? text.normalize("NFKC").trim() : null);

/** The command of a fee or of a correction, and the words for it; null if the clerk went back. `at`: `dialog`, `names`, `zone`. */
export async function askFees(seen, today, at) {
  const lines = [[1, seen.ticket?.state === "serving" ? t("desk.fee-take", seen.ticket) : t("desk.fee-nobody")], [2, t("desk.fee-correct")]];
  const nth = await pick(at.dialog, sums(today), lines, today.receipts && seen.ticket?.state !== "serving" ? 1 : 0);
  if (nth === 1) return askCorrection(today, at);
  return nth === 0 && seen.ticket ? askFee(seen, at) : null;
}

function sums(day) {
  const ways = Object.entries(day.ways).map(([way, fen]) => `${t(`pay-way.${way}`)} ${yuan(fen)}`);
  const range = day.receipts ? t("desk.fee-range", day) : "";
  return [t("desk.fees-title", { count: day.receipts, sum: yuan(day.amount) }), range, ways.join(" · ")].filter(Boolean).join("  ");
}

async function askFee(seen, at) {
  const item = await whichItem(seen, at);
  const priced = item && at.names.desk.items[item];
  const asked = item && (await askSum(priced, at));
  const discount = asked && (await askDiscount(seen, item, asked.full, at));
  const paid = discount && (await askWay(t("desk.fee-way", { sum: yuan(discount.amount) }), at));
  if (!paid) return null;
  const words = { item: at.names.item(item), sum: yuan(discount.amount), way: paid.words };
  if ((await pick(at.dialog, t("desk.fee-sure", words), [[1, t("desk.fee-yes", words)], [2, t("desk.fee-no")]])) !== 0) return null;
  const command = { type: "TakeFee", as_of: seen.version, item, count: asked.count, price: asked.price, discount: discount.id, ...paid.fields };
  return { command, did: t("desk.did-fee", { number: "{number}", sum: words.sum, way: words.way }) };
}

/** What the fee is for: one of the visit's items, else any of the hall's. */
async function whichItem(seen, at) {
  const own = seen.ticket.items.filter((id) => at.names.desk.items[id]);
  const lines = [...own.map((id, index) => [index + 1, at.names.item(id)]), [own.length + 1, t("desk.fee-other-item")]];
  const nth = own.length ? await pick(at.dialog, t("desk.fee-item", seen.ticket), lines) : 0;
  if (nth === null) return null;
  if (nth < own.length) return own[nth];
  const items = Object.keys(at.names.desk.items);
  const found = await findOne(at.dialog, t("desk.fee-item", seen.ticket), items.map((id) => ({ text: at.names.item(id), parts: [make("span.words", {}, at.names.item(id))] })));
  return found === null ? null : items[found];
}

/** The full sum: units of a price, or an amount. */
async function askSum(priced, at) {
  const basis = priced.fee_basis ? t("desk.fee-basis", { basis: name({ name: priced.fee_basis, name_en: priced.fee_basis_en }) }) : "";
  const hint = (key) => [basis, t(key)].filter(Boolean).join("\n");
  if (priced.price === undefined) {
    const price = await type(at.dialog, t("desk.fee-amount"), hint("desk.fee-amount-hint"), "", fenOf);
    return price ? { price, count: 1, full: price } : null;
  }
  const unit = name({ name: priced.unit, name_en: priced.unit_en });
  const count = await type(at.dialog, t("desk.fee-count", { price: yuan(priced.price), unit }), hint("desk.fee-count-hint"), "1", wholeOf);
  return count ? { price: priced.price, count, full: priced.price * count } : null;
}

async function askDiscount(seen, item, full, at) {
  const known = at.names.desk.discounts.filter(({ items }) => !items.length || items.includes(item));
  known.sort((one, two) => Number(two.classes.includes(seen.ticket.priority)) - Number(one.classes.includes(seen.ticket.priority)));
  const choices = [{ id: "", percent: 100 }, ...known].map((each) => ({ ...each, amount: Math.floor((full * each.percent) / 100) }));
  if (choices.length === 1) return choices[0];
  const lines = choices.map((each, index) => [index + 1, each.id ? t("desk.fee-discount", { name: name(each), sum: yuan(each.amount) }) + (each.basis ? t("desk.fee-granted", each) : "") : t("desk.fee-full", { sum: yuan(full) })]);
  const nth = await pick(at.dialog, t("desk.fee-discounts"), lines);
  return nth === null ? null : choices[nth];
}

/** How it was paid, and what it is found by. */
async function askWay(title, at) {
  const nth = await pick(at.dialog, title, WAYS.map((way, index) => [index + 1, t(`pay-way.${way}`)]));
  if (nth === null) return null;
  const words = t(`pay-way.${WAYS[nth]}`);
  if (WAYS[nth] === WITHOUT_REFERENCE) return { fields: { way: WAYS[nth], reference: "" }, words };
  const reference = await type(at.dialog, t("desk.fee-reference", { way: words }), t("desk.fee-reference-hint"), "", referenceOf);
  return reference ? { fields: { way: WAYS[nth], reference }, words: `${words} ${reference}` } : null;
}

async function askCorrection(day, at) {
  if (!day.lines.length) return null;
  const lines = day.lines.map((row) => ({ text: `${row.number} ${row.ticket_number}`, parts: receipt(row, at) }));
  const nth = await findOne(at.dialog, t("desk.fee-which"), lines);
  if (nth === null) return null;
  const row = day.lines[nth];
  const reasons = at.names.desk.corrections.slice(0, LINES);
  const why = await pick(at.dialog, t("desk.fee-why", { number: row.number, sum: yuan(row.amount) }), reasons.map((each, index) => [index + 1, name(each)]));
  const amount = why === null ? null : await type(at.dialog, t("desk.fee-really", row), t("desk.fee-really-hint"), yuan(row.amount), fenOf);
  if (amount === null) return null;
  const paid = amount ? await askWay(t("desk.fee-way", { sum: yuan(amount) }), at) : { fields: { way: row.way, reference: row.reference }, words: "" };
  if (!paid) return null;
  const command = { type: "CorrectFee", fee: row.fee, as_of: row.corrected, amount, reason: reasons[why].id, ...paid.fields };
  return { command, did: t("desk.did-fee-corrected", { number: row.number, before: yuan(row.amount), sum: yuan(amount) }) };
}

const receipt = (row, at) => [
  make("b.number", {}, row.number),
  make("span.words", {}, [row.ticket_number, at.names.item(row.item), `${yuan(row.amount)} ${t(`pay-way.${row.way}`)}`, row.corrected ? t("desk.fee-was", { sum: yuan(row.first) }) : ""].filter(Boolean).join("  ")),
];

/** Asks for what is typed: `read` makes a value of it, null for what is none. Enter goes on; what is wrong stays and is said. */
function type(dialog, title, hint, given, read) {
  const field = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", maxlength: 40, "aria-label": title });
  field.value = given;
  const said = make("p.hint.count", { role: "status" });
  let asked = null;
  const end = () => {
    const value = read(field.value);
    if (value === null) said.textContent = t("desk.fee-wrong", { typed: field.value });
    else asked.done(value);
  };
  const send = make("button.press.main", { type: "button" }, t("desk.fee-go-on"), make("kbd", {}, "Enter"));
  press(send, end);
  asked = open(dialog, title, [field, said, ...hint.split("\n").map((line) => make("p.hint", {}, line)), send], (event) => {
    if (event.code !== "Enter" && event.code !== "NumpadEnter") return;
    event.preventDefault();
    end();
  });
  field.focus();
  field.select();
  return asked.chosen;
}
