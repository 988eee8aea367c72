/* A few line drawings of our own, 24 × 24, in the colour of the text beside them. */
import { make } from "../shared/dom.js";

const PATHS = {
  back: "M15 5l-7 7 7 7",
  home: "M4 11l8-7 8 7M6 10v9h5v-5h2v5h5v-9",
  globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M3 12h18M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9s.5-6 3.5-9",
  large: "M2 19L8 5l6 14M4.2 14.5h7.6M15 19l3.5-8 3.5 8M16.2 16.5h4.6",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5L21 21",
  appointment: "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4M9 15l2 2 4-4",
  card: "M3 5.500h18v13H3zM8.500 9a1.800 1.800 0 1 0 0 3.600 1.800 1.800 0 0 0 0-3.600M5.500 16c.4-1.600 1.500-2.300 3-2.300s2.600.7 3 2.300M14.500 10h4M14.500 13.500h4",
  lost: "M3 7h18v3.5a1.5 1.5 0 0 0 0 3V17H3v-3.500a1.500 1.500 0 0 0 0-3zM14 7v2M14 11v2M14 15v2",
  print: "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
  people: "M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M3 19c0-3.500 2.500-5.500 6-5.500s6 2 6 5.500M16 5.500a3 3 0 0 1 0 5.500M17.500 14c2.200.8 3.500 2.500 3.500 5",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4.500l3 1.500",
  touch: "M9 11V5.500a1.500 1.500 0 0 1 3 0V10l5.500 1.200c1 .2 1.700 1.100 1.500 2.100L18 20h-7.500L6 14.500c-.6-.8-.4-1.600.3-2s1.400-.2 2 .4L9 13.500",
  check: "M5 12.500l4.500 4.500L19 7.500",
  warn: "M12 4L2.500 20h19zM12 10v5M12 17.200v.6",
  info: "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17M12 11v5.500M12 7.500v.6",
  sound: "M3 9.500v5h3.500L11 18.500v-13L6.500 9.500zM14.500 9a4.200 4.200 0 0 1 0 6M17 6.500a7.800 7.800 0 0 1 0 11",
  mute: "M3 9.500v5h3.500L11 18.500v-13L6.500 9.500zM15 9.500l5 5M20 9.500l-5 5",
  more: "M12 5v14M5 12h14",
  erase: "M8 6h13v12H8l-6-6zM11.500 9.500l5 5M16.500 9.500l-5 5",
  previous: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  done: "M5 12.500l4.500 4.500L19 7.500",
  again: "M19 12a7 7 0 1 1-2-5M19 3v5h-5",
};
const NAMES = { "print-guide": "print", reprint: "print", "check-in": "check", confirm: "check", "walk-in": "touch", slip: "lost", requeue: "again", start: "touch" };

export function icon(name) {
  const path = PATHS[NAMES[name] ?? name];
  if (!path) return null;
  return make("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, make("path", { d: path }));
}
