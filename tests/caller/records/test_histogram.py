"""Buckets follow each other without a gap, and a percentile is at most one bucket above the exact one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caller.records import histogram
from config.instants import SECOND
from tests.instruments.recomputed_figures import bucket_end, exact_percentile

YEAR = 366 * 86_400 * SECOND
durations = st.lists(st.integers(0, YEAR), min_size=1, max_size=60)


def counted(values: list[int]) -> bytes:
    times = bytearray()
    for value in values:
        times = histogram.counted(times, value)
    return bytes(times)


def test_every_bucket_ends_where_the_next_begins_and_is_no_wider_than_said():
    for bucket in range(2_000):
        end = histogram.upper_end(bucket)
        assert histogram.bucket_of(end) == bucket
        assert histogram.bucket_of(end + 1) == bucket + 1
        width = histogram.upper_end(bucket + 1) - end
        assert width == SECOND or width * 64 <= end


@given(st.integers(-SECOND, YEAR))
def test_the_bucket_is_the_one_found_by_walking_up(duration: int):
    assert histogram.upper_end(histogram.bucket_of(duration)) == bucket_end(max(0, duration))


@given(durations, st.integers(1, 100))
def test_a_percentile_is_the_exact_one_or_at_most_a_64th_above(values: list[int], percent: int):
    found = histogram.percentile(counted(values), percent, len(values), max(values))
    exact = exact_percentile(values, percent)
    assert exact <= found <= max(exact + SECOND, exact * 65 // 64)


@given(durations, durations)
def test_histograms_add_up(some: list[int], more: list[int]):
    assert histogram.added([counted(some), counted(more), b""]) == counted(some + more)


def test_a_bucket_counts_beyond_a_byte():
    assert counted([SECOND] * 70_000)[4:8] == (70_000).to_bytes(4, "little")


def test_the_twin_without_the_carry_loses_counts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(histogram, "bucket_of", lambda _duration: 0)
    times = histogram.counted(b"\xff\0\0\0", 0)
    assert bytes(times) == b"\0\1\0\0"
