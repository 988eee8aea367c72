"""Test instrument: an independent checker of a log in PostgreSQL. It knows the rule of the chain, and nothing of the product.

hash = SHA-256(hash before + [seq,at,"command","role","station","kind",body]), with the account last where there is one
"""

import hashlib
import json
from typing import NamedTuple

import psycopg

ROWS = "select seq, at, command, role, station, kind, body, hash, account from hallcall.event order by seq"


class Checked(NamedTuple):
    """What was found: how many rows, and for each acknowledged command that is not in the log exactly as told, why."""

    rows: int
    faults: list[str]


def check(address: str, site: str, acknowledged: dict[str, str]) -> Checked:
    """Compare a log with what stations were told. `acknowledged`: by the id of a command that took a number, that number."""
    with psycopg.connect(address) as database:
        rows = database.execute(ROWS).fetchall()
        noted = dict(database.execute("select key, value from hallcall.meta").fetchall())
    faults: list[str] = []
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
    if rows and noted["head"] != f"{len(rows)} {before.hex()}":
        faults.append("the head is noted otherwise")
    for command, number in acknowledged.items():
        if numbers.get(command) != [number]:
            faults.append(f"told {number} for {command}, in the log {numbers.get(command)}")
    given = [each for several in numbers.values() for each in several]
    faults += [f"{each} was given twice" for each in {each for each in given if given.count(each) > 1}]
    return Checked(len(rows), faults)
