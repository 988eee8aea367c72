"""Where a device is: the text of a `port` taken apart, for the hall's check and for the devices alike. Pure.

    serial:///dev/serial/by-path/NAME?baud=9600&parity=E    a serial line on this PC
    COM3?baud=9600   serial://COM3   \\\\.\\COM12               the same on a PC with Windows
    tcp://HOST:PORT                                         a network printer, a serial server
    usb://VVVV:PPPP   cups://QUEUE   file:///dev/usb/lp0    printers only

1. One parser serves `hallcall check` and the programs that open the port, so that what the check lets through
   is never refused at start.
2. An option that this kind of device on this kind of port does not know is a mistake: passed over, it would
   quietly do nothing.
3. One place has one spelling: paths, hosts and addresses are brought to it, so that two devices on one line are seen.
4. Every mistake says what is wrong, in both languages, and how the port was probably meant.
"""

import posixpath
import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from msgspec import Struct

from config import hosts
from config.hosts import HostMistake

PortKind = Literal["serial", "tcp", "usb", "cups", "file"]
SERIAL_BAUD = 9600
PRINTER_TCP = 9100  # the port of network printers, when none is written
SLOW_BAUD = 57_600  # up to here a drawn slip (20 to 35 KB) takes over 4 s: print in the printer's letters
PRINTER = "printer"  # the kind of device with ports and options of its own

# 0 to 65535
_ADDRESS = r"0*([1-5]?\d{1,4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])"
_GLUED = re.compile(r"[;,&]([a-z_]+=.*|\d.*)")  # options that follow a path without "?"
_COM = re.compile(r"(?ai)(serial:/{2,4}(dev/)?)?(\\\\\.\\)?COM(?P<number>0*[1-9]\d{0,2}):?(\?(?P<query>.*))?")
# Ports of printers that take no slip's bytes.
_OTHER_PRINTING = {515: "LPD", 631: "IPP", 80: "HTTP", 443: "HTTPS"}
# Rates that serial chips and drivers know; any other is a slip of the finger, which reads as garbage.
RATES = (
    110, 150, 300, 600, 1200, 1800, 2400, 4800, 9600, 14_400, 19_200, 28_800, 31_250, 38_400, 56_000, 57_600, 74_880,
    76_800, 115_200, 128_000, 230_400, 250_000, 256_000, 460_800, 500_000, 576_000, 921_600, 1_000_000, 1_152_000,
    1_500_000, 2_000_000, 2_500_000, 3_000_000, 3_500_000, 4_000_000,
)  # fmt: skip
BAUD = "|".join(map(str, RATES))
LINE_OPTIONS = {"baud": BAUD, "bits": r"[78]", "parity": r"[NEO]", "stop": r"[12]", "address": _ADDRESS}
LINE = ("baud", "bits", "parity", "stop")  # how a serial line is set; devices on one line must agree
PRINT_OPTIONS = {"mode": r"text|raster", "receipt": r"no", "counter": r"no"}
FLOW = {"flow": r"xon|rts|dtr"}
ENDPOINTS = {
    "out_ep": r"(0x)?0?[1-9A-Fa-f]",
    "in_ep": r"(0x)?8[1-9A-Fa-f]",
}  # by the USB standard: in has the top bit
PLAIN = {"plain": r"yes"}
# (is it a printer, kind of port) → its options; a pair that is missing cannot be
OPTIONS: dict[tuple[bool, PortKind], dict[str, str]] = {
    (False, "serial"): LINE_OPTIONS,
    (False, "tcp"): {"address": LINE_OPTIONS["address"]},
    (True, "tcp"): PRINT_OPTIONS,
    (True, "serial"): {**PRINT_OPTIONS, **{name: LINE_OPTIONS[name] for name in LINE}, **FLOW},
    (True, "usb"): {**PRINT_OPTIONS, **ENDPOINTS},
    (True, "cups"): PRINT_OPTIONS,
    (True, "file"): {**PRINT_OPTIONS, **PLAIN},
}
MEANT = {  # what a technician writes for an option's value → how it is written
    "parity": {"even": "E", "odd": "O", "none": "N", "e": "E", "o": "O", "n": "N"},
    "flow": {"rtscts": "rts", "xonxoff": "xon", "dsrdtr": "dtr"},
    "receipt": {"off": "no", "false": "no", "0": "no"},
    "counter": {"off": "no", "false": "no", "0": "no"},
    "plain": {"1": "yes", "true": "yes", "on": "yes"},
}


class PortMistake(ValueError):
    """A port written wrongly. `zh` and `en` say what is wrong, `nearest` is the port probably meant, or ""."""

    def __init__(self, text: str, zh: str, en: str, nearest: str = "") -> None:
        meant = f"；应写作 {nearest} / write {nearest}" if nearest else ""
        examples = "  ".join(_EXAMPLES.values())
        super().__init__(f"端口 {text}：{zh} / not a port: {en}{meant}；可以这样写 / for example: {examples}")
        self.zh, self.en, self.nearest = zh, en, nearest


class DevicePort(Struct, frozen=True):
    """A port taken apart; options left out are the profile's to choose, or the printer's defaults."""

    kind: PortKind
    host: str = ""  # tcp: the host; cups: the queue; usb: VVVV:PPPP
    path: str = ""  # serial and file: the device node
    number: int = 0  # tcp: its port
    options: dict[str, str] = {}

    def option(self, name: str, default: int) -> int:
        """Return a numeric option, or `default`."""
        return int(self.options.get(name, default))

    @property
    def place(self) -> str:
        """What is opened: devices with the same place share one line."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return {"tcp": f"{host}:{self.number}"}.get(self.kind, self.path or self.host)

    @property
    def is_com(self) -> bool:
        """Whether it is a serial line as Windows names it."""
        return self.path.startswith("COM")

    @property
    def baud(self) -> int:
        return self.option("baud", SERIAL_BAUD)

    @property
    def slow(self) -> bool:
        return self.kind == "serial" and self.baud <= SLOW_BAUD

    @property
    def seconds_per_byte(self) -> float:
        """Ten bits on a serial line for each byte; other lines do not count."""
        return 10 / self.baud if self.kind == "serial" else 0.0


def parse(text: str, device: str = "device") -> DevicePort:
    """Take the port of a kind of device ("printer", "evaluator", …) apart. Raises `PortMistake`.

    All kinds but printers hang on lines; without a kind it is any of these.
    """
    try:
        return _parsed(text, device)
    except PortMistake as wrong:
        if not wrong.nearest or _is_port(wrong.nearest, device):
            raise
        raise PortMistake(text, wrong.zh, wrong.en) from None


def _is_port(text: str, device: str) -> bool:
    try:
        return bool(_parsed(text, device))
    except PortMistake:
        return False


def _parsed(text: str, device: str) -> DevicePort:
    if not text.isprintable() or " " in text:
        raise PortMistake(
            text, "不能有空格或控制符", "no blank or control character can be in it", text.replace(" ", "")
        )
    if com := _COM.fullmatch(text):
        printer = device == PRINTER
        options = _options(text, com["query"] or "", OPTIONS[printer, "serial"])
        return DevicePort("serial", path=f"COM{int(com['number'])}", options=options)
    try:
        url = urlsplit(text)
        scheme, netloc, path, query = url.scheme, url.netloc, unquote(url.path), url.query
    except ValueError:
        raise PortMistake(text, "写法不对", "not the form of a port", _example(device)) from None
    printer = device == PRINTER
    if scheme not in _PLACES or (printer, scheme) not in OPTIONS or not text.startswith(scheme + "://"):
        raise PortMistake(text, *_no_scheme(text, scheme, device))
    if url.fragment or "#" in text:
        raise PortMistake(text, "不能有 #", "no '#' can be in it", text.partition("#")[0])
    port = _PLACES[scheme](text, netloc, path, printer)
    options = _options(text, query, OPTIONS[printer, port.kind])
    if port.kind == "file":
        _check_plain(text, port.path, "plain" in options)
    return DevicePort(port.kind, port.host, port.path, port.number, options)


# --- places


def _serial(text: str, netloc: str, path: str, printer: bool) -> DevicePort:
    del printer
    path = _node(text, "serial", netloc, path)
    if path.startswith("/dev/usb/lp"):
        zh, en = "这是 USB 打印机，不是串口", "this is a USB printer, no serial line"
        raise PortMistake(text, zh, en, f"file://{path}")
    return DevicePort("serial", path=path)


def _file(text: str, netloc: str, path: str, printer: bool) -> DevicePort:
    del printer
    return DevicePort("file", path=_node(text, "file", netloc, path))


def _node(text: str, scheme: str, netloc: str, path: str) -> str:
    if netloc:
        place = f"/{netloc}{path}" if netloc in ("dev", "tmp", "var", "home") else f"/dev/{netloc}{path}"
        zh, en = f"{scheme}: 后面要有三条斜线", f"three slashes belong after {scheme}:"
        raise PortMistake(text, zh, en, f"{scheme}://{place}")
    if not path.startswith("/") or path.endswith("/") or "\0" in path or path == "/dev":
        raise PortMistake(text, "没有写设备的路径", "no path of a device", _EXAMPLES[scheme])
    if glued := _GLUED.search(path):
        query = glued[1] if "=" in glued[1] else f"baud={glued[1]}"
        zh, en = "参数写在 ? 之后", "options follow a '?'"
        raise PortMistake(text, zh, en, f"{scheme}://{path[: glued.start()]}?{re.sub('[;,&]', '&', query)}")
    plain = posixpath.normpath(path).replace("//", "/")
    if plain != path:
        zh, en = "路径里有多余的 / 或 .", "the path has a '/' or a '.' too many"
        raise PortMistake(text, zh, en, f"{scheme}://{plain}")
    return path


def _check_plain(text: str, path: str, plain: bool) -> None:
    """Check that a node under /dev is never made, and that what lies elsewhere is known to be an ordinary file."""
    in_dev = path.startswith("/dev/")
    if in_dev and plain:
        zh, en = "/dev 之下是设备，不是普通文件", "what is under /dev is a device, no ordinary file"
        raise PortMistake(text, zh, en, f"file://{path}")
    if in_dev and path.startswith("/dev/tty"):
        raise PortMistake(text, "这是串口", "this is a serial line", f"serial://{path}")
    if not in_dev and not plain:
        zh, en = "普通文件要写 ?plain=yes", "an ordinary file needs ?plain=yes; devices are under /dev"
        raise PortMistake(text, zh, en, f"{text}{'&' if '?' in text else '?'}plain=yes")


def _tcp(text: str, netloc: str, path: str, printer: bool) -> DevicePort:
    found = re.fullmatch(r"(?P<host>[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<number>\d*))?", netloc, re.ASCII)
    if not found or path not in ("", "/"):
        zh, en = "应是 主机:端口号", "not HOST:PORT"
        raise PortMistake(text, zh, en, _EXAMPLES["tcp"])
    host, number = found["host"], found["number"]
    if not number and not printer:
        zh, en = "没有写端口号（串口服务器的端口）", "the serial server's port number is missing"
        raise PortMistake(text, zh, en, f"tcp://{host}:4001")
    if number and not 0 < int(number) < 65536:
        raise PortMistake(text, f"端口号 {number} 不在 1 到 65535", f"port {number} is not within 1 to 65535")
    if printer and (other := _OTHER_PRINTING.get(int(number or PRINTER_TCP))):
        zh, en = (
            f"{number} 是 {other} 的端口，号票要用打印机的 9100",
            f"{number} is {other}; slips go to port 9100",
        )
        raise PortMistake(text, zh, en, f"tcp://{host}:{PRINTER_TCP}")
    return DevicePort("tcp", host=_host(text, host), number=int(number or PRINTER_TCP))


def _host(text: str, host: str) -> str:
    """Return the host in its one spelling. Raises `PortMistake`."""
    try:
        found = hosts.parse(host)
    except HostMistake as wrong:
        raise PortMistake(text, wrong.zh, wrong.en) from None
    if not found.is_one_device:
        raise PortMistake(text, f"{host} 不是一台设备的地址", f"{host} is not the address of one device")
    return found.text


def _usb(text: str, netloc: str, path: str, printer: bool) -> DevicePort:
    del printer
    if not re.fullmatch(r"[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}", netloc, re.ASCII) or path or netloc == "0000:0000":
        zh, en = "应是 厂商:产品，各四位十六进制", "not VENDOR:PRODUCT, four hex digits each (see lsusb)"
        raise PortMistake(text, zh, en, _EXAMPLES["usb"])
    return DevicePort("usb", host=netloc.lower())


def _cups(text: str, netloc: str, path: str, printer: bool) -> DevicePort:
    del printer
    if (
        not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,126}", netloc, re.ASCII) or path
    ):  # it becomes an argument of lp
        zh, en = (
            "队列名只能用英文字母、数字和 . _ -",
            "a queue has letters, digits and . _ - only (see lpstat -p)",
        )
        raise PortMistake(text, zh, en, _EXAMPLES["cups"])
    return DevicePort("cups", host=netloc)


_PLACES: dict[str, Callable[[str, str, str, bool], DevicePort]] = {
    "serial": _serial, "tcp": _tcp, "usb": _usb, "cups": _cups, "file": _file,
}  # fmt: skip
_EXAMPLES = {
    "serial": "serial:///dev/serial/by-id/NAME?baud=9600",
    "tcp": "tcp://192.168.1.50:9100",
    "usb": "usb://04b8:0e15",
    "cups": "cups://slip-printer",
    "file": "file:///dev/usb/lp0",
}


def _example(device: str) -> str:
    return _EXAMPLES["tcp" if device == PRINTER else "serial"]


def _no_scheme(text: str, scheme: str, device: str) -> tuple[str, str, str]:
    """Return the words for a port of the wrong kind, and what was probably meant."""
    known = [kind for printer, kind in OPTIONS if printer == (device == PRINTER)]
    ways = "、".join(f"{each}://" for each in known)
    zh, en = f"要以 {ways} 之一开头", f"must start with one of {ways}"
    if scheme in _PLACES and scheme not in known:
        zh, en = f"{scheme}:// 只用于打印机；{device} {zh}", f"{scheme}:// is for printers; a {device} {en}"
    if text.startswith("/"):
        return zh, en, f"{'file' if text.startswith('/dev/usb/lp') else 'serial'}://{text}"
    close = get_close_matches(scheme, known, 1)
    return zh, en, f"{close[0]}://{text.partition('://')[2]}" if close and "://" in text else ""


# --- options


def _options(text: str, query: str, known: dict[str, str]) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in known:
            names = ", ".join(known)
            raise PortMistake(
                text, f"不认识参数 {name}，可用 {names}", f"unknown option {name}; known: {names}"
            )
        if name in options:
            raise PortMistake(text, f"参数 {name} 写了两次", f"option {name} is there twice")
        if not re.fullmatch(known[name], value, re.ASCII):
            raise PortMistake(text, *_no_value(text, name, value, known))
        options[name] = str(int(value)) if name == "address" else value
    return options


def _no_value(text: str, name: str, value: str, known: dict[str, str]) -> tuple[str, str, str]:
    """Return the words for a wrong value, and the port with the value that was probably meant."""
    if name == "baud" and (all_in_one := re.fullmatch(r"(\d{3,7}),([78]),([NEOneo]),([12])", value)):
        baud, bits, parity, stop = all_in_one.groups()
        parts = {"baud": baud, "bits": bits, "parity": parity.upper(), "stop": stop}
        query = "&".join(f"{key}={each}" for key, each in parts.items() if key in known)
        return (
            "波特率、位数要分开写",
            "baud, bits, parity, stop are options each",
            text.replace(f"baud={value}", query),
        )
    if name == "baud" and re.fullmatch(r"\d{1,9}", value, re.ASCII):
        close = min(RATES, key=lambda rate: abs(rate - int(value)))
        return (
            f"没有 {value} 这个波特率",
            f"no line runs at {value} baud",
            text.replace(f"baud={value}", f"baud={close}"),
        )
    allowed = _ALLOWED.get(name, known[name].replace("|", " "))
    meant = MEANT.get(name, {}).get(value.lower()) or (
        value.lower() if re.fullmatch(known[name], value.lower()) else ""
    )
    zh, en = f"{name} 应是 {allowed}，不是 {value!r}", f"{name} must be {allowed}, not {value!r}"
    return zh, en, text.replace(f"{name}={value}", f"{name}={meant}") if meant else ""


_ALLOWED = {
    "baud": "9600", "bits": "7 8", "parity": "N E O", "stop": "1 2", "address": "0–65535", "out_ep": "1", "in_ep": "82",
}  # fmt: skip
