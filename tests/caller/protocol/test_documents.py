"""Every view of a lived-in hall is as its type says, key by key, and every key of every type occurs."""

import random
from typing import Any, get_args, get_type_hints

import pytest
from msgspec import structs

from caller import views
from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine import guide_commands as guide
from caller.engine import lease_terms as terms
from caller.engine.envelope import NoteOverdue, RootDay
from caller.engine.fee_messages import CorrectFee, TakeFee
from caller.engine.hall import Hall
from caller.engine.performance_messages import PublishAwards, WindowStanding
from caller.engine.rating_messages import AppealRating, MoveRectification, RateCase
from caller.engine.refusals import Refused
from caller.protocol import documents
from caller.protocol.station_documents import QuestionLine
from caller.views.stations import StationFacts, StationsKnown
from config.case_settings import CasesTable
from config.catalogue import codes
from config.instants import MINUTE
from config.setting_types import AnnouncementTime, PhoneTable, ScreenHours
from config.settings import Department, Device, Duty, Item, Kiosk, Queue, Window
from tests.caller.engine import test_case_parts as parallel
from tests.caller.engine.test_appointments import book, next_day
from tests.caller.engine.test_case_ratings import collect, decided
from tests.caller.engine.test_feedback import stage_of, submit
from tests.caller.engine.test_fees import pay_stage
from tests.caller.engine.test_followups import complained
from tests.caller.engine.test_rectifications import rate, rated
from tests.caller.views.test_standstill import standstill
from tests.caller.views.test_views import topics_of, view
from tests.instruments import histories
from tests.instruments.case_fixture import case_stage, move, visit, wrong
from tests.instruments.document_check import DocumentCheck, parts
from tests.instruments.engine_fixture import DAY, Stage, at, settings

STEPS = 120


def check(found: DocumentCheck, topic: str, document: Any) -> None:
    found.document(views.TOPICS[topic.partition("/")[0]].types, document)


def live(held: DocumentCheck, seed: int) -> None:
    """Days of a hall by chance; every document after every step."""
    dice, hall, now = random.Random(seed), Hall(settings()), histories.NINE
    for serial in range(STEPS):
        kind, choice = dice.randrange(histories.KINDS), dice.randrange(9)
        now = max(now, hall.state.now) + histories.step(choice)
        try:
            for event in hall.decide(histories.order(hall, serial, kind, choice, now), now):
                hall.apply(event, hall.instant(now), hall.seq + 1)
        except Refused:
            continue
        for topic in (*topics_of(hall), *(f"ticket/{id}" for id in hall.register.visits)):
            check(held, topic, views.build(hall, topic, now))


def crowded() -> Stage:
    """What chance seldom brings: somebody on duty, an alarm, a closed queue, a rating, a visit of yesterday."""
    queues = (Queue("A", "社保", waiting_alarm=1), Queue("B", "房产"), Queue("P", "缴费"))
    stage = Stage(queues=queues, roster=(Duty("咨询", "李"),)).open("1")
    stage.take("A")
    stage.serve("1")
    stage.do(cmd.CloseDay())
    stage.later(60).do(cmd.OpenDay("2026-09-22"))
    stage.open("1")
    stage.take("A")
    number = stage.serve("1")
    stage.do(cmd.Rate(stage.find(number).id, 5))
    stage.take("A")
    stage.do(cmd.ReportDevice("p1", "printer", "paper-out", "换纸"))
    stage.do(cmd.StopTickets())
    stage.do(desk_cmd.RaiseAlarm("1"))
    standings = [WindowStanding("1", 1, 91.25, 1.0, 0.9), WindowStanding("2")]
    stage.do(PublishAwards("2026-08", ["1"], ["1"], standings))
    return stage


@pytest.fixture(scope="module")
def held() -> DocumentCheck:
    held = DocumentCheck()
    for seed in range(4):
        live(held, seed)
    stage = crowded()
    for topic in (*topics_of(stage.hall), *(f"ticket/{id}" for id in stage.hall.register.visits)):
        check(held, topic, view(stage, topic))
    for minutes in (-31, 0):  # too early, and its time
        check(held, "person/somebody", view(next_day(booked(), minutes), "person/somebody"))
    for topic in ("jobs/pc-1", "find/A001"):
        check(held, topic, view(printing(), topic))
    asleep = Stage(
        opened=False, screens=tuple(map(ScreenHours, ("board", "tablet", "kiosk"))), kiosks=(Kiosk("k1"),)
    )
    asleep.now = at("03:00")
    for topic in ("board", "window/1", "jobs/k1"):
        check(held, topic, view(asleep, topic))
    away = Stage(phone=PhoneTable(take="remote"))
    elsewhere = away.do(cmd.TakeTicket(["i1"], person="1" * 64, via="remote"))["ticket"]
    check(held, "ticket", view(away, f"ticket/{elsewhere}"))
    for topic, document in standstill():
        check(held, topic, document)
    check(held, "person/somebody", view(numbered(), "person/somebody"))
    check(held, "settings", view(stage, "settings"))
    check(held, "clerk-day", view(stage, "clerk-day/1"))
    for topic, document in guided():
        check(held, topic, document)
    check(held, "board", view(Stage(announcements=(AnnouncementTime("busy", ["09:00"]),)).open("1"), "board"))
    known = StationsKnown((StationFacts("kiosk", "k1", 1, stage.now, "0.1.0"),), stage.now)
    line = QuestionLine(
        number="F1", question="问", answer="答", item="i1", at=5, question_en="", answer_en=""
    )
    health = views.ServiceHealth(stations=known, questions=[line])
    for topic in ("stations", "questions"):
        check(held, topic, views.build(stage.hall, topic, stage.now, health))
    stage, _ = complained()
    check(held, "followups", view(stage, "followups"))
    check(held, "clerk-day", view(stage, "clerk-day/1"))
    (about,) = {each.ticket for each in stage.hall.register.follow_ups.values()}
    check(held, "ticket", view(stage, f"ticket/{about}"))
    check(held, "answers", view(stage, f"answers/{about}"))
    stage.do(cmd.Rate(about, 1, via="phone"), role="phone")
    check(held, "ticket", view(stage, f"ticket/{about}"))
    check(held, "clerk-day", view(stage, "clerk-day/1"))
    received = stage_of()
    check(held, "feedback", view(received, f"feedback/{submit(received)['code']}"))
    stage = booked()
    codes = {"take": {"code": "0a", "before": "0b"}}  # the caller adds them, by a key that no view has
    check(held, "board", {**view(stage, "board"), **codes})
    check(held, "kiosk", {**view(stage, "kiosk"), **codes, "frequent": ["i1"]})
    (known,) = stage.hall.register.appointments.values()
    check(held, "slots", view(stage, f"slots/{known.item}"))
    check(held, "booking", view(stage, f"booking/{known.code}"))
    papers_and_fees(held)
    cases_of_a_hall(held)
    shared_cases(held)
    rated_badly(held)
    a_rated_case(held)
    merged_numbers(held)
    given_alone(held)
    return held


def given_alone(held: DocumentCheck) -> None:
    """Numbers a kiosk gave while it was cut off, and the sheet they wait on."""
    stage = Stage(kiosks=(Kiosk("k1"),)).open("1")
    stage.do(terms.HoldLease(), "kiosk", "k1")
    lease = stage.do(terms.HoldLease(), "kiosk", "k1")["lease"]  # another PC: the first lease is lost
    gone = stage.now
    stage.later(60)
    for serial in (990, 991):
        told = terms.MergeTicket(lease, DAY, "A", f"A{serial}", gone, MINUTE, unchecked=["quota"])
        stage.do(told, "kiosk", "k1", f"alone-{serial}")
    check(held, "sheet", view(stage, "sheet"))
    stage.do(terms.CloseSheet(), "guide", "g1")
    stage.do(guide.SetAssistance("alone-991", "deaf"))
    for topic in ("find/A990", "guide", "window/1", "supervise"):
        check(held, topic, view(stage, topic))
    stage.next("1")
    check(held, "window/1", view(stage, "window/1"))
    stage.press(cmd.HoldTicket, "1")
    check(held, "window/1", view(stage, "window/1"))


def merged_numbers(held: DocumentCheck) -> None:
    """Two numbers of one person at a window, merged there, and the evaluator that may then ask."""
    stage = Stage(departments=(Department("d1", "人社局", "Human resources"),)).open("1")
    for item in ("i2", "i1"):
        stage.do(cmd.TakeTicket(items=[item], person="somebody"))
    other = stage.find("B001").id
    stage.next("1")
    stage.press(cmd.StartService, "1")
    check(held, "window/1", view(stage, "window/1"))
    stage.press(desk_cmd.MergeTickets, "1", number="B001")
    stage.press(cmd.FinishService, "1", outcome="elsewhere", reason="d1")
    check(held, "ticket", view(stage, f"ticket/{stage.find('A001').id}"))
    check(held, "ticket", view(stage, f"ticket/{other}"))
    check(held, "window/1", view(stage, "window/1"))


def rated_badly(held: DocumentCheck) -> None:
    """A bad rating that was published, one that was excluded, and the root over both."""
    stage, ticket = rated(2)
    for appealed in (False, True):
        if appealed:
            rate(stage, 1)
        row = list(stage.hall.register.follow_ups.values())[-1]
        stage.do(MoveRectification(row.id, "verify", "ann", "upheld"))
        if appealed:
            stage.do(AppealRating(row.id, row.clerk, "malicious", row.window))
            stage.do(MoveRectification(row.id, "exclude", "ben"))
            continue
        stage.do(MoveRectification(row.id, "right", "ann", "trained"))
        stage.do(cmd.MoveFollowUp(row.id, "answer", row.clerk, code="upheld"))
        stage.do(cmd.MoveFollowUp(row.id, "approve", "ben"))
        stage.do(MoveRectification(row.id, "publish", "ben"))
    check(held, "clerk-day", view(stage, "clerk-day/1"))
    stage.do(cmd.CloseDay())
    counts = (1, 1, 0, 0, 0), (0, 1, 0, 0, 0), 5, 2
    stage.do(RootDay(stage.hall.state.day.label, 1, stage.hall.seq, 2, "0" * 64, *counts))  # type: ignore[arg-type]
    for topic in ("rectifications", "rectified", f"ticket/{ticket}", "board", "kiosk"):
        check(held, topic, view(stage, topic))
    stage.now = at("08:30", "2026-09-22")  # while it may still be rated
    stage.do(cmd.OpenDay("2026-09-22"))
    check(held, "ticket", view(stage, f"ticket/{ticket}"))


def a_rated_case(held: DocumentCheck) -> None:
    """A result that was collected: its window asks about the case, too, and its slip shows that."""
    stage, row = decided()
    ticket = collect(stage, row)
    for topic in ("window/88", f"ticket/{ticket}", f"progress/{row.code}"):
        check(held, topic.replace(ticket, "").rstrip("/"), view(stage, topic))
    stage.do(RateCase(1, ["slow"], ticket=ticket))
    for topic in ("rectifications", "followups", f"ticket/{ticket}", f"progress/{row.code}"):
        check(held, topic.replace(ticket, "").rstrip("/"), view(stage, topic))
    stage.do(cmd.CloseDay())
    stage.now = at("08:30", "2026-09-22")
    stage.do(cmd.OpenDay("2026-09-22"))
    check(held, "ticket", view(stage, f"ticket/{ticket}"))


def cases_of_a_hall(held: DocumentCheck) -> None:
    """A case and a notice of missing papers, each printed at the window, and what comes back with it."""
    stage = case_stage(devices=(Device("p1", "printer", "tcp://127.0.0.1:9100", agent="pc-1", window="1"),))
    opened, asked = visit(stage, "accepted"), visit(stage, "incomplete", papers=[wrong("照片")])
    stage.do(cmd.CheckIn(asked["code"]))
    stage.next("1")
    topics = [f"notice/{made['notice']}.{made['about']}" for made in (opened, asked)]
    topics += [
        "window/1",
        "jobs/pc-1",
        "cases",
        "cases/1",
        f"case/{opened['about']}",
        f"progress/{opened['code']}",
    ]
    for topic in topics:
        assert views.exists(stage.hall, topic)
        check(held, topic, view(stage, topic))
    move(stage, opened["about"], "pause", code="survey")
    check(held, "notice", view(stage, f"notice/pause.{opened['about']}"))
    check(held, "cases", view(stage, "cases"))
    row = move(stage, opened["about"], "resume")
    assert row
    stage.now = row.due + 1
    late: Any = NoteOverdue("case", row.id, row.due)  # the caller's own
    stage.do(late, role="caller")
    for topic in ("supervise", "followups", f"case/{row.id}"):
        check(held, topic, view(stage, topic))


def shared_cases(held: DocumentCheck) -> None:
    """A parallel case whose departments reply, with a joint step and a paper that is to follow."""
    stage = parallel.stage_of()
    row = parallel.whole(stage, "j1")
    for topic in ("cases/2", f"case/{row.id}", f"progress/{row.code}", f"notice/acceptance.{row.id}"):
        check(held, topic, view(stage, topic))
    stage.do(cmd.TakeTicket(items=["j1"]))
    stage.next("1")
    check(held, "window", view(stage, "window/1"))


def papers_and_fees(held: DocumentCheck) -> None:
    """A joint approval with its papers of the house, and a pay window that has taken a fee and corrected it."""
    item = Item(
        "i1",
        "准入",
        "d1",
        "A",
        case_type="parallel",
        statutory_days=15,
        promised_days=5,
        steps=["受理", "审查"],
        step_days=[1, 4],
    )
    plain = structs.replace(item, id="i9", case_type="promised")
    stage = case_stage(items=(item, plain), cases=CasesTable(enabled=True, inside_papers=True))
    made, other = visit(stage, "accepted"), visit(stage, "accepted", "i9")
    for kind in ("parallel", "parallel-handling"):
        check(held, "notice", view(stage, f"notice/{kind}.{made['about']}"))
    check(held, "notice", view(stage, f"notice/handling.{other['about']}"))
    pay = pay_stage()
    fee = pay.press(TakeFee, "P", item="i2", way="cash")["about"]
    pay.do(CorrectFee("P", fee, 0, 1, "typed-wrong", "pos", "R1"))
    check(held, "notice", view(pay, f"notice/payment.{fee}"))
    check(held, "clerk-day", view(pay, "clerk-day/P"))
    check(held, "window", view(pay, "window/P"))


def printing() -> Stage:
    """A slip to be printed by an agent at a window, of a visit that goes on elsewhere."""
    stage = Stage(devices=(Device("p9", "printer", "tcp://127.0.0.1:9100", agent="pc-1"),)).open("1")
    ticket = str(stage.do(cmd.TakeTicket(items=["i1", "i2"]))["ticket"])
    stage.do(cmd.RequestJob("pc-1", "print-slip", ticket=ticket))
    stage.do(cmd.RequestJob("pc-1", "volume-agent", percent=40))
    return stage


def numbered() -> Stage:
    """A holder of a live number."""
    stage = Stage()
    stage.take("A", person="somebody")
    return stage


def guided() -> list[tuple[str, Any]]:
    """What a guide sees and looks for: somebody to be fetched, a printer, one number and two, who has booked."""
    stage = printing()
    one = stage.find("A001").id
    stage.do(guide.SetAssistance(one, "deaf"))
    documents = [(topic, view(stage, topic)) for topic in ("guide", "find/A001")]
    desk = Stage(windows=(Window("1", "一号", ["A", "B", "P"]), Window("26", "引导台", [], kind="guide")))
    desk.do(guide.LayCard("26", "1" * 64), "agent", "pc-26")
    documents.append(("guide", view(desk, "guide")))
    for minutes in (-31, 0):
        documents.append(("find/x", view(next_day(booked(HASH), minutes), f"find/{HASH}")))
    return documents


HASH = "0" * 64


def booked(person: str = "somebody") -> Stage:
    stage = Stage()
    book(stage, person)
    return stage


def test_every_document_is_as_its_type_says(held: DocumentCheck):
    assert held.wrong == set()


def test_every_key_of_every_type_was_met(held: DocumentCheck):
    kinds = {part for topic in views.TOPICS.values() for kind in topic.types for part in parts(kind)}
    assert len(kinds) > 25, "the types are found"
    keys = {(kind.__name__, name) for kind in kinds for name in get_type_hints(kind)}
    assert keys - held.met == set()


def test_every_topic_has_a_builder():
    assert set(views.TOPICS) == {*views._BUILDERS, "supervise", "stations", "questions"}


def test_the_states_of_a_window_are_those_there_are():
    assert set(get_args(documents.SeenWindowState)) == set(codes("window-state"))


@pytest.mark.parametrize(
    "change", ["a key less", "a key more", "a null", "a list for an object", "a state that is none"]
)
def test_a_view_that_differs_is_found(change: str):
    """The twin: a document that is not as its type says must not pass."""
    document, found = view(crowded(), "board"), DocumentCheck()
    match change:
        case "a key less":
            del document["queues"]["A"]["low"]
        case "a key more":
            document["queues"]["A"]["more"] = 1
        case "a null":
            document["queues"]["A"]["name"] = None
        case "a list for an object":
            document["queues"] = []
        case _:
            document["windows"]["1"]["state"] = "asleep"
    check(found, "board", document)
    assert found.wrong
