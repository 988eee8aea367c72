"""kill -9 of the real `hallcall caller` while it takes new settings: one of the two versions is in force, whole, never a
mixture; tickets and numbers go on. Then the same caller is spoken to by `hallcall settings`.

Each version has its mark in the hall's name and in the items' file, so that a mixture of the two would be seen.
"""

import asyncio
import contextlib
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from caller.cli.doctor import doctor
from caller.cli.settings import settings as command
from caller.client.client import Client, SendError, new_id
from caller.engine import commands as cmd
from caller.eventlog import LOG_NAME, noted_in
from caller.identity.enrolment import Stations
from caller.service.settings_versions import plainly_read
from config.versions import VersionStore, bundle
from tests.instruments.caller_fixture import PATIENCE, kept_port, run, soon
from tests.instruments.running_hall import Process
from tests.instruments.settings_hall import ITEMS, PLAIN, write

SECONDS = (None, 0.0, 0.005)  # after the command was sent; None: it lies unread in the socket
ROUNDS, RACE_SECONDS = 60, 0.06
DAY = "2099-03-03"  # its hours have not ended, whatever the zone


def marked(folder: Path, mark: str) -> Path:
    return write(folder, PLAIN.replace("设置测试厅", f"{mark}厅"), ITEMS.replace("办事", f"{mark}事"))


class CallerProcess:
    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.hall = marked(folder / "hall", "甲")
        self.data.mkdir()
        stations = Stations(self.data / "stations.db")
        self.token = stations.enrol("manager", "office", "now")
        stations.close()
        self.store = VersionStore(self.data)
        self.port = kept_port()

    async def start(self) -> None:
        args = ("caller", str(self.hall), "--data", str(self.data), "--port", str(self.port))
        self.process = await asyncio.to_thread(Process, *args, output=self.data / "caller.txt")
        self.port = int(self.process.address.rpartition(":")[2])

    def kill(self) -> None:
        self.process.kill()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def client(self, *watch: str) -> Client:
        return Client(self.url, self.token, watch, "office")

    def mark_in_force(self) -> tuple[int, str]:
        """The number and the mark of the version in force; fails where its parts are of two versions."""
        known = noted_in(self.data / LOG_NAME)
        found = self.store.load(known.version, known.hash)
        assert found, "the version in force is there, whole"
        settings = plainly_read(found)
        assert settings
        marks = {settings.hall.name[0], *(item.name[0] for item in settings.items)}
        assert len(marks) == 1, f"a mixture: {marks}"
        return known.version, marks.pop()


async def one_round(house: CallerProcess, folder: Path, number: int, seconds: float | None) -> None:
    """Change, kill, look, start again, look again."""
    version, mark = house.mark_in_force()
    new = "乙" if mark == "甲" else "甲"
    hash = house.store.put_draft(bundle(marked(folder / f"new-{new}", new)))
    async with house.client("settings", "board") as manager:
        await soon(manager.until("current"))
        ticket = await manager.send(cmd.TakeTicket(queue="A"), new_id())
        assert ticket["number"] == f"A{number:03}"
        if seconds is None:
            import os
            import signal

            os.kill(house.process.pid, signal.SIGSTOP)
        sent = asyncio.create_task(manager.send(cmd.ChangeSettings(hash, version), timeout=PATIENCE))
        await asyncio.sleep(seconds or 0.01)
        house.kill()
        sent.cancel()
        with contextlib.suppress(asyncio.CancelledError, SendError):
            await sent
    after, found = house.mark_in_force()
    assert (after, found) in ((version, mark), (version + 1, new))
    await house.start()
    async with house.client("settings") as manager:
        await soon(manager.until("current"))
        view = manager.views["settings"]
        assert (view["version"], view["settings"]["hall"]["name"]) == (after, f"{found}厅")
        assert {item["name"][0] for item in view["settings"]["items"]} == {found}
    assert house.mark_in_force() == (after, found), "the file, unchanged, undoes nothing"


async def begin(folder: Path) -> CallerProcess:
    house = CallerProcess(folder)
    await house.start()
    async with house.client() as manager:
        await manager.send(cmd.OpenDay(DAY))
    return house


def test_a_kill_while_settings_change_and_then_the_command_line(tmp_path: Path):
    async def rounds() -> CallerProcess:
        house = await begin(tmp_path)
        for number, seconds in enumerate(SECONDS, 1):
            await one_round(house, tmp_path, number, seconds)
        return house

    found: list[CallerProcess] = []

    async def all_rounds() -> None:
        found.append(await rounds())

    run(all_rounds())
    try:
        the_command_line(found[0], tmp_path)
    finally:
        found[0].kill()


def the_command_line(house: CallerProcess, folder: Path) -> None:
    def hallcall(*line: str, speaks: bool = True) -> tuple[int, str]:
        more = ("--caller", house.url, "--token", house.token) if speaks else ()
        result = CliRunner().invoke(command, [*line, "--data", str(house.data), *more])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    version, _ = house.mark_in_force()
    wrong = write(
        folder / "wrong", PLAIN.replace('opens = "00:00"', 'opens = "25:00"').replace('"A"]', '"Q"]')
    )
    code, said = hallcall("apply", str(wrong))
    assert code == 2
    assert "2 处错误，没有采用" in said
    assert "2 mistake(s); not applied" in said
    assert house.mark_in_force()[0] == version
    third = marked(folder / "third", "丙")
    code, said = hallcall("check", str(third), speaks=False)
    assert code == 0
    assert "[hall] · name:" in said
    code, said = hallcall("apply", str(third))
    assert (code, f"第 {version + 1} 版设置已生效" in said) == (0, True), said
    assert house.mark_in_force() == (version + 1, "丙")
    assert "完全相同" in hallcall("apply", str(third))[1]
    code, said = hallcall("take-back", "1")
    assert (code, f"version {version + 2} of the settings is in force" in said) == (0, True), said
    assert house.mark_in_force() == (version + 2, "甲")
    code, said = hallcall("list", speaks=False)
    assert f"{version + 2} ●" in said
    assert "取回 taken back 1" in said
    assert '"丙厅" → "甲厅"' in hallcall("diff", speaks=False)[1]
    assert '+name = "甲厅"' in hallcall("diff", str(version + 1), str(version + 2), "--text", speaks=False)[1]
    assert "this comment stays" in hallcall("show", "1", speaks=False)[1]
    assert hallcall("show", str(version + 3), speaks=False)[0] == 2
    out = folder / "out"
    assert hallcall("show", "--to", str(out), speaks=False)[0] == 0
    assert (out / "hall.toml").exists()
    assert (out / "items.csv").exists()
    assert hallcall("show", "--to", str(out), speaks=False)[0] == 2, "never over a file"
    house.hall.write_text(house.hall.read_text(encoding="utf-8") + "\n# 手改\n", encoding="utf-8")
    seen = CliRunner().invoke(doctor, [str(house.hall), "--data", str(house.data), "--caller", house.url])
    assert f"与生效的第 {version + 2} 版设置不同" in seen.output
    assert "hallcall settings apply" in seen.output


@pytest.mark.campaign
def test_sixty_kills_at_random_instants(tmp_path: Path):
    async def rounds() -> None:
        house, pick = await begin(tmp_path), random.Random(20_261_129)
        for number in range(1, ROUNDS + 1):
            await one_round(house, tmp_path, number, pick.random() * RACE_SECONDS)
        house.kill()

    run(rounds(), 900)
