"""`hallcall settings rehearse`, `hallcall items`: against a caller that runs, with the log that it writes."""

import asyncio
import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from caller.cli.items import items
from caller.cli.settings import settings
from caller.engine import commands as cmd
from tests.caller.cli.test_main import two_languages
from tests.instruments.caller_fixture import DAY, run
from tests.instruments.settings_hall import PLAIN, SettingsRoom, settings_room, write

BETTER = PLAIN.replace('queues = ["A"]', 'queues = ["A", "B"]')
HEAD = "编号,名称,部门,队列,材料\r\n"


async def _one_day(room: SettingsRoom) -> None:
    """One applicant is served at once, and two wait for what only window 1 serves."""
    await room.order(cmd.OpenWindow("2", "li"))
    for item in ("i2", "i2", "i2", "i1"):
        await room.order(cmd.TakeTicket(items=[item]))
    for window in ("1", "2"):
        version = room.loop.hall.state.windows[window].version
        await room.order(cmd.CallNext(window, version))
        for verb in (cmd.StartService, cmd.FinishService):
            await room.order(verb(window, room.loop.hall.state.windows[window].version))


async def command(group: object, data: Path, *arguments: str) -> Result:
    """A command in a thread of its own, while the caller runs in this one."""
    line = [*arguments, "--data", str(data)]
    return await asyncio.to_thread(lambda: CliRunner().invoke(group, line))  # type: ignore[arg-type]


def test_a_change_is_rehearsed_and_nothing_changes(tmp_path: Path):
    async def rehearse() -> None:
        async with settings_room(tmp_path) as room:
            await _one_day(room)
            new = write(tmp_path / "new", BETTER)
            told = await command(settings, tmp_path, "rehearse", str(new))
            assert told.exit_code == 0, told.output
            assert DAY in told.output
            assert "九成 p90" in told.output
            assert "[[window]] 2 · queues" in told.output
            document = json.loads((await command(settings, tmp_path, "rehearse", str(new), "--json")).output)
            assert document["days"] == [DAY]
            assert document["all"]["visits"] >= 2
            assert room.version == 1
            wrong = write(tmp_path / "wrong", PLAIN.replace('opens = "00:00"', 'opens = "25:00"'))
            refused = await command(settings, tmp_path, "rehearse", str(wrong))
            assert refused.exit_code == 2
            assert two_languages(refused.output)
            unknown = await command(
                settings, tmp_path, "rehearse", str(new), "--what-if", "window 9 opens 09:00"
            )
            assert unknown.exit_code == 2

    run(rehearse())


def test_without_a_recorded_day_it_is_told(tmp_path: Path):
    async def rehearse() -> None:
        async with settings_room(tmp_path):
            told = await command(settings, tmp_path, "rehearse", str(write(tmp_path / "new", BETTER)))
            assert told.exit_code == 2
            assert two_languages(told.output)

    run(rehearse())


@pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig"])
def test_items_are_imported_into_the_running_hall(tmp_path: Path, encoding: str):
    async def load() -> None:
        async with settings_room(tmp_path) as room:
            token = room.token("manager", "m")
            file = tmp_path / "事项.csv"
            file.write_bytes(
                (HEAD + "i1,办事甲,部门,综合,身份证；申请书\r\nnew,新事,d1,B,\r\n").encode(encoding)
            )
            preview = await command(items, tmp_path, "import", str(file), "--preview")
            assert preview.exit_code == 0, preview.output
            assert "i1 · name" in preview.output
            assert "+ [[item]] new" in preview.output
            assert room.version == 1
            done = await command(
                items, tmp_path, "import", str(file), "--yes", "--token", token, "--caller", room.url
            )
            assert done.exit_code == 0, done.output
            assert room.version == 2
            known = {each.id: each for each in room.loop.hall.settings.items}
            assert (known["i1"].name, known["i1"].papers, known["i1"].queue) == (
                "办事甲",
                ["身份证", "申请书"],
                "A",
            )
            assert set(known) == {"i1", "i2", "new"}
            assert "大厅的注释留着" in room.store.find(2).main.read_text("utf-8")  # type: ignore[union-attr]
            only = await command(
                items,
                tmp_path,
                "import",
                str(file),
                "--only",
                "--yes",
                "--token",
                token,
                "--caller",
                room.url,
            )
            assert only.exit_code == 0, only.output
            assert {each.id for each in room.loop.hall.settings.items} >= {"i1", "new"}

    run(load())


def test_all_mistakes_are_told_at_the_lines_of_the_table_and_nothing_changes(tmp_path: Path):
    async def load() -> None:
        async with settings_room(tmp_path) as room:
            file = tmp_path / "wrong.csv"
            file.write_text(HEAD + "a,甲,无此部门,A,\r\nb,乙,d1,QQQ,\r\n\r\nc,,d1,A,\r\n", "utf-8")
            refused = await command(items, tmp_path, "import", str(file))
            assert refused.exit_code == 2
            for place in ("wrong.csv:2", "wrong.csv:3", "wrong.csv:5"):
                assert place in refused.output, refused.output
            assert two_languages(refused.output)
            file.write_text("编号,名称,部门,队列,颜色\r\n", "utf-8")
            assert "颜色" in (await command(items, tmp_path, "import", str(file))).output
            assert room.version == 1

    run(load())


def test_a_list_with_a_code_twice_is_refused_with_both_lines_and_nothing_changes(tmp_path: Path):
    async def import_it() -> None:
        async with settings_room(tmp_path) as room:
            table = tmp_path / "省清单.csv"
            code = "330106000000000000001000100009"
            head = "事项编码,业务办理项编码,事项名称\r\n"
            table.write_text(head + "".join(f"{code},01,事项{n}\r\n" for n in (1, 2, 3)), "utf-8")
            for more in ((), ("--diff",)):
                said = await command(items, tmp_path, "import", str(table), "--queue", "A", *more)
                assert said.exit_code == 2
                assert two_languages(said.output)
                assert [f"省清单.csv:{line}" in said.output for line in (3, 4)] == [True, True], said.output
                assert "第 2 行" in said.output
            assert room.version == 1

    run(import_it())


def test_what_is_exported_is_imported_without_a_change(tmp_path: Path):
    async def there_and_back() -> None:
        async with settings_room(tmp_path):
            file = tmp_path / "items-out.csv"
            assert (await command(items, tmp_path, "export", str(file))).exit_code == 0
            assert file.read_bytes().startswith(b"\xef\xbb\xbf")
            assert [row["id"] for row in csv.DictReader(file.open(encoding="utf-8-sig"))] == ["i1", "i2"]
            told = await command(items, tmp_path, "import", str(file), "--only", "--preview")
            assert told.exit_code == 0, told.output
            assert "没有不同" in told.output

    run(there_and_back())
