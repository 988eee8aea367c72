"""The live numbers of persons: one number a person, client and item, and whose errand a number is. Pure.

1. A person is known by the keyed hash of a card or of what was typed, under the key of today or the one before
   (`person_hashes`); without one there is nothing to compare, and a second number is given.
2. A missed number that may come back bars another: its holder requeues it. One that comes back no more bars no other, for the
   words of its refusal are "take a new number"; it is void with the new one.
3. An agent has a number of their own beside those for clients, and one for each client.
4. The ticket in hand bars nothing: an item is added to one's own number.
"""

from collections.abc import Container
from itertools import product

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.refusals import Refused
from caller.engine.state import HallState
from caller.engine.tickets import Ticket
from config.settings import Queue


def held_by(hall: HallState, hashes: Container[str]) -> list[Ticket]:
    """Return the live numbers of the person known by these hashes, each once, those for clients too."""
    ids = dict.fromkeys(id for (person, _, _), id in hall.live_persons.items() if person in hashes)
    return [hall.state.tickets[id] for id in ids]


def need_no_live_ticket(
    hall: HallState, command: cmd.TakeTicket, queue: Queue, own: str = ""
) -> list[ev.AnyEvent]:
    """Refuse a second live ticket for a person, client and item, where one of the two is known and the hall has the
    rule; `own`: the ticket in hand. Return what is void with the new one: a missed number that comes back no more."""
    void: dict[str, ev.AnyEvent] = {}
    if not (command.person or command.client) or not hall.settings.rules.one_live_ticket:
        return []
    clients = cmd.person_hashes(command.client if client_of(command.person, command.client) else "")
    for key in product(cmd.person_hashes(command.person), clients, command.items or [queue.id]):
        ticket = hall.state.tickets.get(hall.live_persons.get(key, ""))
        if ticket is None or ticket.id == own:
            continue
        if ticket.state != "missed" or ticket.requeues < hall.settings.rules.requeue_max:
            code = "client-ticket" if key[1] else "live-ticket"
            raise Refused(code, number=ticket.number, ticket=ticket.id)
        void[ticket.id] = ev.TicketCancelled(ticket=ticket.id)
    return [*void.values()]


def client_of(person: str, client: str) -> str:
    """Return the hash under which a client is noted; empty for who is one's own client."""
    if not client:
        return ""
    hashes = cmd.person_hashes(client)
    return "" if set(hashes) & set(cmd.person_hashes(person)) else hashes[0]


def errand_of(hall: HallState, person: str) -> int:
    """Return which of the agent's tickets for clients on this day the next one is, from 1."""
    known = cmd.person_hashes(person)
    agents = (ticket.person for ticket in hall.state.tickets.values() if ticket.client)
    return 1 + sum(agent in known for agent in agents if agent)
