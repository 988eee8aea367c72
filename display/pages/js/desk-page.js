/* The page a desk stands in: large type, the small window that stays on top, and how it draws attention to itself: a
 * chime, and a title that can be seen among other programs. */

import { find, make, press, say } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { explained, ring, store } from "./hall.js";
import { stationToken } from "./station.js";

const SMALL = { width: 400, height: 160 }; // of the window that stays on top
const TONES = [660, 880]; // Hz

/** Draws attention when an applicant comes to an idle window, until a key, a finger or a call. */
export class Attention {
  audio = null;
  flashing = false;

  came(waiting) {
    this.flashing = true;
    if (this.audio) ring(this.audio, TONES);
    window.dispatchEvent(new CustomEvent("hallcall-bell", { detail: { waiting } }));
  }

  /** A sound may be made once a key or a finger has touched the page. */
  awake() {
    this.flashing = false;
    this.audio ??= new AudioContext();
    this.audio.resume();
  }

  /** Shows in the title where this is; while it flashes, in turns that so many wait. */
  title(parts, waiting) {
    const usual = [...parts, t("desk.title")].filter(Boolean).join(" · ");
    const wanted = `● ${t("desk.waits", { count: waiting })} · ${usual}`;
    const steady = matchMedia("(prefers-reduced-motion: reduce)").matches;
    document.title = this.flashing && (steady || document.title !== wanted) ? wanted : usual;
  }
}

export function larger(button, on) {
  document.documentElement.classList.toggle("large", on);
  button.setAttribute("aria-pressed", String(on));
  store("hallcall.desk.large", on ? "1" : "");
}

/** Moves the desk into a small window that stays on top; when that closes, it is here again. `listen`: hears its keys. */
export async function float(desk, listen) {
  const small = await documentPictureInPicture.requestWindow(SMALL);
  const { documentElement, head, body } = small.document;
  for (const sheet of document.querySelectorAll("link[rel=stylesheet]")) head.append(sheet.cloneNode());
  Object.assign(documentElement, { lang: document.documentElement.lang });
  documentElement.dataset.theme = document.documentElement.dataset.theme;
  find("#away").hidden = false;
  body.append(desk);
  listen(small.document);
  small.addEventListener("pagehide", () => {
    find("#away").hidden = true;
    document.body.prepend(desk);
  });
}

/** The way to practise, for the form of the sign-in and the help: what it is, then a link to the desk of a hall that was
 * started for it. `desk.practice`: whether the hall offers one, or is one. */
export function practice(desk, window) {
  if (desk.practice === "here") return make("p.practice.here", {}, make("b", {}, t("desk.practise-here")));
  if (desk.practice !== "offered") return "";
  const about = make("span", { role: "status" }, t("desk.practise-about"));
  const button = make("button.press", { type: "button" }, t("desk.practise"));
  const line = make("p.practice", {}, button, about);
  press(button, () => start(window, line, about));
  return line;
}

async function start(window, line, about) {
  find("button", line).disabled = true;
  say(about, t("desk.practise-wait"));
  const address = await asked(window).catch(() => null);
  if (!address?.address) {
    find("button", line).disabled = false;
    return say(about, address ? explained(address).filter(Boolean).join(t("desk.and")) : t("desk.link-away"));
  }
  const link = make("a.press", { href: address.address, target: "_blank" }, t("desk.practise-open"));
  line.replaceChildren(link, make("span", {}, t("desk.practise-open-about")));
  link.focus();
}

const asked = async (window) =>
  (await fetch("/practice", { method: "POST", headers: { Authorization: `Bearer ${stationToken(`desk.${window}`)}` } })).json();
