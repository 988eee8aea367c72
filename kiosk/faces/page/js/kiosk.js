/* The page face: shows the newest screen document of its kiosk and sends it taps. If the kiosk or the caller
 * is away it says so calmly and comes back by itself; it never asks for a hand. */
import { connect } from "../shared/client.js";
import { darken, make } from "../shared/dom.js";
import { fetchJson } from "../shared/fetching.js";
import { fitBoxes } from "../shared/fitting.js";
import { Playlist } from "../shared/playlist.js";
import { Paging } from "./paging.js";
import { Speech, calm, morph, screen } from "./render.js";
import { answered, listen, listenToKeys } from "./touch.js";

const BOXES = ".hall, .view:has(> .body > .ticket), .view:has(> .body > .rows), .view:has(> .calm), main:has(> .hero), main:has(> .calm), main:has(> .body > .ticket), main:has(> .body > .rows), .body:has(> .ticket), .body:has(> .rows), .tile";
const REPAINTS_MAX = 3; // measuring settles in two; a third is a layout that disagrees with itself
const PENDING_MS = 150; // an answer that comes sooner is shown at once: a screen in between would only delay and flicker

/* Plays the prompt of the screen in sight, once, and never over another. A browser lets a page speak only after a
 * touch, and an applicant who has not touched wants no voice. What is no longer in sight falls silent. */
class Voice {
  constructor(key) {
    this.key = key; // of this kiosk's page
    this.awake = false;
    this.said = ""; // on which screen, what
    this.wanted = ""; // what belongs to the screen in sight
    this.sound = null;
  }

  touched() {
    this.awake = true;
  }

  /** `doc.voice` is {on, say, spoken}: whether this applicant wants sound, the prompt of this screen, and another language
   * that it is spoken in, where theirs has no voice here. Who walks the screen by the keys of a pad hears `doc.aloud`
   * instead: whatever is read to them now. */
  follow(doc, mine) {
    const { on, say, spoken = doc.language } = { ...doc.voice, ...(doc.aloud && { on: true, say: `aloud-${doc.aloud.n}`, spoken: doc.aloud.spoken }) };
    if (!mine || !on || !say) return this.hush();
    const prompt = `/voice/${spoken}/${say}.wav`;
    if (prompt === this.wanted) return;
    this.hush();
    this.wanted = prompt;
    if (this.awake && this.said !== `${doc.n}${prompt}`) this.play(prompt, doc.n);
  }

  play(prompt, n) {
    this.said = `${n}${prompt}`;
    this.sound = new Audio(`${prompt}?key=${encodeURIComponent(this.key)}`);
    this.sound.play().catch(() => {}); // no loudspeaker, or the browser says no: the screen says it all
  }

  hush() {
    this.sound?.pause();
    this.sound = null;
    this.wanted = "";
  }
}

const address = new URLSearchParams(location.hash.slice(1)); // #key=KEY, and "watch" for a screen of the staff
const key = address.get("key") ?? "";
const paging = new Paging();
const voice = new Voice(key);
let media; // what is played while nobody is here
let speech;
let wire;
let doc = null; // what is shown, and what a tap was made on
let held; // the timer of a screen that asks for patience
let here = false; // the kiosk's process answers
let drives = true;
let refusal = null; // why the kiosk's process does not take this page

async function start() {
  speech = new Speech(await fetchJson("/words.json"), () => wire.now());
  media = new Playlist(document.getElementById("media"), { screen: "kiosk", changed: paint });
  const watch = address.has("watch") ? ["face"] : ["face", "drive"];
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/face`;
  wire = connect({ url, token: key, watch, onView, onState });
  listen(document.body, onTap);
  addEventListener("pointerup", () => voice.touched(), { capture: true });
  listenToKeys({ onScan: (text) => tap(`scan:${text}`), onTap, onPad, listens: () => Boolean(doc?.aloud), own: () => doc?.pad });
  addEventListener("resize", paint);
  setInterval(paint, 1000); // the clock
}

function onView(topic, value) {
  if (topic === "drive") {
    drives = value.drives;
    return paint();
  }
  clearTimeout(held);
  if (value.pending && doc && !doc.pending) held = setTimeout(show, PENDING_MS, value);
  else show(value);
}

function show(newest) {
  answered();
  doc = newest;
  paint();
}

function onState(state, info) {
  here = state === "current";
  refusal = state === "closed" ? info : null;
  if (doc) paint();
  else if (refusal) cover();
}

function onTap(target) {
  if (target === "local:next" || target === "local:previous") {
    answered();
    paging.go(target === "local:next" ? 1 : -1, paging.pages);
    tap("stay");
    paint();
  } else tap(target);
}

/** A key of the audio pad: a gesture as good as a touch, after which a browser lets a page speak. */
function onPad(key) {
  voice.touched();
  tap(`pad:${key}`);
}

function tap(target) {
  if (doc && drives) wire.frame({ type: "tap", target, screen: doc.n });
}

function paint() {
  if (!doc) return;
  paging.turn(`${doc.screen}/${doc.language}/${doc.large}/${doc.low}/${doc.screen === "search" ? doc.entry.text : doc.n}`);
  document.documentElement.classList.toggle("large", doc.large);
  document.documentElement.classList.toggle("low", doc.low);
  document.documentElement.dataset.dim = doc.dim;
  darken(doc.dark && here && !doc.away, (off) => media.rest(off));
  media.show(doc.screen === "idle" && here && !doc.away && !doc.large && !doc.low);
  document.documentElement.classList.toggle("playing", !media.box.hidden);
  if (doc.aloud?.at) paging.show((doc.tiles ?? []).findIndex((tile) => tile.target === doc.aloud.at));
  for (let i = 0; i < REPAINTS_MAX; i++) {
    morph(document.getElementById("kiosk"), screen(doc, speech, paging));
    fitBoxes(document.querySelectorAll(BOXES));
    if (!paging.measure(document.body, doc.screen, doc.tiles?.length ?? 0)) break;
  }
  fitBoxes(document.querySelectorAll(BOXES)); // the last measuring may have given the tiles another height
  for (const part of doc.aloud?.at ? document.querySelectorAll(`[data-target="${CSS.escape(doc.aloud.at)}"]`) : []) part.dataset.at = "";
  cover();
  requestAnimationFrame(() => setTimeout(speak)); // once it is painted: a player takes as long to make as a screen
}

function speak() {
  voice.follow(doc, drives && here && !doc.away);
}

/** The calm page over everything, or nothing. */
function cover() {
  const shown = document.getElementById("cover");
  if (here && !doc.away) shown?.remove();
  else if (shown) morph(shown, calm(doc, speech, here, refusal));
  else document.body.append(calm(doc, speech, here, refusal));
  const watching = document.getElementById("watching");
  if (drives) watching?.remove();
  else if (!watching) document.body.append(make("p", { id: "watching" }, speech.key("watching")));
}

start();
