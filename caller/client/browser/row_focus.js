/* The keyboard's focus in lists that live: it stays on the thing that a person stands on.
 *
 * 1. A list that is put in another order moves its rows or makes them anew, and the browser then forgets where the focus was:
 *    the next Tab begins at the page's top. Here it goes back to the same element, or to the one of the same `data-key`,
 *    first in its own list and then anywhere in the page.
 * 2. Where the thing is gone it goes to its neighbour: the next, else the one before; in an empty list to the list itself.
 * 3. Who put the focus elsewhere, or pressed beside everything, is left alone. A hand that uses the mouse is not scrolled
 *    to where its last row went. */

const LISTS = "table, ul, ol";
const HOLDS = "button, a[href], input, select, textarea, [tabindex]";

/** Keeps the focus in the lists in `root`, in whichever document it stands, from now on. */
export function keepRowFocus(root) {
  let stand = null; // on what a person stands; null: in no list

  const active = () => root.ownerDocument.activeElement;
  const note = () => (stand = standOn(active(), stand));

  root.addEventListener("focusin", note);
  root.addEventListener("pointerdown", (event) => event.target.closest?.(HOLDS) || (stand = null), { capture: true });
  new MutationObserver(() => {
    if (!stand) return;
    if (active() === stand.element) note();
    else if (!active() || active() === root.ownerDocument.body) stand = goBack(stand, root) ? stand : null;
  }).observe(root, { childList: true, subtree: true });
}

/** Where an element stands: in which list, between which others, and in what (for a list that is made anew as a whole). */
function standOn(element, before) {
  const { key } = element.dataset;
  const list = element.closest(LISTS) ?? (key && element.parentElement);
  if (!list) return null;
  const others = [...list.querySelectorAll(HOLDS)];
  const byKeys = before?.element === element ? before.byKeys : element.matches(":focus-visible");
  return { element, key, list, byKeys, others, keys: others.map((each) => each.dataset.key), within: ancestors(list) };
}

function ancestors(element) {
  const found = [];
  for (let each = element; each; each = each.parentElement) found.push(each);
  return found;
}

/** Puts the focus where it belongs now; whether there is such a place. */
function goBack({ element, key, list, byKeys, others, keys, within }, root) {
  const at = others.indexOf(element);
  const beside = [...keys.keys()].filter((index) => index > at).concat([...keys.keys()].filter((index) => index < at).reverse());
  const home = within.find((each) => each.isConnected && each !== root && root.contains(each));
  const named = (wanted, where) => wanted && where?.querySelector(`[data-key="${CSS.escape(wanted)}"]`);
  const ways = [
    () => element.isConnected && element,
    () => named(key, home) || named(key, root),
    ...beside.map((index) => () => (list.contains(others[index]) ? others[index] : named(keys[index], home))),
    () => home && reachable(home),
  ];
  return ways.some((way) => takes(way(), byKeys));
}

/** A list without a row takes the focus itself, and is no stop of Tab. */
function reachable(place) {
  if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
  return place;
}

/** Whether the element took the focus: what is not shown takes none. */
function takes(element, byKeys) {
  if (!element) return false;
  element.focus({ preventScroll: !byKeys, focusVisible: byKeys });
  return element.ownerDocument.activeElement === element;
}
