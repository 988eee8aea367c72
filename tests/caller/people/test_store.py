"""What a person gave is kept for its purpose, and then it is nowhere any more."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from caller.people import store as module
from caller.people.feedback_store import Feedback, FeedbackStore
from caller.people.store import PURPOSES, PeopleStore, stamp

NOW = datetime(2026, 9, 21, 2, 0, tzinfo=UTC)
HASH, OTHER = "a" * 64, "b" * 64
WORDS = "等了两个小时，没有人理我，这是很长的一段话"


@pytest.fixture
def store(tmp_path: Path) -> PeopleStore:
    return PeopleStore(tmp_path)


def fill(store: PeopleStore) -> None:
    store.keep("ticket/t-1", "complaint", "words", WORDS, NOW, about={"number": "A001"})
    store.keep("case/c-1", "answer", "contact", "13800001111", NOW, person=HASH)
    store.keep("appointment/a-1", "answer", "name", "王小明", NOW, person=OTHER)


def test_entries_are_found_by_subject_and_by_person(store: PeopleStore):
    assert store.of(["ticket/t-1"]) == []
    assert not store.path.exists()  # looking makes nothing
    fill(store)
    assert [each.value for each in store.of(["ticket/t-1", "ticket/none"])] == [WORDS]
    assert [each.subject for each in store.of([], [HASH])] == ["case/c-1"]
    (entry,) = store.of(["appointment/a-1"])
    assert (entry.field, entry.purpose, entry.keep_until) == (
        "name",
        "answer",
        stamp(NOW + timedelta(days=60)),
    )
    assert store.of([], [""]) == []  # an entry without a person is nobody's


@pytest.mark.parametrize("purpose", PURPOSES)
def test_an_entry_is_deleted_when_its_purpose_has_ended_and_not_before(store: PeopleStore, purpose: str):
    store.keep("ticket/t-1", purpose, "words", WORDS, NOW)
    end = NOW + timedelta(days=PURPOSES[purpose].days)
    assert store.forget_expired(end) == 0
    assert store.forget_expired(end + timedelta(seconds=1)) == 1
    assert store.find("1") == []


def test_nobody_else_writes_between_the_choice_of_what_is_deleted_and_its_end(
    store: PeopleStore, monkeypatch: pytest.MonkeyPatch
):
    """A deletion that another process's writing came in between was given up, and the follower that asked for it with it."""
    fill(store)
    connect, tried = sqlite3.connect, list[str]()

    class Watched(sqlite3.Connection):
        def execute(self, sql: str, /, *values: Any) -> sqlite3.Cursor:
            found = super().execute(sql, *values)
            if sql.startswith("select id from entry"):
                other = connect(store.path, timeout=0.0)
                with closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
                    other.execute("begin immediate")
                tried.append(sql)
            return found

    monkeypatch.setattr(module.sqlite3, "connect", partial(connect, factory=Watched))
    assert store.delete("subject = ?", ["ticket/t-1"]) == 1
    assert tried


@pytest.mark.parametrize("wrong", [datetime(1970, 1, 1, tzinfo=UTC), NOW + timedelta(days=4000)])
def test_what_a_wrong_clock_dated_is_kept_as_long_as_anything(
    store: PeopleStore, wrong: datetime, monkeypatch: pytest.MonkeyPatch
):
    """Words given after a dead battery were deleted the next night; the twin, which believes every date, deletes them."""
    store.keep("ticket/t-1", "complaint", "words", WORDS, wrong)
    assert store.forget_expired(NOW) == 0
    (entry,) = store.find("1")
    assert (entry.at, entry.keep_until) == (stamp(NOW), stamp(NOW + timedelta(days=180)))
    monkeypatch.setattr(PeopleStore, "_date_anew", lambda _self, _now: None)
    store.keep("ticket/t-2", "complaint", "words", WORDS, datetime(1970, 1, 1, tzinfo=UTC))
    assert store.forget_expired(NOW) == 1


def test_forgetting_one_leaves_the_others(store: PeopleStore):
    fill(store)
    assert store.forget(["ticket/t-1"], [HASH]) == 2
    assert [each.value for each in store.find("1")] == ["王小明"]


@pytest.mark.parametrize("secure", [True, False])
def test_what_is_deleted_is_not_in_the_file(
    store: PeopleStore, monkeypatch: pytest.MonkeyPatch, secure: bool
):
    """Many rows, of which those in the middle go. The twin: an ordinary delete leaves the words."""
    for n in range(300):
        store.keep(f"ticket/t-{n}", "complaint", "words", f"{WORDS}#{n:04d}#" + "长" * (n % 90), NOW)
    if secure:
        assert store.forget(f"ticket/t-{n}" for n in range(40, 260)) == 220
    else:
        with closing(sqlite3.connect(store.path)) as database, database:
            database.execute("pragma secure_delete = off")
            database.execute("delete from entry where id between 41 and 260")
    content = store.path.read_bytes()
    assert f"#{10:04d}#".encode() in content
    assert any(f"#{n:04d}#".encode() in content for n in range(40, 260)) is not secure
    assert len(store.find("1")) == 80


def test_the_file_and_what_sqlite_puts_beside_it_are_for_the_owner_only(store: PeopleStore):
    fill(store)
    assert [(each.name, each.stat().st_mode & 0o777) for each in store.path.parent.iterdir()] == [
        ("people.db", 0o600)
    ]


# --- letters


def letter(id: str, kind: str = "complaint", contact: str = "1380000", at: datetime = NOW) -> Feedback:
    return Feedback(id, "A001", "3", kind, 2 if kind == "rating" else 0, WORDS, contact, stamp(at))  # pyright: ignore[reportArgumentType]


def test_a_contact_is_forgotten_before_the_words_it_came_with(store: PeopleStore, tmp_path: Path):
    letters = FeedbackStore(tmp_path)
    letters.put(letter("t-1", "rating"))
    assert store.forget_expired(NOW + timedelta(days=61)) == 1
    (kept,) = letters.newest()
    assert (kept.text, kept.contact, kept.level) == (WORDS, "", 2)
    assert b"1380000" not in store.path.read_bytes()


def test_with_a_letter_its_contact_goes(store: PeopleStore, tmp_path: Path):
    letters = FeedbackStore(tmp_path)
    letters.put(letter("t-1"))
    assert letters.delete(letters.newest()[0].id)
    assert store.find("1") == []


OLDER = (
    "create table opinions (id integer primary key autoincrement, ticket text not null, number text not null,"
    " window text not null, kind text not null, level integer not null, text text not null, contact text not null,"
    " at text not null)"
)


def test_letters_of_an_older_version_are_moved_and_keep_their_numbers(store: PeopleStore, tmp_path: Path):
    with closing(sqlite3.connect(store.path)) as database, database:
        database.execute(OLDER)
        for n in range(1, 6):
            row = (
                f"t-{n}",
                f"A00{n}",
                "3",
                "praise",
                0,
                f"{WORDS}{n}",
                "1380000" if n == 2 else "",
                stamp(NOW),
            )
            database.execute("insert into opinions values (null, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        database.execute("delete from opinions where id > 3")
    letters = FeedbackStore(tmp_path)
    assert [(each.id, each.ticket, each.number, each.contact) for each in letters.newest()] == [
        (3, "t-3", "A003", ""), (2, "t-2", "A002", "1380000"), (1, "t-1", "A001", ""),
    ]  # fmt: skip
    assert letters.put(letter("t-9"))
    assert letters.newest()[0].id > 5  # numbers that were given once are never given again
    assert b"opinions" not in store.path.read_bytes()


def test_an_upgrade_that_is_killed_leaves_the_older_file(store: PeopleStore, monkeypatch: pytest.MonkeyPatch):
    with closing(sqlite3.connect(store.path)) as database, database:
        database.execute(OLDER)
        row = ("t-1", "A001", "3", "praise", 0, WORDS, "", stamp(NOW))
        database.execute("insert into opinions values (null, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def killed(_connection: sqlite3.Connection) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "_move_opinions", killed)
        with pytest.raises(KeyboardInterrupt):
            store.find("1")
    assert [each.value for each in store.find("1")] == [WORDS]
