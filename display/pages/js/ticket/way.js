/* The way to a window: the part of the hall it is in, and how one gets there. Said once called, and before that
 * if it is the same for every window that may call. */

import { make } from "../dom.js";
import { language, name } from "../words.js";

export const areaOf = (window, hall) => hall.areas[hall.windows[window]?.area];

/** The area of all these windows, if it is one; a window without an area goes where it is needed and says nothing. */
export function shared(windows, hall) {
  const areas = new Set(windows.map(([, window]) => window.area).filter(Boolean));
  return areas.size === 1 ? hall.areas[[...areas][0]] : undefined;
}

/** The element that says so, or "". */
export function way(area) {
  if (!area) return "";
  const there = language() === "zh" ? area.way : area.way_en || area.way;
  return make("p.way", {}, make("b", {}, name(area)), there ? make("span", {}, there) : "");
}
