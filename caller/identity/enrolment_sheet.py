"""The codes of the printed sheet: each enrols one station, once, at the screen itself. In DATA/stations.db.

1. A sheet is made for a whole hall before it opens; the technician walks from screen to screen with it. So its codes live
   for days (`SHEET_DAYS`), and are longer than those that a screen shows for ten minutes: ten signs of thirty, 49 bits.
2. Of a code only the hash is kept. It is used up by the transaction that makes the token: who comes second is refused.
3. A new sheet voids all codes of the one before; a station that was enrolled meanwhile keeps its token until its code
   on the new sheet is used.
4. Wrong codes are counted by the address they come from, and by all together (`SheetTries`): 49 bits at the rate of all
   addresses together last for millions of years.
5. The code with which a second PC is paired (`pairing`) lies here as well: one at a time, for `PAIRING_MINUTES`, no station.
"""

import hashlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from caller.engine import short_codes
from caller.engine.short_codes import WrongTries
from caller.identity.enrolment import put_token, writing
from caller.identity.pairing import PC
from config.instants import MINUTE, Micros

SHEET_DAYS = 7  # from printing to the last screen; what is left over is worth nothing to a finder afterwards
PAIRING_MINUTES = 10  # to walk to the other PC and type the code
_DAY = 24 * 60 * MINUTE
_TABLE = """create table if not exists sheet (hash text primary key, role text not null, name text not null,
    until integer not null, by text not null)"""
ALL_SENDERS = "*"


class SheetCode(NamedTuple):
    """What a code of the sheet stands for."""

    role: str
    name: str
    by: str  # who printed the sheet


class Redeemed(NamedTuple):
    """A station that a code has enrolled just now."""

    station: SheetCode
    token: str


def write_sheet(
    path: Path, stations: Iterable[tuple[str, str]], random: bytes, by: str, now: Micros
) -> list[str]:
    """Return a code for each of these (role, name), in their order; earlier sheets are void.

    Args:
        path: the file of stations, which exists.
        random: 32 bytes that cannot be guessed.
        by: who prints the sheet.
        now: UTC microseconds.

    Raises:
        EnrolError: the file cannot be written.
    """
    codes: list[str] = []
    with writing(path) as connection:
        connection.execute(_TABLE)
        connection.execute("delete from sheet where role<>?", (PC,))
        for role, name in stations:
            code = short_codes.make("sheet", random, f"{role}/{name}", codes)
            assert code, "30^10 codes are never all taken"
            codes.append(code)
            row = _hash(code), role, name, now + SHEET_DAYS * _DAY, by
            connection.execute("insert into sheet values (?, ?, ?, ?, ?)", row)
    return codes


def write_pairing(path: Path, name: str, random: bytes, by: str, now: Micros) -> str:
    """Return the code with which a second PC is paired as `name`; an earlier one is void. Raises `EnrolError`.

    The rest as `write_sheet`.
    """
    code = short_codes.make("sheet", random, f"{PC}/{name}", ())
    assert code
    with writing(path) as connection:
        connection.execute(_TABLE)
        connection.execute("delete from sheet where role=?", (PC,))
        row = _hash(code), PC, name, now + PAIRING_MINUTES * MINUTE, by
        connection.execute("insert into sheet values (?, ?, ?, ?, ?)", row)
    return code


def find(path: Path, code: str, now: Micros) -> SheetCode | None:
    """Return what a typed code stands for at `now` (UTC microseconds); None where it is no code, used up or too old.

    Raises `EnrolError`.
    """
    with writing(path) as connection:
        return _find(connection, code, now)


def redeem(path: Path, code: str, enrolled: str, now: Micros) -> Redeemed | None:
    """Use a typed code up and enrol its station, which a PC is none of; None as `find`. Raises `EnrolError`."""
    with writing(path) as connection:
        station = _find(connection, code, now)
        if station is None:
            return None
        connection.execute("delete from sheet where hash=?", (_hash(code),))
        if station.role == PC:
            return Redeemed(station, "")
        return Redeemed(station, put_token(connection, station.role, station.name, enrolled))


def _find(connection: sqlite3.Connection, code: str, now: Micros) -> SheetCode | None:
    connection.execute(_TABLE)
    row = connection.execute(
        "select role, name, by from sheet where hash=? and until > ?", (_hash(code), now)
    ).fetchone()
    return SheetCode(*row) if row else None


def _hash(code: str) -> str:
    return hashlib.sha256(f"sheet {short_codes.typed(code)}".encode(errors="replace")).hexdigest()


class SheetTries:
    """The wrong codes of each address, and of all."""

    def __init__(self) -> None:
        self._by_address, self._of_all = WrongTries(), WrongTries()

    def minutes_left(self, address: str, now: Micros) -> int:
        """Return for how many minutes more the codes of an address are refused; 0: they are taken."""
        left = self._by_address.minutes_left("sheet", address, now)
        return left or self._of_all.minutes_left("sheet-all", ALL_SENDERS, now)

    def note(self, address: str, now: Micros) -> None:
        """Note a wrong code from an address."""
        self._by_address.note(address, now)
        self._of_all.note(ALL_SENDERS, now)
