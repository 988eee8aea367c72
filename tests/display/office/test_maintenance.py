"""The maintenance book: what was done is kept as it was written, and the stock of paper is what the lines say."""

import threading
from pathlib import Path

import pytest

from display.office.maintenance_store import (
    LISTED_MAX,
    WORKS,
    BookLine,
    MaintenanceStore,
    PaperStock,
    UnknownPaperError,
)
from display.office.words import words_of

ROLL = "80 毫米热敏纸"


def line(at: int, subject: str = "printer-1", **more: object) -> BookLine:
    return BookLine(at, subject, "cleaned", "", "1006")._replace(**more)


def test_an_empty_hall_has_an_empty_book_for_its_owner_alone(tmp_path: Path) -> None:
    store = MaintenanceStore(tmp_path / "data")
    assert (store.lines(), store.stocks()) == ([], [])
    assert store.path.stat().st_mode & 0o077 == 0


def test_the_newest_line_is_first_and_one_device_has_its_own(tmp_path: Path) -> None:
    store = MaintenanceStore(tmp_path)
    lines = [line(1), line(2, "sign-3", work="replaced", note="换了电源'; drop table line"), line(3)]
    for each in lines:
        store.write(each)
    assert MaintenanceStore(tmp_path).lines() == lines[::-1]
    assert store.lines("sign-3") == [lines[1]]


def test_changing_a_roll_takes_one_from_the_stock_and_what_comes_in_is_a_line(tmp_path: Path) -> None:
    store = MaintenanceStore(tmp_path)
    store.set_stock(PaperStock(ROLL, 3, 2))
    assert not store.stocks()[0].is_low
    store.write(line(1, work="paper", paper=ROLL, rolls=-1))
    assert store.stocks() == [PaperStock(ROLL, 2, 2)]
    assert store.stocks()[0].is_low
    store.write(BookLine(2, "", "delivered", "", "1001", ROLL, 10))
    assert store.stocks() == [PaperStock(ROLL, 12, 2)]
    assert sum(each.rolls for each in store.lines()) == 9


def test_a_stock_never_falls_below_none(tmp_path: Path) -> None:
    store = MaintenanceStore(tmp_path)
    store.set_stock(PaperStock(ROLL, 0, 2))
    store.write(line(1, work="paper", paper=ROLL, rolls=-1))
    assert store.stocks() == [PaperStock(ROLL, 0, 2)]


def test_a_paper_that_is_kept_no_more_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    store = MaintenanceStore(tmp_path)
    store.set_stock(PaperStock(ROLL, 5, 2))
    store.write(line(1, work="paper", paper=ROLL, rolls=-1))
    store.drop_stock(ROLL)
    with pytest.raises(UnknownPaperError):
        store.write(line(2, work="paper", paper=ROLL, rolls=-1))
    assert [each.at for each in store.lines()] == [1]


def test_lines_written_at_once_are_all_there_and_the_stock_agrees(tmp_path: Path) -> None:
    store = MaintenanceStore(tmp_path)
    store.set_stock(PaperStock(ROLL, 40, 2))

    def work(first: int) -> None:
        for at in range(first, first + 5):
            store.write(line(at, work="paper", paper=ROLL, rolls=-1))

    threads = [threading.Thread(target=work, args=(each * 5,)) for each in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(each.at for each in store.lines()) == list(range(20))
    assert store.stocks()[0].rolls == 20


def test_the_list_has_an_end(tmp_path: Path) -> None:
    store = MaintenanceStore(tmp_path)
    with store._opened() as database, database:
        rows = [line(at) for at in range(LISTED_MAX + 5)]
        database.executemany(
            "insert into line (at, subject, work, note, by, paper, rolls) values (?,?,?,?,?,?,?)", rows
        )
    assert [each.at for each in store.lines()][:: LISTED_MAX - 1] == [LISTED_MAX + 4, 5]


def test_every_work_has_its_word() -> None:
    assert {f"work-{each}" for each in WORKS} <= words_of("stations").keys()
