"""The maintenance book of a hall: what was done to which device, when and by whom; and the stock of paper. DATA/maintenance.db.

1. The book is not in the event log: what a technician writes is typed, and the log keeps every word for ever. Lines are
   added and never changed; the newest `LISTED_MAX` are shown.
2. A kind of paper has a count and the count from which it is low. Changing a roll takes one from the stock in the same
   transaction that writes the line; what comes in is a line too, so that the book explains each count.
3. One process writes (the office), in a thread. A hall without a book has an empty one.
"""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from caller.people.store import check_calls, wait_given
from config import owner_only
from config.instants import Micros

BOOK_NAME = "maintenance.db"
LISTED_MAX = 500
NOTE_MAX, PAPER_MAX = 200, 40  # characters
BUSY_SECONDS = 5.0
Work = Literal["paper", "cleaned", "repaired", "replaced", "checked", "other", "delivered"]
WORKS: tuple[Work, ...] = get_args(Work)
AT_DEVICE = tuple(each for each in WORKS if each != "delivered")  # the last one is about a stock
TABLES = """create table if not exists line (id integer primary key autoincrement, at integer not null,
    subject text not null, work text not null, note text not null, by text not null, paper text not null,
    rolls integer not null);
create table if not exists stock (paper text primary key, rolls integer not null, low integer not null);"""


class BookLine(NamedTuple):
    """One line. `subject`: a device's name, or "" of what came into a stock; `rolls`: used (negative) or come in."""

    at: Micros
    subject: str
    work: Work
    note: str
    by: str
    paper: str = ""
    rolls: int = 0


class PaperStock(NamedTuple):
    """A kind of paper: how many rolls there are, and from how many down it is low."""

    paper: str
    rolls: int
    low: int

    @property
    def is_low(self) -> bool:
        return self.rolls <= self.low


class UnknownPaperError(Exception):
    """The stock has no such paper."""


class MaintenanceStore:
    """The book of one hall. Each call opens the file anew: there are a few lines a day. Raises `sqlite3.Error`, `OSError`."""

    def __init__(self, data: Path) -> None:
        self.path = data / BOOK_NAME

    def write(self, line: BookLine) -> None:
        """Write a line; what it says of a paper changes the stock. Raises `UnknownPaperError`, and writes nothing."""
        with self._changing() as database, database:
            if line.paper:
                query = "update stock set rolls = max(0, rolls + ?) where paper = ?"
                if not database.execute(query, (line.rolls, line.paper)).rowcount:
                    raise UnknownPaperError(line.paper)
            fields = "at, subject, work, note, by, paper, rolls"
            database.execute(f"insert into line ({fields}) values (?,?,?,?,?,?,?)", line)

    def set_stock(self, stock: PaperStock) -> None:
        """Count a kind of paper anew, or begin to keep it."""
        with self._changing() as database, database:
            database.execute("insert or replace into stock values (?, ?, ?)", stock)

    def drop_stock(self, paper: str) -> None:
        """Keep a kind of paper no more; its lines stay."""
        with self._changing() as database, database:
            database.execute("delete from stock where paper = ?", (paper,))

    def lines(self, subject: str = "") -> list[BookLine]:
        """Return the newest lines first, those about one subject where one is given."""
        where, values = ("where subject = ?", (subject,)) if subject else ("", ())
        fields = "at, subject, work, note, by, paper, rolls"
        with self._opened() as database:
            rows = database.execute(
                f"select {fields} from line {where} order by id desc limit {LISTED_MAX}", values
            ).fetchall()
        return [BookLine(*row) for row in rows]

    def stocks(self) -> list[PaperStock]:
        """Return the stock of each kind of paper, by name."""
        with self._opened() as database:
            rows = database.execute("select paper, rolls, low from stock order by paper").fetchall()
        return [PaperStock(*row) for row in rows]

    @contextmanager
    def _changing(self) -> Generator[sqlite3.Connection]:
        check_calls(self.path.parent)
        with self._opened() as database:
            yield database
        wait_given(self.path)

    @contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        owner_only.make_folder(self.path.parent)
        owner_only.make_file(self.path)
        with closing(sqlite3.connect(self.path, timeout=BUSY_SECONDS)) as connection:
            connection.executescript(TABLES)
            yield connection
