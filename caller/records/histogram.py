"""A histogram of durations in few bytes: percentiles of any period are read from it without the single times.

1. A duration is rounded up to a whole second. Up to 128 s every second has a bucket of its own.
2. Above, each doubling of the duration has 64 buckets of equal width: 2 s up to 256 s, 4 s up to 512 s, and so on.
   So a bucket is never wider than 1/64 (1.6 %) of what it holds.
3. A percentile is the upper end of the bucket its rank falls into, and never more than the longest duration: so many
   per cent really did not exceed it.
4. Stored are the counts in the order of the buckets, 4 bytes each, least significant byte first, without the empty
   ones at the end. Two histograms add up like two long numbers.

The layout is that of HdrHistogram (Gil Tene), with two significant digits.
"""

from collections.abc import Iterable

from config.instants import SECOND

EXACT_SECONDS = 128  # up to here every second has its own bucket
HALF = EXACT_SECONDS // 2  # buckets of each doubling above
COUNT_BYTES = 4  # a bucket counts to four thousand million

Histogram = bytes | bytearray


def bucket_of(duration: int) -> int:
    """Return the bucket of a duration in microseconds; a negative one, of a wrong clock, counts as none."""
    seconds = max(0, -(-duration // SECOND))
    doublings = ((seconds - 1) >> EXACT_SECONDS.bit_length() - 1).bit_length() if seconds else 0
    if not doublings:
        return seconds
    start = EXACT_SECONDS << doublings - 1
    return EXACT_SECONDS + HALF * (doublings - 1) + -((start - seconds) >> doublings)


def upper_end(bucket: int) -> int:
    """Return the longest duration of a bucket, in microseconds."""
    if bucket <= EXACT_SECONDS:
        return bucket * SECOND
    doublings, within = divmod(bucket - EXACT_SECONDS - 1, HALF)
    return ((EXACT_SECONDS << doublings) + ((within + 1) << doublings + 1)) * SECOND


def counted(histogram: Histogram, duration: int) -> bytearray:
    """Return the histogram with one duration (microseconds) more; a bytearray is counted up in place."""
    counts = histogram if isinstance(histogram, bytearray) else bytearray(histogram)
    at = COUNT_BYTES * bucket_of(duration)
    if len(counts) <= at:
        counts.extend(bytes(at + COUNT_BYTES - len(counts)))
    while counts[at] == 0xFF:  # carry, as in any long number
        counts[at] = 0
        at += 1
    counts[at] += 1
    return counts


def added(histograms: Iterable[Histogram]) -> bytes:
    """Return the sum of histograms: each is one long number whose digits are the counts."""
    total, length = 0, 0
    for histogram in histograms:
        total += int.from_bytes(histogram, "little")
        length = max(length, len(histogram))
    return total.to_bytes(length, "little")


def percentile(histogram: Histogram, percent: int, count: int, longest: int) -> int:
    """Return the duration in microseconds that `percent` % of `count` durations do not exceed (nearest rank)."""
    left = max(1, -(-percent * count // 100))
    for bucket in range(len(histogram) // COUNT_BYTES):
        left -= int.from_bytes(histogram[bucket * COUNT_BYTES : (bucket + 1) * COUNT_BYTES], "little")
        if left <= 0:
            return min(upper_end(bucket), longest)
    return longest
