/* Plays the hall's pictures, videos and texts in a box of a page: one after another, while the page lets it.
 *
 * 1. The page says when: `show(true)` and `show(false)`. Hidden is at once and costs nothing: no timer runs, no video.
 * 2. What is played next is loaded while the one before it is still shown, so the box is never empty in between. What
 *    cannot be loaded is skipped; where nothing can be, the box is as if there were no playlist.
 * 3. The list is asked for now and then; without an answer the last one goes on.
 */

import { make } from "./dom.js";
import { fetchOnce } from "./fetching.js";
import { own, safe } from "./words.js";

const LIST_MS = 30_000; // how late a new hour's playlist is
const AGAIN_MS = 10_000; // after a round in which nothing could be shown
const LOAD_MS = 20_000; // a file that has not come by then is skipped this time
const SMALLEST = 0.4; // of the usual size of a text; a shorter one is better
const VIDEO_SECONDS_MAX = 600;
const VIDEO_SPARE_MS = 5_000; // beyond its length; one that stands still is skipped

export class Playlist {
  /** `screen`: board, kiosk or tablet. `changed` is called when the box appears or goes. */
  constructor(box, { screen, area = "", changed = () => {} }) {
    Object.assign(this, { box, changed, wanted: false, rests: false, entries: [], at: 0, failed: 0, turn: 0, timer: 0 });
    this.source = `/media.json?screen=${screen}&area=${encodeURIComponent(area)}`;
    box.hidden = true;
    this.load();
    setInterval(() => this.load(), LIST_MS);
  }

  async load() {
    const list = await fetchOnce(this.source);
    if (!list) return;
    const differs = JSON.stringify(list.entries) !== JSON.stringify(this.entries);
    if (!differs) return;
    this.entries = list.entries;
    this.failed = 0;
    this.start();
  }

  /** Lets it play, or ends it at once. */
  show(wanted) {
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    this.start();
  }

  /** Stands still while the screen is dark, whatever the page lets it. */
  rest(rests) {
    this.rests = rests;
    this.start();
  }

  start() {
    clearTimeout(this.timer);
    this.turn += 1; // what is being loaded for an earlier turn is dropped
    if (this.wanted && !this.rests && this.entries.length) return void this.next(this.turn);
    this.clear();
  }

  clear() {
    this.box.querySelector("video")?.pause();
    this.box.replaceChildren();
    this.appear(false);
  }

  appear(visible) {
    if (this.box.hidden === !visible) return;
    this.box.hidden = !visible;
    this.changed(visible);
  }

  async next(turn) {
    const entry = this.entries[this.at++ % this.entries.length];
    const shown = await made(entry).catch(() => null);
    if (turn !== this.turn) return;
    if (!shown) return this.skip(turn);
    this.failed = 0;
    this.box.querySelector("video")?.pause();
    this.box.replaceChildren(shown);
    this.appear(true);
    if (shown.tagName === "ARTICLE") shrink(shown);
    if (shown.tagName === "VIDEO") this.film(shown, turn);
    else this.after(entry.seconds * 1000, turn);
  }

  skip(turn) {
    this.failed += 1;
    if (this.failed < this.entries.length) return this.next(turn);
    this.failed = 0;
    this.clear();
    this.after(AGAIN_MS, turn);
  }

  film(video, turn) {
    const done = () => turn === this.turn && this.after(0, turn);
    video.onended = done;
    video.onerror = done;
    video.play().catch(done);
    const seconds = Number.isFinite(video.duration) ? video.duration : VIDEO_SECONDS_MAX; // some files do not say
    this.after(seconds * 1000 + VIDEO_SPARE_MS, turn);
  }

  after(millis, turn) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => turn === this.turn && this.next(turn), millis);
  }
}

/** An entry as an element that can be shown at once. Throws where it cannot. */
async function made(entry) {
  if (entry.kind === "text") return card(entry);
  const src = `/media/${encodeURIComponent(entry.file)}`;
  const loaded = entry.kind === "video" ? film(src) : picture(src);
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error("late")), LOAD_MS));
  return Promise.race([loaded, late]);
}

async function picture(src) {
  const image = make("img", { alt: "" });
  image.src = src;
  await image.decode();
  return image;
}

function film(src) {
  const video = make("video", { preload: "auto", playsinline: true });
  video.muted = true; // the loudspeaker is the calls'
  return new Promise((resolve, reject) => {
    video.oncanplay = () => resolve(video);
    video.onerror = () => reject(new Error("film"));
    video.src = src;
  });
}

/** A text, line by line. */
function card(entry) {
  const lines = (name) => own(entry, name).map(safe);
  return make("article", {}, lines("title").map((line) => make("h2", {}, line)), lines("text").map((line) => make("p", {}, line)));
}

/** Makes a text smaller until the box holds it. */
function shrink(article) {
  for (let part = 0.95; part > SMALLEST && article.scrollHeight > article.clientHeight + 1; part -= 0.05) {
    article.style.setProperty("--part", part);
  }
}
