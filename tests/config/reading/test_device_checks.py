"""What a hall's devices share: lines, addresses, network printers; and names that follow the order of plugging."""

from pathlib import Path

import pytest

from config.reading.reader import inspect
from tests.instruments.small_settings import GOOD, broken, put

LINE = "serial:///dev/serial/by-id/usb-e1?baud=9600"


def keypad(port: str, kind: str = "evaluator", agent: str = "pc-1") -> str:
    facts = f'[[device]]\nname = "x2"\nkind = "{kind}"\nport = "{port}"\nagent = "{agent}"\nwindow = "2"\n\n'
    return broken("[[kiosk]]", facts + "[[kiosk]]")


@pytest.mark.parametrize(
    ("port", "word"),
    [
        (LINE, "by-path"),
        (LINE.replace("9600", "19200") + "&address=2", "baud"),
        (LINE + "&address=2&parity=E", "parity"),
    ],
)
def test_two_on_one_line_that_cannot_be_told_apart(port: str, word: str, tmp_path: Path) -> None:
    (found,) = inspect(put(tmp_path, keypad(port))).mistakes
    assert (found.key, "e1" in found.zh, word in found.zh, word in found.en) == ("port", True, True, True)


def test_two_on_one_line_with_addresses_or_on_two_pcs_are_right(tmp_path: Path) -> None:
    assert inspect(put(tmp_path, keypad(LINE + "&address=2"))).mistakes == []
    assert inspect(put(tmp_path, keypad(LINE, agent="pc-2"))).mistakes == []


def test_two_printers_on_one_device_node(tmp_path: Path) -> None:
    text = keypad("usb://04b8:0e15", "printer").replace('window = "2"\n\n[[kiosk]]', "\n[[kiosk]]")
    text = text.replace("tcp://127.0.0.1:9100", "usb://04b8:0e15")
    (found,) = inspect(put(tmp_path, text)).mistakes
    assert "p1" in found.zh


def test_two_kiosks_at_one_network_printer_are_warned_about(tmp_path: Path) -> None:
    text = GOOD + '\n[[kiosk]]\nid = "k2"\nprinters = ["p1"]\n'
    reading = inspect(put(tmp_path, text))
    assert reading.mistakes == []
    (warning,) = reading.warnings
    assert "k1、k2" in warning.zh
    assert "k1, k2" in warning.en


def test_a_name_that_follows_the_order_of_plugging_is_warned_about(tmp_path: Path) -> None:
    (warning,) = inspect(put(tmp_path, GOOD.replace("serial/by-id/usb-e1", "ttyUSB0"))).warnings
    assert "by-path" in warning.en


@pytest.mark.parametrize("keys", ['["F13"]', '["F13=upp"]', '["=up"]', '["a=up"]', '["F13=up", "F13=ok"]'])
def test_a_pads_key_without_a_work_of_a_pad_is_said(keys: str, tmp_path: Path) -> None:
    (found,) = inspect(put(tmp_path, broken("[[kiosk]]", f"[[kiosk]]\npad_keys = {keys}"))).mistakes
    assert found.key == "pad_keys"
    assert "F13" in found.zh
    assert "F13" in found.en


def test_a_pads_own_keys_are_right(tmp_path: Path) -> None:
    text = broken("[[kiosk]]", '[[kiosk]]\npad_keys = ["F13=up", "MediaPlayPause=ok"]')
    assert inspect(put(tmp_path, text)).mistakes == []
