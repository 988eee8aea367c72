"""New settings under load: 8 kiosks and 27 windows at work on a real caller process; nothing lost, nothing doubled, and no
answer that takes longer than PAUSE_SECONDS because of a change. Run alone: other work on the machine counts as a pause."""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from caller.client.client import Client, RefusedError, new_id
from caller.engine import commands as cmd
from caller.eventlog import LOG_NAME, Reader
from caller.identity.enrolment import Stations
from config.reading.reader import read
from config.versions import VersionStore, bundle
from tests.instruments.caller_fixture import run, soon
from tests.instruments.running_hall import REPO, at_noon

KIOSKS, WINDOWS, CHANGES = 8, 27, 6
PAUSE_SECONDS = 0.1
REST_SECONDS = (
    0.15  # of a kiosk and of a window between two commands: many times the rush of a county's morning
)
BEFORE_SECONDS, AFTER_SECONDS = 2.0, 1.0  # of load around each change
DAY = "2099-03-03"

pytestmark = pytest.mark.speed


class Load:
    """What the stations did, and how long each answer took, with its instant."""

    def __init__(self) -> None:
        self.issued: Counter[str] = Counter()
        self.called: Counter[str] = Counter()
        self.answers: list[tuple[float, float]] = []
        self.over = False

    async def send(self, client: Client, command: cmd.Command) -> dict[str, str]:
        began = time.perf_counter()
        try:
            return await client.send(command, new_id())  # type: ignore[arg-type]
        except RefusedError:
            return {}
        finally:
            self.answers.append((began, time.perf_counter() - began))

    async def kiosk(self, client: Client, queues: list[str], first: int) -> None:
        turn = first
        while not self.over:
            turn += 1
            done = await self.send(client, cmd.TakeTicket(queue=queues[turn % len(queues)]))
            if done:
                self.issued[done["number"]] += 1
            await asyncio.sleep(REST_SECONDS)

    async def window(self, client: Client, id: str) -> None:
        view = f"window/{id}"
        while not self.over:
            doc = client.views[view]
            verb = {"open": cmd.CallNext, "called": cmd.StartService, "serving": cmd.FinishService}.get(
                doc["state"]
            )
            if verb:
                done = await self.send(client, verb(id, doc["version"]))
                if verb is cmd.CallNext and done:
                    self.called[done["number"]] += 1
            await asyncio.sleep(REST_SECONDS)


def versions(hall: Path, folder: Path) -> list[Path]:
    """Changes in turn: other names of all items, the last queue gone and back, other targets."""
    text, made = hall.read_text(encoding="utf-8"), list[Path]()
    for number in range(CHANGES):
        place = folder / f"v{number}"
        place.mkdir()
        for items in hall.parent.glob("*.csv"):
            lines = items.read_text(encoding="utf-8").splitlines()
            (place / items.name).write_text("\n".join([*lines, ""]), encoding="utf-8")
        changed = text.replace("target_minutes = 45", f"target_minutes = {45 - number}")
        changed = changed.replace('name = "示例县政务服务大厅"', f'name = "第{number}次改名"')
        (place / hall.name).write_text(changed, encoding="utf-8")
        made.append(place / hall.name)
    return made


def test_settings_change_under_load(tmp_path: Path):
    hall = at_noon(REPO / "config/halls/county.toml", tmp_path)
    settings, data = read(hall), tmp_path / "data"
    data.mkdir()
    windows = [each for each in settings.windows if each.queues][:WINDOWS]
    queues = sorted({queue for each in windows for queue in each.queues})
    stations = Stations(data / "stations.db")
    names = [
        ("manager", "m"),
        *(("kiosk", f"k{n}") for n in range(KIOSKS)),
        *(("window", w.id) for w in windows),
    ]
    tokens = {each: stations.enrol(*each, "now") for each in names}
    stations.close()
    line = [sys.executable, "-m", "caller.cli", "caller", str(hall), "--data", str(data), "--port", "0"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=REPO)
    assert process.stdout
    url = process.stdout.readline().split()[-1]
    load, changed = Load(), list[tuple[float, float]]()

    async def played() -> None:
        async with (
            asyncio.TaskGroup() as group,
            Client(url, tokens["manager", "m"], ["supervise"]) as manager,
        ):
            await soon(manager.until("current"))
            if not manager.views["supervise"]["hall"]["open"]:
                await manager.send(cmd.OpenDay(DAY))
            clients = [Client(url, tokens["kiosk", f"k{n}"], ["kiosk", "settings"]) for n in range(KIOSKS)]
            desks = [(Client(url, tokens["window", w.id], [f"window/{w.id}"]), w.id) for w in windows]
            for client in (*clients, *(each for each, _ in desks)):
                await client.__aenter__()
                await soon(client.until("current"))
            for client, id in desks:
                await client.send(cmd.OpenWindow(id, f"c{id}"))
            for number, client in enumerate(clients):
                group.create_task(load.kiosk(client, queues, number))
            for client, id in desks:
                group.create_task(load.window(client, id))
            for number, file in enumerate(versions(hall, tmp_path), 1):
                await asyncio.sleep(BEFORE_SECONDS)
                hash = VersionStore(data).put_draft(bundle(file))
                began = time.perf_counter()
                done = await manager.send(cmd.ChangeSettings(hash, number))
                assert done["version"] == number + 1
                changed.append((began, time.perf_counter()))
                await asyncio.sleep(AFTER_SECONDS)
            load.over = True
            await asyncio.sleep(2 * REST_SECONDS)
            for client in (*clients, *(each for each, _ in desks)):
                await client.__aexit__(None, None, None)

    try:
        run(played(), 300)
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()
    judge(data, load, changed)


def judge(data: Path, load: Load, changed: list[tuple[float, float]]) -> None:
    """Compare the answers during the changes with the others, and all numbers with the log."""
    in_change = [took for at, took in load.answers if any(a - took <= at <= b for a, b in changed)]
    quiet = [took for at, took in load.answers if not any(a - took <= at <= b + 0.3 for a, b in changed)]
    longest, usual = max(in_change), max(quiet)
    print(
        f"\n{len(load.answers)} answers, {len(in_change)} during {CHANGES} changes of "
        f"{1000 * max(b - a for a, b in changed):.0f} ms at most: longest {1000 * longest:.1f} ms; "
        f"without a change {1000 * usual:.1f} ms"
    )
    with Reader(data / LOG_NAME) as log:
        issued = [each.facts["number"] for each in log.after(0) if each.kind == "TicketIssued"]
    assert len(issued) == len(set(issued)), "a number twice"
    assert set(load.issued) <= set(issued), "a number lost"
    assert max(load.called.values(), default=1) == 1, "a number called at two windows"
    assert len(load.called) > 100
    assert longest < PAUSE_SECONDS
