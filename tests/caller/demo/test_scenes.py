"""`hallcall demo --scene all`: the six flows through real processes in one hall, each compared with the log and its papers."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from caller.demo import interactive, kiosk_driver, scenes
from caller.demo.kiosk_driver import KioskDriver
from caller.demo.scene_steps import Addresses, SceneError, SceneHall
from caller.demo.setup import prepare
from caller.engine import events as ev
from caller.engine.case_messages import CaseDone, CaseMoved, CaseOpened, PapersAsked, PapersCompleted
from caller.eventlog import LOG_NAME
from caller.eventlog.reading import Reader
from tests.instruments.kiosk_halls import kiosk_view
from tests.instruments.kiosk_pages import KEY, Served, served, told

BOUND_SECONDS = 600  # six programs start and some ninety steps follow, on a busy machine
LATE = ("accepted", "take", "decide granted", "issue", "close")  # it began weeks before the scenes
# Of each scene the cases it makes, as the log has them: how one begins, and then each move.
COLLECTED = ("decide granted", "issue", "close")
SURVEYED = ("take", "pause survey", "resume")
CASES = {
    "visit": [("done",)],
    "immediate": [("done",), ("refused",)],
    "limited": [
        ("accepted", *SURVEYED, "extend other-agency", *COLLECTED), ("accepted", "decide returned conditions"),
    ],
    "parallel": [
        ("accepted", *SURVEYED, "plan survey", "held survey", *3 * ["reply granted"], "pause expert", "resume", *COLLECTED)
    ],
    "tax": [("done",), ("done",), ("accepted", "take", "extend other-agency", *COLLECTED), ("refused",)],
    "agency": [("accepted", "take", *COLLECTED)],
}  # fmt: skip
PAPERS = {
    "visit": ["told-once"], "immediate": ["refusal"],
    "limited": ["acceptance", "handling", "pause-survey", "delay", "task-report", "acceptance", "handling", "return"],
    "parallel": ["parallel", "parallel-handling", "pause-survey", "pause-expert"],
    "tax": ["told-once", "told-once", "acceptance", "handling", "delay", "task-report", "refusal", "task-report-late"],
    "agency": ["agency"],
}  # fmt: skip
TITLES = {
    "told-once": "一次性告知单", "refusal": "不予受理通知书", "acceptance": "受理通知书", "pause-survey": "暂停计时",
    "pause-expert": "暂停计时", "delay": "延期告知", "return": "退办通知书",
    "handling": "办理通知书", "task-report": "问题处理报告单", "parallel": "并联审批受理通知书",
    "parallel-handling": "并联审批办理通知书", "agency": "代办受理单", "task-report-late": "问题处理报告单",
}  # fmt: skip


class Played(NamedTuple):
    """What the scenes printed, and the folder they were played in."""

    printed: str
    data: Path


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    data = tmp_path_factory.mktemp("scenes")
    line = [sys.executable, "-m", "caller.cli", "demo", "--scene", "all", "--data", str(data)]
    done = subprocess.run(
        line, capture_output=True, text=True, timeout=BOUND_SECONDS, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return Played(done.stdout, data)


def logged(data: Path) -> list[ev.AnyEvent]:
    with Reader(data / LOG_NAME) as log:
        log.verify()
        return [record.event for record in log.after(0)]


def flows(events: list[ev.AnyEvent]) -> list[tuple[str, ...]]:
    """Each case in the order they began: how it began, and each move with what was decided and why."""
    found: dict[str, list[str]] = {}
    for event in events:
        match event:
            case CaseDone():
                found[event.case] = ["done"]
            case CaseOpened():
                found[event.case] = [event.state]
            case CaseMoved():
                found[event.case].append(" ".join(filter(None, (event.move, event.decision, event.code))))
            case _:
                pass
    return [tuple(each) for each in found.values()]


def test_each_scene_leads_its_cases_to_their_end_in_the_log(played: Played) -> None:
    assert flows(logged(played.data)) == [LATE, *(each for name in scenes.SCENES for each in CASES[name])]


def test_twin_a_case_that_is_not_closed_is_seen(played: Played) -> None:
    events = [
        each for each in logged(played.data) if not (isinstance(each, CaseMoved) and each.move == "close")
    ]
    assert flows(events) != [LATE, *(each for name in scenes.SCENES for each in CASES[name])]


def test_what_ran_over_opens_its_record_by_itself_and_is_answered_for_by_others(played: Played) -> None:
    events = logged(played.data)
    overdue = [each for each in events if isinstance(each, ev.DeadlineOverdue) and each.kind == "case"]
    opened = [each for each in events if isinstance(each, ev.FollowUpOpened)]
    assert ([each.owner for each in overdue], [each.kind for each in opened]) == (
        [opened[0].case],
        ["accountability"],
    )
    moves = [(each.move, each.staff, each.code) for each in events if isinstance(each, ev.FollowUpMoved)]
    assert opened[0].clerk == "2003"
    assert moves == [
        ("assign", "2004", ""), ("step", "2004", "apologised"), ("answer", "2004", "upheld"), ("approve", "2005", ""),
    ]  # fmt: skip
    report = next((played.data / "papers" / "tax").glob("*task-report-late.html")).read_text("utf-8")
    assert "问题处理报告单" in report
    assert "推迟到" in report


def test_papers_are_told_once_and_who_comes_back_has_them_all(played: Played) -> None:
    events = logged(played.data)
    asked = {each.voucher for each in events if isinstance(each, PapersAsked)}
    assert len(asked) == 3, "in a visit, and twice in the tax hall"
    assert {each.voucher for each in events if isinstance(each, PapersCompleted)} == asked


@pytest.mark.parametrize("name", scenes.SCENES)
def test_each_step_is_printed_with_where_to_look(played: Played, name: str) -> None:
    part = played.printed.partition(f"—— {scenes.NAMES[name][0]} ——")[2].partition("——")[0]
    assert "  1. " in part
    assert part.count("→ http://") >= 6
    assert f"({len(PAPERS[name])})" in part, "how many papers it left"


def test_the_papers_are_kept_as_the_desk_prints_them_and_the_slips_as_pictures(played: Played) -> None:
    issued = sum(isinstance(each, ev.TicketIssued) for each in logged(played.data))
    slips = list((played.data / "slips").rglob("*.png"))
    assert len(slips) == issued
    for name in scenes.SCENES:
        files = sorted((played.data / "papers" / name).glob("*.html"))
        assert [file.stem.partition("-")[2] for file in files] == PAPERS[name]
        assert all(TITLES[file.stem.partition("-")[2]] in file.read_text("utf-8") for file in files)


def test_the_tax_flow_is_played_in_the_tax_hall_with_its_own_papers(tmp_path: Path) -> None:
    """A promise in two copies, the passing slip, the denial; told once twice, and the copy that stays says done."""
    line = [
        sys.executable,
        "-m",
        "caller.cli",
        "demo",
        "--hall",
        "tax",
        "--scene",
        "tax",
        "--data",
        str(tmp_path),
    ]
    done = subprocess.run(
        line, capture_output=True, text=True, timeout=BOUND_SECONDS, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert flows(logged(tmp_path)) == [LATE, *CASES["tax"]]
    files = sorted((tmp_path / "papers" / "tax").glob("*.html"))
    kinds = [
        "told-once",
        "told-once",
        "promise",
        "passing",
        "delay",
        "task-report",
        "promise-done",
        "denial",
        "task-report-late",
    ]
    assert [file.stem.partition("-")[2] for file in files] == kinds
    pages = {file.stem.partition("-")[2]: file.read_text("utf-8") for file in files}
    assert pages["promise"].count("全程办税服务事项承诺书") > pages["promise-done"].count(
        "全程办税服务事项承诺书"
    )
    assert "已办结" in pages["promise-done"]
    assert "否定备案书" in pages["denial"]


def test_a_hall_without_such_items_says_so(tmp_path: Path) -> None:
    setup, printed = prepare("village", tmp_path, "test"), list[str]()

    async def refused() -> None:
        async with SceneHall(setup, Addresses("", ""), printed.append, "limited") as hall:
            await scenes.limited(hall)

    with pytest.raises(SceneError, match="no item of type limited"):
        asyncio.run(refused())
    assert printed == []


@pytest.mark.parametrize(
    ("line", "scene"),
    [
        ("scene limited", "limited"),
        ("场景 tax", "tax"),
        ("scene", ""),
        ("scene nothing", ""),
        ("e4 unplug", None),
    ],
)
def test_a_scene_is_typed_beside_the_devices(line: str, scene: str | None) -> None:
    assert interactive.scene_typed(line) == scene


def paper_of(kiosk: Served, state: str) -> None:
    """What the kiosk's printer says of its paper."""
    kiosk.call(lambda: (kiosk.station.machine.paper({"p1": state}), kiosk.station._show()))  # type: ignore[dict-item]


def test_a_scene_that_waits_for_paper_or_for_the_kiosk_says_what_to_type_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kiosk_driver, "TELL_SECONDS", 0.1)
    printed: list[str] = []
    setup = prepare("county", tmp_path / "hall", "test")
    with served(tmp_path / "kiosk") as kiosk:
        told(kiosk, kiosk_view(), "zh")
        address = f"http://{kiosk.host}/#key={KEY}"
        paper_of(kiosk, "paper-out")

        async def scene() -> None:
            hall = SceneHall(setup, Addresses("", address), printed.append, "visit")
            driver = await KioskDriver.at(address, BOUND_SECONDS, hall._kiosk_in_use)
            assert printed == [], "at rest it is free"
            await driver.paper(BOUND_SECONDS, lambda screen: refill(hall, screen))
            await driver.tap("start", "services")
            other = await KioskDriver.at(address, BOUND_SECONDS, lambda screen: leave(hall, screen))
            for each in (driver, other):
                await each.leave()

        def refill(hall: SceneHall, screen: dict[str, Any]) -> None:
            hall._kiosk_without_paper(screen)
            paper_of(kiosk, "ready")

        def leave(hall: SceneHall, screen: dict[str, Any]) -> None:
            hall._kiosk_in_use(screen)
            kiosk.call(lambda: kiosk.station.tap("home"))

        asyncio.run(scene())
    assert "取号机的打印机缺纸，输入 p1 paper in" in printed[0]
    assert "取号机正在使用" in printed[1]
    assert "输入 k1-cards take" in printed[1]
