/* The list of pages a technician opens on the stations of this hall: which address belongs on which device. */

import { find, make, say } from "../shared/dom.js";
import { COMPLETE, t, t2 } from "../shared/words.js";
import { begin, name, name2, windowLabel, windowLabel2 } from "./hall.js";

const { hall } = await begin(COMPLETE);
say(find("#hall"), name(hall));
say(find("#hall-2"), name2(hall));
find("#hall-pages").replaceChildren(
  page("/board", "index.board"),
  page("/supervise", "index.supervise"),
  page("/guide", "index.guide"),
  ...Object.entries(hall.kiosks).map(([id, { port }]) => page(`http://127.0.0.1:${port}/`, "index.kiosk", id, "index.kiosk.more")),
);
find("#window-pages").replaceChildren(...Object.entries(hall.windows).map(row));

/** One page: what it is, and the address as it is typed. */
function page(href, key, id = "", more = "") {
  const called = [t, t2].map((words) => `${words(key)} ${id}`.trim());
  const link = make("a", { href }, make("b", {}, called[0]), english(called[1]), make("code", {}, href));
  return make("li", {}, link, more && make("p.second", {}, t(more), english(t2(more))));
}

function row([id, window]) {
  const label = windowLabel(id, window);
  const called = [label, label === name(window) ? "" : name(window)].filter(Boolean).join(" · ");
  const links = ["desk", "sign", "rate"].map((kind) => make("td", {}, link(`/${kind}?window=${id}`, `index.${kind}`)));
  const other = [windowLabel2(id, window), name2(window)].filter(Boolean).join(" · ");
  return make("tr", {}, make("th", { scope: "row" }, called, english(other)), links);
}

function link(href, key) {
  return make("a", { href }, t(key), english(t2(key)));
}

function english(text) {
  return make("span.second", { lang: "en" }, text);
}
