/* A kiosk without a token: shows the code that its program was given, and begins as a kiosk once it is enrolled.
 *
 * The program serves this page at the kiosk's own address, and `/enrol.json` beside it, for as long as it waits. The page
 * holds no connection to the caller: the token is the program's, and never comes here. When the kiosk itself answers at
 * this address, the page loads itself anew and is the kiosk. */

import { find, make, publicScreen, say } from "../shared/dom.js";

const LOOK_MS = 1000;
const NO_CODE = "… …";
const TEXT = {
  title: ["本取号机尚未登记", "This kiosk is not enrolled"],
  next: [
    "请工作人员把这个登记码输入管理台“站点设备”，或在叫号主机上运行下面的命令；登记后本机自动继续",
    "A manager enters this code in the office (Stations), or runs this command on the caller's PC; the kiosk then goes on by itself",
  ],
  compare: ["大厅证书指纹，请与管理人员看到的核对", "The fingerprint of the hall's certificate; compare it with what the manager sees"],
};

/** A text in both languages: a kiosk that is not enrolled knows nothing of its hall's languages. */
function both(spec, [zh, en]) {
  return make(spec, {}, zh, make("span", { lang: "en" }, en));
}

/** Draws the page once; `show` fills in what changes. */
function draw() {
  find("main").replaceChildren(
    both("h1", TEXT.title),
    make("p.code", { id: "code", "aria-live": "polite" }, NO_CODE),
    both("p", TEXT.next),
    make("p", {}, make("code", { id: "command" })),
    make("section", { id: "compare", hidden: true }, make("p", {}, make("code", { id: "fingerprint" })), both("p", TEXT.compare)),
    make("p", { id: "trouble", role: "status" }),
  );
}

async function look() {
  try {
    const answer = await fetch("/enrol.json", { cache: "no-store" });
    if (answer.ok) show(await answer.json());
    else location.reload(); // the kiosk itself answers at this address now
  } catch {
    // the program begins anew: the next look finds the kiosk
  }
  setTimeout(look, LOOK_MS);
}

/** Shows what the program says of its enrolment. */
function show({ code, command, trouble, fingerprint }) {
  say(find("#code"), code || NO_CODE);
  say(find("#command"), command);
  find("#command").hidden = !code;
  say(find("#fingerprint"), fingerprint);
  find("#compare").hidden = !fingerprint;
  say(find("#trouble"), trouble);
}

publicScreen();
draw();
look();
