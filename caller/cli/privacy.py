"""`hallcall forget` and `hallcall person`: what the hall holds of a person, deleted or given to them.

A person is named by their card (its number is typed unseen and leaves no trace in the shell's history), by the keyed
hash of it, by the code of an appointment or by a ticket. Deleting touches DATA/people.db alone: the log, which holds
hashes and numbers only, and every figure stay as they are.
"""

import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from caller.cli.acting import note_act
from caller.cli.log_words import told
from caller.eventlog import LOG_NAME, Reader, Record
from caller.identity import keys
from caller.identity.id_hash import BadKey, read_document
from caller.people.store import PEOPLE_NAME, PURPOSES, Entry, PeopleStore
from config.process.options import Unable, data_option
from config.text_safety import for_json

HASH_CHARS = 64
FACTS = (
    "number",
    "queue",
    "window",
    "item",
    "outcome",
    "level",
    "reasons",
    "day",
    "slot",
    "state",
)  # of one's events
FOLLOW_UP = "FollowUpOpened"
SUBJECTS = {"TicketIssued": "ticket", "AppointmentBooked": "appointment"}


class PersonKeys(NamedTuple):
    """Whom a command is about: keyed hashes, and the subjects that are theirs ("ticket/ID", "appointment/ID")."""

    hashes: list[str]
    subjects: list[str]


def _named(body: Callable[..., None]) -> Callable[..., None]:
    """Add the options by which a person is named."""
    for option in (
        click.option(
            "--ticket",
            default="",
            help="号票编号或号码，或投诉建议编号 / a ticket's id or its number, the newest; or a complaint's number",
        ),
        click.option("--code", default="", help="预约码或预约编号 / an appointment's code or id"),
        click.option("--hash", "digest", default="", help="身份证散列 / the keyed hash of a card"),
        click.option("--card", is_flag=True, help="输入身份证号，不显示 / type an ID number, unseen"),
        data_option,
    ):
        body = option(body)
    return body


@click.command()
@_named
@click.option("--expired", is_flag=True, help="删除所有用途已结束的 / all whose purpose has ended")
def forget(data: Path, card: bool, digest: str, code: str, ticket: str, expired: bool) -> None:
    """删除某人留下的文字、电话、姓名 / delete what a person left: words, phone, name. No figure changes."""
    _check_one(card, digest, code, ticket, expired)
    with _explained():
        people = PeopleStore(data)
        note_act(data, "person-deleted", "people/expired" if expired else "people/person")
        if expired:
            count = people.forget_expired(datetime.now(UTC))
        else:
            person = _person(data, card, digest, code, ticket)
            count = people.forget(person.subjects, person.hashes)
    click.echo(f"已删除 {count} 条，统计数字不变 / {count} entries deleted; no figure changes")


@click.command()
@_named
def person(data: Path, card: bool, digest: str, code: str, ticket: str) -> None:
    """某人在本大厅的全部数据，JSON / all that the hall holds of a person, as JSON."""
    _check_one(card, digest, code, ticket, False)
    with _explained():
        found = _person(data, card, digest, code, ticket)
        with Reader(data / LOG_NAME) as log:
            visits = [_visit(log, subject) for subject in found.subjects]
        note_act(data, "person-shown", "people/person")
        entries = [_entry(each) for each in PeopleStore(data).of(found.subjects, found.hashes)]
    document = {"hashes": found.hashes, "visits": visits, "given": entries}
    click.echo(msgspec.json.format(for_json(msgspec.json.encode(document).decode()), indent=2))


def _check_one(*given: object) -> None:
    if sum(map(bool, given)) != 1:
        raise Unable(
            "请给出一项：--card、--hash、--code 或 --ticket\nGive one of --card, --hash, --code, --ticket"
        )


def _person(data: Path, card: bool, digest: str, code: str, ticket: str) -> PersonKeys:
    """Find the person that the options name. Raises `Unable` where the log holds no such person."""
    hashes = _hashes(data) if card else [digest] if digest else []
    if digest and (len(digest) != HASH_CHARS or set(digest) - set("0123456789abcdef")):
        raise Unable("散列是 64 位十六进制数 / A hash is 64 hex digits")
    with Reader(data / LOG_NAME) as log:
        log.check_wal()
        if hashes:
            subjects = [each for one in hashes for each in _subjects(log, one)]
        else:
            subjects = _subjects(log, ticket or code)[-1:]
            if not subjects:
                raise Unable(f"没有 {ticket or code} / There is no {ticket or code}")
            subjects += _checked_in(log, subjects[0])
        subjects += [each for one in subjects for each in _followed(log, one)]
    return PersonKeys(hashes, subjects)


def _hashes(data: Path) -> list[str]:
    typed = click.prompt("身份证号，或 护照 号码 / ID number, or passport NUMBER", hide_input=True)
    found = read_document(typed, lambda: _secrets(data))
    if not found.person:
        raise Unable(
            "证件号不对，请核对身份证号的 18 位，护照请先写“护照”\n"
            "That is no ID number. Check all 18 characters; before a passport's number type: passport"
        )
    return found.person.split(".")


def _secrets(data: Path) -> tuple[bytes, ...]:
    """Return the keys for ID numbers; none is made here. Raises `Unable` without one, and `BadKey`."""
    if not keys.exist(data, keys.PERSON):
        raise Unable(
            f"{data} 里没有身份证号密钥，没有按证件的数据 / {data} has no key for ID numbers, so no data by card"
        )
    return keys.secrets_of(data, keys.PERSON)()


def _subjects(log: Reader, text: str) -> list[str]:
    """Return the tickets and appointments whose first event holds a text as one of its values, oldest first."""
    found: list[str] = []
    for record in log.holding(text):
        facts = record.facts
        if (name := SUBJECTS.get(facts["type"])) and text in facts.values():
            found.append(f"{name}/{facts[name]}")
        elif facts["type"] == FOLLOW_UP and text in (facts["number"], facts.get("code"), facts["follow_up"]):
            found.append(f"follow-up/{facts['follow_up']}")
    return found


def _checked_in(log: Reader, subject: str) -> list[str]:
    """Return the tickets that an appointment became."""
    kind, _, id = subject.partition("/")
    rows = log.holding(id) if kind == "appointment" else ()
    return [f"ticket/{row.facts['ticket']}" for row in rows if row.event_kind == "TicketIssued"]


def _followed(log: Reader, subject: str) -> list[str]:
    """Return the complaints and the like about a ticket, under which their words lie."""
    kind, _, id = subject.partition("/")
    rows = [row.facts for row in log.holding(id) if row.event_kind == FOLLOW_UP] if kind == "ticket" else []
    return [f"follow-up/{facts['follow_up']}" for facts in rows if facts["ticket"] == id]


def _visit(log: Reader, subject: str) -> dict[str, Any]:
    """Return what the log says of a ticket, an appointment or a follow-up."""
    name, _, id = subject.partition("/")
    rows = [row for row in log.holding(id) if row.facts.get(name.replace("-", "_")) == id]
    return {"subject": subject, "events": [_event(row) for row in rows]}


def _event(record: Record) -> dict[str, Any]:
    at = datetime.fromtimestamp(record.at / 1e6, UTC).isoformat(timespec="seconds")
    facts = record.facts
    return {"at": at, "kind": facts["type"]} | {key: facts[key] for key in facts if key in FACTS}


def _entry(entry: Entry) -> dict[str, Any]:
    purpose = PURPOSES.get(entry.purpose)
    zh, en = purpose.words if purpose else (entry.purpose, entry.purpose)
    words = {"zh": zh, "en": en}
    return {
        "subject": entry.subject, "field": entry.field, "value": entry.value, "purpose": words,
        "at": entry.at, "keep_until": entry.keep_until, **entry.about,
    }  # fmt: skip


@contextmanager
def _explained() -> Generator[None]:
    """Print an error with its next step, and exit with its code."""
    try:
        with told():
            yield
    except BadKey as error:
        raise Unable(str(error)) from None
    except (sqlite3.Error, OSError) as error:
        raise Unable(
            f"{PEOPLE_NAME} 不能使用（{error}），请稍后再试或检查磁盘\n"
            f"{PEOPLE_NAME} cannot be used: {error}. Try again later or check the disk"
        ) from None
