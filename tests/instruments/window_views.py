"""A small hall and window views to try the console on: what the caller's views say, without a caller."""

from typing import Any

from msgspec import structs

from caller.engine.refusals import RefusalCode, Refused
from caller.protocol.frames import refusal_message
from caller.views.verbs import TRIALS
from config.settings import HallTable, Item, PriorityClass, Queue, Settings, Window

MINUTE = 60_000_000
NOW = 1_795_000_000 * 1_000_000  # an instant, UTC microseconds

SETTINGS = Settings(
    hall=HallTable(site="small", name="测试政务大厅", name_en="Test Hall"),
    classes=(
        PriorityClass(id="ordinary", name="普通", target_minutes=20, name_en="ordinary"),
        PriorityClass(id="elderly", name="老年人", target_minutes=5, name_en="elderly"),
    ),
    queues=(
        Queue(id="A", name="企业登记", name_en="Business registration"),
        Queue(id="B", name="社会保险", name_en="Social insurance"),
    ),
    windows=(
        Window(id="3", name="企业登记窗口", queues=["A", "B"], name_en="Registration"),
        Window(id="4", name="社保窗口", queues=["B"], name_en="Insurance"),
        Window(id="9", name="缴费窗口", queues=["B"], name_en="Payments", kind="pay"),
    ),
    items=(
        Item(id="T001", name="开业登记", department="tax", queue="A", name_en="Opening registration"),
        Item(id="T002", name="变更登记", department="tax", queue="A", name_en="Change of registration"),
    ),
)


def aside(number: str, waited: int, since: int) -> dict[str, Any]:
    """One who was held or missed so many minutes ago."""
    return entry(number, waited) | {"since": NOW - since * MINUTE}


def entry(number: str, waited: int = 3, priority: str = "ordinary", bound: bool = False) -> dict[str, Any]:
    """One who waits."""
    return {
        "ticket": f"id-{number}",
        "number": number,
        "queue": number[0],
        "priority": priority,
        "items": ["T001"],
        "issued": NOW - waited * MINUTE,
        "bound": bound,
    }


def ticket(number: str = "A042", state: str = "called", **more: Any) -> dict[str, Any]:
    """Who is at the window."""
    return {
        "ticket": f"id-{number}",
        "number": number,
        "queue": number[0],
        "queue_name": "企业登记",
        "priority": "elderly",
        "items": ["T001", "T002"],
        "recalls": 0,
        "since": NOW - 80_000_000,
        "state": state,
    } | more


CALLS = frozenset({"CallNext", "CallTicket"})
WALK_IN = frozenset({"ServeWalkIn"})
IDLE = frozenset({"PauseWindow", "CloseWindow"})
CORRECTS = frozenset({"CorrectOutcome"})
HELP = frozenset({"RaiseAlarm", "RelieveClerk"})
FREE = frozenset({"TakeOverVisit"})
AT_WINDOW = frozenset({"FinishService", "HoldTicket", "TransferTicket", "MergeTickets"})
LIVE: dict[str, frozenset[str]] = {
    "closed": frozenset({"OpenWindow"}),
    "open": IDLE | CALLS | WALK_IN | HELP | FREE,
    "paused": frozenset({"ResumeWindow", "CloseWindow"}) | HELP,
    "called": AT_WINDOW | {"Recall", "StartService", "MarkNoShow"} | HELP,
    "serving": AT_WINDOW | CALLS | WALK_IN | HELP,
}
DEAD: dict[str, RefusalCode] = {"closed": "window-not-open", "open": "nobody-here", "paused": "window-paused", "called": "window-busy", "serving": "wrong-state"}  # fmt: skip


def verbs(state: str, live: frozenset[str] | None = None) -> dict[str, Any]:
    """What the caller says of each command in this state; tests/caller/views/test_verbs.py holds it to the engine."""
    ticket = {"number": "A042", "state": state}
    words = structs.asdict(refusal_message(Refused(DEAD[state], window="3", **ticket)))
    dead, nobody = {"live": False, **words}, structs.asdict(refusal_message(Refused("nobody-waiting")))
    live = LIVE[state] if live is None else live
    found = {kind: {"live": True} if kind in live else dead for kind in TRIALS}
    for kind in CALLS & LIVE[state] - live:
        found[kind] = {"live": False, **nobody}
    return found


def view(state: str = "open", **more: Any) -> dict[str, Any]:
    """The view of window 3 in this state; someone is there when it is called or serving."""
    doc: dict[str, Any] = {
        "window": "3",
        "name": "企业登记窗口",
        "kind": "department",
        "version": 17,
        "state": state,
        "clerk": "" if state == "closed" else "1024",
        "reason": "",
        "reason_en": "",
        "back": "",
        "since": NOW - 5 * MINUTE,
        "waiting": 3,
        "next": [entry("A043", 12, "elderly"), entry("B007", 9, bound=True), entry("A044", 1)],
        "held": [aside("A030", 58, 41)],
        "missed": [aside("A028", 63, 55)],
        "queues": {"A": {"name": "企业登记", "waiting": 2}, "B": {"name": "社会保险", "waiting": 1}},
        "verbs": verbs(state),
        "outcomes": ["done", "accepted", "incomplete", "rejected", "elsewhere", "advice"],
    }
    if state in ("called", "serving"):
        doc["ticket"] = ticket(state=state)
    return doc | more


def ended(state: str = "open", **more: Any) -> dict[str, Any]:
    """A window whose clerk has just ended A041, whose outcome may be corrected."""
    offered = {"done": 1, "accepted": 2, "incomplete": 3, "rejected": 4, "elsewhere": 5, "advice": 6}
    ending = {"item": "T001", "outcomes": offered, "required": False, "asked": [], "refusals": []}
    last = {
        "ticket": "id-A041",
        "number": "A041",
        "outcome": "done",
        "until": NOW + MINUTE // 2,
        "ending": ending,
    }
    return view(state, ended=last, verbs=verbs(state, LIVE[state] | CORRECTS)) | more


def quiet(state: str = "open", **more: Any) -> dict[str, Any]:
    """A window nobody waits for."""
    empty = {"A": {"name": "企业登记", "waiting": 0}, "B": {"name": "社会保险", "waiting": 0}}
    nobody = verbs(state, LIVE[state] - CALLS)
    return view(state, waiting=0, next=[], held=[], missed=[], queues=empty, verbs=nobody) | more
