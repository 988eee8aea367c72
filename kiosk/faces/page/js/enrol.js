/* A kiosk without a token: shows the code that its program was given, and begins as a kiosk once it is enrolled.
 *
 * The program serves this page at the kiosk's own address, and `/enrol.json` beside it, for as long as it waits. The page
 * holds no connection to the caller: the token is the program's, and never comes here. */

import { find, say } from "../shared/dom.js";

const LOOK_MS = 1000;

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

function show({ code, command, trouble, fingerprint }) {
  say(find("#code"), code || "… …");
  say(find("#command"), command);
  find("#command").hidden = !code;
  say(find("#trouble"), trouble);
  find("#fingerprint").hidden = !fingerprint;
  say(find("#fingerprint b"), `大厅证书指纹 ${fingerprint}，请与管理人员看到的核对`);
  say(find("#fingerprint span"), `Fingerprint of the hall's certificate: ${fingerprint}; compare it with what the manager sees`);
}

look();
