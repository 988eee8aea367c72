/* What a page without a good token does: it shows a code, from which a manager enrols it, and goes on by itself.
 *
 * It greets the caller without a token and may then only wait (docs/wire.md, `hello.enrol`). The caller sends a code, and
 * another one before the first is over; the token comes over the same connection and is kept by the browser. Whoever has
 * the hall's printed sheet types its code here instead, or opens the address with it (`#code=…`, which no server sees). */

import { find, make, press } from "../shared/dom.js";
import { SUBPROTOCOL } from "../shared/wire_constants.js";

const AGAIN_MS = 2000; // before the caller is asked again
const GROUP = 3; // signs of a code that are read together

/** The code of the sheet that stands behind the #, taken out of the address. */
export function givenCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
  if (code) history.replaceState(null, "", location.pathname + location.search);
  return code;
}

/** Asks to be enrolled as `who` ("board hall") until a token has come; `keep` gets it. `head`: why, in both languages;
 * `words(key, facts)`: a promise of the words for a key in both languages. */
export function askEnrolment({ url, who, head, words, keep, code = "" }) {
  const asking = new Asking(url, who, head, words, keep);
  asking.open(code);
}

class Asking {
  constructor(url, who, head, words, keep) {
    Object.assign(this, { urls: url.split(","), who, head, words, keep, socket: null, timer: 0, drawing: 0 });
    this.note = null; // what was wrong with a code of the sheet
  }

  open(code = "") {
    clearTimeout(this.timer);
    const socket = new WebSocket(this.urls[0], [SUBPROTOCOL]);
    const before = this.socket;
    this.socket = socket;
    before?.close();
    const enrol = this.who.replace(" ", "/");
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token: "", enrol, ...(code ? { code } : {}) }));
    socket.onmessage = (message) => socket === this.socket && this.take(JSON.parse(message.data));
    socket.onclose = () => {
      if (socket !== this.socket) return;
      this.draw("", "");
      this.urls.push(this.urls.shift()); // of several callers one calls
      this.timer = setTimeout(() => this.open(), AGAIN_MS);
    };
  }

  take(frame) {
    if (frame.type === "enrolled") return this.keep(frame.token);
    if (frame.type === "bye") this.note = [`${frame.zh}。${frame.next_zh}`, `${frame.en}. ${frame.next_en}`];
    if (frame.type === "enrol-code") this.draw(frame.code, frame.address ?? "");
  }

  /** Draws the page; what a person is typing stays. */
  async draw(code, address) {
    const drawing = ++this.drawing;
    const [role, name] = this.who.split(" ");
    const typed = `hallcall enrol approve ${code || "…"} --role ${role} --name ${name} --data DATA`;
    const keys = [code ? "enrol.next" : "enrol.away", "enrol.here", "enrol.sheet", "enrol.send"];
    const [next, here, sheet, send] = await Promise.all(keys.map((key) => this.words(key, { who: this.who, address: address || "…" })));
    if (drawing !== this.drawing) return; // a newer code is being drawn
    const field = find(".stopped input") ?? make("input", { id: "sheet-code", autocomplete: "off", autocapitalize: "characters", maxlength: 20, spellcheck: "false" });
    const button = make("button.press", { type: "button" }, send[0], english(send[1]));
    press(button, () => this.redeem(field));
    field.onkeydown = (event) => {
      event.stopPropagation(); // a desk takes keys for its own
      if (event.key === "Enter") this.redeem(field);
    };
    const parts = [
      make("h2", {}, this.head[0], english(this.head[1])),
      make("p.enrol-code", { "aria-live": "polite" }, grouped(code)),
      make("p", {}, next[0], english(next[1])),
      code && make("code", {}, typed),
      make("p.enrol-here", {}, here[0], english(here[1])),
      make("div.enrol-sheet", {}, make("label", { for: "sheet-code" }, sheet[0], english(sheet[1])), field, button),
      this.note && make("p.enrol-wrong", { role: "alert" }, this.note[0], english(this.note[1])),
    ];
    const page = find(".stopped") ?? make("section.stopped", { "aria-label": this.head.join(" ") });
    const writing = document.activeElement === field;
    page.replaceChildren(...parts.filter(Boolean));
    if (!page.isConnected) document.body.append(page);
    if (writing) field.focus();
  }

  redeem(field) {
    const code = field.value.trim();
    if (!code) return field.focus();
    this.note = null;
    field.value = "";
    this.open(code);
  }
}

const english = (text) => make("span", { lang: "en" }, text);
const grouped = (code) => (code ? code.match(new RegExp(`.{1,${GROUP}}`, "g")).join(" ") : "… …");
