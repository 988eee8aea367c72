"""Test instrument: an independent checker of a log in PostgreSQL. It knows the rule of the chain, and nothing of the product.

hash = SHA-256(hash before + [seq,at,"command","role","station","kind",body]), with the account last where there is one
"""

import hashlib
import json
from collections import Counter
from typing import NamedTuple

import psycopg

ROWS = "select seq, at, command, role, station, kind, body, hash, account from hallcall.event order by seq"


class Checked(NamedTuple):
    """What was found: how many rows, and for each acknowledged command that is not in the log exactly as told, why."""

    rows: int
    faults: list[str]
    numbers: int  # given
    calls: int


def check(
    address: str, site: str, acknowledged: dict[str, str], called: dict[str, str] | None = None
) -> Checked:
    """Compare a log with what stations were told, and count again.

    `acknowledged`: by the id of a command that took a number, that number. `called`: by the id of one that called, the ticket.
    Numbers of a queue have no gap, none is given twice, and no ticket is called by two presses.
    """
    with psycopg.connect(address) as database:
        rows = database.execute(ROWS).fetchall()
        noted = dict(database.execute("select key, value from hallcall.meta").fetchall())
    faults: list[str] = []
    calls: dict[str, list[str]] = {}  # tickets by command
    before, numbers = hashlib.sha256(f"hallcall log of {site}".encode()).digest(), dict[str, list[str]]()
    for place, (seq, at, command, role, station, kind, body, digest, account) in enumerate(rows, 1):
        words = [
            str(seq),
            str(at),
            *(json.dumps(each, ensure_ascii=False) for each in (command, role, station, kind)),
            body,
        ]
        text = ",".join([*words, json.dumps(account, ensure_ascii=False)] if account else words)
        before = hashlib.sha256(before + f"[{text}]".encode()).digest()
        if (seq, bytes(digest)) != (place, before):
            faults.append(f"row {place}: seq {seq}, another hash")
        if kind == "TicketIssued":
            numbers.setdefault(command, []).append(json.loads(body)["number"])
        if kind == "TicketCalled":
            calls.setdefault(command, []).append(json.loads(body)["ticket"])
    if rows and noted["head"] != f"{len(rows)} {before.hex()}":
        faults.append("the head is noted otherwise")
    for command, number in acknowledged.items():
        if numbers.get(command) != [number]:
            faults.append(f"told {number} for {command}, in the log {numbers.get(command)}")
    for command, ticket in (called or {}).items():
        if calls.get(command) != [ticket]:
            faults.append(f"told that {ticket} is called by {command}, in the log {calls.get(command)}")
    given = [each for several in numbers.values() for each in several]
    tickets = [each for several in calls.values() for each in several]
    faults += [f"{each} was given twice" for each, count in Counter(given).items() if count > 1]
    faults += [f"{each} was called twice" for each, count in Counter(tickets).items() if count > 1]
    faults += gaps(given)
    return Checked(len(rows), faults, len(given), len(tickets))


def gaps(numbers: list[str]) -> list[str]:
    """Return what is missing between the first and the last number of each queue, by the letter before the digits."""
    serials: dict[str, set[int]] = {}
    for each in numbers:
        letter = each.rstrip("0123456789")
        serials.setdefault(letter, set()).add(int(each[len(letter) :]))
    return [
        f"{letter}{missing} was never given"
        for letter, found in serials.items()
        for missing in range(min(found), max(found))
        if missing not in found
    ]
