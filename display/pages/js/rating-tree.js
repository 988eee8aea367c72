/* The Merkle tree over published ratings (RFC 6962), as docs/ratings.md defines it; computed anew in the browser, so that
 * the page believes nothing of what it is told. Hashes are bytes; `hex` and `bytes` change between both. */

import { sha256 } from "./sha256.js";

const RECEIPT = /^hc1:([A-Za-z0-9][A-Za-z0-9_-]{0,31}):(\d{4}-\d{2}-\d{2}):([1-9]\d{0,15}):([1-5]):([0-9a-f]{64})$/;

export const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** The receipt in a text, or null: `{site, day, seq, level, hash}`. */
export function receiptIn(text) {
  const found = RECEIPT.exec(text.replace(/\s/g, ""));
  if (!found) return null;
  const [, site, day, seq, level, hash] = found;
  return { site, day, seq: Number(seq), level: Number(level), hash };
}

const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const node = (left, right) => sha256(joined([1], left, right));
const leaf = ([row, level]) => sha256(joined([0], bytes(row), [level]));

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
export const rootOf = (list) => hex(node(bytes(list.rows_root), over(list.ratings.map(leaf))));

/** How many ratings of level 1 to 5 a list has. */
export const countsOf = (list) => [1, 2, 3, 4, 5].map((level) => list.ratings.filter((each) => each[1] === level).length);

/** The place of a receipt's rating in a list, from 1; 0 where it is not, as it was given, among them. */
export const placeOf = (list, receipt) => list.ratings.findIndex(([row, level]) => row === receipt.hash && level === receipt.level) + 1;
