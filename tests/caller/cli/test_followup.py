"""`hallcall followup` against a real caller: a complaint from opened to closed, appealed and owned anew."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from caller.cli.followup import _moved_in_words, _row
from caller.engine.commands import OpenFollowUp
from caller.eventlog import LOG_NAME
from caller.people.store import PeopleStore
from config.instants import instant
from config.reading.reader import read
from tests.instruments.running_hall import REPO, RunningHall, hallcall

ANSWER = "经核实，当日已道歉并改正"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("duty"), REPO / "config/halls/county.toml").start()
    running.open("1")
    yield running
    running.close()


def followup(hall: RunningHall, *arguments: str) -> tuple[int, str]:
    """The command as staff type it; its exit code and all it prints."""
    place = [str(hall.hall), "--data", str(hall.data), "--caller", hall.caller.address]
    place += ["--token", hall.tokens["manager", "m1"]]
    return hallcall("followup", arguments[0], *place, *arguments[1:])


def listed(hall: RunningHall) -> dict[str, Any]:
    return {each["number"]: each for each in json.loads(followup(hall, "list", "--json")[1]).values()}


def test_a_complaint_goes_from_hand_to_hand_and_another_person_closes_it(hall: RunningHall) -> None:
    ticket = hall.take("A")["ticket"]
    number = hall.send(OpenFollowUp(ticket))["number"]
    assert listed(hall)[number]["state"] == "opened"
    assert followup(hall, "assign", number, "--staff", "9", "--owner", "7")[0] == 0
    assert followup(hall, "step", number, "--staff", "7", "--code", "phoned")[0] == 0

    code, text = followup(hall, "answer", number, "--staff", "7", "--code", "upheld", "--words", ANSWER)
    assert code == 0, text
    code, text = followup(hall, "approve", number, "--staff", "7")
    assert (code, "另一人" in text, "another person" in text) == (1, True, True), text
    assert followup(hall, "approve", number, "--staff", "9")[0] == 0

    code, text = followup(hall, "show", number)
    assert code == 0
    assert ANSWER in text
    assert "属实" in text
    found = listed(hall)[number]
    assert (found["state"], found["finding"], found["steps"], found["light"]) == (
        "closed",
        "upheld",
        1,
        "grey",
    )
    with sqlite3.connect(f"file:{hall.data / LOG_NAME}?mode=ro", uri=True) as log:
        assert ANSWER not in str(log.execute("select * from event").fetchall())

    assert followup(hall, "appeal", number, "--staff", "9")[0] == 0
    code, text = followup(hall, "assign", number, "--staff", "7")
    assert (code, "another person" in text) == (1, True), text


def test_a_refused_answer_leaves_no_words_behind(hall: RunningHall) -> None:
    ticket = hall.take("A")["ticket"]
    number = hall.send(OpenFollowUp(ticket))["number"]
    followup(hall, "assign", number, "--staff", "7")
    code, text = followup(hall, "answer", number, "--staff", "7", "--code", "nonsense", "--words", ANSWER)
    assert (code, "upheld" in text) == (1, True), text
    assert PeopleStore(hall.data).of([f"ticket/{ticket}"]) == []
    assert ANSWER not in followup(hall, "show", number)[1]


def test_what_is_not_there_is_told_with_what_is(hall: RunningHall) -> None:
    number = hall.send(OpenFollowUp(hall.take("A")["ticket"]))["number"]
    code, text = followup(hall, "assign", "F1999-0001", "--staff", "7")
    assert (code, number in text) == (2, True), text
    code, text = followup(hall, "assign", number, "--staff", "7" * 40)
    assert (code, "工号" in text) == (2, True), text
    code, text = followup(hall, "list")
    assert (code, number in text, "待分派" in text) == (0, True, True), text


def test_a_date_that_has_not_moved_is_told_to_nobody(hall: RunningHall) -> None:
    number = hall.send(OpenFollowUp(hall.take("A")["ticket"]))["number"]
    code, text = followup(hall, "told", number, "--staff", "9", "--way", "call")
    assert (code, "没有变动" in text, "has not moved" in text) == (2, True, True), text


def test_a_moved_date_stands_in_the_list_and_in_what_is_shown_with_both_dates_and_how_it_was_told() -> None:
    day = 86_400_000_000
    due = instant("2026-09-29", "00:00", "Asia/Shanghai") - 1
    line = {
        "number": "F2026-0001", "kind": "complaint", "state": "opened", "window": "1", "owner": "", "finding": "",
        "due": due + day, "provisional": False, "before": due, "why_moved": "notice", "told": "", "light": "green",
        "steps": 0,
    }  # fmt: skip
    settings = read(REPO / "config/halls/county.toml")
    assert "2026-09-29 原 was 2026-09-28 未告知 not told" in _row(settings, line)
    assert "2026-09-28 → 2026-09-29" in _moved_in_words(settings, line)
    assert "放假安排" in _moved_in_words(settings, line)
    assert "电话 call" in _moved_in_words(settings, line | {"told": "call"})
    assert "2026-09-29 原 was 2026-09-28" in _row(settings, line | {"told": "call"})
