"""Where a scanned text begins and ends: on a serial line, and as keys."""

import pytest

from devices.protocols.scanner import ENDS, KeyBurst, LineSplitter, ScannedCode, scanned
from tests.instruments.scans import CASES, CODE, ScanCase

CONTROL = {"ctrl+j": "enter", "ctrl+i": "tab"}


def played(burst: KeyBurst, case: ScanCase) -> tuple[list[str], str]:
    """The scans, and what the last key means."""
    scans: list[str] = []
    meaning = ""
    for key, at in case.timed():
        meaning = burst.key(CONTROL.get(key, key), at)
        if meaning == "scan":
            scans.append(burst.text)
    return scans, meaning


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_scanner_is_told_from_a_person(case: ScanCase) -> None:
    scans, last = played(KeyBurst(), case)
    assert scans == list(case.scans)
    assert (last == "press") == case.presses


class Eager(KeyBurst):
    """The guard off: every Enter is a press, however soon it comes."""

    def key(self, key: str, monotonic: float):  # type: ignore[no-untyped-def]
        meaning = super().key(key, monotonic)
        return "press" if key in ENDS and meaning == "part" else meaning


def test_twin_without_the_gap_the_line_feed_of_a_scanner_presses() -> None:
    cases = {case.name: case for case in CASES}
    assert played(Eager(), cases["CR LF"])[1] == "press"
    assert played(KeyBurst(), cases["CR LF"])[1] == "part"


def test_arrows_are_no_part_of_a_scan_and_end_none() -> None:
    burst = KeyBurst()
    assert [burst.key("down", 1.0), burst.key("enter", 1.01)] == ["other", "press"]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\t", b"\t\r\n"])
@pytest.mark.parametrize("prefix", [b"", b"\r", b"\r\n"])
def test_a_line_ends_as_scanners_are_set_up(prefix: bytes, end: bytes) -> None:
    assert LineSplitter().feed((prefix + CODE.encode() + end) * 2) == [CODE, CODE]


def test_a_text_shorter_than_any_code_is_read_and_is_no_code() -> None:
    assert LineSplitter().feed(b"K7\r") == ["K7"]
    assert scanned("K7") == ScannedCode("K7")


def test_a_line_framed_by_stx_and_etx_is_a_text() -> None:
    assert LineSplitter().feed(b"\x02" + CODE.encode() + b"\x03\x02" + CODE.encode() + b"\x03\r\n") == [
        CODE,
        CODE,
    ]


@pytest.mark.parametrize("mark", ["]Q1", "]C0", "]d2", "]QA"])
def test_the_mark_of_the_kind_of_code_is_no_part_of_it(mark: str) -> None:
    assert scanned(mark + CODE) == scanned(CODE)
