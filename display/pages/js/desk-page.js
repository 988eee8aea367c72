/* The page a desk stands in: large type, the small window that stays on top, and how it draws attention to itself: a
 * chime, and a title that can be seen among other programs. */

import { find } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { ring } from "./hall.js";

const SMALL = { width: 400, height: 160 }; // of the window that stays on top
const TONES = [660, 880]; // Hz

/** What is kept in this browser under `key`; "" where it has no store. */
export function stored(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

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
  localStorage.setItem("hallcall.desk.large", on ? "1" : "");
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
