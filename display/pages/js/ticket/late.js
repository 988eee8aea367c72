/* Who will be late: until when the number is kept and not called. Until then nothing on the page may say "you are
 * next"; and the button comes back only once a press would move that time. */

const MINUTE = 60_000_000; // µs

/** The instant (µs) until which this number is not called; 0 if it may be called. */
export const keptUntil = (doc, now) => (doc.state === "waiting" && doc.not_before > now ? doc.not_before : 0);

/** The instant from which being later still moves the time by a minute or more. */
const prolongedFrom = (until, minutes) => until - (minutes - 1) * MINUTE;

export const canProlong = (until, minutes, now) => now >= prolongedFrom(until, minutes);

/** How many µs until the page has something else to say; 0 if never. */
export function changesIn(doc, minutes, now) {
  const until = keptUntil(doc, now);
  const next = [prolongedFrom(until, minutes), until].find((instant) => instant > now);
  return until && next ? next - now : 0;
}
