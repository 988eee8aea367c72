"""A device's port: each mistake is found before anything is opened, and the port that was meant is offered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.device_port import OPTIONS, PortMistake, parse

KEYPAD, PRINTER = "evaluator", "printer"


@pytest.mark.parametrize(
    ("device", "text", "meant"),
    [
        (KEYPAD, "serial:///dev/x?baud=9600,8,N,1", "serial:///dev/x?baud=9600&bits=8&parity=N&stop=1"),
        (KEYPAD, "serial:///dev/x?parity=even", "serial:///dev/x?parity=E"),
        (KEYPAD, "serial:///dev/x?parity=e", "serial:///dev/x?parity=E"),
        (KEYPAD, "serial:///dev/x?bits=9", ""),
        (KEYPAD, "serial:///dev/x?speed=9600", ""),
        (KEYPAD, "serial:///dev/x?address=65536", ""),
        (KEYPAD, "serial:///dev/x?baud=9600&baud=19200", ""),
        (KEYPAD, "serial://dev/ttyUSB0", "serial:///dev/ttyUSB0"),
        (KEYPAD, "serial://ttyUSB0", "serial:///dev/ttyUSB0"),
        (KEYPAD, "serial:/dev/ttyUSB0", ""),
        (KEYPAD, "/dev/ttyUSB0", "serial:///dev/ttyUSB0"),
        (KEYPAD, "COM0", ""),
        (KEYPAD, "COM3x", ""),
        (KEYPAD, "COM1000", ""),
        (KEYPAD, "COM3?speed=9600", ""),
        (KEYPAD, "tcp://192.168.1.5", "tcp://192.168.1.5:4001"),
        (KEYPAD, "tcp://192.168.1.5:99999", ""),
        (KEYPAD, "tcp://192.168.1.5:4001?baud=9600", ""),
        (KEYPAD, "TCP://192.168.1.5:4001", "tcp://192.168.1.5:4001"),
        (KEYPAD, "tcp:// 192.168.1.5:4001", "tcp://192.168.1.5:4001"),
        (KEYPAD, "usb://04b8:0e15", ""),
        (KEYPAD, "file:///dev/null", ""),
        (PRINTER, "usb://04b8", "usb://04b8:0e15"),
        (PRINTER, "cups://打印机", "cups://slip-printer"),
        (PRINTER, "cups://-d", "cups://slip-printer"),
        (PRINTER, "tcp://10.0.0.9?mode=Text", "tcp://10.0.0.9?mode=text"),
        (PRINTER, "tcp://10.0.0.9?receipt=off", "tcp://10.0.0.9?receipt=no"),
        (PRINTER, "tcp://10.0.0.9:0", ""),
        (PRINTER, "tcp://10.0.0.9:9100#1", "tcp://10.0.0.9:9100"),
        (PRINTER, "tcp://[::1", "tcp://192.168.1.50:9100"),
        (PRINTER, "file://usb/lp0", "file:///dev/usb/lp0"),
        (PRINTER, "file:///dev/usb/", "file:///dev/usb/lp0"),
        (PRINTER, "/dev/usb/lp0", "file:///dev/usb/lp0"),
        (PRINTER, "file:///srv/slips?plain=1", "file:///srv/slips?plain=yes"),
        (PRINTER, "", ""),
        (PRINTER, "file:///srv/slips", "file:///srv/slips?plain=yes"),
        (PRINTER, "file:///srv/slips?mode=text", "file:///srv/slips?mode=text&plain=yes"),
        (PRINTER, "file:///dev/usb/lp0?plain=yes", "file:///dev/usb/lp0"),
        (PRINTER, "file:///dev/ttyUSB0", "serial:///dev/ttyUSB0"),
        (PRINTER, "file:///dev/../srv/slips", ""),
        (PRINTER, "tcp://10.0.0.9:515", "tcp://10.0.0.9:9100"),
        (PRINTER, "usb://0000:0000", "usb://04b8:0e15"),
        (PRINTER, "usb://04b8:0e15?in_ep=1", ""),
        (PRINTER, "usb://04b8:0e15?out_ep=82", ""),
        (KEYPAD, "cups://a b", ""),
        (KEYPAD, "serial:///dev", "serial:///dev/serial/by-id/NAME?baud=9600"),
        (KEYPAD, "serial:////dev/x", "serial:///dev/x"),
        (KEYPAD, "serial:///dev/./x", "serial:///dev/x"),
        (KEYPAD, "serial:///dev/x;baud=9600", "serial:///dev/x?baud=9600"),
        (KEYPAD, "serial:///dev/x,9600", "serial:///dev/x?baud=9600"),
        (KEYPAD, "serial:///dev/x&parity=E", "serial:///dev/x?parity=E"),
        (KEYPAD, "serial:///dev/x?baud=9601", "serial:///dev/x?baud=9600"),
        (KEYPAD, "tcp://192.168.1.500:4001", ""),
        (KEYPAD, "tcp://192.168.1:4001", ""),
        (KEYPAD, "tcp://192.168.01.5:4001", ""),
        (KEYPAD, "tcp://0.0.0.0:4001", ""),
        (KEYPAD, "tcp://[::]:4001", ""),
        (KEYPAD, "tcp://[fe80::1]:4001", ""),
        (KEYPAD, "tcp://224.0.0.1:4001", ""),
        (KEYPAD, "tcp://box..1:4001", ""),
        (KEYPAD, f"tcp://{'a' * 64}:4001", ""),
        (KEYPAD, "tcp://-box:4001", ""),
    ],
)
def test_a_mistake_is_told_with_the_port_that_was_meant(device: str, text: str, meant: str) -> None:
    with pytest.raises(PortMistake) as caught:
        parse(text, device)
    assert caught.value.nearest == meant
    assert caught.value.zh != caught.value.en
    if meant:
        parse(meant, device)


@pytest.mark.parametrize(
    ("device", "text", "place"),
    [
        (KEYPAD, "serial:///dev/serial/by-path/a?baud=19200&parity=E&bits=7&stop=1&address=3", "/dev/serial/by-path/a"),
        (KEYPAD, "COM3", "COM3"),
        (KEYPAD, r"\\.\COM12?baud=19200&parity=E&address=3", "COM12"),
        (PRINTER, "COM4?baud=19200&flow=rts", "COM4"),
        (KEYPAD, "tcp://box-1:4001?address=3", "box-1:4001"),
        (KEYPAD, "tcp://[::1]:4001", "[::1]:4001"),
        (PRINTER, "tcp://10.0.0.9", "10.0.0.9:9100"),
        (PRINTER, "serial:///dev/serial/by-id/p?baud=19200&flow=rts&mode=text", "/dev/serial/by-id/p"),
        (PRINTER, "usb://04b8:0e15?out_ep=0x02&in_ep=81", "04b8:0e15"),
        (PRINTER, "cups://EPSON_TM-T82", "EPSON_TM-T82"),
        (PRINTER, "file:///dev/usb/lp0", "/dev/usb/lp0"),
    ],
)  # fmt: skip
def test_a_port_is_taken_apart(device: str, text: str, place: str) -> None:
    assert parse(text, device).place == place


@pytest.mark.parametrize(
    ("device", "text", "other"),
    [
        (KEYPAD, "com3", "serial:///COM3"),
        (KEYPAD, r"\\.\COM3", "serial://COM3"),
        (KEYPAD, "tcp://BOX:4001", "tcp://box:4001"),
        (KEYPAD, "tcp://[0:0::1]:4001", "tcp://[::1]:4001"),
        (KEYPAD, "tcp://box:4001?address=01", "tcp://box:4001?address=1"),
        (PRINTER, "usb://04B8:0E15", "usb://04b8:0e15"),
        (PRINTER, "tcp://10.0.0.9", "tcp://10.0.0.9:9100/"),
    ],
)
def test_one_place_has_one_spelling(device: str, text: str, other: str) -> None:
    """Else two devices on one line would pass for two lines."""
    assert parse(text, device) == parse(other, device)


@given(st.text(max_size=40), st.sampled_from(["serial://", "tcp://", "usb://", "cups://", "file://", ""]))
def test_any_text_is_a_port_or_a_mistake(text: str, scheme: str) -> None:
    for device in (KEYPAD, PRINTER):
        try:
            port = parse(scheme + text, device)
        except PortMistake:
            continue
        assert port.place
        assert set(port.options) <= set(OPTIONS[device == PRINTER, port.kind])
