"""A short code is not guessed, is unique while it lives, and bears no more wrong tries than its kind has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caller.engine import short_codes
from caller.engine.short_codes import KINDS, TRIES_SPAN, WrongTries, make, typed
from config.instants import MINUTE

TRIES = KINDS["booking"].tries
START = 1_790_000_000_000_000


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=40), st.booleans())
def test_codes_have_their_digits_and_differ_while_they_live(drawn: list[bytes], same: bool):
    living: set[str] = set()
    for n, random in enumerate(drawn):
        code = make("booking", bytes(16) if same else random, "id" if same else str(n), living)
        assert code is not None
        assert len(code) == KINDS["booking"].length
        assert code.isdecimal()
        assert code not in living
        living.add(code)


def test_twin_where_the_living_are_not_looked_at_one_envelope_gives_one_code_twice():
    assert make("booking", bytes(16), "id", ()) == make("booking", bytes(16), "id", ())


def test_where_no_code_is_free_none_is_made(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(KINDS, "booking", short_codes.CodeRules(1, TRIES))
    living = set[str]()
    for n in range(10):
        living.add(make("booking", bytes(16), str(n), living) or "none")
    assert living == set("0123456789")
    assert make("booking", bytes(16), "one more", living) is None


def test_the_code_hangs_on_the_random_bytes_alone_known_to_nobody():
    codes = {make("booking", bytes([n]) * 16, "id", ()) for n in range(200)}
    assert len(codes) == 200


@pytest.mark.parametrize(
    "text", ["12345678", "1234 5678", "1234-5678", "１２３４５６７８", " 12345678 ", "1234－５６７８"]
)
def test_a_code_is_the_same_however_it_is_typed(text: str):
    assert typed(text) == "12345678"


@given(st.lists(st.integers(0, 90), max_size=120))
def test_no_span_holds_more_guesses_than_the_kind_has(pauses: list[int]):
    """Guess as fast as it is let, with pauses of so many seconds; count the guesses of every span."""
    tries, now = WrongTries(), START
    guesses: list[int] = []
    for pause in pauses:
        now += pause * 1_000_000
        if not tries.minutes_left("booking", "kiosk/k1", now):
            tries.note("kiosk/k1", now)
            guesses.append(now)
    for first in guesses:
        assert sum(first <= each < first + TRIES_SPAN for each in guesses) <= TRIES


def test_who_was_refused_is_told_how_long_and_is_taken_again():
    tries = WrongTries()
    for n in range(TRIES):
        assert tries.minutes_left("booking", "kiosk/k1", START + n) == 0
        tries.note("kiosk/k1", START + n)
    assert tries.minutes_left("booking", "kiosk/k1", START + MINUTE) == 9
    assert tries.minutes_left("booking", "kiosk/k1", START + TRIES_SPAN - 1) == 1
    assert tries.minutes_left("booking", "kiosk/k1", START + TRIES_SPAN) == 0
    assert tries.minutes_left("booking", "kiosk/k2", START + MINUTE) == 0, "others are not held up"


def test_memory_is_bounded_by_senders():
    tries = WrongTries()
    for n in range(2 * short_codes.SENDERS_MAX):
        tries.note(f"kiosk/{n}", START)
    assert len(tries._wrong) == short_codes.SENDERS_MAX
