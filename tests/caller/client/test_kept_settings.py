"""A station's program goes by the caller's settings and keeps them: the hall's file is read at its first start only."""

import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest

from caller.client import kept_settings
from caller.client.kept_settings import TOPIC, StationSettings
from config.process.options import Unable
from config.settings import Settings
from tests.instruments.caller_fixture import Room, room, run, soon, until
from tests.instruments.settings_hall import PLAIN, settings_room, write


def station(tmp_path: Path, hall: Path) -> StationSettings:
    return StationSettings(hall, tmp_path / "station", "kiosk", "K1")


def test_the_first_start_reads_the_file_and_later_ones_what_the_caller_sent(tmp_path: Path):
    async def story() -> None:
        async with settings_room(tmp_path) as hall, hall.client("manager", "m") as manager:
            own = write(tmp_path / "kiosk-pc", PLAIN)
            first = station(tmp_path, own)
            assert first.load().hall.name == "设置测试厅"
            seen: list[tuple[str, int]] = []
            async with hall.client("kiosk", "K1", [TOPIC]) as client:
                following = asyncio.create_task(_noted(first, client, seen))
                await until(lambda: seen == [("设置测试厅", 1)])
                await soon(hall.apply(manager, write(tmp_path / "new", PLAIN.replace("设置测试厅", "新名"))))
                await until(lambda: seen[-1] == ("新名", 2))
                following.cancel()
            path = tmp_path / "station" / kept_settings.FOLDER / "kiosk-K1.json"
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert station(tmp_path, own).load().hall.name == "新名", "the caller is not asked, nor the file"
            own.unlink()
            assert station(tmp_path, own).load().hall.name == "新名", "the file may be gone"

    run(story())


async def _noted(kept: StationSettings, client: Any, seen: list[tuple[str, int]]) -> None:
    async for settings in kept.follow(client):
        seen.append((settings.hall.name, kept.version))


def view(name: str, version: int = 2) -> dict[str, Any]:
    from caller.engine.hall import Hall
    from caller.views.settings import settings_view
    from config.reading.reader import read

    del name
    hall = Hall(read(Path(__file__).parents[3] / "config" / "halls" / "village.toml"))
    return {**settings_view(hall, "", 0), "version": version, "hash": "f" * 64}


def test_a_file_changed_by_hand_is_read_again_and_a_broken_one_stops_no_station(tmp_path: Path):
    own = write(tmp_path / "pc", PLAIN)
    kept = station(tmp_path, own)
    kept.load()
    sent = view("")
    sent["settings"]["hall"]["site"] = "set"
    assert kept.take(sent)
    assert station(tmp_path, own).load().hall.name != "设置测试厅"
    own.write_text(PLAIN.replace("设置测试厅", "手改"), encoding="utf-8")
    assert station(tmp_path, own).load().hall.name == "手改"
    own.write_text("[hall", encoding="utf-8")
    assert station(tmp_path, own).load().hall.name not in ("手改", "设置测试厅")
    other = write(tmp_path / "other", PLAIN)
    assert station(tmp_path, other).load().hall.name == "设置测试厅", "kept under another file's name"


def test_without_a_copy_a_broken_file_is_refused(tmp_path: Path):
    own = write(tmp_path / "pc", "[hall")
    with pytest.raises(Unable):
        station(tmp_path, own).load()


def test_settings_of_another_site_or_that_cannot_be_read_are_not_taken(tmp_path: Path):
    kept = station(tmp_path, write(tmp_path / "pc", PLAIN))
    before = kept.load()
    assert kept.take(view("")) is None
    newer = view("")
    newer["settings"]["hall"] |= {"site": "set", "a_key_of_tomorrow": 1}
    assert kept.take(newer) is None
    assert kept.take({"version": 3, "hash": "", "settings": {}}) is None, "too large for a frame: none sent"
    assert kept.current == before
    assert not (tmp_path / "station" / kept_settings.FOLDER).exists()


def test_twin_without_the_sites_check_another_halls_settings_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    kept = station(tmp_path, write(tmp_path / "pc", PLAIN))
    kept.load()
    monkeypatch.setattr(kept, "current", None)
    assert isinstance(kept.take(view("")), Settings)


def test_a_damaged_copy_is_ignored_and_a_full_disk_costs_only_the_keeping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    own = write(tmp_path / "pc", PLAIN)
    kept = station(tmp_path, own)
    kept.load()
    sent = view("")
    sent["settings"]["hall"]["site"] = "set"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(kept_settings.owner_only, "write_whole", full)
        assert kept.take(sent)
        assert not kept.is_kept
    kept.take(sent)
    path = next((tmp_path / "station").rglob("*.json"))
    path.write_bytes(path.read_bytes()[:-50])
    assert station(tmp_path, own).load().hall.name == "设置测试厅"


def test_a_caller_of_an_older_version_does_not_keep_its_station_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def story(older: Room) -> None:
        async with older.client("kiosk", "K1", ["kiosk"], optional=[TOPIC]) as client:
            await soon(client.until("current"))
            assert "kiosk" in client.views
            assert TOPIC not in client.views

    async def before() -> None:
        from caller.protocol import permissions

        monkeypatch.delitem(permissions.WATCHES["kiosk"], TOPIC)
        async with room(tmp_path) as older:
            await story(older)

    run(before())
