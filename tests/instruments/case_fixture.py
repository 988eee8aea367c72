"""A hall whose receptions make cases: an item with papers and a promised limit, one done on the spot, one without."""

from typing import Any

from caller.engine import commands as cmd
from caller.engine.case_messages import CaseVerb, MoveCase
from caller.engine.case_rows import Case
from caller.engine.papers import WrongPaper, code_of
from config.case_settings import CasesTable
from config.settings import CalendarTable, Department, Item, YearNotice
from tests.instruments.engine_fixture import Stage

PAPERS = ["身份证", "申请表", "照片", "户口簿"]
PAPERS_EN = ["ID card", "Application form", "Photo", "Household book"]
NOTICES = tuple(
    YearNotice(year, {}, {}) for year in (2026, 2027)
)  # weekdays only, so that dates can be counted by hand
ITEMS = (
    Item("i1", "参保", "d1", "A", "Insurance", case_type="promised", statutory_days=20, promised_days=5, papers=PAPERS,
         papers_en=PAPERS_EN, phone="0000-1"),
    Item("i2", "过户", "d1", "B", case_type="limited", statutory_days=30, promised_days=15, papers=["房产证"]),
    Item("i3", "查询", "d1", "A", case_type="immediate", promised_days=0),
    Item("i4", "许可", "d1", "A", case_type="promised", statutory_days=20, promised_days=10, outcome_required=True,
         outcomes=["accepted", "incomplete", "rejected", "received"], refusals=["conditions", "person"]),
)  # fmt: skip


def case_stage(**changes: Any) -> Stage:
    """A stage with windows 1, 2 and 3 open, on which receptions make cases."""
    base: dict[str, Any] = {
        "items": ITEMS, "cases": CasesTable(enabled=True), "year_notices": NOTICES,
        "departments": (Department("d1", "人社局", "Human resources", phone="0000-2"),),
        "calendar": CalendarTable(),
    }  # fmt: skip
    return Stage(**(base | changes)).open("1", "2", "3")


def wrong(name: str, fault: str = "missing") -> WrongPaper:
    return WrongPaper(code_of(name), fault)


def visit(
    stage: Stage, outcome: Any = "done", item: str = "i1", window: str = "1", **more: Any
) -> dict[str, Any]:
    """Take a number for an item, be served, and end with an outcome; the answer to the end."""
    stage.do(cmd.TakeTicket(items=[item]))
    return served(stage, outcome, window, **more)


def served(stage: Stage, outcome: Any = "done", window: str = "1", **more: Any) -> dict[str, Any]:
    """Call the next, serve them, and end with an outcome."""
    stage.next(window)
    stage.press(cmd.StartService, window)
    stage.later(3)
    return stage.press(cmd.FinishService, window, outcome=outcome, **more)


def opened(stage: Stage, item: str = "i1") -> Case:
    """A case that was accepted now."""
    return stage.hall.register.cases[visit(stage, "accepted", item)["about"]]


def move(stage: Stage, id: str, verb: CaseVerb, **more: Any) -> Case | None:
    """Take a case on as it stands; the case after it."""
    version = stage.hall.register.cases[id].version
    fields: dict[str, Any] = {"staff": "1007"} | more
    stage.do(MoveCase(id, verb, version, **fields))
    return stage.hall.register.cases.get(id)
