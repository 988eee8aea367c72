"""The promise: a serial frame is a rating command within 2 ms, in the median."""

from tests.speed.device_latency import figures

PROMISE_MS = 2.0


def test_a_frame_is_a_command_within_two_milliseconds() -> None:
    assert figures(60)["frame_to_rating_ms"] <= PROMISE_MS
