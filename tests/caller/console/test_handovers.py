"""What passes from one clerk, number or queue to another at the terminal desk, by keys alone."""

from typing import Any

from msgspec import structs

from caller.console.caller_link import from_frame
from caller.console.handover_dialogs import TypeDialog
from caller.console.verbs import Note
from caller.engine import desk_commands as desk_cmd
from caller.engine.commands import ServeWalkIn
from caller.engine.envelope import AnyCommand
from config.settings import Device
from tests.instruments.console_fixture import on_stage, play, until, words
from tests.instruments.memory_link import MemoryLink, answering, refusing
from tests.instruments.window_views import SETTINGS, ticket, view

BOARD: dict[str, Any] = {
    "windows": {
        "3": {"state": "open", "number": ""},
        "4": {"state": "serving", "number": "B007"},
        "5": {"state": "called", "number": "B008"},
    }
}


def test_another_clerk_takes_the_seat_with_the_visit_that_runs() -> None:
    async def scene() -> None:
        link = MemoryLink(view("serving"))
        async with on_stage(link) as pilot:
            await pilot.press("j")
            await until(pilot, lambda: "接替 1024 坐本窗口" in words(pilot))
            assert "算一次" in words(pilot)
            await pilot.press("enter")  # nothing typed: the dialog stays
            await pilot.press(*"2048", "enter")
            await until(pilot, lambda: "本窗口由 2048 接着办" in words(pilot))
        assert link.sent == [desk_cmd.RelieveClerk("3", "2048")]

    play(scene)


def test_a_free_window_offers_what_is_served_elsewhere_and_the_seat_last() -> None:
    async def scene() -> None:
        link = MemoryLink(view())
        link.others["board"] = BOARD
        async with on_stage(link) as pilot:
            await pilot.press("j")
            await until(pilot, lambda: "接手哪一个" in words(pilot))
            assert "B007" in words(pilot)
            assert "B008" not in words(pilot)  # its applicant is on the way to that window
            assert "接替 1024" in words(pilot)
            await pilot.press("enter")
            await until(pilot, lambda: "已接手：B007" in words(pilot))
        assert link.sent == [desk_cmd.TakeOverVisit("3", 17, "4", "B007")]
        assert link.topics == ["window/3"]

    play(scene)


def test_a_number_known_by_the_card_is_one_press_and_another_is_typed() -> None:
    others = [{"number": "B012", "state": "waiting", "queue": "B", "queue_name": "社会保险"}]

    async def scene() -> None:
        link = MemoryLink(view("called", ticket=ticket(others=others)))
        async with on_stage(link) as pilot:
            await until(pilot, lambda: "此人还有 B012，按 G 合并" in words(pilot))
            await pilot.press("g")
            await until(pilot, lambda: "哪个号并入 A042 号" in words(pilot))
            await pilot.press("1")
            await until(pilot, lambda: len(link.sent) == 1)
            await until(pilot, lambda: "B012 已并入" in words(pilot))
            await pilot.press("g")
            await until(pilot, lambda: "另一张号票" in words(pilot))
            await pilot.press("2")
            await until(pilot, lambda: isinstance(pilot.app.screen, TypeDialog))
            await pilot.press(*"c003", "enter")
            await until(pilot, lambda: len(link.sent) == 2)
        assert link.sent == [desk_cmd.MergeTickets("3", 17, each) for each in ("B012", "C003")]

    play(scene)


def test_going_back_sends_nothing() -> None:
    async def scene() -> None:
        link = MemoryLink(view("serving"))
        async with on_stage(link) as pilot:
            for key in ("j", "g"):
                await pilot.press(key)
                await until(pilot, lambda: isinstance(pilot.app.screen, TypeDialog))
                await pilot.press("escape")
                await until(pilot, lambda: "已取消，没有执行" in words(pilot))
        assert link.sent == []

    play(scene)


def test_a_wrong_password_stays_in_the_dialog_and_is_not_kept() -> None:
    async def refused(clerk: str, secret: str) -> Note:
        error = None
        try:
            await refusing("wrong-password")(desk_cmd.RelieveClerk("3", clerk))
        except Exception as raised:
            error = raised
        assert secret == "wrong"
        return from_frame(error.frame, "zh")  # type: ignore[union-attr]

    async def scene() -> None:
        async with on_stage(MemoryLink(view("serving"))) as pilot:
            dialog = TypeDialog("换人", "", "工号", "zh", refused)
            pilot.app.push_screen(dialog)
            await until(pilot, lambda: pilot.app.screen is dialog and bool(dialog.query("#secret")))
            await pilot.press(*"2048", "enter", *"wrong", "enter")
            await until(pilot, lambda: "工号或口令不对" in words(pilot))
            assert not dialog.query_one("#secret").value  # type: ignore[attr-defined]

    play(scene)


def test_the_desk_names_the_queues_that_a_manager_changes() -> None:
    async def scene() -> None:
        link = MemoryLink(view())
        async with on_stage(link) as pilot:
            queues = {"A": {"name": "企业登记", "waiting": 2}, "C": {"name": "不动产", "waiting": 0}}
            link.show(view(queues=queues))
            await until(pilot, lambda: "管理人员加了队列：C" in words(pilot))
            assert "管理人员减了队列：B" in words(pilot)
            link.show(view(queues=queues, settings=2))  # the settings did it, not a manager
            await pilot.pause(0.05)

    play(scene)


def test_a_window_with_a_printer_asks_whether_a_walk_in_wants_a_slip() -> None:
    printer = Device(name="p-3", kind="printer", port="file:///dev/null", agent="pc-3", window="3")

    async def walk_in(*keys: str, **more: Any) -> list[AnyCommand]:
        link = MemoryLink(view())
        link.answer = answering({"number": "A043"})
        async with on_stage(link, **more) as pilot:
            await pilot.press("w")
            await until(pilot, lambda: "免号办理什么" in words(pilot))
            await pilot.press("enter")
            for key in keys:
                await until(pilot, lambda: "打印号票？" in words(pilot))
                await pilot.press(key)
            said = "已取消" if keys == ("escape",) else "A043 号开始办理（免号）"
            await until(pilot, lambda: said in words(pilot))
        return link.sent

    async def scene() -> None:
        with_printer = structs.replace(SETTINGS, devices=(*SETTINGS.devices, printer))
        sent = [await walk_in()]
        sent += [await walk_in(key, settings=with_printer) for key in ("enter", "2", "escape")]
        slips = [[each.slip for each in found if isinstance(each, ServeWalkIn)] for found in sent]
        assert slips == [[False], [False], [True], []]

    play(scene)
