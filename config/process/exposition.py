"""What a process tells a monitoring system: text in Prometheus' exposition format, 0.0.4. Counts and codes, nothing of a person.

Caller, web process and centre answer `/metrics`; what deliver has is told by the web process beside it, since deliver listens
nowhere. Values are whole numbers: no watcher of a hall needs fractions of a byte.
"""

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from config.process.running import VERSION

PATH = "/metrics"
EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
SELF = Path("/proc/self")  # of Linux; elsewhere a process tells nothing of itself
START_TICKS, RESIDENT_PAGES = 19, 1  # places in `stat` behind the name, and in `statm`; proc(5)

Values = Iterable[tuple[str, int]]  # labels as they are written, or "", and the value


def gauge(name: str, what: str, values: Values) -> Iterator[str]:
    """Yield the lines of one measure that may go up and down."""
    yield from _measure(name, "gauge", what, values)


def _measure(name: str, kind: str, what: str, values: Values) -> Iterator[str]:
    yield f"# HELP {name} {what}"
    yield f"# TYPE {name} {kind}"
    for labels, value in values:
        yield f"{name}{{{labels}}} {value}" if labels else f"{name} {value}"


def of_process(program: str) -> Iterator[str]:
    """Yield which program this is, and what Linux says of the process, under the names that Prometheus' clients use."""
    yield from gauge(
        "hallcall_info", "the program and its version", [(f'program="{program}",version="{VERSION}"', 1)]
    )
    if not SELF.exists():
        return
    pages = int((SELF / "statm").read_text().split()[RESIDENT_PAGES])
    ticks = int((SELF / "stat").read_text().rpartition(")")[2].split()[START_TICKS])
    up = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    yield from _measure(
        "process_cpu_seconds_total", "counter", "processor time, seconds", [("", int(time.process_time()))]
    )
    yield from gauge(
        "process_resident_memory_bytes", "memory, bytes", [("", pages * os.sysconf("SC_PAGE_SIZE"))]
    )
    yield from gauge("process_open_fds", "open files", [("", len(list((SELF / "fd").iterdir())))])
    yield from gauge(
        "process_start_time_seconds",
        "when it was started, seconds since 1970",
        [("", round(time.time() - up))],
    )


def text_of(*parts: Iterable[str]) -> str:
    """Return the body of an answer."""
    return "".join(f"{line}\n" for part in parts for line in part)
