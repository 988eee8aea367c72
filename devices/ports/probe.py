"""Probe of the serial ports and device nodes of one PC: is each plugged in, and may this user open it."""

import os
from collections.abc import Iterable
from pathlib import Path

from config.device_port import PortMistake, parse
from config.probe import Examined, Finding, wrong


def ports(hall: Examined) -> Iterable[Finding]:
    """Find devices of this PC whose port is not there, or not this user's to open. A PC without a name has none."""
    here = {hall.pc} | {
        name for kiosk in hall.settings.kiosks if kiosk.id == hall.pc for name in kiosk.printers
    }
    for device in hall.settings.devices:
        if not hall.pc or (device.agent != hall.pc and device.name not in here):
            continue
        try:
            port = parse(device.port, device.kind)
        except PortMistake as mistake:
            yield wrong("bad-port", name=device.name, detail=mistake)
            continue
        if port.kind not in ("serial", "file") or "plain" in port.options or not port.path:
            continue
        path = Path(port.path)
        if not path.exists():
            yield wrong("not-plugged-in", name=device.name, path=path)
        elif not os.access(path, os.R_OK | os.W_OK):
            yield wrong("no-permission", name=device.name, path=path)
