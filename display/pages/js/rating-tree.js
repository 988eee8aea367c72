/* The Merkle tree over published ratings (RFC 6962), as docs/ratings.md defines it; computed anew in the browser, so that
 * the page believes nothing of what it is told. Hashes are bytes; `hex` and `bytes` change between both. */

const RECEIPT = /^hc([12]):([A-Za-z0-9][A-Za-z0-9_-]{0,31}):(\d{4}-\d{2}-\d{2}):([1-9]\d{0,15}):(?:(visit|case):)?([1-5]):([0-9a-f]{64})$/;
const KIND_BYTES = { visit: [0], case: [1] }; // the root of an older version names no kinds

export const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** The receipt in a text, or null: `{site, day, seq, kind, level, hash}`; one of an older version has no kind. */
export function receiptIn(text) {
  const found = RECEIPT.exec(text.replace(/\s/g, ""));
  if (!found || (found[1] === "2") !== Boolean(found[5])) return null;
  const [, , site, day, seq, kind = "", level, hash] = found;
  return { site, day, seq: Number(seq), kind, level: Number(level), hash };
}

const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const node = (left, right) => sha256(joined([1], left, right));
const leaf = ([row, level, kind]) => sha256(joined([0], bytes(row), [level], KIND_BYTES[kind] ?? []));

/** The root over leaves that are hashed already: pairs are joined row by row, a last one alone rises as it is. */
function over(hashes) {
  if (!hashes.length) return sha256(new Uint8Array());
  let row = hashes;
  while (row.length > 1) {
    const above = [];
    for (let n = 0; n < row.length; n += 2) above.push(n + 1 < row.length ? node(row[n], row[n + 1]) : row[n]);
    row = above;
  }
  return row[0];
}

/** The root that a published list `{rows_root, ratings}` gives, in hex. */
const rootOf = (list) => hex(node(bytes(list.rows_root), over(list.ratings.map(leaf))));

/** How many ratings of level 1 to 5 are under a root or in a list: of all, and of decided cases. */
const countsOf = ({ ratings }) => {
  const counts = (some) => [1, 2, 3, 4, 5].map((level) => some.filter((each) => each[1] === level).length);
  return { levels: counts(ratings), case_levels: counts(ratings.filter((each) => each[2] === "case")) };
};

/** Whether a published list gives the root and the counts of both kinds that the hall publishes. */
export function follows(list, root) {
  const found = countsOf(list);
  const cases = root.case_levels.length ? root.case_levels : [0, 0, 0, 0, 0];
  return rootOf(list) === root.root && found.levels.join() === root.levels.join() && found.case_levels.join() === cases.join();
}

const fits = (one, other) => one === other || !one || !other; // of an older version one does not say its kind

/** The place of a receipt's rating in a list, from 1; 0 where it is not, as it was given, among them. */
export const placeOf = (list, receipt) =>
  list.ratings.findIndex(([row, level, kind]) => row === receipt.hash && level === receipt.level && fits(kind, receipt.kind)) + 1;

// --- SHA-256 (FIPS 180-4): a browser's own is only there on an encrypted page, and a hall's page may be plain in its own network

const FRACTIONS = 2 ** 32;
const ROUND = new Uint32Array(64);
const START = new Uint32Array(8);

/** The constants are the fractions of the roots of the first primes. */
(function constants() {
  let count = 0;
  for (let n = 2; count < 64; n += 1) {
    let prime = true;
    for (let d = 2; d * d <= n; d += 1) prime &&= n % d !== 0;
    if (!prime) continue;
    if (count < 8) START[count] = (Math.sqrt(n) % 1) * FRACTIONS;
    ROUND[count] = (Math.cbrt(n) % 1) * FRACTIONS;
    count += 1;
  }
})();

const turn = (word, by) => (word >>> by) | (word << (32 - by));

/** The hash of bytes, as bytes. */
export function sha256(bytes) {
  const length = ((bytes.length + 72) >> 6) << 6;
  const padded = new Uint8Array(length);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setUint32(length - 4, bytes.length * 8);
  const view = new DataView(padded.buffer);
  const state = START.slice();
  const words = new Uint32Array(64);
  for (let block = 0; block < length; block += 64) {
    for (let n = 0; n < 16; n += 1) words[n] = view.getUint32(block + 4 * n);
    for (let n = 16; n < 64; n += 1) {
      const [early, late] = [words[n - 15], words[n - 2]];
      const low = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3);
      const high = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10);
      words[n] = words[n - 16] + low + words[n - 7] + high;
    }
    compress(state, words);
  }
  const out = new DataView(new ArrayBuffer(32));
  state.forEach((word, n) => out.setUint32(4 * n, word));
  return new Uint8Array(out.buffer);
}

function compress(state, words) {
  let [a, b, c, d, e, f, g, h] = state;
  for (let n = 0; n < 64; n += 1) {
    const first = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + ROUND[n] + words[n]) | 0;
    const second = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, n) => {
    state[n] += word;
  });
}
