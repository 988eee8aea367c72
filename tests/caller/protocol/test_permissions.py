"""Every role × every command, written out: a grant nobody meant shows as a difference in this table."""

from typing import Any, cast, get_args

import pytest
from msgspec.structs import replace

from caller import views
from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine import guide_commands as guide
from caller.engine import lease_terms as lease
from caller.engine import performance_messages as msg
from caller.engine import rating_messages as rating
from caller.engine import suspension_terms as terms
from caller.engine.case_messages import MoveCase, OpenCase
from caller.engine.envelope import AnyCommand, EnrolStation, RevokeStation
from caller.engine.fee_messages import CorrectFee, TakeFee
from caller.engine.feedback_messages import FeedbackWay, JudgeFeedback, SubmitFeedback
from caller.engine.refusals import Refused
from caller.engine.station_jobs import OF_STATION
from caller.protocol import permissions
from caller.protocol.frames import PeerError, refusal_message
from caller.protocol.not_allowed import who_may_watch
from caller.protocol.permissions import Station
from config.feedback_settings import FeedbackTable
from config.settings import AccountsTable, Device, HallTable, Kiosk, PriorityClass, Queue, Settings, Window

SETTINGS = Settings(
    hall=HallTable(site="test", name="测试大厅"),
    classes=(PriorityClass(id="ordinary", name="普通", target_minutes=0),),
    queues=(Queue(id="A", name="综合"),),
    windows=(
        Window(id="3", name="三号", queues=["A"]),
        Window(id="4", name="四号", queues=["A"]),
        Window(id="26", name="引导台", queues=[], kind="guide"),
    ),
    devices=(
        Device(name="printer-1", kind="printer", port="tcp://127.0.0.1:9100", agent="pc-1"),
        Device(name="printer-3", kind="printer", port="tcp://127.0.0.1:9101", agent="pc-1", window="3"),
        Device(name="keys-3", kind="evaluator", port="file:///dev/null", agent="pc-1", window="3"),
        Device(name="pad-3", kind="caller-pad", port="file:///dev/null", agent="pc-1", window="3"),
        Device(name="keys-4", kind="evaluator", port="file:///dev/null", agent="pc-2", window="4"),
        Device(name="scanner-1", kind="reader", port="file:///dev/null", agent="pc-1"),
        Device(name="cards-26", kind="reader", port="file:///dev/null", agent="pc-1", window="26"),
        Device(name="scanner-k", kind="reader", port="file:///dev/null", agent="kiosk-1"),
        Device(name="sign-k", kind="sign", port="file:///dev/null", agent="kiosk-1"),
    ),
    kiosks=(Kiosk(id="kiosk-1", printers=["printer-1"]),),
    feedback=FeedbackTable(enabled=True, windows=["3"]),
)
NAMES = {"kiosk": "kiosk-1", "window": "3", "evaluator": "3", "agent": "pc-1", "phone": "ticket-at-3"}
WINDOW_OF = {"ticket-at-3": "3", "ticket-at-4": "4", "ticket-waiting": ""}

# One row a command, one column a role: what each may do with what is its own.
COLUMNS = (
    "kiosk",
    "window",
    "guide",
    "manager",
    "supervisor",
    "board",
    "evaluator",
    "agent",
    "web",
    "phone",
    "deliver",
)
GRANTED = """
OpenDay            - - - y - - - - - - -
CloseDay           - - - y - - - - - - -
ReopenDay          - - - y - - - - - - -
StopTickets        - - - y - - - - - - -
ExtendHours        - - - y - - - - - - -
Suspend            - - - y - - - - - - -
LiftSuspension     - - - y - - - - - - -
NotifyWaiting      - - - y - - - - - - -
TakeTicket         y y y y - - - - y - -
CancelTicket       - y y y - - - - y y -
PostponeTicket     y - y y - - - - y y -
RequeueTicket      y y y y - - - y - y -
ReportSlip         y - - - - - - - - - -
HoldLease          y - - - - - - - - - -
MergeTicket        y - - - - - - - - - -
NoteCalledByHand   - y y y - - - - - - -
CloseSheet         - - y y - - - - - - -
Rate               y - - - - - y y - y -
OpenWindow         - y y y - - - - - - -
CloseWindow        - y y y - - - - - - -
PauseWindow        - y - y - - - y - - -
ResumeWindow       - y - y - - - y - - -
CallNext           - y - y - - - y - - -
CallTicket         - y - y - - - y - - -
ServeWalkIn        - y - y - - - - - - -
Recall             - y - y - - - y - - -
StartService       - y - y - - - y - - -
FinishService      - y - y - - - y - - -
MarkNoShow         - y - y - - - y - - -
HoldTicket         - y - y - - - y - - -
TransferTicket     - y y y - - - y - - -
CorrectOutcome     - y - y - - - - - - -
RaiseAlarm         - y - y - - - - - - -
TakeFee            - y - y - - - - - - -
CorrectFee         - y - y - - - - - - -
AcknowledgeAlarm   - - - y y - - - - - -
SetQueues          - - - y - - - - - - -
RelieveClerk       - y - y - - - - - - -
TakeOverVisit      - y - y - - - - - - -
MergeTickets       - y - y - - - - - - -
BookAppointment    y - y y - - - - y - -
ChangeAppointment  y - y y - - - - y - -
CancelAppointment  y - y y - - - - y - -
CheckIn            y - y y - - - y y - -
ReportDevice       y - - - - - - y - - -
RequestJob         - y y y - - - - - - -
TakeJob            y y y - y y y y y - y
ReportJob          y y y - y y y y y - y
OpenFollowUp       - - y y - - - - y - -
MoveFollowUp       - - y y - - - - - - -
SubmitFeedback     y y y y - - - - y - -
JudgeFeedback      - - - - - - - - y - -
MoveRectification  - - - y - - - - - - -
AppealRating       - y - y - - - - - - -
NoteContact        - - - - - - - - y - -
RateByNumber       - - - - - - - - y - -
AddToRating        - - - - - - - - y y -
RateCase           - - - - - - y y y y -
OpenCase           - - - y - - - - y - -
MoveCase           - y - y - - - - - - -
ChangeSettings     - - - y - - - - - - -
CorrectAttendance  - - - y - - - - - - -
RecordLeave        - - - y - - - - - - -
CancelLeave        - - - y - - - - - - -
RatePeer           - - - y - - - - - - -
RecordInspection   - - - y - - - - - - -
PublishAwards      - - - y - - - - - - -
NoteDateTold       - - y y - - - - y y -
EnrolStation       - - - y - - - - - - -
RevokeStation      - - - y - - - - - - -
ChangeTicket       - - y y - - - - - - -
MarkPapers         - - y y - - - - - - -
SendMessage        - - y y - - - - - - -
SetAssistance      y - y y - - - - - y -
AcknowledgeMessage - y y y - - - - - - -
LayCard            - - - - - - - y - - -
"""

DAY = "2025-03-03"
OWN: dict[type[Any], Any] = {
    cmd.OpenDay: cmd.OpenDay(DAY),
    cmd.CloseDay: cmd.CloseDay(),
    cmd.ReopenDay: cmd.ReopenDay(),
    cmd.StopTickets: cmd.StopTickets(),
    cmd.ExtendHours: cmd.ExtendHours(1),
    terms.Suspend: terms.Suspend("hall", "system"),
    terms.LiftSuspension: terms.LiftSuspension("hall"),
    terms.NotifyWaiting: terms.NotifyWaiting("busy"),
    cmd.TakeTicket: cmd.TakeTicket(queue="A"),
    cmd.CancelTicket: cmd.CancelTicket("ticket-at-3"),
    cmd.PostponeTicket: cmd.PostponeTicket("ticket-at-3", 10),
    cmd.RequeueTicket: cmd.RequeueTicket("ticket-at-3"),
    cmd.ReportSlip: cmd.ReportSlip("ticket-at-3", "printed"),
    cmd.OpenWindow: cmd.OpenWindow("3", "wang"),
    cmd.CloseWindow: cmd.CloseWindow("3"),
    cmd.PauseWindow: cmd.PauseWindow("3"),
    cmd.ResumeWindow: cmd.ResumeWindow("3"),
    cmd.CallNext: cmd.CallNext("3", 0),
    cmd.CallTicket: cmd.CallTicket("3", 0, "ticket-waiting"),
    cmd.ServeWalkIn: cmd.ServeWalkIn("3", 0, "item"),
    cmd.Recall: cmd.Recall("3", 0),
    cmd.StartService: cmd.StartService("3", 0),
    cmd.FinishService: cmd.FinishService("3", 0),
    cmd.MarkNoShow: cmd.MarkNoShow("3", 0),
    cmd.HoldTicket: cmd.HoldTicket("3", 0),
    cmd.TransferTicket: cmd.TransferTicket("3", 0, queue="A"),
    desk_cmd.CorrectOutcome: desk_cmd.CorrectOutcome("3", "ticket-at-3", "advice"),
    TakeFee: TakeFee("3", 1, "i1", "cash"),
    CorrectFee: CorrectFee("3", "fee", 0, 1, "typed-wrong", "cash"),
    desk_cmd.RaiseAlarm: desk_cmd.RaiseAlarm("3"),
    desk_cmd.AcknowledgeAlarm: desk_cmd.AcknowledgeAlarm("3", 1),
    desk_cmd.SetQueues: desk_cmd.SetQueues("3", ["A"]),
    desk_cmd.RelieveClerk: desk_cmd.RelieveClerk("3", "li"),
    desk_cmd.TakeOverVisit: desk_cmd.TakeOverVisit("3", 0, "4", "A001"),
    desk_cmd.MergeTickets: desk_cmd.MergeTickets("3", 0, "A001"),
    cmd.BookAppointment: cmd.BookAppointment("T001", 1, "hash", DAY),
    cmd.ChangeAppointment: cmd.ChangeAppointment("appointment", 1, DAY),
    cmd.CancelAppointment: cmd.CancelAppointment("appointment"),
    cmd.CheckIn: cmd.CheckIn("123456"),
    cmd.ReportDevice: cmd.ReportDevice("printer-1", "printer", "ready"),
    cmd.RequestJob: cmd.RequestJob("pc-1", "print-slip", ticket="ticket-at-3"),
    cmd.TakeJob: cmd.TakeJob("job"),
    cmd.ReportJob: cmd.ReportJob("job", "done"),
    cmd.OpenFollowUp: cmd.OpenFollowUp("ticket-at-3"),
    cmd.MoveFollowUp: cmd.MoveFollowUp("follow-up", "assign", "1007"),
    SubmitFeedback: SubmitFeedback("complaint", "page"),
    JudgeFeedback: JudgeFeedback("0123456789", satisfied=True),
    rating.MoveRectification: rating.MoveRectification("follow-up", "verify", "1007", "upheld"),
    rating.AppealRating: rating.AppealRating("follow-up", "wang", "malicious", "3"),
    rating.NoteContact: rating.NoteContact("ticket-at-3"),
    rating.RateByNumber: rating.RateByNumber("3", "A001", 5),
    rating.AddToRating: rating.AddToRating("ticket-at-3", 5),
    rating.RateCase: rating.RateCase(5, ticket="ticket-at-3"),
    cmd.ChangeSettings: cmd.ChangeSettings("0" * 64, 1),
    msg.CorrectAttendance: msg.CorrectAttendance(DAY, "1003", "present", "forgot"),
    msg.RecordLeave: msg.RecordLeave("1003", DAY, DAY, "annual"),
    msg.CancelLeave: msg.CancelLeave("leave"),
    msg.RatePeer: msg.RatePeer("2025-03", "1003", 90),
    msg.RecordInspection: msg.RecordInspection("leader", DAY, "1003", "in-order"),
    msg.PublishAwards: msg.PublishAwards("2025-03", ["3"], []),
    EnrolStation: EnrolStation("ABCDEF", "board", "hall"),
    RevokeStation: RevokeStation("board", "hall"),
    OpenCase: OpenCase("T001"),
    MoveCase: MoveCase("case", "take", 0, window="3"),
    guide.ChangeTicket: guide.ChangeTicket("ticket-waiting", "green"),
    guide.MarkPapers: guide.MarkPapers("ticket-waiting", "complete"),
    guide.SetAssistance: guide.SetAssistance("ticket-at-3", "deaf"),
    guide.SendMessage: guide.SendMessage("3", "fetch"),
    guide.AcknowledgeMessage: guide.AcknowledgeMessage("3"),
    guide.LayCard: guide.LayCard("26", "a" * 64),
    lease.HoldLease: lease.HoldLease(),
    lease.MergeTicket: lease.MergeTicket("lease", DAY, "A", "A990", 1, 1),
    lease.NoteCalledByHand: lease.NoteCalledByHand("ticket-waiting", "3"),
    lease.CloseSheet: lease.CloseSheet(),
}
# At the guide desk the same commands are about the desk's own window.
AT_THE_DESK: dict[type[Any], Any] = {
    cmd.OpenWindow: cmd.OpenWindow("26", "guide"),
    cmd.CloseWindow: cmd.CloseWindow("26"),
    guide.AcknowledgeMessage: guide.AcknowledgeMessage("26"),
}
VIA: dict[str, cmd.Via] = {"phone": "phone", "web": "phone", "kiosk": "kiosk"}
WAYS: dict[str, FeedbackWay] = {"kiosk": "kiosk", "window": "window", "guide": "guide", "manager": "call"}
COMMANDS: set[type[Any]] = set(get_args(AnyCommand))


def own(role: str, kind: type[Any]) -> Any:
    """A command of this kind about what is the role's own."""
    if kind is cmd.Rate:
        return cmd.Rate("ticket-at-3", 5, via=VIA.get(role, "evaluator"))
    if kind is rating.RateCase:
        code, ticket = ("0123456789", "") if role == "web" else ("", "ticket-at-3")
        return rating.RateCase(5, code=code, ticket=ticket, via=VIA.get(role, "evaluator"))
    if kind is rating.AddToRating and role == "web":
        return rating.AddToRating("", 5, code="0123456789")
    if kind is cmd.NoteDateTold:
        return cmd.NoteDateTold("ticket-at-3", "page" if role in ("phone", "web") else "call")
    if kind is SubmitFeedback:
        return SubmitFeedback("complaint", WAYS.get(role, "page"), "ticket-at-3" if role == "window" else "")
    return AT_THE_DESK.get(kind, OWN[kind]) if role == "guide" else OWN[kind]


def may(role: str, command: Any, name: str = "") -> bool:
    try:
        permissions.check(SETTINGS, Station(role, name or NAMES.get(role, role)), command, window_of)
    except Refused as refused:
        return refused.code not in ("not-allowed", "place-not-allowed")
    return True


def window_of(ticket: str) -> str:
    return WINDOW_OF.get(ticket, "")


def test_every_command_of_the_engine_has_a_row() -> None:
    assert set(permissions.MAY) == COMMANDS
    assert set(OWN) | {cmd.Rate, cmd.NoteDateTold} == COMMANDS


def test_only_the_page_says_that_the_page_has_told_a_date_and_only_of_its_own_ticket() -> None:
    assert not may("phone", cmd.NoteDateTold("ticket-at-3", "call"))
    assert not may("manager", cmd.NoteDateTold("ticket-at-3", "page"))
    assert not may("phone", cmd.NoteDateTold("ticket-at-4", "page"))


def test_every_role_and_command_is_as_written_out_above() -> None:
    rows = ["", *(f"{kind.__name__:<18} {_columns(kind)}" for kind in permissions.MAY), ""]
    written = "\n".join(rows)
    assert written == GRANTED, written


def _columns(kind: type[Any]) -> str:
    return " ".join("y" if may(role, own(role, kind)) else "-" for role in COLUMNS)


def test_every_role_has_a_column_and_a_row_of_topics() -> None:
    """The office has a manager's row (`tests/caller/service/test_office_role.py`)."""
    assert set(COLUMNS) | {"office"} == set(permissions.ROLES) == set(permissions.WATCHES)


def test_a_role_nobody_defined_may_do_and_watch_nothing() -> None:
    for kind in COMMANDS:
        assert not may("janitor", own("janitor", kind))
    assert not any(permissions.may_watch(SETTINGS, Station("janitor", "x"), topic) for topic in TOPICS)


@pytest.mark.parametrize(
    "kind", sorted({*get_args(cmd.DeskCommand), desk_cmd.CorrectOutcome, desk_cmd.RaiseAlarm}, key=str)
)
def test_a_window_acts_only_for_itself(kind: type[Any]) -> None:
    assert may("window", OWN[kind], "3")
    assert not may("window", OWN[kind], "4")


@pytest.mark.parametrize("kind", AT_THE_DESK)
def test_a_guide_sits_at_the_guide_desk_only(kind: type[Any]) -> None:
    assert may("guide", AT_THE_DESK[kind])
    assert not may("guide", OWN[kind])
    assert not may("guide", cmd.OpenWindow("none", "guide"))


def test_a_card_is_laid_by_the_pc_of_the_desks_own_reader_only() -> None:
    assert may("agent", guide.LayCard("26", "a" * 64), "pc-1")
    assert not may("agent", guide.LayCard("26", "a" * 64), "pc-2")
    assert not may("agent", guide.LayCard("3", "a" * 64), "pc-1"), "its reader at no window is nobody's desk"


def test_a_window_reads_its_own_messages_only() -> None:
    assert not may("window", guide.AcknowledgeMessage("4"))


def test_a_window_cancels_who_waits_and_its_own_but_not_who_is_at_another() -> None:
    assert may("window", cmd.CancelTicket("ticket-waiting"))
    assert not may("window", cmd.CancelTicket("ticket-at-4"))
    assert not may("window", cmd.RequeueTicket("ticket-at-4"))
    assert not may("window", cmd.TakeTicket(queue="A", window="4"))


def test_an_evaluator_rates_only_who_was_served_at_its_window() -> None:
    assert may("evaluator", cmd.Rate("ticket-at-3", 5))
    assert not may("evaluator", cmd.Rate("ticket-at-4", 5))
    assert not may("evaluator", cmd.Rate("ticket-waiting", 5))


def test_a_rating_names_the_way_it_came_in() -> None:
    assert may("evaluator", cmd.Rate("ticket-at-3", 5, via="tablet"))
    assert not may("phone", cmd.Rate("ticket-at-3", 5, via="evaluator"))
    assert not may("kiosk", cmd.Rate("ticket-at-3", 5, via="evaluator"))
    assert not may("web", rating.RateCase(5, ticket="ticket-at-3", via="phone"))  # it has codes, no slips
    assert not may("web", rating.AddToRating("ticket-at-3", 5, case=True))
    assert not may("phone", rating.AddToRating("", 5, code="0123456789"))
    assert not may("evaluator", rating.RateCase(5, code="0123456789"))
    assert not may("phone", rating.RateCase(5, code="0123456789", via="phone"))


def test_a_phone_touches_only_its_own_ticket() -> None:
    assert may("phone", cmd.CancelTicket("ticket-at-3"))
    for command in (cmd.CancelTicket("ticket-at-4"), cmd.Rate("ticket-at-4", 1, via="phone")):
        assert not may("phone", command)


def test_an_agent_speaks_only_for_its_own_devices_and_their_windows() -> None:
    assert may("agent", cmd.ReportDevice("keys-4", "evaluator", "ready"), "pc-2")
    assert not may("agent", cmd.ReportDevice("keys-4", "evaluator", "ready"), "pc-1")
    assert not may("agent", cmd.Rate("ticket-at-4", 5), "pc-1")
    assert not may("agent", cmd.CallNext("4", 0), "pc-2")  # a keypad for ratings is no hard caller


def test_an_agent_checks_in_and_requeues_only_with_a_reader_of_its_own() -> None:
    for command in (cmd.CheckIn("123456"), cmd.RequeueTicket("ticket-at-4")):
        assert may("agent", command, "pc-1")
        assert not may("agent", command, "pc-2")


def test_a_kiosk_reports_only_its_own_printers_and_readers() -> None:
    assert may("kiosk", cmd.ReportDevice("scanner-k", "reader", "ready"))
    assert not may("kiosk", cmd.ReportDevice("sign-k", "sign", "ready"))
    assert not may("kiosk", cmd.ReportDevice("scanner-1", "reader", "ready"))
    assert not may("kiosk", cmd.ReportDevice("scanner-1", "reader", "ready"), "pc-1")  # no kiosk of that name
    assert not may("kiosk", cmd.ReportDevice("keys-3", "evaluator", "ready"))
    assert not may("kiosk", cmd.ReportDevice("printer-1", "printer", "ready"), "kiosk-2")


@pytest.mark.parametrize("place", ["front", "end"])
def test_only_guide_and_manager_place_first_or_last(place: cmd.TransferPlace) -> None:
    command = cmd.TransferTicket("3", 0, queue="A", place=place)
    assert [role for role in COLUMNS if may(role, command)] == ["guide", "manager"]


def test_a_refusal_says_the_role_in_both_languages() -> None:
    with pytest.raises(Refused) as refused:
        permissions.check(SETTINGS, Station("board", "b"), cmd.CloseDay(), window_of)
    assert "显示屏" in refusal_message(refused.value).zh
    assert "board" in refusal_message(refused.value).en
    assert refusal_message(refused.value).next_zh


# --- topics

TOPICS = (
    "board",
    "kiosk",
    "supervise",
    "devices",
    "stations",
    "jobs/pc-1",
    "followups",
    "settings",
    "window/3",
    "window/4",
    "ticket/ticket-at-3",
    "ticket/ticket-at-4",
    "person/hash",
    "guide",
    "find/A001",
    "cases",
    "cases/3",
    "cases/4",
    "case/x",
    "notice/missing.x",
    "progress/0123456789",
    "clerk-day/3",
    "clerk-day/4",
    "followups/1007",
    "answers/ticket-at-3",
    "answers/ticket-at-4",
    "feedback/0123456789",
    "rectifications",
    "rectified",
    "slots/i1",
    "booking/01234567",
    "sheet",
    "questions",
)
WATCHED = """
kiosk      y y - - - - - y - - y y y - - - - - - - y - - - - - - - - - - - y
window     y y - - - y - y y - y y - - - - y - - y - y - - - - - - - - - y -
guide      y y - - - y y y y y y y - y y - - - - - - - - y - - - - - - - y -
manager    y y y y y y y y y y y y - y y y y y y y y - - y - - - y y - - y -
supervisor y - y y y - y - y y - - - - - y y y y - - - - y - - - y - - - - -
board      y - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -
evaluator  y - - - - - - - y - - - - - - - - - - - - - - - - - - - - - - - -
agent      y - - y - y - y y - - - - - - - - - - - - - - - - - - - - - - - -
web        y y y y - - - y y y y y - - - - - - - y y - - - y y y - y y y - -
phone      - - - - - - - - - - y - - - - - - - - - - - - - y - - - - - - - -
deliver    - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -
"""


def watches(role: str, topic: str) -> bool:
    return permissions.may_watch(SETTINGS, Station(role, NAMES.get(role, role)), topic)


@pytest.mark.parametrize(
    ("role", "name", "topic", "said"),
    [
        ("board", "hall", "window/1", ("显示屏 hall", "评价器 1、", "hallcall enrol evaluator 1")),
        ("window", "3", "window/1", ("窗口 3", "窗口 1、", "hallcall enrol window 1")),
        ("board", "hall", "supervise", ("显示屏 hall", "电子监察", "hallcall enrol supervisor office")),
        ("evaluator", "1", "ticket/x", ("评价器 1", "引导台", "hallcall enrol guide guide")),
        ("board", "hall", "nonsense", ("显示屏 hall", "（没有）", "hallcall enrol manager office")),
    ],
)
def test_who_brought_another_stations_token_is_told_whose_would_do(
    role: str, name: str, topic: str, said: tuple[str, str, str]
) -> None:
    bye = PeerError("not-allowed", topic, **who_may_watch(Station(role, name), topic)).bye()
    own, who, enrol = said
    assert own in bye.zh
    assert topic in bye.zh
    assert who in bye.next_zh
    assert enrol in bye.next_zh
    assert enrol in bye.next_en
    assert "{" not in bye.zh + bye.en + bye.next_zh + bye.next_en


def test_what_is_named_as_allowed_is_allowed() -> None:
    """The example of the next step opens the topic, for every role that was turned away."""
    for role in COLUMNS:
        station = Station(role, NAMES.get(role, role))
        for topic in ("board", "kiosk", "supervise", "devices", "window/3", "ticket/ticket-at-3"):
            if not watches(role, topic):
                wanted, name = who_may_watch(station, topic)["enrol"].split()
                assert permissions.may_watch(SETTINGS, Station(wanted, name), topic), (role, topic, wanted)


def test_a_phones_key_is_not_said() -> None:
    facts = who_may_watch(Station("phone", "secret-key"), "ticket/another")
    assert "secret-key" not in str(facts)


def test_every_role_and_topic_is_as_written_out_above() -> None:
    lines = (
        f"{role:<10} " + " ".join("y" if watches(role, topic) else "-" for topic in TOPICS)
        for role in COLUMNS
    )
    written = "\n".join(["", *lines, ""])
    assert written == WATCHED, written


def test_every_topic_of_the_views_has_a_column() -> None:
    assert {topic.partition("/")[0] for topic in TOPICS} == set(views.TOPICS)
    assert {topic for row in permissions.WATCHES.values() for topic in row} == set(views.TOPICS)


@pytest.mark.parametrize(
    "topic",
    ["", "/", "boards", "board/", "board/1", "window", "ticket", "person", "Board", "x/3", "devices/p1"],
)
def test_a_topic_that_is_none_is_watched_by_nobody(topic: str) -> None:
    assert not any(watches(role, topic) for role in COLUMNS)


def test_the_twin_without_ties_lets_a_window_call_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "TIES", {})
    assert may("window", cmd.CallNext("4", 0), "3")


def test_a_window_prints_at_its_own_printer_for_its_own_applicants() -> None:
    assert may("window", cmd.RequestJob("pc-1", "print-test", device="printer-3"))
    assert not may("window", cmd.RequestJob("pc-1", "print-test"), "4")
    assert not may("window", cmd.RequestJob("pc-1", "print-slip", ticket="ticket-at-4"))
    assert not may("window", cmd.RequestJob("pc-1", "print-test", device="printer-1")), "a kiosk's"
    assert not may("agent", cmd.TakeJob("job"), "pc-9"), "an agent without a device"


def test_a_window_asks_its_own_evaluator_and_restarts_nothing() -> None:
    assert may("window", cmd.RequestJob("pc-1", "ask-rating"))
    assert not may("window", cmd.RequestJob("pc-1", "ask-rating"), "4")
    assert may("window", cmd.RequestJob("pc-2", "ask-rating", device="keys-4"), "4")
    assert permissions.may_watch(SETTINGS, Station("window", "4"), "jobs/pc-2"), "to see how it ended"
    for kind in OF_STATION:
        command = cmd.RequestJob("pc-1", cast(cmd.JobKind, kind))
        assert [role for role in COLUMNS if may(role, command)] == ["manager"]


def test_who_may_print_sees_what_becomes_of_it() -> None:
    sees = {
        role
        for role in COLUMNS
        if permissions.may_watch(SETTINGS, Station(role, NAMES.get(role, role)), "jobs/pc-1")
    }
    assert sees == {"window", "guide", "manager", "agent"}
    assert not permissions.may_watch(SETTINGS, Station("window", "4"), "jobs/pc-1")
    assert not permissions.may_watch(SETTINGS, Station("agent", "pc-2"), "jobs/pc-1")


def test_a_program_sees_what_itself_is_asked_whoever_sits_at_it() -> None:
    """A window's without a person too, where persons are required: it is the program that begins again."""
    strict = replace(SETTINGS, accounts=AccountsTable(required=True))
    for role, name in (
        ("web", "web"),
        ("deliver", "deliver"),
        ("window", "3"),
        ("kiosk", "kiosk-1"),
        ("agent", "pc-1"),
        ("board", "wall"),
        ("evaluator", "3"),
        ("supervisor", "s"),
        ("guide", "g"),
    ):
        for settings in (SETTINGS, strict):
            assert permissions.may_watch(settings, Station(role, name), f"jobs/{name}")
            others = permissions.may_watch(settings, Station(role, name), "jobs/other")
            assert others == ((role, settings) == ("guide", SETTINGS)), role  # it prints there, signed in
    assert not permissions.may_watch(strict, Station("manager", "3"), "jobs/3")
    assert not permissions.may_watch(strict, Station("window", "4"), "jobs/pc-2")
