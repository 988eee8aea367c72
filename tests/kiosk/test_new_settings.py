"""A kiosk takes new settings over between two applicants, begins again by itself for new hardware, and keeps the questions."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from caller.client.client import Client, new_id
from caller.client.kept_settings import TOPIC, StationSettings
from caller.people.question_store import PublishedAnswer, QuestionStore
from caller.protocol import permissions
from caller.service.upkeep import QuestionsSeen
from devices.printer import Printers
from kiosk import new_settings
from kiosk.catalogue import Catalogue
from kiosk.new_settings import QUESTIONS_TOPIC, NewSettings, PublishedQuestions
from kiosk.printing import HallDocumentPrinter
from kiosk.station import KioskStation
from kiosk.store import VisitStore
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import VisitState
from tests.instruments.caller_fixture import run, soon, until
from tests.instruments.settings_hall import ITEMS, PLAIN, SettingsRoom, settings_room, write

RENAMED = ITEMS.replace("办事一", "新名一") + "i9,新事项,d1,B\n"


class Kiosk:
    """A kiosk without a face, on a real caller."""

    def __init__(self, folder: Path, client: Client, kept: StationSettings) -> None:
        settings = kept.load()
        state = VisitState(Catalogue(settings), settings.kiosks[0], new_id)
        self.printer = HallDocumentPrinter(settings, {})

        def peek(topic: str) -> Client:
            raise AssertionError(topic)

        self.station = KioskStation(
            VisitMachine(state), VisitStore(folder), client, peek, Printers({}), self.printer
        )
        self.new = NewSettings(self.station, kept, self.printer)

    @property
    def items(self) -> dict[str, str]:
        return {id: item.name for id, item in self.station.state.catalogue.items.items()}


@asynccontextmanager
async def kiosk_at(room: SettingsRoom, folder: Path) -> AsyncGenerator[Kiosk]:
    kept = StationSettings(room.hall_file, folder / "pc", "kiosk", "K1")
    async with room.client("kiosk", "K1", ["kiosk", TOPIC]) as client:
        kiosk = Kiosk(folder / "visits", client, kept)
        tasks = [asyncio.create_task(kiosk.station.run()), asyncio.create_task(kiosk.new.run(client))]
        await soon(client.until("current"))
        await until(lambda: not kiosk.station.state.is_away and kiosk.station.state.hall_view)
        yield kiosk
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def story(tmp_path: Path, text: str, items: str, between: Any) -> None:
    """A kiosk, a change of settings, and what is to be seen then."""

    async def played() -> None:
        async with (
            settings_room(tmp_path) as room,
            room.client("manager", "m") as manager,
            kiosk_at(room, tmp_path) as kiosk,
        ):
            await between(room, kiosk, lambda: room.apply(manager, write(tmp_path / "new", text, items)))

    run(played())


def test_new_items_are_there_at_rest_without_a_restart(tmp_path: Path):
    async def seen(_room: SettingsRoom, kiosk: Kiosk, apply: Any) -> None:
        await soon(apply())
        await until(lambda: kiosk.items.get("i9") == "新事项")
        assert kiosk.items["i1"] == "新名一"
        assert kiosk.printer.items["i1"].name == "新名一"
        assert not kiosk.station.restart.is_set()

    story(tmp_path, PLAIN, RENAMED, seen)


def test_a_visit_goes_on_with_the_settings_it_began_with(tmp_path: Path):
    async def seen(room: SettingsRoom, kiosk: Kiosk, apply: Any) -> None:
        station = kiosk.station
        station.tap("start")
        assert station.state.screen == "services"
        await soon(apply())
        await until(lambda: kiosk.new._newest)
        assert kiosk.items["i1"] == "办事一", "nothing changes under the finger"
        for tap in ("item:i1", "take", "class:ordinary", "confirm"):
            station.tap(tap)
        await until(lambda: room.issued() == 1)
        await until(lambda: station.state.screen == "number")
        station.tap("home")
        await until(lambda: kiosk.items["i1"] == "新名一")

    story(tmp_path, PLAIN, RENAMED, seen)


def test_twin_without_rest_the_items_change_under_the_finger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(NewSettings, "_rests", lambda _: True)

    async def seen(_room: SettingsRoom, kiosk: Kiosk, apply: Any) -> None:
        kiosk.station.tap("start")
        await soon(apply())
        await until(lambda: kiosk.items["i1"] == "新名一")
        assert kiosk.station.state.screen == "services"

    story(tmp_path, PLAIN, RENAMED, seen)


def test_a_new_printer_needs_the_program_to_begin_again_once_the_settings_are_kept(tmp_path: Path):
    printer = '\n[[device]]\nname = "p1"\nkind = "printer"\nport = "tcp://127.0.0.1:9"\n'
    text = PLAIN.replace('id = "K1"', 'id = "K1"\nprinters = ["p1"]') + printer

    async def seen(room: SettingsRoom, kiosk: Kiosk, apply: Any) -> None:
        await soon(apply())
        await soon(kiosk.station.restart.wait())
        again = StationSettings(room.hall_file, tmp_path / "pc", "kiosk", "K1")
        assert again.load().kiosks[0].printers == ["p1"], "and finds them at its next start"

    story(tmp_path, text, ITEMS, seen)


def test_a_kiosk_that_cannot_keep_them_does_not_begin_again_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(StationSettings, "_keep", lambda *_: None)
    text = PLAIN.replace('id = "K1"', 'id = "K1"\nprompts = false').replace("设置测试厅", "新厅")

    async def seen(_room: SettingsRoom, kiosk: Kiosk, apply: Any) -> None:
        await soon(apply())
        await until(lambda: kiosk.station.state.catalogue.settings.hall.name == "新厅")
        assert not kiosk.station.restart.is_set()

    story(tmp_path, text, ITEMS, seen)


# --- questions and answers

CARD = PublishedAnswer("F2026-0900", "社保卡怎么补办", "带身份证到 12 号窗口", "i1", 5)
POOL = PublishedAnswer(
    "F2026-0901", "公积金怎么提取", "在手机上办", "", 6, "How to draw on the fund", "By phone"
)


def test_published_questions_come_over_the_wire_and_stay_while_the_caller_is_away(tmp_path: Path):
    async def played() -> None:
        async with settings_room(tmp_path) as room:
            office, kept = QuestionStore(room._folder), PublishedQuestions(tmp_path / "pc")
            office.publish(CARD)
            topics = ["kiosk", TOPIC, QUESTIONS_TOPIC]
            async with room.client("kiosk", "K1", topics) as client:
                following = asyncio.create_task(kept.run(client))
                await until(lambda: kept.all() == [CARD])
                office.publish(POOL)
                await until(lambda: kept.all() == [POOL, CARD])
                office.take_back(CARD.number)
                await until(lambda: kept.all() == [POOL])
                following.cancel()

    run(played())
    assert PublishedQuestions(tmp_path / "pc").all() == [POOL], "it starts with them, without a caller"


def test_a_caller_that_knows_no_questions_still_sends_its_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delitem(permissions.WATCHES["kiosk"], QUESTIONS_TOPIC)

    async def played() -> None:
        optional = [TOPIC, QUESTIONS_TOPIC]
        async with (
            settings_room(tmp_path) as room,
            room.client("kiosk", "K1", ["kiosk"], optional=optional) as client,
        ):
            await until(lambda: TOPIC in client.views)
            assert QUESTIONS_TOPIC not in client.views

    run(played())


def test_questions_that_no_frame_holds_give_way_from_the_oldest(tmp_path: Path):
    store = QuestionStore(tmp_path)
    store.put([PublishedAnswer(f"F{n}", "问" * 200, "答" * 1_000, at=n) for n in range(400, 0, -1)])
    lines = QuestionsSeen(store).lines
    assert 0 < len(lines) < 400
    assert [each["at"] for each in lines] == list(range(400, 400 - len(lines), -1))


def test_a_full_disk_or_a_newer_caller_costs_no_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: Any) -> None:
        raise OSError(28, "full")

    kept = PublishedQuestions(tmp_path)
    monkeypatch.setattr(new_settings.owner_only, "make_folder", full)
    kept._take({"questions": [{"number": "F1", "question": "问", "answer": "答"}]})
    assert [each.number for each in kept.all()] == ["F1"]
    kept._take({"questions": [{"number": 7}]})
    assert [each.number for each in kept.all()] == ["F1"]
