"""`hallcall case` against a real caller: a case from opened to closed, its papers, and a person forgotten."""

import sqlite3
from collections.abc import Iterator

import pytest

from caller.eventlog import LOG_NAME
from tests.instruments.running_hall import REPO, RunningHall, hallcall

NAME, PHONE = "欧阳示例", "13800000000"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("case"), REPO / "config/halls/county.toml").start()
    yield running
    running.close()


def case(hall: RunningHall, *arguments: str, group: str = "case") -> tuple[int, str]:
    """The command as staff type it; its exit code and all it prints."""
    place = [str(hall.hall), "--data", str(hall.data), "--caller", hall.caller.address]
    place += ["--token", hall.tokens["manager", "m1"]]
    return hallcall(group, arguments[0], *place, *arguments[1:])


def test_a_case_goes_from_opened_to_closed_and_its_person_can_be_forgotten(hall: RunningHall) -> None:
    item = next(each.id for each in hall.settings.items if (each.promised_days or 0) >= 5)
    code, text = case(
        hall, "open", item, "--window", "1", "--applicant", NAME, "--phone", PHONE, "--staff", "2001"
    )
    assert code == 0, text
    number = text.split()[0]
    assert NAME in case(hall, "show", number)[1]
    assert case(hall, "extend", number, "--days", "3", "--code", "complex", "--staff", "2001")[0] == 0
    code, text = case(hall, "extend", number, "--days", "3", "--code", "complex", "--staff", "2001")
    assert (code, "已延期过" in text, "extended before" in text) == (1, True, True), text
    assert "未告知" in case(hall, "list")[1]
    assert case(hall, "tell", number, "--way", "call", "--staff", "2001")[0] == 0

    paper = hall.data / "delay.html"
    code, text = case(hall, "print", number, "--paper", "delay", "--html", str(paper))
    assert code == 0, text
    assert all(words in paper.read_text("utf-8") for words in (NAME, "情况复杂", number))
    with sqlite3.connect(hall.data / "people.db") as people:
        people.execute("delete from entry")
    assert case(hall, "print", number, "--paper", "delay", "--html", str(paper))[0] == 0
    assert NAME not in paper.read_text("utf-8")

    assert case(hall, "take", number.lower(), "--staff", "1007")[0] == 0
    assert case(hall, "decide", number, "--decision", "granted", "--staff", "1007")[0] == 0
    assert case(hall, "close", number, "--staff", "1007")[0] == 0
    code, text = case(hall, "take", number, "--staff", "1007")
    assert (code, "已办结" in text) == (1, True), text
    with sqlite3.connect(f"file:{hall.data / LOG_NAME}?mode=ro", uri=True) as log:
        kept = str(log.execute("select * from event").fetchall())
    assert NAME not in kept
    assert PHONE not in kept


def test_a_notice_of_missing_papers_is_printed_by_the_command_that_a_window_without_a_printer_offers(
    hall: RunningHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = next(
        each for each in hall.settings.items if (each.promised_days or 0) >= 5 and len(each.papers) > 1
    )
    number = case(hall, "open", item.id, "--window", "1", "--received", "--staff", "2001")[1].split()[0]
    code, text = case(hall, "ask", number, "--wrong", f"{item.papers[0]}:expired", "--staff", "2001")
    assert code == 0, text
    voucher = text.split()[-1]
    assert voucher.isdecimal()
    code, listed = case(hall, "list")
    assert (code, "等补正至 papers by" in listed) == (0, True), listed
    paper = hall.data / "missing.html"
    code, text = case(hall, "print", voucher, "--paper", "missing", "--html", str(paper))
    assert code == 0, text
    page = paper.read_text("utf-8")
    assert all(words in page for words in (item.papers[0], "已过期", voucher, number))
    code, text = case(hall, "print", "0000000000", "--paper", "missing", "--html", str(paper))
    assert (code, "0000000000" in text) == (2, True), text
