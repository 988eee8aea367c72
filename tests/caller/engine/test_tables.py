"""The tables are the truth: complete, reachable, drawn in the docs; every event and command has its room."""

import re
import typing
from pathlib import Path
from typing import Any

import pytest

from caller.docs import states
from caller.engine import events as ev
from caller.engine import tickets, windows
from caller.engine.envelope import DecidedCommand
from caller.engine.hall import APPLY, APPLY_REGISTER, DECIDE
from caller.engine.refusals import RefusalCode, Refused
from caller.engine.tickets import Ticket

ROOT = Path(__file__).parents[3]


def flatten(union: Any) -> set[type[Any]]:
    return {kind for part in typing.get_args(union) for kind in (flatten(part) or {part})}


def by_name(kind: type[Any]) -> str:
    return kind.__name__


TICKET_EVENTS = sorted(flatten(ev.TicketEvent), key=by_name)


def test_every_command_and_every_event_has_exactly_one_room():
    assert set(DECIDE) == flatten(DecidedCommand)
    assert set(APPLY) | set(APPLY_REGISTER) == flatten(ev.AnyEvent)


@pytest.mark.parametrize("table", [tickets.TABLE, windows.TABLE])
def test_every_state_is_reachable_and_every_target_is_a_state(table: dict[str, dict[Any, str]]):
    targets = {after for row in table.values() for after in row.values()}
    assert targets <= set(table)
    assert set(table) - targets <= {"", "closed"}


@pytest.mark.parametrize("state", [state for state in tickets.TABLE if state])
@pytest.mark.parametrize("event", TICKET_EVENTS)
def test_what_is_not_in_the_table_is_refused_and_cannot_be_applied(state: str, event: type[Any]):
    ticket = Ticket("t", "A001", 1, "A", "A", "ordinary", 0, 0, 0, 0, state=state)
    if event in tickets.TABLE[state]:
        tickets.require(ticket, event)
        tickets.move(ticket, event, 5)
        assert (ticket.state, ticket.since) == (tickets.TABLE[state][event], 5)
        return
    with pytest.raises(Refused):
        tickets.require(ticket, event)
    with pytest.raises(KeyError):
        tickets.move(ticket, event, 5)


def test_ended_is_ended_but_for_what_expired_with_a_day_that_goes_on():
    ended = {state for state in tickets.TABLE if state and not tickets.TABLE[state]}
    assert ended | {"expired"} == set(tickets.TABLE) - {""} - tickets.LIVE
    assert set(tickets.TABLE["expired"]) == {ev.TicketRestored}


@pytest.mark.parametrize("state", [state for state in tickets.TABLE if state])
def test_an_expired_ticket_is_restored_to_a_state_it_can_have_expired_from(state: str):
    ticket = Ticket("t", "A001", 1, "A", "A", "ordinary", 0, 0, 0, 0, state="expired")
    if state in ("waiting", "held", "missed"):
        tickets.restore(ticket, state, 5)
        assert (ticket.state, ticket.since, ticket.expired_from) == (state, 5, "")
    else:
        with pytest.raises(KeyError):
            tickets.restore(ticket, state, 5)


def test_the_page_of_states_is_current():
    page = (ROOT / "docs/states.md").read_text(encoding="utf-8")
    assert page == states.render(), "run: python -m caller.docs.states > docs/states.md"


def test_every_refusal_raised_is_in_the_table_and_none_is_idle():
    paths = [path for path in ROOT.glob("caller/**/*.py") if path.name != "refusals.py"]
    source = "".join(path.read_text(encoding="utf-8") for path in paths)
    known = set(typing.get_args(RefusalCode))
    assert set(re.findall(r'raise Refused\(\s*"([a-z-]+)"', source)) <= known
    assert not {code for code in known if f'"{code}"' not in source}
