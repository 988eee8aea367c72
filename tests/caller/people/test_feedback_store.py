"""A person's own words can be forgotten, and one ticket has its say a few times."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from caller.people.feedback_store import BOXED_MAX, Feedback, FeedbackStore, stamp

NOW = datetime(2026, 9, 21, 2, 0, tzinfo=UTC)
WORDS = "我姓王，电话在下面，复印了三次"


def opinion(ticket: str = "ticket-1", **more: Any) -> Feedback:
    given = {
        "number": "A001",
        "window": "3",
        "kind": "complaint",
        "level": 0,
        "text": WORDS,
        "contact": "1380000",
    }
    return Feedback(ticket=ticket, **({"at": stamp(NOW)} | given | more))  # pyright: ignore[reportArgumentType]


@pytest.fixture
def box(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path)


def test_what_was_written_is_read_again_newest_first(box: FeedbackStore) -> None:
    box.put(opinion())
    box.put(opinion("ticket-2", kind="rating", level=2, window="5"))
    newest, oldest = box.newest()
    assert (newest.ticket, newest.kind, newest.level, newest.window) == ("ticket-2", "rating", 2, "5")
    assert (oldest.text, oldest.contact, oldest.at) == (WORDS, "1380000", "2026-09-21T02:00:00Z")


def test_only_the_hall_may_read_the_file(box: FeedbackStore) -> None:
    box.put(opinion())
    assert box.path.stat().st_mode & 0o077 == 0


def test_a_ticket_has_its_say_a_few_times_and_its_rating_once_more(box: FeedbackStore) -> None:
    assert [box.put(opinion()) for _ in range(BOXED_MAX + 1)] == [True] * BOXED_MAX + [False]
    assert box.put(opinion(kind="rating", level=1))
    assert not box.put(opinion(kind="rating", level=1))
    assert box.left("ticket-1") == 0
    assert box.left("ticket-2") == BOXED_MAX
    assert box.put(opinion("ticket-2"))


UNGUARDED = """insert into entry (subject, person, purpose, field, value, about, at, keep_until, parent)
    values ('ticket/ticket-1', '', 'praise', 'words', 'x', '{"number":"","window":"","level":0}', '', '', 0)"""


def together(act: Any, count: int = 12) -> int:
    with ThreadPoolExecutor(count) as pool:
        return sum(pool.map(lambda _: act(), range(count)))


def test_letters_sent_at_once_do_not_slip_past_the_limit(box: FeedbackStore) -> None:
    box.left("")  # the file is there
    assert together(lambda: box.put(opinion())) == BOXED_MAX
    assert len(box.newest()) == BOXED_MAX


def test_twin_looking_first_and_writing_after_lets_too_many_in(box: FeedbackStore) -> None:
    barrier = Barrier(12)

    def careless() -> bool:
        free = box.left("ticket-1") > 0
        barrier.wait(60)  # all have looked before anybody writes
        with closing(sqlite3.connect(box.path, timeout=60)) as database, database:
            database.execute(UNGUARDED)
        return free

    assert together(careless) > BOXED_MAX


def test_a_deleted_letter_is_gone_from_the_disk(box: FeedbackStore) -> None:
    box.put(opinion())
    (kept,) = box.newest()
    assert WORDS.encode() in box.path.read_bytes()
    assert box.delete(kept.id)
    assert not box.delete(kept.id)
    assert box.newest() == []
    assert WORDS.encode() not in box.path.read_bytes()
    assert [each.name for each in box.path.parent.iterdir()] == [box.path.name]


def test_twin_an_ordinary_delete_leaves_the_words_behind(box: FeedbackStore) -> None:
    box.put(opinion())
    with sqlite3.connect(box.path) as database:
        database.execute("pragma secure_delete = off")
        database.execute("delete from entry")
    assert WORDS.encode() in box.path.read_bytes()


def test_a_number_is_never_given_to_another_letter(box: FeedbackStore) -> None:
    box.put(opinion())
    (first,) = box.newest()
    box.delete(first.id)
    box.put(opinion())
    assert box.newest()[0].id > first.id


def test_what_is_older_than_so_many_days_is_forgotten(box: FeedbackStore) -> None:
    for days in (0, 29, 31, 400):
        box.put(opinion(f"ticket-{days}", at=stamp(NOW - timedelta(days=days))))
    assert box.purge(30, NOW) == 2
    assert [each.ticket for each in box.newest()] == ["ticket-29", "ticket-0"]
