"""What a booking page that is hit by a thousand requests a second costs the other stations: p95 of a press, quiet and flooded.

    python -m tests.speed.booking_flood [SECONDS] [ROUNDS]

The flood is what robots do at the opening of a month: the page, its slots, challenges, and bookings with a work that is not
done, from many addresses, over connections that stay open; it goes out at its pace whether or not it is answered (an open
loop), from a process of its own at the lowest priority: its processor is the robots', not the hall's. Meanwhile a kiosk, a
window and its evaluator go on. Quiet and flooded take turns in one run. Prints one line of JSON; exit code 1 over `RATIO_MAX`.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.instruments.phone_hall import PhoneHall
from tests.speed.caller_beside_deliver import processor_time

RATIO_MAX = 2.0
PER_SECOND = 1_000
LINES = 64  # connections of the flood
ADDRESSES = 500  # that the proxy in front would name
WINDOW, QUEUE = "1", "A"
BOOKING = json.dumps(
    {"item": "T001", "slot": 1, "day": "2026-09-21", "id_number": "11010519491231002X", "challenge": "1.a.b", "work": "1"}
)  # fmt: skip
PATHS = (
    "GET /book",
    "GET /book/slots/T001",
    "GET /book/challenge",
    "POST /book/bookings",
    "GET /book/bookings/12345678",
)


# --- the flood, in its own process


async def line(host: str, port: int, nth: int, until: float, counted: dict[int, int]) -> None:
    """Send this line's share of the pace; whatever is not answered yet does not hold the next one back."""
    reader, writer = await asyncio.open_connection(host, port)
    reading = asyncio.create_task(answers(reader, counted))
    began, sent = time.monotonic(), 0
    while (now := time.monotonic()) < until and not reading.done():
        for _ in range(int((now - began) * PER_SECOND / LINES) - sent):
            writer.write(request(host, nth * 7919 + sent))
            sent += 1
        await asyncio.sleep(0.01)
    counted[0] = counted.get(0, 0) + sent
    reading.cancel()
    writer.close()


def request(host: str, nth: int) -> bytes:
    method, path = PATHS[nth % len(PATHS)].split()
    body = BOOKING if method == "POST" else ""
    address = f"10.{nth % ADDRESSES // 250}.{nth % 250}.9"
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nX-Real-IP: {address}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


async def answers(reader: asyncio.StreamReader, counted: dict[int, int]) -> None:
    while head := await reader.readuntil(b"\r\n\r\n"):
        fields = dict(
            each.split(": ", 1) for each in head.decode("latin-1").lower().split("\r\n")[1:] if ": " in each
        )
        await reader.readexactly(int(fields.get("content-length", 0)))
        status = int(head[9:12])
        counted[status] = counted.get(status, 0) + 1


async def flood(address: str, seconds: float) -> dict[int, int]:
    url, counted = urlsplit(address), dict[int, int]()
    until = time.monotonic() + seconds
    lines = (line(url.hostname or "", url.port or 80, nth, until, counted) for nth in range(LINES))
    await asyncio.gather(*lines, return_exceptions=True)
    return counted


# --- the hall


def visits(hall: PhoneHall, seconds: float) -> list[float]:
    """Serve for so long; return what each press took, in milliseconds."""
    took, until = list[float](), time.monotonic() + seconds
    presses = (
        lambda: hall.take(queue=QUEUE),
        lambda: hall.call(WINDOW),
        lambda: hall.serve(WINDOW),
        lambda: hall.finish(WINDOW),
    )
    while time.monotonic() < until:
        for press in presses:
            began = time.perf_counter()
            press()
            took.append((time.perf_counter() - began) * 1e3)
        # A hall of people, not a loop: a station that presses faster than it may waits for that, flood or none.
        time.sleep(0.1)
    return took


def p95(took: list[float]) -> float:
    return round(sorted(took)[int(len(took) * 0.95)], 2)


def measure(folder: Path, seconds: float, rounds: int) -> dict[str, object]:
    hall = PhoneHall(folder)
    hall.start()
    quiet, flooded, counted = list[float](), list[float](), dict[str, int]()
    busy = [0.0, 0.0]  # seconds of processor time in the flood: the caller's, the web process's
    try:
        hall.open(WINDOW)
        visits(hall, 2)  # warm
        for nth in range(2 * rounds):
            if nth % 4 in (0, 3):
                quiet += visits(hall, seconds)
                continue
            words = [
                sys.executable,
                "-m",
                "tests.speed.booking_flood",
                "flood",
                hall.web.address,
                str(seconds),
            ]
            before = [processor_time(pid) for pid in (hall.caller.pid, hall.web.pid)]
            with subprocess.Popen(
                words, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.nice(19)
            ) as robots:
                flooded += visits(hall, seconds)
                for status, count in json.loads(robots.communicate()[0]).items():
                    counted[status] = counted.get(status, 0) + count
            after = [processor_time(pid) for pid in (hall.caller.pid, hall.web.pid)]
            busy = [each + (b - a) for each, a, b in zip(busy, before, after, strict=True)]
    finally:
        hall.close()
    sent = counted.pop("0", 0)
    return {
        "presses": len(quiet) + len(flooded), "p95_ms_quiet": p95(quiet), "p95_ms_flooded": p95(flooded),
        "ratio": round(p95(flooded) / p95(quiet), 2), "sent_per_second": round(sent / seconds / rounds),
        "answered_per_second": round(sum(counted.values()) / seconds / rounds), "answers": counted,
        "caller_share": round(busy[0] / seconds / rounds, 2), "web_share": round(busy[1] / seconds / rounds, 2),
    }  # fmt: skip


def main(seconds: str = "8", rounds: str = "2") -> int:
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), float(seconds), int(rounds))
    print(json.dumps(found))
    return int(float(str(found["ratio"])) > RATIO_MAX)


if __name__ == "__main__":
    if sys.argv[1:2] == ["flood"]:
        print(json.dumps(asyncio.run(flood(sys.argv[2], float(sys.argv[3])))))
    else:
        sys.exit(main(*sys.argv[1:]))
