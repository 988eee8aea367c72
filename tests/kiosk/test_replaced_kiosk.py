"""A kiosk's PC is lost and another takes its place: two real processes, each enrolled by the code on its screen."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from caller.demo.kiosk_driver import KioskDriver
from caller.engine.numbering import serial_in
from caller.identity import keys
from caller.identity.tokens import keep_token
from kiosk.store import LeasedNumbers, VisitStore
from kiosk.visit.leases import Granted
from tests.instruments.running_hall import DEADLINE, READY, REPO, START_SECONDS, RunningHall, hallcall, until

WAITS = re.compile(r"kiosk not enrolled (\S+)")
PIN = "24681357"
TAPS = (("start", "services"), ("department:tax", "items"), ("item:T001", "guide"), ("take", "priority"),
        ("class:ordinary", "confirm"), ("confirm", "number"))  # fmt: skip


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path, REPO / "config/halls/county.toml").start()
    keep_token(running.data, "manager", "office", running.tokens["manager", "m1"])
    yield running
    running.close()


class KioskPc:
    """The PC of kiosk k1: a folder, and the program, which was not enrolled here before."""

    def __init__(self, hall: RunningHall, name: str) -> None:
        self.data, self._output, self._hall = hall.folder / name, hall.folder / f"{name}.txt", hall
        line = [
            sys.executable, "-m", "caller.cli", "kiosk", str(hall.hall), "--data", str(self.data), "--name", "k1",
            "--port", "0", "--caller", hall.caller.address,
        ]  # fmt: skip
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                line, cwd=REPO, stdout=output, stderr=subprocess.STDOUT, env={"PYTHONUNBUFFERED": "1"}
            )

    @property
    def store(self) -> VisitStore:
        return VisitStore(self.data / "kiosk-k1")

    def enrol(self) -> str:
        """Enter the code that its screen shows, as a manager does, and wait for its start page; what the manager is told."""
        address = self._said(WAITS)
        page = f"{address.partition('#')[0]}enrol.json"
        code = until(lambda: json.load(urllib.request.urlopen(page, timeout=DEADLINE))["code"], "a code")
        where = ("--data", str(self._hall.data), "--caller", self._hall.caller.address)
        exit_code, told = hallcall("enrol", "approve", code, "--role", "kiosk", "--name", "k1", *where)
        assert exit_code == 0, told
        assert self._said(READY) == address
        return told

    def take(self) -> str:
        """Tap a number, and return it."""

        async def taken() -> str:
            driver = await KioskDriver.at(self._said(READY), DEADLINE)
            for target, then in TAPS:
                await driver.tap(target, then)
            number = str(driver.screen["number"]["number"])
            await driver.tap("home", "idle")
            await driver.leave()
            return number

        return asyncio.run(taken())

    def lease(self) -> Granted:
        """The range it has in hand, as it stands on its disk."""
        folder = self.data / "kiosk-k1"
        found = until(lambda: LeasedNumbers(folder).book.lease, "a range is in hand")
        assert found
        return found

    def lost(self) -> None:
        """The PC is gone, with its disk."""
        self.stop()
        shutil.rmtree(self.data)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(DEADLINE)

    def _said(self, line: re.Pattern[str]) -> str:
        def found() -> str:
            assert self._process.poll() is None, self._output.read_text()
            seen = line.search(self._output.read_text())
            return seen[1] if seen else ""

        return until(found, line.pattern, START_SECONDS)


def serials(lease: Granted) -> set[tuple[str, int]]:
    """All numbers of a range, by queue."""
    return {
        (queue, serial)
        for queue, rows in lease.ranges.items()
        for first, last in rows
        for serial in range(first, last + 1)
    }


def test_another_pc_has_the_pin_the_key_and_a_range_of_its_own_and_no_number_is_given_twice(
    hall: RunningHall,
) -> None:
    VisitStore(hall.folder / "first" / "kiosk-k1").set_pin(PIN)
    first = KioskPc(hall, "first")
    second: Any = None
    try:
        first.enrol()
        before, given = serials(first.lease()), [first.take()]
        hall.kill_caller()
        given.append(first.take())  # alone: the hall will never hear of it
        queue = given[-1][0]
        assert (queue, serial_in(given[-1])) in before
        first.lost()
        hall.restart_caller()

        second = KioskPc(hall, "second")
        told = second.enrol()
        assert "令牌从现在起作废" in told
        after = serials(second.lease())
        given += [second.take(), second.take()]
        assert not before & after, "what the first may have given on paper is nobody's"
        assert len(set(given)) == len(given)
        assert second.store.pin_fits(PIN)
        assert keys.lines_of(second.data, keys.PERSON) == keys.lines_of(hall.data, keys.PERSON)
        seen = hall.fresh("supervise")
        assert [(each["kiosk"], each["unused"], each["why"]) for each in seen["lost"]] == [
            ("k1", len(before), "lost")
        ]
        alerts = [each for each in seen["alerts"] if each["code"] == "lease-lost"]
        assert [f"k1 换了电脑或丢了数据，原来预留的 {len(before)} 个号" in each["zh"] for each in alerts] == [
            True
        ]
    finally:
        first.stop()
        if second:
            second.stop()
