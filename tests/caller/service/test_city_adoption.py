"""The city's settings come into force after closing where a hall has said so, and what the city has locked cannot be changed here."""

from pathlib import Path
from typing import NoReturn

from caller.engine import commands as cmd
from caller.service.city_adoption import CityAdoption
from config import city_bundles
from config.versions import Bundle, contents
from tests.instruments.caller_fixture import run, soon
from tests.instruments.running_hall import hallcall
from tests.instruments.settings_hall import PLAIN, SettingsRoom, refused, settings_room, write

CITY = """\
[city]
locked = ["reason"]
[[reason]]
kind = "pause"
id = "training"
name = "培训"
[rules]
helping_minutes = 20.0
"""


def text_of(folder: Path, adopt: str = "at-night") -> str:
    key = city_bundles.public_key(folder / "city")
    return f'{PLAIN}\n[centre]\nsettings_key = "{key}"\nadopt = "{adopt}"\n'


def sent(folder: Path, number: int, text: str = CITY) -> None:
    """Let a hall have been sent a version."""
    version = city_bundles.signed(folder / "city", number, 1, Bundle(text.encode()))
    key = city_bundles.public_key(folder / "city")
    assert city_bundles.keep(folder, city_bundles.encoded(version), key)


def adoption(room: SettingsRoom) -> CityAdoption:
    return CityAdoption(room.loop, room.changes, room.versions)


def test_new_settings_of_the_city_come_into_force_once_the_day_is_closed(tmp_path: Path) -> None:
    async def night() -> None:
        async with settings_room(tmp_path, text_of(tmp_path)) as room:
            rule = adoption(room)
            sent(tmp_path, 1)
            await soon(rule.look())
            assert room.version == 1  # people are being served
            code, said = hallcall("settings", "city", "--data", str(tmp_path))
            assert (code, "市级设置第 1 版" in said, "helping_minutes" in said, "--apply" in said) == (
                0,
                True,
                True,
                True,
            )
            await room.order(cmd.CloseDay())
            await soon(rule.look())
            now = room.loop.hall.settings
            assert (room.version, now.centre.adopted, now.rules.helping_minutes) == (2, 1, 20.0)
            assert [each.name for each in now.reasons] == ["培训"]
            found = room.store.find(2)
            assert found
            assert (found.note.source, "centre.adopted" in found.note.fields) == ("city", True)
            code, said = hallcall("settings", "city", "--data", str(tmp_path))
            assert (code, "已采用" in said, "没有不同" in said) == (0, True, True)
            await soon(rule.look())
            assert room.version == 2
            back = room.store.put_draft(contents(room.store.find(1) or found))
            async with room.client("manager", "m") as manager:
                await soon(manager.send(cmd.ChangeSettings(back, 2, taken_back=1)))
            await soon(adoption(room).look())  # started again: what a person took back stays back
            assert (room.version, room.loop.hall.settings.centre.adopted) == (3, 0)
            sent(tmp_path, 2)
            await soon(adoption(room).look())
            assert (room.version, room.loop.hall.settings.centre.adopted) == (4, 2)

    run(night())


def test_by_hand_nothing_is_adopted_by_itself_and_what_this_hall_cannot_have_changes_nothing(
    tmp_path: Path,
) -> None:
    async def night() -> None:
        async with settings_room(
            tmp_path / "hand", text_of(tmp_path / "hand", "by-hand"), opened=False
        ) as room:
            sent(tmp_path / "hand", 1)
            await soon(adoption(room).look())
            assert room.version == 1
        async with settings_room(tmp_path / "wrong", text_of(tmp_path / "wrong"), opened=False) as room:
            sent(tmp_path / "wrong", 1, '[city]\n[[text]]\nnotice = "called"\ntext = "{nobody}"\n')
            await soon(adoption(room).look())
            assert room.version == 1

    run(night())


def test_what_the_city_has_locked_is_refused_by_the_caller_until_the_lock_is_gone(tmp_path: Path) -> None:
    async def change() -> None:
        async with (
            settings_room(tmp_path, text_of(tmp_path), opened=False) as room,
            room.client("manager", "m") as manager,
        ):
            sent(tmp_path, 1)
            await soon(adoption(room).look())
            now = contents(room.store.find(2) or _none()).main.decode()
            other = write(tmp_path / "other", now.replace("培训", "开会"))
            frame = await refused(room.apply(manager, other))
            assert (frame.code, "市级中心统一规定" in frame.zh, room.version) == ("settings-wrong", True, 2)
            sent(tmp_path, 2, CITY.replace('locked = ["reason"]', ""))
            await soon(adoption(room).look())
            now = contents(room.store.find(3) or _none()).main.decode()
            await soon(room.apply(manager, write(tmp_path / "free", now.replace("培训", "开会"))))
            assert [each.name for each in room.loop.hall.settings.reasons] == ["开会"]

    run(change())


def _none() -> NoReturn:
    raise AssertionError("no such version")
