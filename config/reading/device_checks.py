"""Cross checks of a hall's devices: where each is, what it belongs to, and what shares a line.

A port is taken apart by `config.device_port`, as the programs that open it do. What depends on a device's
profile is checked one floor up, by `devices.profiles.check`.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from config import device_port
from config.device_port import LINE, DevicePort, PortMistake
from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake, nearest

IN_PLACE = ("evaluator", "caller-pad")  # devices that mean nothing without their window
BY_ORDER = re.compile(r"/dev/tty(USB|ACM)\d+")  # names given in the order of plugging
PAD_WORKS = ("up", "down", "left", "right", "ok", "back", "repeat", "help")  # of an audio pad at a kiosk
SAME_ADAPTERS = "两个相同的转换器只有一个 by-id 名称；请改用 /dev/serial/by-path/ 下的名称"
SAME_ADAPTERS_EN = "two identical adapters share one by-id name; use the names in /dev/serial/by-path"


def placed(draft: Draft) -> Iterator[tuple[DraftRow, DevicePort]]:
    """Yield every device whose kind and port are right."""
    for row in draft.each("device", "port", "kind"):
        try:
            yield row, device_port.parse(row.good["port"], row.good["kind"])
        except PortMistake:
            continue


def ports(draft: Draft) -> Iterable[Mistake]:
    """Check that each port is one that its kind of device can be on."""
    for row in draft.each("device", "port", "kind"):
        try:
            device_port.parse(row.good["port"], row.good["kind"])
        except PortMistake as wrong:
            yield row.mistake(
                "port",
                f"端口 {row.good['port']}：{wrong.zh}",
                f"Port {row.good['port']}: {wrong.en}",
                wrong.nearest,
            )


def pad_keys(draft: Draft) -> Iterable[Mistake]:
    """Check that each key of a kiosk's audio pad is named once, with a work that a pad has."""
    for row in draft.each("kiosk", "pad_keys"):
        seen: set[str] = set()
        for written in row.good["pad_keys"]:
            key, _, work = written.partition("=")
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{1,31}", key) or work not in PAD_WORKS:
                zh = f"“{written}”应为 按键=功能，如 F13=up；功能为 {' '.join(PAD_WORKS)} 之一"
                en = f"'{written}' must be KEY=WORK, such as F13=up, where WORK is one of {' '.join(PAD_WORKS)}"
                yield row.mistake("pad_keys", zh, en, nearest(work, PAD_WORKS))
            elif key in seen:
                yield row.mistake("pad_keys", f"按键 {key} 写了两次", f"The key {key} is named twice")
            seen.add(key)


def one_line(draft: Draft) -> Iterable[Mistake]:
    """Require devices on one line to differ by address and to agree on the line's settings.

    A network printer is left out: it takes one peer after another, which `shared_printers` tells as a warning.
    """
    lines: dict[tuple[str, str], list[tuple[DraftRow, DevicePort]]] = defaultdict(list)
    for row, port in placed(draft):
        if not (row.good["kind"] == device_port.PRINTER and port.kind in ("tcp", "cups")):
            lines[row.get("agent", "pc-1"), port.place].append((row, port))
    for (_, place), on_it in lines.items():
        yield from _clashes(place, on_it)


def _clashes(place: str, on_it: list[tuple[DraftRow, DevicePort]]) -> Iterable[Mistake]:
    first_row, first = on_it[0]
    seen: dict[str, str] = {}
    for row, port in on_it:
        name, address = str(row.raw.get("name", "")), port.options.get("address", "")
        other = [key for key in LINE if port.options.get(key) != first.options.get(key)]
        if address in seen and row.good["kind"] == device_port.PRINTER:
            zh, en = f"端口已由设备“{seen[address]}”占用", f"Device '{seen[address]}' is on this port"
            yield row.mistake("port", zh, en)
        elif address in seen:
            zh = f"和设备“{seen[address]}”同在一条线上，地址也相同，请写 ?address=N 分开"
            en = f"Device '{seen[address]}' is on this line with the same address; tell them apart by ?address=N"
            same = "/by-id/" in place
            yield row.mistake(
                "port", f"{zh}；{SAME_ADAPTERS}" if same else zh, f"{en}; {SAME_ADAPTERS_EN}" if same else en
            )
        elif other:
            zh = f"和设备“{first_row.raw.get('name', '')}”同在一条线上，{'、'.join(other)} 却不同"
            en = f"On one line with device '{first_row.raw.get('name', '')}', but {', '.join(other)} differ"
            yield row.mistake("port", zh, en)
        seen.setdefault(address, name)


def in_place(draft: Draft) -> Iterable[Mistake]:
    """Require keypads to name the window they are at."""
    for row in draft.each("device", "kind"):
        if row.good["kind"] in IN_PLACE and not row.raw.get("window"):
            zh, en = f"{row.good['kind']} 要写明属于哪个窗口", f"Which window is this {row.good['kind']} at?"
            yield row.mistake("window", zh, en)


def kiosk_printers(draft: Draft) -> Iterable[Mistake]:
    """Check that the printers of a kiosk are devices, and printers."""
    kinds = {row.good["name"]: row.get("kind", "printer") for row in draft.each("device", "name")}
    ids, names = draft.ids("device", "name"), draft.names("device", "name")
    for row in draft.each("kiosk", "printers"):
        for name in row.good["printers"]:
            if name not in ids:
                yield row.mistake(
                    "printers", f"没有设备“{name}”", f"There is no device '{name}'", nearest(name, names)
                )
            elif kinds.get(name, "printer") != "printer":
                printers = [each for each, kind in kinds.items() if kind == "printer"]
                zh, en = f"设备“{name}”不是打印机", f"Device '{name}' is no printer"
                yield row.mistake("printers", zh, en, nearest(name, printers))


# --- odd, but may be meant


def shared_printers(draft: Draft) -> Iterable[Mistake]:
    """Warn of a network printer of two kiosks: it takes one peer at a time, and the second waits for its turn."""
    users: dict[str, list[str]] = defaultdict(list)  # place → kiosks and agents that print there
    kiosks: dict[str, list[str]] = defaultdict(list)  # printer → kiosks
    for row in draft.each("kiosk", "id", "printers"):
        for name in row.good["printers"]:
            kiosks[name].append(row.good["id"])
    for row, port in placed(draft):
        if row.good["kind"] != device_port.PRINTER or port.kind != "tcp":
            continue
        name = str(row.raw.get("name", ""))
        before = len(users[port.place])
        users[port.place] += kiosks.get(name) or [row.get("agent", "pc-1")]
        if len(users[port.place]) > max(1, before):
            all_of_them = "、".join(users[port.place])
            zh = f"{all_of_them} 共用一台网络打印机，它一次只接一个；后到的最多等几秒"
            en = f"{', '.join(users[port.place])} share a network printer that serves one at a time; each waits a few seconds"
            yield row.mistake("port", zh, en)


def by_order_of_plugging(draft: Draft) -> Iterable[Mistake]:
    """Warn of a name such as /dev/ttyUSB0: it may be another adapter's after the next start."""
    for row, port in placed(draft):
        if port.kind == "serial" and BY_ORDER.fullmatch(port.path):
            zh = f"{port.path} 随插入次序变化；请用 /dev/serial/by-id/，转换器型号相同时用 /dev/serial/by-path/"
            en = (
                f"{port.path} depends on the order of plugging; use /dev/serial/by-id, or by-path for"
                " identical adapters"
            )
            yield row.mistake("port", zh, en)


DeviceCheck = Callable[[Draft], Iterable[Mistake]]
MISTAKES: tuple[DeviceCheck, ...] = (ports, pad_keys, one_line, in_place, kiosk_printers)
WARNINGS: tuple[DeviceCheck, ...] = (shared_printers, by_order_of_plugging)
