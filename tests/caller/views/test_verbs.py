"""What a window may press is what the engine would carry out, for every verb of every picture."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec import structs

from caller import views
from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.views import verbs as verbs_module
from config.catalogue import word
from tests.instruments import histories
from tests.instruments.engine_fixture import AT_ONCE, Stage, at, settings

CLERK = "clerk-of-nowhere"
OPEN_CHOICE = {"TakeOverVisit": "unknown-window", "MergeTickets": "unknown-ticket"}


def verbs(stage: Stage, window: str = "1") -> dict[str, Any]:
    return views.build(stage.hall, f"window/{window}", stage.now)["verbs"]  # type: ignore[typeddict-item]


def live(stage: Stage, window: str = "1") -> set[str]:
    return {verb for verb, state in verbs(stage, window).items() if state["live"]}


def test_the_verbs_of_a_visit():
    stage = Stage()
    assert live(stage) == {"OpenWindow"}
    stage.open("1")
    idle = {"PauseWindow", "CloseWindow", "ServeWalkIn", "RaiseAlarm", "RelieveClerk", "TakeOverVisit"}
    assert live(stage) == idle
    stage.take("A")
    stage.take("A")
    assert live(stage) == idle | {"CallNext", "CallTicket"}
    stage.next("1")
    at_window = {
        "FinishService", "HoldTicket", "TransferTicket", "RaiseAlarm", "RelieveClerk", "MergeTickets"
    }  # fmt: skip
    assert live(stage) == at_window | {"Recall", "StartService", "MarkNoShow"}
    stage.press(cmd.StartService, "1")
    assert live(stage) == at_window | {"CallNext", "CallTicket", "ServeWalkIn"}
    stage.press(cmd.HoldTicket, "1")
    stage.do(cmd.PauseWindow("1"))
    assert live(stage) == {"ResumeWindow", "CloseWindow", "RaiseAlarm", "RelieveClerk"}


@pytest.mark.parametrize(
    ("verb", "code"),
    [("Recall", "nobody-here"), ("CallNext", "nobody-waiting"), ("CallTicket", "nobody-waiting"), ("ResumeWindow", "window-not-paused"),
     ("OpenWindow", "window-taken")],
)  # fmt: skip
def test_a_dead_verb_says_why_in_the_words_of_the_refusal(verb: str, code: str):
    state = verbs(Stage().open("1"))[verb]
    assert (state["live"], state["code"]) == (False, code)
    assert state["zh"].startswith(word("refusal", code).partition("{")[0])
    assert state["en"]
    assert state["next_zh"]
    assert state["next_en"]


def test_recalls_run_out():
    stage = Stage(rules=structs.replace(AT_ONCE, recall_max=1)).open("1")
    stage.take("A")
    stage.next("1")
    assert verbs(stage)["Recall"]["live"]
    stage.press(cmd.Recall, "1")
    assert verbs(stage)["Recall"]["code"] == "recall-used"


def test_a_window_opens_before_the_day_on_its_date_and_calls_nobody_until_then():
    stage = Stage(opened=False)
    stage.now = at("23:59", "2026-09-20")  # a Sunday
    assert verbs(stage)["OpenWindow"]["code"] == "day-not-open"
    stage.now = at("07:30")
    assert verbs(stage)["OpenWindow"]["live"]
    stage.open("1")
    assert live(stage) == {"PauseWindow", "CloseWindow", "RaiseAlarm", "RelieveClerk", "TakeOverVisit"}
    assert verbs(stage)["CallNext"]["code"] == "before-opening"
    assert verbs(stage)["ServeWalkIn"]["code"] == "before-opening"
    stage.do(cmd.OpenDay("2026-09-21"))
    assert live(stage) == {
        "PauseWindow", "CloseWindow", "RaiseAlarm", "ServeWalkIn", "RelieveClerk", "TakeOverVisit"
    }  # fmt: skip


# --- any picture


def choices(hall: Hall, window: str, verb: str, now: int) -> Iterable[AnyCommand]:
    """Every command of this kind that the clerk of the picture at `now` could send."""
    view: Any = views.build(hall, f"window/{window}", now)
    seen = view["version"]
    match verb:
        case "OpenWindow":
            yield cmd.OpenWindow(window, CLERK)
        case "CallTicket":
            rows = [*view["next"], *view["held"], *view["missed"]]
            yield from (cmd.CallTicket(window, seen, row["ticket"]) for row in rows)
        case "ServeWalkIn":
            yield from (cmd.ServeWalkIn(window, seen, queue=queue) for queue in hall.queues)
        case "TransferTicket":
            yield from (cmd.TransferTicket(window, seen, queue=queue) for queue in hall.queues)
        case "PauseWindow" | "ResumeWindow" | "CloseWindow":
            yield getattr(cmd, verb)(window)
        case "RaiseAlarm":
            yield desk_cmd.RaiseAlarm(window)
        case "CorrectOutcome":
            yield desk_cmd.CorrectOutcome(window, view.get("ended", {}).get("ticket", ""), "done")
        case "RelieveClerk":
            yield desk_cmd.RelieveClerk(window, CLERK)
        case "TakeOverVisit":
            yield desk_cmd.TakeOverVisit(window, seen, "", "")
        case "MergeTickets":
            yield desk_cmd.MergeTickets(window, seen, "")
        case _:
            yield getattr(cmd, verb)(window, seen)


def taken(hall: Hall, command: AnyCommand, now: int) -> bool:
    try:
        hall.decide(CommandEnvelope("test-id-1", command, "window", "1"), now)
    except (
        Refused
    ) as refused:  # the choice alone is wanting, from the board or the slip: no document lists it
        return refused.code == OPEN_CHOICE.get(type(command).__name__)
    return True


def wrong(steps: list[tuple[int, int]]) -> set[str]:
    """Live a history; return the verbs whose state differs from what the engine does."""
    hall, now, found = Hall(settings()), histories.NINE, set[str]()
    for serial, (kind, choice) in enumerate(steps):
        now = max(now, hall.state.now) + histories.step(choice)
        try:
            events = hall.decide(histories.order(hall, serial, kind, choice, now), now)
        except Refused:
            continue
        for event in events:
            hall.apply(event, hall.instant(now), hall.seq + 1)
        for window in hall.window_settings:
            view: Any = views.build(hall, f"window/{window}", now)
            for verb, state in view["verbs"].items():
                would = any(taken(hall, command, now) for command in choices(hall, window, verb, now))
                if would != state["live"]:
                    found.add(f"{verb} at {view['state']}")
    return found


STEPS = st.lists(st.tuples(st.integers(0, histories.KINDS - 1), st.integers(0, 8)), min_size=1, max_size=60)


@given(STEPS)
@example([(1, 0), (0, 0), (78, 0), (1, 2), (24, 8)])  # who was postponed is back, and nothing has happened
@hypothesis_settings(max_examples=40, deadline=None)
def test_live_is_what_the_engine_carries_out(steps: list[tuple[int, int]]):
    assert wrong(steps) == set()


@pytest.mark.parametrize("fact", range(8))
def test_an_answer_kept_too_long_is_found(fact: int, monkeypatch: pytest.MonkeyPatch):
    """The twin: with one fact missing from what kept answers go by, the words or the verbs of some picture are wrong."""
    facts = verbs_module._verb_facts
    scenes = [pictures(Stage), pictures(lambda: Stage(rules=structs.replace(AT_ONCE, recall_max=1)))]
    monkeypatch.setattr(
        verbs_module, "_verb_facts", lambda *at: (*facts(*at)[:fact], *facts(*at)[fact + 1 :])
    )
    assert [pictures(Stage), pictures(lambda: Stage(rules=structs.replace(AT_ONCE, recall_max=1)))] != scenes


def test_a_kept_refusal_that_names_another_applicant_is_found(monkeypatch: pytest.MonkeyPatch):
    """The twin: were only CallNext tried anew, a refusal would name whoever was called first."""
    every, scene = verbs_module._all_tried, pictures(Stage)
    monkeypatch.setattr(verbs_module, "_all_tried", lambda *at: every(*at)._replace(named=("CallNext",)))
    assert pictures(Stage) != scene


def pictures(make: Any) -> list[dict[str, Any]]:
    """The verbs of both windows through visits in which every fact changes alone."""
    verbs_module._kept.clear()
    stage, seen = make(), list[dict[str, Any]]()

    def look() -> None:
        seen.extend([verbs(stage, "1"), verbs(stage, "2")])

    closed = Stage(opened=False)
    seen.append(verbs(closed))
    closed.do(cmd.OpenWindow("1", "clerk-1"))
    seen.append(verbs(closed))
    closed.do(cmd.OpenDay("2026-09-21"))
    seen.append(verbs(closed))
    closed = Stage(opened=False)
    closed.now = at("23:59", "2026-09-20")
    seen.append(verbs(closed))
    closed.now = at("09:00")
    seen.append(verbs(closed))
    closed.do(cmd.OpenDay("2026-09-21"))
    seen.append(verbs(closed))
    look()
    stage.do(cmd.OpenWindow("1", "clerk-1"))
    look()
    stage.do(cmd.CloseWindow("1"))
    stage.do(cmd.OpenWindow("1", "clerk-9"))
    stage.open("2")
    look()
    for _ in range(4):
        stage.take("A")
    for window in ("1", "2"):
        stage.next(window)
        look()
        stage.press(cmd.Recall, window)
        look()
        stage.press(cmd.StartService, window)
        look()
        stage.next(window)
        look()
        stage.later(1)  # nothing is to be corrected any more, and nothing else has changed
        look()
        stage.press(cmd.HoldTicket, window)
        stage.do(cmd.PauseWindow(window))
        look()
    return seen
