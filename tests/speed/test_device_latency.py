"""The promises: a serial frame is a rating command within 2 ms, in the median; a pulled plug is shown within 3 s."""

from pathlib import Path

from tests.caller.demo.test_plugs import every_plug_pulled
from tests.speed.device_latency import figures

PROMISE_MS = 2.0
RIGHT_SECONDS = 3.0


def test_a_frame_is_a_command_within_two_milliseconds() -> None:
    assert figures(60)["frame_to_rating_ms"] <= PROMISE_MS


def test_the_table_of_devices_is_right_within_three_seconds(tmp_path: Path) -> None:
    took = every_plug_pulled(tmp_path)
    assert max(took) <= RIGHT_SECONDS, took
