"""New settings in the running caller, over the wire: nothing is lost, wrong ones are refused, a start knows its version."""

import asyncio
import json
import logging
import shutil
import stat
from pathlib import Path

import pytest

from caller.client.client import Client
from caller.engine import commands as cmd
from caller.eventlog import LogError, Reader, calling_here, noted_in
from caller.eventlog.calling_here import asked_until, note_address, note_given
from config.versions import FILE_NOTE, NOTE, VersionStore
from tests.instruments.caller_fixture import run, soon, until
from tests.instruments.settings_hall import (
    PLAIN,
    SettingsRoom,
    queue,
    refused,
    settings_room,
    window,
    write,
)

NAMES = PLAIN.replace("设置测试厅", "改了名的厅").replace("社保", "社会保险")
RENAMED = NAMES + queue("C", "新队列") + window("3", "C")
WRONG = PLAIN.replace('opens = "00:00"', 'opens = "25:00"').replace('queues = ["A"]', 'queues = ["Q"]')


def test_a_running_caller_takes_new_settings_and_its_stations_get_them(tmp_path: Path):
    async def change() -> None:
        async with settings_room(tmp_path) as room, room.client("manager", "m") as manager:
            kiosk = room.client("kiosk", "K1", ["settings", "kiosk"])
            async with kiosk:
                await soon(kiosk.until("current"))
                assert kiosk.views["settings"]["version"] == 1
                ticket = await room.order(cmd.TakeTicket(items=["i1"]), "kiosk", "K1")
                done = await soon(room.apply(manager, write(tmp_path / "new", RENAMED)))
                assert done == {"version": 2, "kept": []}
                await until(lambda: kiosk.views["settings"]["version"] == 2)
                assert kiosk.views["settings"]["settings"]["hall"]["name"] == "改了名的厅"
                await until(lambda: "C" in kiosk.views["kiosk"]["queues"])
                assert (await room.order(cmd.TakeTicket(items=["i1"])))["number"] == "A002"
                called = await room.order(cmd.CallNext("1", room.loop.hall.state.windows["1"].version))
                assert called["number"] == ticket["number"]
                assert (await room.order(cmd.OpenWindow("3", "new"))) == {}

    run(change())


def test_wrong_ones_are_refused_with_all_mistakes_and_the_old_ones_stay(tmp_path: Path):
    async def change() -> None:
        async with settings_room(tmp_path) as room, room.client("manager", "m") as manager:
            frame = await refused(room.apply(manager, write(tmp_path / "new", WRONG)))
            assert frame.code == "settings-wrong"
            assert "25:00" in frame.zh
            assert "“Q”" in frame.zh
            assert (room.version, room.name) == (1, "设置测试厅")
            frame = await refused(manager.send(cmd.ChangeSettings("0" * 64, 1)))
            assert frame.code == "settings-not-here"

    run(change())


def test_only_a_manager_may_and_the_second_of_two_is_refused(tmp_path: Path):
    async def change() -> None:
        async with settings_room(tmp_path) as room, room.client("manager", "m") as manager:
            async with room.client("kiosk", "K1") as kiosk:
                assert (await refused(room.apply(kiosk, room.hall_file))).code == "not-allowed"
            first = write(tmp_path / "one", RENAMED)
            second = write(tmp_path / "two", PLAIN.replace("综合", "另一个"))
            await soon(room.apply(manager, first, as_of=1))
            frame = await refused(room.apply(manager, second, as_of=1))
            assert frame.code == "settings-changed"
            assert room.name == "改了名的厅"
            assert [each.number for each in room.store.versions()] == [1, 2], "no folder for what is refused"

    run(change())


def test_two_changes_at_once_end_in_one_of_them_each_with_its_own_text(tmp_path: Path):
    async def change() -> None:
        async with settings_room(tmp_path) as room:
            ones, twos = room.client("manager", "m"), room.client("manager", "n")
            files = [write(tmp_path / name, PLAIN.replace("综合", name)) for name in ("甲", "乙")]
            async with ones, twos:
                await soon(ones.until("current"))
                await soon(twos.until("current"))
                await _both(room, (ones, twos), files)
            won = room.loop.hall.queues["A"].name
            found = room.store.find(2)
            assert found
            assert f'name = "{won}"' in found.main.read_text(encoding="utf-8")
            assert noted_in(room.log.path).hash == found.note.hash

    run(change())


async def _both(room: SettingsRoom, managers: tuple[Client, Client], files: list[Path]) -> None:
    import asyncio

    works = [room.apply(each, file, as_of=1) for each, file in zip(managers, files, strict=True)]
    answers = await soon(asyncio.gather(*works, return_exceptions=True))
    assert sum(isinstance(each, dict) for each in answers) == 1, answers


def test_a_version_keeps_comments_and_files_and_says_who_and_what(tmp_path: Path):
    async def change() -> None:
        async with settings_room(tmp_path) as room, room.client("manager", "m") as manager:
            await soon(room.apply(manager, write(tmp_path / "new", RENAMED, name="other.toml")))
            found = room.store.find(2)
            assert found
            assert "# 大厅的注释留着" in found.main.read_text(encoding="utf-8")
            assert (found.folder / "items.csv").exists()
            assert (found.note.role, found.note.station, found.note.source) == ("manager", "m", "apply")
            assert "hall.name" in found.note.fields
            assert "queue C" in found.note.fields
            assert all(
                stat.S_IMODE(each.stat().st_mode) & 0o077 == 0 for each in room.store.folder.rglob("*")
            )
            taken = room.store.put_draft(_contents(room.store, 1))
            assert (await manager.send(cmd.ChangeSettings(taken, 2, taken_back=1)))["version"] == 3
            assert room.name == "设置测试厅"
            with Reader(room.log.path) as log:
                facts = [each.facts for each in log.newest("SettingsChanged", 3)]
            assert [each["version"] for each in facts] == [3, 2, 1]
            assert facts[0]["taken_back"] == 1
            assert "改了名" not in json.dumps(facts, ensure_ascii=False), (
                "the log has names of settings, no value"
            )

    run(change())


def _contents(store: VersionStore, number: int):
    from config.versions import contents

    found = store.find(number)
    assert found
    return contents(found)


# --- starts


async def started(folder: Path, hall: Path) -> SettingsRoom:
    room = SettingsRoom(folder, hall)
    await room.start()
    return room


def test_a_start_goes_by_the_version_in_force_and_takes_a_changed_file_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    async def starts() -> None:
        async with settings_room(tmp_path) as room, room.client("manager", "m") as manager:
            await soon(room.apply(manager, write(tmp_path / "new", RENAMED)))
            hall = room.hall_file
        room = await started(tmp_path, hall)
        assert (room.version, room.name) == (2, "改了名的厅"), "an unchanged file undoes nothing"
        assert room.loop.hall.state.windows["1"].clerk == "wang"
        await room.stop()
        write(hall.parent, PLAIN.replace("综合", "手改的"))
        room = await started(tmp_path, hall)
        assert (room.version, room.loop.hall.queues["A"].name) == (3, "手改的")
        await room.stop()
        room = await started(tmp_path, hall)
        assert room.version == 3
        await room.stop()
        write(hall.parent, WRONG)
        room = await started(tmp_path, hall)
        assert (room.version, room.loop.hall.queues["A"].name) == (3, "手改的"), "the hall opens all the same"
        await room.stop()

    with caplog.at_level(logging.WARNING, "hallcall.settings"):
        run(starts())
    said = caplog.text
    assert "the hall's file differs from version 2" in said
    assert "25:00" in said


@pytest.mark.parametrize("shared", [True, False], ids=["", "twin that is alone"])
def test_an_old_file_on_the_second_pc_brings_nothing_back_and_an_edited_one_is_taken_in(
    tmp_path: Path, shared: bool
):
    """The versions are there by the database; of the hall's file this PC has read none."""

    async def begun(hall: Path) -> SettingsRoom:
        room = SettingsRoom(tmp_path, hall)
        room.shared = shared
        await room.start()
        return room

    async def starts() -> None:
        async with settings_room(tmp_path) as room, room.client("manager", "m") as manager:
            await soon(room.apply(manager, write(tmp_path / "new", RENAMED)))
        (room.store.folder / FILE_NOTE).unlink()
        old = write(tmp_path / "second", PLAIN.replace("综合", "旧的"))
        room = await begun(old)
        assert (room.version, room.name) == ((2, "改了名的厅") if shared else (3, "设置测试厅"))
        await room.stop()
        write(old.parent, PLAIN.replace("综合", "手改的"))
        room = await begun(old)
        assert room.loop.hall.queues["A"].name == "手改的"
        await room.stop()

    run(starts())


def test_a_version_is_given_to_the_second_pc_before_its_event_is_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(calling_here, "GIVEN_SECONDS", 60.0)

    async def change() -> None:
        async with settings_room(tmp_path) as room, room.client("manager", "m") as manager:
            note_address(tmp_path, "postgresql:///hall")
            applied = asyncio.create_task(room.apply(manager, write(tmp_path / "new", RENAMED)))
            await until(lambda: asked_until(tmp_path), "it asks that the version be given")
            assert (room.version, room.store.find(2) is not None) == (1, True)
            note_given(tmp_path, asked_until(tmp_path))
            await soon(applied)
            assert room.version == 2

    run(change())


def test_a_lost_or_damaged_version_is_none_and_the_file_is_the_next_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    async def starts() -> None:
        async with settings_room(tmp_path) as room, room.client("manager", "m") as manager:
            await soon(room.apply(manager, write(tmp_path / "new", RENAMED)))
            await room.order(cmd.TakeTicket(queue="A"))
            hall = room.hall_file
        items = room.store.folder / "000002" / "items.csv"
        items.write_text(items.read_text(encoding="utf-8").replace("办事一", "换掉的"), encoding="utf-8")
        room = await started(tmp_path, hall)
        assert (room.version, room.name) == (3, "设置测试厅")
        assert room.loop.hall.items["i1"].name == "办事一"
        assert room.issued() == 1
        await room.stop()
        shutil.rmtree(room.store.folder)
        room = await started(tmp_path, hall)
        assert (room.version, room.name, room.issued()) == (3, "设置测试厅", 1)
        assert room.store.find(3), "the same text as in force: only kept again"
        await room.stop()

    with caplog.at_level(logging.ERROR, "hallcall.settings"):
        run(starts())
    assert "version 2 is lost or damaged" in caplog.text


def test_twin_without_the_hash_a_damaged_version_is_a_mixture_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def starts() -> None:
        async with settings_room(tmp_path) as room, room.client("manager", "m") as manager:
            await soon(room.apply(manager, write(tmp_path / "new", RENAMED)))
            hall = room.hall_file
        items = room.store.folder / "000002" / "items.csv"
        items.write_text(items.read_text(encoding="utf-8").replace("办事一", "换掉的"), encoding="utf-8")
        monkeypatch.setattr("config.versions.contents", lambda found: _Fits(found.note.hash))
        room = await started(tmp_path, hall)
        assert (room.name, room.loop.hall.items["i1"].name) == ("改了名的厅", "换掉的")
        await room.stop()

    run(starts())


class _Fits:
    def __init__(self, hash: str) -> None:
        self.hash = hash


# --- a kill between the folder and the event


def test_a_kill_after_the_folder_and_before_the_event_leaves_the_old_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def starts() -> None:
        async with settings_room(tmp_path) as room, room.client("manager", "m") as manager:
            file, hall = write(tmp_path / "new", RENAMED), room.hall_file
            with monkeypatch.context() as patch:
                submitted: list[object] = []
                patch.setattr(
                    room.loop, "submit", lambda *order: submitted.append(order)
                )  # the process ends here
                sending = asyncio.create_task(room.apply(manager, file))
                await until(lambda: submitted, "decided, and on its way to the log")
                sending.cancel()
                await asyncio.wait([sending])
            assert room.store.find(2), "written, not in force"
        room = await started(tmp_path, hall)
        assert (room.version, room.name) == (1, "设置测试厅")
        third = write(tmp_path / "third", PLAIN.replace("综合", "第三种"))
        async with room.client("manager", "m") as manager:
            assert (await soon(room.apply(manager, third)))["version"] == 2
        assert room.loop.hall.queues["A"].name == "第三种", "the number is written anew"
        await room.stop()
        room = await started(tmp_path, hall)
        assert (room.version, room.loop.hall.queues["A"].name) == (2, "第三种")
        await room.stop()

    run(starts())


def test_an_event_that_cannot_be_saved_leaves_the_old_settings_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def change() -> None:
        async with settings_room(tmp_path) as room, room.client("manager", "m") as manager:
            ticket = await room.order(cmd.TakeTicket(queue="A"))
            file = write(tmp_path / "new", RENAMED)
            with monkeypatch.context() as patch:
                patch.setattr(room.log._writer, "_commit", lambda *_: LogError("disk-full"))
                assert (await refused(room.apply(manager, file))).code == "not-saved"
            await until(lambda: room.name == "设置测试厅")
            assert room.version == 1
            await until(lambda: room.loop.settled)
            assert ticket["ticket"] in room.loop.hall.state.tickets

    run(change())


def test_a_broken_note_hides_one_version_and_not_the_others(tmp_path: Path):
    async def change() -> None:
        async with settings_room(tmp_path) as room, room.client("manager", "m") as manager:
            await soon(room.apply(manager, write(tmp_path / "new", RENAMED)))
            (room.store.folder / "000001" / NOTE).write_text("{", encoding="utf-8")
            assert [each.number for each in room.store.versions()] == [2]

    run(change())
