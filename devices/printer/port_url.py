"""Where a printer is, as the hall's file says it: a port's text taken apart. Pure.

tcp://HOST:PORT, serial:///dev/serial/by-id/NAME?baud=19200, usb://VVVV:PPPP, cups://QUEUE, file:///PATH.
An option nobody knows is a mistake, not something to pass over: `?recipt=no` would do nothing, quietly.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

SERIAL_BAUD = 9600
SLOW_BAUD = 57_600  # up to here a drawn slip (20 to 35 KB) takes over 4 s: print in the printer's letters

OPTIONS = {
    "mode": r"text|raster",
    "receipt": r"no",
    "counter": r"no",
    "baud": r"[1-9]\d{0,6}",
    "flow": r"xon|rts|dtr",
    "out_ep": r"(0x)?[0-9A-Fa-f]{1,2}",
    "in_ep": r"(0x)?[0-9A-Fa-f]{1,2}",
}
EXAMPLES = (
    "tcp://192.168.1.50:9100  serial:///dev/serial/by-id/NAME?baud=19200  usb://04b8:0e15  "
    "cups://QUEUE  file:///dev/usb/lp0"
)


class PortError(ValueError):
    """The port is written wrongly; the words say how it is written."""


@dataclass(frozen=True, slots=True)
class PrinterPort:
    """A port as written in the hall's file, taken apart."""

    kind: str
    host: str
    path: str
    number: int
    options: dict[str, str]

    @property
    def slow(self) -> bool:
        return self.kind == "serial" and self.number <= SLOW_BAUD

    @property
    def seconds_per_byte(self) -> float:
        """Ten bits on the line for each byte; other lines do not count."""
        return 10 / self.number if self.kind == "serial" else 0.0


def parse(text: str) -> PrinterPort:
    """Takes a port apart; `PortError` says in both languages how to write one."""
    try:
        url = urlsplit(text)
        options = {key: values[-1] for key, values in parse_qs(url.query, keep_blank_values=True).items()}
        _check(options)
        return _PARSERS[url.scheme](url.netloc, unquote(url.path), options)
    except (KeyError, ValueError, IndexError) as error:
        raise PortError(
            f"打印机端口写法不对：{text!r}。可以这样写 / not a printer port, write for example: {EXAMPLES}；"
            f"参数 / options: {', '.join(OPTIONS)}"
        ) from error


def _check(options: dict[str, str]) -> None:
    for name, value in options.items():
        if not re.fullmatch(OPTIONS[name], value):
            raise ValueError(value)


def _tcp(place: str, _path: str, options: dict[str, str]) -> PrinterPort:
    host, _, number = place.rpartition(":") if re.search(r":\d+$", place) else (place, "", "9100")
    if not re.fullmatch(r"[\w.-]+|\[[0-9A-Fa-f:.]+\]", host) or not 0 < int(number) < 65536:
        raise ValueError(place)
    return PrinterPort("tcp", host.strip("[]"), "", int(number), options)


def _serial(_place: str, path: str, options: dict[str, str]) -> PrinterPort:
    if not path.startswith("/") or path.endswith("/"):
        raise ValueError(path)
    return PrinterPort("serial", "", path, int(options.pop("baud", SERIAL_BAUD)), options)


def _usb(place: str, _path: str, options: dict[str, str]) -> PrinterPort:
    if not re.fullmatch(r"[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}", place):
        raise ValueError(place)
    return PrinterPort("usb", place, "", 0, options)


def _cups(place: str, _path: str, options: dict[str, str]) -> PrinterPort:
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,126}", place):  # it becomes an argument of lp
        raise ValueError(place)
    return PrinterPort("cups", place, "", 0, options)


def _file(_place: str, path: str, options: dict[str, str]) -> PrinterPort:
    if not path.startswith("/") or path.endswith("/"):
        raise ValueError(path)
    return PrinterPort("file", "", path, 0, options)


_PARSERS = {"tcp": _tcp, "serial": _serial, "usb": _usb, "cups": _cups, "file": _file}
