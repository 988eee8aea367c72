/* Notices by the browser itself (web push), for who waits with the page closed. Offered where it can work, in one button that
 * asks for nothing until it is pressed: a secure page, a browser that has it, a person who has not forbidden it. What the
 * browser gives is kept by the hall under this number alone and deleted with it; the hall's words are sealed for this browser. */

import { make } from "../shared/dom.js";
import { complete, language, sign, t } from "../shared/words.js";
import { button } from "./feedback.js";
import { post } from "./public-page.js";

const canBe = () => isSecureContext && "PushManager" in window && "Notification" in window && navigator.serviceWorker && Notification.permission !== "denied";

/** Of the worker that shows what comes. The number's page has it from its start; any other page asks for it here. */
async function manager() {
  const worker = await navigator.serviceWorker.register("/worker.js", { scope: "/t" });
  const coming = worker.installing ?? worker.waiting;
  if (!worker.active) await new Promise((resume) => coming.addEventListener("statechange", () => worker.active && resume()));
  return worker.pushManager;
}

/** A key as a browser takes it: bytes of a base64url text. */
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

export class Push {
  /** `proof`: {key} of a slip, or {code} of a booking. `box` stays hidden where it cannot be. */
  constructor(box, proof, offered) {
    Object.assign(this, { box, proof, words: proof.code ? "push.booking" : "push", offered: offered && canBe(), on: false, serverKey: "", note: "", busy: false, drawn: "", asked: false });
  }

  /** Shows what can be done while what it is about goes on. */
  show(live) {
    this.box.hidden = !this.offered || !live;
    if (this.box.hidden) return;
    if (!this.asked) this.ask();
    this.draw();
  }

  async ask() {
    this.asked = true;
    await this.told({});
    const own = await manager().then((kept) => kept.getSubscription()).catch(() => null);
    this.on &&= Boolean(own); // another phone's is not this one's
    this.draw();
  }

  /** Tells the hall, and takes what it answers; false where it did not. */
  async told(more) {
    const answer = await post("/push", { ...this.proof, ...more });
    if (answer.ok) Object.assign(this, { on: answer.doc.on, serverKey: answer.doc.key });
    else this.note = answer.why().filter(Boolean).join(sign("stop"));
    return answer.ok;
  }

  draw() {
    const signature = [this.on, this.note, language()].join("|");
    if (signature === this.drawn) return;
    this.drawn = signature;
    const said = this.on ? t(`${this.words}.on`) : this.note;
    const press = this.on ? button("push.off", () => this.turn(() => this.turnOff())) : button("push.open", () => this.turn(() => this.turnOn()));
    this.box.replaceChildren(...[said && make("p.note", { role: "status" }, said), press, !this.on && make("p.second", {}, t(`${this.words}.purpose`))].filter(Boolean));
  }

  async turn(work) {
    if (this.busy) return;
    Object.assign(this, { busy: true, note: "" });
    await work();
    this.busy = false;
    this.draw();
  }

  async turnOn() {
    if ((await Notification.requestPermission()) !== "granted") return (this.note = t("push.denied"));
    try {
      const made = await (await manager()).subscribe({ userVisibleOnly: true, applicationServerKey: bytes(this.serverKey) });
      const { endpoint, keys } = made.toJSON();
      return await this.told({ subscription: { endpoint, p256dh: keys.p256dh, auth: keys.auth }, lang: complete() });
    } catch {
      return (this.note = t("push.failed")); // no way to the maker's service, or one this hall's key does not suit
    }
  }

  async turnOff() {
    const own = await manager().then((kept) => kept.getSubscription()).catch(() => null);
    await own?.unsubscribe().catch(() => {});
    return this.told({ subscription: "off" });
  }
}
