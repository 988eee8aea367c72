/* A page that is a station loads itself anew when the office asks for it, by the station job `restart-ROLE`.
 *
 * 1. A job that was asked for after this page was loaded is meant for it: it waits until nobody is in the middle of something,
 *    takes the job, says so, and loads itself anew. A job that is older and taken was this page's own: it is reported done.
 * 2. Pages that share a token (a sign and the tablet under it) load themselves anew together: one takes the job, the others
 *    see that it is taken.
 * 3. Where the page is in use until the job's limit, or the process it comes from does not answer, the job fails with these
 *    words, and the page stays as it is: one that is loaded goes on without that process. */

import { make } from "../shared/dom.js";

const LOOK_MS = 250; // between two looks whether the page is free
const SPARE_MICROS = 3_000_000; // before the limit: so long two answers take at most
const ANSWER_MS = 2_000; // of the process the page comes from
const SAID_MS = 1_500; // long enough to read a line
const DONE = "已重新载入 / loaded anew";
const AWAY = "网页服务没有应答，页面照旧 / not available here now: the web process is away, the page stays as it is";
const IN_USE = "页面正在使用，此时不能重新载入 / not available here now: the page is in use";

/** Whether this page could be loaded now. */
const served = () => fetch(location.pathname + location.search, { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) }).then(({ ok }) => ok, () => false);

export class PageRestart {
  role = "";
  topic = ""; // of the station's own jobs, once the caller has told who it is
  asked = []; // what the page itself watches
  reported = new Set();
  jobs = {};
  waiting = ""; // the job that waits until the page is free
  leaving = false;

  /** `watch`: what the page watches; `free()`: whether nobody is in the middle of something; `words()`: in Chinese and English. */
  constructor({ wire, watch, free, words }) {
    Object.assign(this, { wire, free, words });
    this.asked = watch;
  }

  /** Takes the caller's greeting, and watches the station's jobs from then on. */
  greeted({ role, station }) {
    if (!role || this.topic) return;
    [this.role, this.topic] = [role, `jobs/${station}`];
    this.wire.watch(this.asked);
  }

  /** What is watched where the page asks for `topics`. */
  with(topics) {
    this.asked = topics;
    return this.topic && !topics.includes(this.topic) ? [...topics, this.topic] : topics;
  }

  /** Whether a document is the station's jobs and nothing the page asked for; what is asked of the page is done. */
  takes(topic, { jobs = {} }) {
    if (topic !== this.topic) return false;
    this.jobs = jobs;
    const loaded = this.wire.now() - performance.now() * 1_000;
    for (const [id, job] of Object.entries(jobs)) {
      if (job.kind !== `restart-${this.role}`) continue;
      const mine = job.requested > loaded;
      if (job.state === "taken" && !mine) this.report(id, "done", DONE);
      if (job.state === "taken" && mine && id !== this.waiting && !this.reported.has(id) && this.free()) this.leave();
      if (job.state === "requested" && mine && !this.waiting) this.wait((this.waiting = id));
    }
    return !this.asked.includes(topic);
  }

  /** Waits until the page is free, or the job's time is nearly over. */
  async wait(id) {
    const live = () => this.jobs[id]?.state === "requested" && !this.leaving;
    const late = () => this.wire.now() > this.jobs[id].until - SPARE_MICROS;
    while (live() && !this.free() && !late()) await new Promise((done) => setTimeout(done, LOOK_MS));
    const why = this.free() ? ((await served()) ? "" : AWAY) : IN_USE;
    const taken = live() && (await this.send({ type: "TakeJob", job: id }));
    this.waiting = "";
    if (taken && why) return this.report(id, "failed", why);
    if (taken || (this.jobs[id]?.state === "taken" && this.free())) await this.leave();
  }

  /** Says so, and loads the page anew. */
  async leave() {
    if (this.leaving || !(await served()) || this.leaving) return;
    this.leaving = true;
    const [zh, en] = await this.words();
    document.querySelector(".stopped")?.remove();
    document.body.append(make("section.stopped", { role: "alert" }, make("h2", {}, zh, make("span", { lang: "en" }, en))));
    setTimeout(() => location.reload(), SAID_MS);
  }

  report(id, state, detail) {
    if (this.reported.has(id)) return;
    this.reported.add(id);
    this.send({ type: "ReportJob", job: id, state, detail });
  }

  /** Whether the caller took the command. */
  send = (command) => this.wire.send(command).then(() => true, () => false);
}
