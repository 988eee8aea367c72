/* The hall's clock: the caller's instant in the hall's zone. The PC's own clock is never shown. */

import { say } from "./dom.js";
import { language, t } from "./words.js";

const TICK_MS = 500;

/** A formatter of caller instants (UTC microseconds) in `zone`. */
export function clockOf(zone) {
  const locale = language() === "zh" ? "zh-CN" : language();
  const time = new Intl.DateTimeFormat(locale, { timeZone: zone, hour: "2-digit", minute: "2-digit", hour12: false });
  const date = new Intl.DateTimeFormat(locale, { timeZone: zone, month: "long", day: "numeric" });
  const weekday = new Intl.DateTimeFormat(locale, { timeZone: zone, weekday: "long" });
  const of = (micros) => new Date(micros / 1000);
  return {
    time: (micros) => time.format(of(micros)),
    date: (micros) => date.format(of(micros)),
    weekday: (micros) => weekday.format(of(micros)),
  };
}

/** Keeps the two elements on time for as long as the page lives. */
export function runClock(wire, zone, timeElement, dateElement) {
  const clock = clockOf(zone);
  const tick = () => {
    const now = wire.now();
    say(timeElement, clock.time(now));
    say(dateElement, `${clock.date(now)}${t("clock.gap")}${clock.weekday(now)}`);
  };
  tick();
  return setInterval(tick, TICK_MS);
}
