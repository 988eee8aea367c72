/* The list of pages a technician opens on the stations of this hall. */

import { find, make, say } from "./dom.js";
import { begin } from "./page.js";
import { name, name2, t } from "./words.js";

const { hall } = await begin(["zh", "en"]);
const links = [
  ["/board", t("index.board")],
  ...Object.entries(hall.windows).flatMap(([id, window]) => [
    [`/sign?window=${id}`, `${name(window)} · ${t("index.sign")}`],
    [`/rate?window=${id}`, `${name(window)} · ${t("index.rate")}`],
  ]),
  ["/supervise", t("index.supervise")],
];
say(find("#hall"), name(hall));
say(find("#hall-2"), name2(hall));
find("#links").replaceChildren(...links.map(([href, words]) => make("a", { href }, words)));
