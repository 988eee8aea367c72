/* Choosing on a phone what one comes for: by department, among few items at once, or by what one types. The place stands
 * behind the # (#d=DEPARTMENT, #e=LIFE EVENT, #i=ITEM, #q=QUEUE), so that the phone's own way back is the page's. */

import { make } from "../shared/dom.js";
import { fetchJson } from "../shared/fetching.js";
import { own, t } from "../shared/words.js";
import { name } from "./hall.js";
import { leadTo } from "./public-page.js";

const FOUND_MAX = 24; // who needs more types another letter

export class Chooser {
  /** `offer`: of /offer.json; `listed(thing)`: whether an item or a department is shown; `mark(thing)`: a few words beside it, or ""; `together(items)`: the element that takes all items of a life event, where these are offered; `chosen(thing, kind)`: the page of an item ("i") or
   * queue ("q"), as elements. */
  constructor(box, offer, { mark, chosen, listed = () => true, together = null }) {
    Object.assign(this, { box, offer, mark, chosen, listed, together, typed: "" });
    this.items = offer.items && offer.items.filter(listed); // null until they are needed: a large hall's are most of what a phone would load
    addEventListener("hashchange", () => this.draw(true));
  }

  /** Loads the items, once, and draws again. */
  load(drawn = () => (this.show ? this.show() : this.draw())) {
    this.loading ??= fetchJson("/offer/items.json").then((items) => {
      this.items = items.filter(this.listed);
      drawn();
    });
    return [make("p.note", { role: "status" }, t("choose.loading"))];
  }

  /** Draws the place in the address; `moved`: a new one, which begins at its top. */
  draw(moved = false) {
    const [kind, id] = decodeURIComponent(location.hash.slice(1)).split("=");
    this.show = null; // of what is typed, while the start is in sight
    if ("ide".includes(kind) && kind && !this.items) return this.box.replaceChildren(...this.load(() => this.draw(moved)));
    const led = moved || (this.box.contains(document.activeElement) && document.activeElement.tabIndex < 0); // to the heading, which is drawn anew
    const thing = { i: this.items, q: this.offer.queues, d: this.offer.departments, e: this.together && this.offer.events }[kind]?.find((each) => each.id === id);
    this.box.dataset.place = thing ? kind : "";
    if (!thing) this.box.replaceChildren(...this.start());
    else if (kind === "d") this.box.replaceChildren(back(), make("h2", {}, name(thing)), this.list(this.items.filter((each) => each.department === id)));
    else if (kind === "e") this.box.replaceChildren(...this.event(thing).filter(Boolean));
    else this.box.replaceChildren(back(), make("h2", {}, name(thing)), ...this.chosen(thing, kind).filter(Boolean));
    if (led) leadTo(this.box);
    if (moved) scrollTo(0, 0);
  }

  /** The items of a life event, after what takes them together. */
  event(thing) {
    const items = this.items.filter((each) => each.event === thing.id);
    return [back(), make("h2", {}, name(thing)), this.together(items), this.list(items)];
  }

  start() {
    const field = make("input", { id: "search", type: "search", autocomplete: "off", spellcheck: "false", maxlength: 24, value: this.typed });
    const below = make("div.below");
    this.show = () => {
      this.typed = field.value;
      below.replaceChildren(...this.found());
    };
    field.addEventListener("input", () => this.show());
    field.addEventListener("focus", () => this.items ?? this.load());
    this.show();
    return [make("label.search", {}, make("span", {}, t("choose.search")), field), below];
  }

  found() {
    const wanted = this.typed.toLowerCase().replace(/\s/g, "");
    const { queues, departments } = this.offer;
    if (!wanted) {
      const tiles = this.offer.items ? this.list(this.items) : make("ul.choices", {}, departments.filter(this.listed).map((each) => choice(`#d=${each.id}`, name(each), "")));
      const events = this.together && this.offer.events.length > 0 && [make("h2", {}, t("choose.events")), make("ul.choices", {}, this.offer.events.map((each) => choice(`#e=${each.id}`, name(each), "")))];
      return [tiles, queues.length ? this.list(queues, "q") : "", ...(events || [])].filter(Boolean);
    }
    if (!this.items) return this.load();
    const ranked = this.items.map((item) => [fits(item, wanted), item]).filter(([rank]) => rank);
    ranked.sort(([one], [other]) => other - one);
    const shown = ranked.slice(0, FOUND_MAX).map(([, item]) => item);
    return shown.length ? [this.list(shown)] : [make("p.note", { role: "status" }, t("choose.none"))];
  }

  list(things, kind = "i") {
    return make("ul.choices", {}, things.map((each) => choice(`#${kind}=${encodeURIComponent(each.id)}`, name(each), this.mark(each, kind))));
  }
}

const choice = (href, text, mark) => make("li", {}, make("a", { href }, make("b", {}, text), mark && make("small", {}, mark)));

const back = () => make("p.back", {}, make("a", { href: "#" }, t("choose.back")));

/** How well an item fits: 3 begins with it, 2 holds it, 0 does not. */
function fits({ name: zh, name_en: en, keys }, wanted) {
  const sought = [zh.toLowerCase(), en.toLowerCase().replace(/\s/g, ""), ...keys];
  if (sought.some((each) => each.startsWith(wanted))) return 3;
  return sought.some((each) => each.includes(wanted)) ? 2 : 0;
}

/** Choices of which one holds, as radio buttons; `value()` is the chosen id. */
export function radios(legend, options, chosen, more = () => "") {
  const made = options.map((each) => [each.id, make("input", { type: "radio", name: legend, value: each.id, checked: each.id === chosen })]);
  const lines = options.map((each, n) => make("label", {}, made[n][1], make("span", {}, make("b", {}, name(each)), more(each) && make("small", {}, more(each)))));
  return { element: make("fieldset.radios", {}, make("legend", {}, t(legend)), lines), value: () => made.find(([, input]) => input.checked)?.[0] ?? chosen };
}

/** What is told a person: what is so, and the next step. */
export const told = ([words, next], light = "red") => make("div.case.card", { role: "alert", "data-light": light }, make("p.case-state", {}, words), next && make("p", {}, next));

export const inWords = own;
