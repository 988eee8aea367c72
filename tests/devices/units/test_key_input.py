"""What may be said of a device's health: babble is told, neighbours on the line and our own echo are not."""

import random

from config.instants import SECOND
from devices.profiles.profile import ALIVE
from devices.profiles.profile_reader import find
from devices.units.key_input import KeyDecoder
from devices.units.unit import BABBLE_BYTES, BABBLE_SECONDS

PROFILE = find("evaluator-crc")
NOW = 1_000 * SECOND


def answering() -> KeyDecoder:
    keys = KeyDecoder(PROFILE, 1)
    keys.opened(NOW)
    keys.heard(PROFILE.press(ALIVE, 1), NOW)
    return keys


def test_it_waits_for_the_first_answer_and_misses_the_next() -> None:
    keys = KeyDecoder(PROFILE, 1)
    keys.opened(NOW)
    assert keys.health(NOW)[0] == "unknown"
    keys.heard(PROFILE.press(ALIVE, 1), NOW)
    assert keys.health(NOW + SECOND) == ("ready", "")
    assert keys.health(NOW + 3 * SECOND)[0] == "unknown"


def test_a_model_that_cannot_answer_says_that_only_the_port_is_known() -> None:
    keys = KeyDecoder(find("evaluator-sum5"), 1)
    assert keys.health(NOW)[0] == "ready"
    assert "no answer" in keys.health(NOW)[1]


def test_babble_is_an_error_and_forgotten_when_it_stops() -> None:
    keys = answering()
    keys.heard(random.Random(1).randbytes(BABBLE_BYTES * 2), NOW)
    assert keys.health(NOW)[0] == "error"
    after = NOW + (BABBLE_SECONDS + 1) * SECOND
    keys.heard(PROFILE.press(ALIVE, 1), after)
    assert keys.health(after)[0] == "ready"


def test_neighbours_on_the_line_and_our_own_echo_are_no_babble() -> None:
    keys = answering()
    for address in range(2, 32):
        keys.heard(PROFILE.frame("poll", address) + PROFILE.press(ALIVE, address), NOW)
    assert keys.health(NOW)[0] == "ready"


def test_counting_whatever_is_not_ours_would_call_a_full_line_broken() -> None:
    """The guard off: what our own decoder drops on the same line."""
    decoder = PROFILE.decoder(1)
    for address in range(2, 32):
        decoder.feed(PROFILE.frame("poll", address) + PROFILE.press(ALIVE, address))
    assert decoder.dropped > BABBLE_BYTES


def test_a_bounce_is_counted_and_dropped() -> None:
    keys = answering()
    press = PROFILE.press("level-5", 1)
    assert len(keys.heard(press + press, NOW)) == 1
    assert keys.bounced == 1
    assert len(keys.heard(press, NOW + SECOND)) == 1
