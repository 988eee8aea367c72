"""The records agree with the log whatever happened in the hall and however the fold was cut up."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec import structs

from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine import events as ev
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.hall import Hall
from caller.records import bring_up_to_date, follower, projection
from caller.records.columns import columns
from caller.records.projection import Projection
from caller.records.rows import TABLES
from config.instants import HOUR
from config.settings import Reason, Settings
from tests.instruments import engine_fixture, histories, recomputed_figures
from tests.instruments.record_tables import dump, untiled
from tests.instruments.recorded_days import Written, records_of, timed, write_history

SEEDS = range(4)
STEPS = 1500


@pytest.fixture(scope="module", params=SEEDS)
def history(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp(f"history-{request.param}")
    write_history(data, request.param, STEPS)
    bring_up_to_date(data)
    return data


def test_the_states_of_a_ticket_lie_end_to_end_from_its_issue_to_its_end(history: Path):
    restored = {
        story.events[0][0]
        for story in recomputed_figures.stories(timed(records_of(history)))
        if "TicketRestored" in map(recomputed_figures.kind, (event for _, _, event in story.events))
    }
    assert untiled(dump(history), restored) == []


def test_the_states_are_those_a_reader_of_the_log_finds(history: Path):
    tables = dump(history)
    states: dict[int, list[tuple[str, int, int | None]]] = {}
    for row in tables["states"]:
        states.setdefault(row["visit"], []).append((row["state"], row["began"], row["ended"]))
    stories = recomputed_figures.stories(timed(records_of(history)))
    assert len(stories) == len(tables["tickets"]) > 50
    for story in stories:
        assert states[story.events[0][0]] == recomputed_figures.periods(story)


def test_a_clock_set_back_makes_no_negative_state_and_its_twin_without_the_rule_does(
    history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert any(a.at > b.at for a, b in zip(records_of(history), records_of(history)[1:], strict=False))

    class Naive(Projection):
        def read(self, event: ev.AnyEvent, at: int, seq: int) -> None:
            self.now = at
            super().read(event, at, seq)

    monkeypatch.setattr("caller.records.follower.Projection", Naive)
    (tmp_path / "log.db").write_bytes((history / "log.db").read_bytes())
    bring_up_to_date(tmp_path)
    assert untiled(dump(tmp_path))


@pytest.mark.parametrize("events", [13, 200])
def test_folded_bit_by_bit_is_folded_whole(
    history: Path, tmp_path: Path, events: int, monkeypatch: pytest.MonkeyPatch
):
    """Each bit by a process of its own: what is going on is taken up from the tables."""
    (tmp_path / "log.db").write_bytes((history / "log.db").read_bytes())
    monkeypatch.setattr(follower, "EVENTS_AT_ONCE", events)
    monkeypatch.setattr(follower, "_catch_up", _one_batch(follower._catch_up))
    last = records_of(history)[-1].seq
    while bring_up_to_date(tmp_path).head.seq < last:
        pass
    assert dump(tmp_path) == dump(history)


def _one_batch(catch_up: Callable[..., Any]) -> Callable[..., Any]:
    class Once:
        """Says go once."""

        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            return self.asked > 1

    return lambda log, store, _stop: catch_up(log, store, Once())


def test_what_is_going_on_has_no_end_and_what_ended_has_one(history: Path):
    tables = dump(history)
    live = {ticket["visit"] for ticket in tables["tickets"] if ticket["ended"] is None}
    assert {state["visit"] for state in tables["states"] if state["ended"] is None} == live
    for name in ("calls", "services"):
        assert {row["visit"] for row in tables[name] if row["ended"] is None} <= live
        assert all((row["ended"] is None) == (row["ended_by"] == "") for row in tables[name])
    opened = [row["window"] for row in tables["presence"] if row["ended"] is None]
    assert len(opened) == len(set(opened))


def test_no_column_and_no_value_tells_who_a_person_is(history: Path):
    for table in TABLES:
        assert not {"person", "code"} & {column.name for column in columns(table)}
    events: list[Any] = [event for _, _, event in timed(records_of(history))]
    persons = {event.person for event in events if getattr(event, "person", "")}
    codes = {event.code for event in events if getattr(event, "code", "")}
    assert persons
    assert codes
    kept = b"".join(path.read_bytes() for path in history.glob("records.db*"))
    assert not [word for word in persons | codes if word.encode() in kept]


# --- one rule at a time


def day(written: Written, label: str, now: int) -> None:
    written.do(CommandEnvelope(f"open-{label}", cmd.OpenDay(label)), now)
    for window in ("1", "2", "3"):
        written.do(
            CommandEnvelope(f"sign-in-{window}-{label}", cmd.OpenWindow(window, f"clerk-{window}")), now
        )


class Desk:
    """Orders by short words, a minute apart."""

    def __init__(self, data: Path, settings: Settings | None = None) -> None:
        self.written = Written(data, Hall(settings) if settings else None)
        self.now = histories.NINE
        self._data = data
        self._serial = 0
        day(self.written, histories.DAYS[0], self.now)

    def do(self, command: AnyCommand, minutes: int = 1, id: str = "") -> None:
        self._serial += 1
        before = self.written.hall.seq
        self.now += minutes * 60_000_000
        self.written.do(CommandEnvelope(id or f"d-{self._serial}", command), self.now)
        assert self.written.hall.seq > before, f"refused: {command}"

    def press(self, verb: type[Any], window: str = "1", minutes: int = 1, **more: Any) -> None:
        self.do(verb(window=window, as_of=self.written.hall.state.windows[window].version, **more), minutes)

    def tables(self) -> Any:
        self.written.close()
        bring_up_to_date(self._data)
        return dump(self._data)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


MINUTE = 60_000_000


def test_time_on_hold_is_no_service_time_and_the_service_is_counted_once(desk: Desk):
    desk.do(cmd.TakeTicket(queue="A"), id="t")
    desk.press(cmd.CallNext)
    desk.press(cmd.StartService)
    desk.press(cmd.HoldTicket, minutes=4)
    desk.press(cmd.CallTicket, minutes=30, ticket="t")
    desk.press(cmd.StartService)
    desk.press(cmd.FinishService, minutes=3)
    first, second = desk.tables()["services"]
    assert (first["ended_by"], second["ended_by"]) == ("held", "finished")
    assert second["before"] + second["ended"] - second["began"] == 7 * MINUTE


def outcomes(tables: Any) -> dict[str, int]:
    return {
        row["value"]: row["count"]
        for row in tables["tallies"]
        if row["subject"] == "outcome" and row["count"]
    }


def test_a_corrected_outcome_takes_the_place_of_the_one_noted_at_the_end(desk: Desk):
    desk.do(cmd.TakeTicket(queue="A"), id="t")
    desk.press(cmd.CallNext)
    desk.press(cmd.FinishService, outcome="advice")
    desk.do(desk_cmd.CorrectOutcome("1", "t", "rejected"), minutes=0)
    desk.do(desk_cmd.CorrectOutcome("1", "t", "accepted"), minutes=0)
    tables = desk.tables()
    assert outcomes(tables) == {"accepted": 1}
    assert [row["outcome"] for row in tables["services"]] == ["accepted"]
    assert [row["outcome"] for row in tables["tickets"]] == ["accepted"]


def test_it_is_found_again_by_a_process_that_begins_between_the_end_and_the_correction(
    desk: Desk, tmp_path: Path
):
    desk.do(cmd.TakeTicket(queue="A"), id="t")
    desk.press(cmd.CallNext)
    desk.press(cmd.TransferTicket, to_window="2", come_back=True)
    desk.press(cmd.CallNext, window="2")
    desk.press(cmd.FinishService, window="2", outcome="advice")  # the visit goes on at window 1
    desk.written.flush()
    bring_up_to_date(tmp_path)
    desk.do(desk_cmd.CorrectOutcome("2", "t", "accepted"), minutes=0)
    tables = desk.tables()
    assert outcomes(tables) == {"accepted": 1}
    assert [row["outcome"] for row in tables["tickets"]] == [""]


def test_why_a_number_was_picked_is_kept_with_its_call_and_tallied(tmp_path: Path):
    listed = (Reason("pick", "frail", "年老体弱"),)
    desk = Desk(tmp_path, structs.replace(engine_fixture.settings(), reasons=listed))
    for id in ("a", "b"):
        desk.do(cmd.TakeTicket(queue="A"), id=id)
    desk.press(cmd.CallTicket, ticket="b", reason="frail")
    desk.press(cmd.StartService)
    desk.press(cmd.CallNext)
    tables = desk.tables()
    assert [row["reason"] for row in tables["calls"]] == ["frail", ""]
    assert [(row["value"], row["count"]) for row in tables["tallies"] if row["subject"] == "pick"] == [
        ("frail", 1)
    ]


def test_a_service_nobody_started_counts_from_the_call(desk: Desk):
    desk.do(cmd.TakeTicket(queue="A"))
    desk.press(cmd.CallNext)
    desk.press(cmd.FinishService, minutes=6, outcome="advice")
    (service,) = desk.tables()["services"]
    assert (service["pressed"], service["outcome"]) == (0, "advice")
    assert service["ended"] - service["began"] == 6 * MINUTE


def test_the_time_an_applicant_asked_for_is_no_wait(desk: Desk):
    desk.do(cmd.TakeTicket(queue="A"), id="t")
    desk.do(cmd.PostponeTicket("t", 10), minutes=5)
    desk.press(cmd.CallNext, minutes=12)
    (call,) = desk.tables()["calls"]
    assert call["wait"] == 7 * MINUTE


def test_a_shorter_postponement_replaces_a_longer_one(desk: Desk):
    desk.do(cmd.TakeTicket(queue="A"), id="t")
    desk.do(cmd.PostponeTicket("t", 60), minutes=2)
    desk.do(cmd.PostponeTicket("t", 3), minutes=10)
    desk.press(cmd.CallNext, minutes=5)
    (call,) = desk.tables()["calls"]
    assert call["wait"] == 4 * MINUTE


def test_who_comes_early_for_an_appointment_waits_from_the_appointed_time(desk: Desk):
    slot = histories.NINE + 24 * HOUR + HOUR
    desk.do(cmd.BookAppointment("i1", slot, "hash", histories.DAYS[1]), id="b")
    desk.do(cmd.CloseDay())
    desk.now = slot - 20 * MINUTE
    day(desk.written, histories.DAYS[1], desk.now)
    desk.do(cmd.CheckIn("b"), minutes=0)
    desk.press(cmd.CallNext, minutes=23)
    tables = desk.tables()
    assert tables["calls"][0]["wait"] == 3 * MINUTE
    assert tables["appointments"][0]["state"] == "used"
    assert tables["appointments"][0]["visit"] == tables["tickets"][0]["visit"]


def test_a_call_from_hold_or_after_a_no_show_ends_no_wait(desk: Desk):
    desk.do(cmd.TakeTicket(queue="A"), id="t")
    desk.press(cmd.CallNext)
    desk.press(cmd.MarkNoShow)
    desk.press(cmd.CallTicket, minutes=9, ticket="t")
    first, second = desk.tables()["calls"]
    assert (first["wait"], first["ended_by"]) == (MINUTE, "missed")
    assert (second["wait"], second["first"], second["chosen"]) == (None, 0, 1)


def test_an_id_that_comes_again_on_another_day_is_another_ticket(desk: Desk):
    desk.do(cmd.TakeTicket(queue="A"), id="same")
    desk.do(cmd.CloseDay(expire=True))
    desk.now += 24 * HOUR
    day(desk.written, histories.DAYS[1], desk.now)
    desk.do(cmd.TakeTicket(queue="A"), id="same")
    desk.press(cmd.CallNext)
    desk.press(cmd.FinishService)
    desk.do(cmd.Rate("same", 2, ["1:attitude"]))
    tables = desk.tables()
    assert [row["state"] for row in tables["tickets"]] == ["expired", "served"]
    assert [row["level"] for row in tables["tickets"]] == [None, 2]
    assert tables["ratings"][0]["visit"] == tables["tickets"][1]["visit"]


def test_a_rating_after_the_day_is_the_visits(desk: Desk):
    desk.do(cmd.TakeTicket(queue="A"), id="t")
    desk.press(cmd.CallNext)
    desk.press(cmd.FinishService)
    desk.do(cmd.CloseDay())
    desk.do(cmd.Rate("t", 5, via="phone"), minutes=600)
    (rating,) = desk.tables()["ratings"]
    assert rating["day"] == histories.DAYS[0]


def test_presence_before_the_opening_is_of_the_day_that_opens_where_it_lasts_until_then(desk: Desk):
    desk.do(cmd.CloseDay())
    desk.now = histories.NINE + 23 * HOUR
    desk.do(cmd.OpenWindow("1", "early"), minutes=0)
    desk.do(cmd.OpenWindow("2", "left"), minutes=0)
    desk.do(cmd.PauseWindow("1"), minutes=10)
    desk.do(cmd.ResumeWindow("1"), minutes=10)
    desk.do(cmd.CloseWindow("2"), minutes=0)
    desk.do(cmd.OpenDay(histories.DAYS[1]), minutes=40)
    desk.do(cmd.CloseWindow("1"), minutes=60)
    tables = desk.tables()
    mine = [row for row in tables["presence"] if row["clerk"] in ("early", "left")]
    assert sorted((row["clerk"], row["state"], row["day"]) for row in mine) == [
        ("early", "open", ""), ("early", "open", histories.DAYS[1]), ("early", "paused", ""), ("left", "open", ""),
    ]  # fmt: skip
    rollups = [row for row in tables["rollups"] if row["value"] in ("early", "left")]
    assert [(row["day"], row["value"], row["open"], row["pauses"]) for row in rollups] == [
        (histories.DAYS[1], "early", 100 * MINUTE, 0)
    ]
    assert all(row["day"] for row in tables["rollups"])


def test_extended_hours_and_a_stop_by_hand_are_kept(desk: Desk):
    until = histories.NINE + 10 * HOUR
    desk.do(cmd.StopTickets())
    desk.do(cmd.ExtendHours(until))
    (row,) = desk.tables()["days"]
    assert (row["stopped"], row["stops_at"], row["closes_at"], row["closed"]) == (None, until, until, None)


def test_every_event_there_is_can_be_folded():
    """One that is unknown would end the report of every hall whose log has it."""
    assert set(get_args(ev.AnyEvent)) == set(projection.APPLY)
