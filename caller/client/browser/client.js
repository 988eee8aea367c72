/* The page side of the wire: one small module shared by every page (board, sign, tablet, phone, kiosk face).
 *
 * It greets, keeps the newest document of each topic, answers for commands, and comes back by itself.
 * A page never asks whether it is connected; it is told "connecting", "current", "silent" or "closed".
 * "silent" means: no frame for three seconds, whatever the socket believes, so what is shown may be old.
 * State is replayed to a page that returns; a command on its way is sent again with the same id, and the
 * caller answers it once.
 * Of several callers, whose addresses stand in `url` by commas, one calls: the page goes round until it is there. Of one that
 * is cut off from its database, which it says in its beats, or is quiet for longer than a beat, the page looks whether another
 * one calls, and stays until one does. */

import { DEAD_MS, LASTING, NEXT_MS, QUIET_MS, REFUSED_RETRY_MS, RETRY_MS, SILENT_MS, SUBPROTOCOL, VERSION, WITNESS_MS } from "./wire_constants.js";

const WITNESS_KEY = "hallcall.witness"; // the newest witness met, for a page that is opened again
const WATCH_MS = 250; // how often silence is looked for; adds at most this to SILENT_MS

/** The browser's store, where it has one and lets a page use it; else nothing is kept. */
function stored(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

function store(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // a full or forbidden store costs the next page its witness, and this one nothing
  }
}

/** A UUIDv7: ids are made by the sender, and sort by the time they were made. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let millis = Date.now();
  for (let i = 5; i >= 0; i--, millis = Math.floor(millis / 256)) bytes[i] = millis % 256;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** `target` with an RFC 7396 merge patch applied; neither is changed. */
export function merge(target, patch) {
  if (!isObject(patch)) return patch;
  const result = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Opens the wire and keeps it open. See the head of this file for the states. */
export function connect({ url, token, watch = [], session = "", onView = () => {}, onState = () => {}, onPerson = () => {} }) {
  const wire = new Wire(url, { token, watch, session, onView, onState, onPerson });
  wire.open();
  return {
    /** `until`: the instant (UTC microseconds of the caller's clock) after which the command is not meant; 0: none. */
    send: (command, id = newId(), until = 0) => wire.send(command, id, until),
    frame: (object) => wire.post(object),
    watch: (topics) => wire.watch(topics),
    now: () => wire.now(),
    /** Signs a person in, where the hall requires accounts; `fresh`: the secret from now on. Rejects with the refusal, or
     * with null where no answer came: a secret is sent once and kept nowhere. */
    signIn: (account, secret, fresh = "") => wire.signIn(account, secret, fresh),
    signOut: () => wire.signOut(),
    /** Whether a person must sign in here and none has; and the key that resumes the one who has. */
    get missing() {
      return wire.required && !wire.person;
    },
    get session() {
      return wire.session;
    },
    get state() {
      return wire.state;
    },
    close: () => wire.close(),
  };
}

class Wire {
  constructor(url, { token, watch, session, onView, onState, onPerson }) {
    Object.assign(this, { urls: url.split(","), at: 0, token, topics: watch, session, onView, onState, onPerson, required: false, person: "" });
    this.state = "";
    this.docs = new Map();
    this.pending = new Map(); // command id → {text, resolve, reject}
    this.tries = 0;
    this.witness = stored(WITNESS_KEY);
    this.stored = { text: this.witness, at: -WITNESS_MS };
    this.heard = performance.now();
    this.clock = { now: Date.now() * 1000, at: performance.now() };
    this.watchdog = setInterval(() => this.listen(), WATCH_MS);
  }

  open() {
    this.greeted = false;
    this.opened = performance.now();
    if (this.state === "") this.become("connecting");
    const socket = (this.socket = new WebSocket(this.urls[this.at], [SUBPROTOCOL]));
    socket.onopen = () => socket.send(JSON.stringify(this.hello()));
    socket.onmessage = (message) => socket === this.socket && this.take(message.data);
    socket.onclose = () => socket === this.socket && this.lost();
  }

  /** A page shows the caller the last witness it met: a caller whose log was lost learns of it. */
  hello() {
    const sessions = this.session ? { sessions: [this.session] } : {};
    return { type: "hello", token: this.token, watch: this.topics, witness: this.witness, clock: Date.now() * 1000, version: VERSION, ...sessions };
  }

  /** Silence is measured from the last frame; a socket silent for too long is given up. */
  listen() {
    if (this.done) return;
    const quiet = performance.now() - this.heard;
    if (quiet >= QUIET_MS && this.state === "current") this.look();
    if (quiet >= SILENT_MS && this.state !== "silent" && this.state !== "closed") this.become("silent");
    const age = performance.now() - Math.max(this.heard, this.opened);
    if (age >= (this.urls[1] ? SILENT_MS : DEAD_MS) && this.socket) this.abandon();
  }

  abandon() {
    const dead = this.socket;
    this.socket = null;
    dead.close();
    this.lost();
  }

  lost() {
    this.socket = null;
    this.greeted = false;
    for (const [id, { text, reject }] of this.pending) if (!text && this.pending.delete(id)) reject(null);
    if (this.done) return;
    if (this.state === "current") this.become("connecting");
    const rounds = ++this.tries / this.urls.length;
    const steps = rounds % 1 ? NEXT_MS : RETRY_MS[Math.min(rounds, RETRY_MS.length) - 1];
    const pause = this.state === "closed" ? REFUSED_RETRY_MS : steps * (0.75 + Math.random() / 4);
    this.at = ++this.at % this.urls.length;
    this.retry = setTimeout(() => this.open(), pause);
  }

  take(text) {
    const frame = parse(text);
    if (!frame) return;
    this.heard = performance.now();
    if (frame.now) this.clock = { now: frame.now, at: this.heard };
    if (frame.witness) this.keep(frame.witness);
    this[`on_${frame.type}`]?.(frame);
    if (this.greeted && this.state !== "current" && this.state !== "closed") this.become("current");
  }

  keep(witness) {
    this.witness = witness;
    if (witness === this.stored.text || this.heard - this.stored.at < WITNESS_MS) return;
    this.stored = { text: witness, at: this.heard };
    store(WITNESS_KEY, witness);
  }

  on_welcome(frame) {
    this.tries = 0;
    this.greeted = true;
    this.required = frame.sign_in ?? false;
    this.become("current", frame);
    this.here(frame.accounts?.[""] ?? "", this.session);
    for (const { text } of this.pending.values()) this.socket.send(text);
  }

  ["on_signed-out"](frame) {
    this.here("", "", frame);
  }

  /** Who has signed in on this station, "" for none; `ended`: the frame that says why a session is over. */
  here(person, session, ended = null) {
    Object.assign(this, { person, session: person ? session : "" });
    this.onPerson(ended);
  }

  on_view(frame) {
    const known = this.docs.get(frame.topic);
    if (frame.doc === undefined && known === undefined) return this.watch(this.topics);
    const doc = frame.doc ?? merge(known, frame.patch);
    this.docs.set(frame.topic, doc);
    this.onView(frame.topic, doc, frame);
  }

  on_beat({ cut_off }) {
    if (cut_off) this.look();
  }

  /** Looks for up to `SILENT_MS` whether the next caller calls, and goes there when it does. */
  look() {
    if (!this.urls[1] || this.other) return;
    const at = (this.at + 1) % this.urls.length;
    const other = (this.other = new Wire(this.urls[at], { ...this, watch: [], session: "" }));
    other.onState = other.onPerson = () => {};
    const end = () => (this.other = other.close());
    const timer = setTimeout(end, SILENT_MS);
    const heard = (calls) => {
      end(clearTimeout(timer));
      if (!calls || !this.socket) return;
      this.abandon();
      this.at = at;
    };
    other.on_welcome = ({ cut_off }) => cut_off === false && heard(true); // an older caller says it in its beat only
    other.on_beat = (frame) => heard(!frame.cut_off);
    other.open();
  }

  on_done(frame) {
    this.settle(frame.id)?.resolve(frame.result ?? {});
  }

  on_refused(frame) {
    this.settle(frame.id)?.reject(frame);
  }

  on_bye(frame) {
    this.greeted = false;
    if (LASTING.includes(frame.code)) this.become("closed", frame);
  }

  settle(id) {
    const waiting = this.pending.get(id);
    this.pending.delete(id);
    return waiting;
  }

  send(command, id, until) {
    const text = JSON.stringify({ type: "command", id, command, ...(until ? { until: Math.round(until) } : {}) });
    return new Promise((resolve, reject) => {
      this.pending.set(id, { text, resolve, reject });
      if (this.greeted) this.socket.send(text);
    });
  }

  signIn(account, secret, fresh) {
    const id = newId();
    return new Promise((resolve, reject) => {
      if (!this.post({ type: "sign-in", id, account, secret, new: fresh })) return reject(null);
      this.pending.set(id, { text: "", resolve, reject });
    }).then((result) => this.here(result.account, result.session));
  }

  signOut() {
    if (!this.person) return;
    this.post({ type: "sign-out", id: newId() });
    this.here("", "");
  }

  /** Sends a frame that is not a command (the kiosk's taps). False while not connected. */
  post(object) {
    if (!this.greeted) return false;
    this.socket.send(JSON.stringify(object));
    return true;
  }

  watch(topics) {
    this.topics = topics;
    this.post({ type: "watch", topics });
  }

  /** The caller's clock now, in UTC microseconds: pages never trust the clock of the PC they run on. */
  now() {
    return this.clock.now + (performance.now() - this.clock.at) * 1000;
  }

  become(state, info = {}) {
    this.state = state;
    this.onState(state, info);
  }

  close() {
    this.done = true;
    clearInterval(this.watchdog);
    clearTimeout(this.retry);
    this.socket?.close();
    this.become("closed", {});
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
