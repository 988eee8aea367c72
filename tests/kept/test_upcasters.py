"""Every reader of the log reads what an older version wrote under other names, as if it were of today; and what only a
newer version knows stops each of them with a clear message, or is shown as it stands.

The events of the kept folder are written three times: as they are, under names that no version ever had (`OLDER`,
with upcasters of this test alone), and with an event of the future behind them.
"""

import ast
import json
import queue
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from caller.eventlog import LOG_NAME, Batch, EventLog, LogError, Reader, chain, export_line
from caller.eventlog.chain import Record, Upcaster
from caller.eventlog.checkpoints import load_prepared, preparing
from caller.eventlog.daily_roots import DayRoot, root_due, roots_in
from caller.service.idempotency import VERSION
from caller.service.preparation import Preparation
from tests.instruments.event_logs import root_event
from tests.kept import facts
from tests.kept.facts import Facts, copied, loop_of
from tests.kept.test_kept import EXPECTED, KEPT, NOW, SETTINGS

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds for one commit
FUTURE = "TicketTeleported"


class OlderName(NamedTuple):
    """What an event is called in the log written for this test, and the one field of it that has another name."""

    kind: str
    field: str
    older: str


OLDER = {
    "DayOpened": OlderName("DayStarted", "day", "date"),
    "DayClosed": OlderName("DayEnded", "day", "date"),
    "DayRooted": OlderName("RootWritten", "ratings", "rated"),
    "TicketIssued": OlderName("NumberGiven", "number", "no"),
    "TicketCalled": OlderName("NumberCalled", "window", "counter"),
    "ServiceRated": OlderName("RatingGiven", "level", "stars"),
    "AppointmentBooked": OlderName("SlotBooked", "code", "reference"),
}


def renamed(body: Facts, old: str, new: str) -> Facts:
    return {new if name == old else name: value for name, value in body.items()}


def older(kind: str, body: Facts) -> tuple[str, Facts]:
    """An event of today as the version before would have written it."""
    if (name := OLDER.get(kind)) is None:
        return kind, body
    return name.kind, renamed(body, name.field, name.older) | {"type": name.kind}


UPCASTERS = {
    name.kind: Upcaster(kind, lambda body, name=name: renamed(body, name.older, name.field))
    for kind, name in OLDER.items()
}


def as_it_is(kind: str, body: Facts) -> tuple[str, Facts]:
    return kind, body


def text(body: Facts) -> str:
    return msgspec.json.encode(body).decode()


def add_rows(data: Path, site: str, rows: Iterable[Record]) -> None:
    """Commit rows of whatever version, linked to what the log holds; their seq and hash are made anew."""
    log, batch = EventLog(data / LOG_NAME, site), Batch()
    seq, digest = log.head
    for row in rows:
        seq, who = seq + 1, (row.command, row.role, row.station)
        digest = chain.link(digest, seq, row.at, *who, row.kind, row.body.encode())
        batch.rows.append((seq, row.at, *who, row.kind, row.body, digest, ""))
    settled: queue.SimpleQueue[LogError | None] = queue.SimpleQueue()
    log.start(lambda _batches, error: settled.put(error))
    log.write(batch)
    assert settled.get(timeout=PATIENCE) is None
    log.close()


Names = Callable[[str, Facts], tuple[str, Facts]]


def written(folder: Path, name_of: Names) -> Path:
    """A data folder with the kept events under these names, and a root behind them for the newest closed day."""
    data = copied(KEPT / "data", folder)
    with Reader(data / LOG_NAME) as reader:
        rows, site = list(reader.after(0)), reader.site
    for file in [*data.glob(f"{LOG_NAME}*"), data / "records.db"]:
        file.unlink()
    add_rows(
        data,
        site,
        [
            row._replace(kind=(name := name_of(row.kind, row.as_written))[0], body=text(name[1]))
            for row in rows
        ],
    )
    with Reader(data / LOG_NAME) as reader:
        due = root_due(reader) or DayRoot("2026-11-20", 1, 1, 0, "0" * 64)
    kind, body = name_of("DayRooted", msgspec.to_builtins(root_event(due)))
    add_rows(
        data,
        site,
        [rows[-1]._replace(command="root-1", role="caller", station="", kind=kind, body=text(body))],
    )
    return data


@pytest.fixture
def today(tmp_path: Path) -> Path:
    return written(tmp_path / "today", as_it_is)


@pytest.fixture
def before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind, upcast in UPCASTERS.items():
        monkeypatch.setitem(chain.UPCASTERS, kind, upcast)
    return written(tmp_path / "before", older)


# --- the readers


def answer(*arguments: object) -> tuple[int, str]:
    """The exit code and the text of a command, without how long it took and the hashes: rows of other names have others."""
    result = facts.run(*arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, re.sub(r"\b[0-9a-f]{64}\b|took [0-9.]+ s", "", result.output)


def state(data: Path) -> Facts:
    """What a caller recovers that starts on the log."""
    with loop_of(data, SETTINGS, NOW["data"]) as (loop, log):
        days = facts.days_of(log.recover(full=True).records, SETTINGS)
        return {"state": facts.state_of(loop.hall), "days": days}


def prepared(data: Path) -> bytes:
    """The state that `hallcall log prepare` leaves for a start."""
    with Reader(data / LOG_NAME) as reader, preparing(data):
        Preparation(reader, SETTINGS, reader.path.parent).run(lambda _done, _last: None)
    found = load_prepared(data, VERSION)
    assert found
    return found.state


def roots(data: Path) -> list[tuple[str, int, int, int]]:
    with Reader(data / LOG_NAME) as reader:
        return [root[:4] for root in roots_in(reader)]


VISIT = EXPECTED["data"]["kiosk"]["visit"]
BOOKED = next(iter(EXPECTED["data"]["state"]["appointments"].values()))["code"]
PERSON = next(iter(EXPECTED["data"]["people"].values()))
READERS: dict[str, Callable[[Path], Any]] = {
    "a start": state,
    "log prepare": prepared,
    "log root": roots,
    "log verify": lambda data: answer("log", "verify", "--data", data),
    "log tail": lambda data: answer("log", "tail", "-n", "400", "--data", data),
    "person by ticket": lambda data: answer("person", "--ticket", VISIT["id"], "--data", data),
    "person by number": lambda data: answer("person", "--ticket", VISIT["result"]["number"], "--data", data),
    "person by code": lambda data: answer("person", "--code", BOOKED, "--data", data),
    "person by card": lambda data: answer("person", "--hash", PERSON, "--data", data),
    "forget": lambda data: answer("forget", "--code", BOOKED, "--data", data),
    "simulate": lambda data: answer("simulate", KEPT / "hall.toml", "--replay", data, "--day", "2026-11-20"),
    "report": lambda data: answer("report", "--data", data, "--day", "2026-11-20", "--json"),
}


@pytest.mark.parametrize("name", READERS)
def test_a_reader_sees_the_events_of_an_older_version_as_those_of_today(today: Path, before: Path, name: str):
    expected, found = READERS[name](today), READERS[name](before)
    assert found == expected
    if isinstance(expected, tuple):
        assert expected[0] == 0, expected


@pytest.mark.parametrize("name", READERS)
def test_twin_without_the_upcasters_no_reader_takes_them_for_events(
    today: Path, before: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    expected = READERS[name](today)
    monkeypatch.setattr(chain, "UPCASTERS", {})
    try:
        found = READERS[name](before)
    except LogError as error:
        found = error.code
    assert found != expected


def test_an_export_keeps_the_rows_as_they_stand(before: Path):
    """The hash covers the row as it was written: a copy must not mend it."""
    with Reader(before / LOG_NAME) as reader:
        lines = [json.loads(export_line(reader.site, row)) for row in reader.after(0)]
    assert {line["kind"] for line in lines} >= {name.kind for name in OLDER.values()}
    assert all(line["body"]["type"] == line["kind"] for line in lines)


# --- the future


@pytest.fixture
def future(today: Path) -> Path:
    """The log of today with an event behind it that names the ticket of the kept visit, by a version to come."""
    body = {"type": FUTURE, "ticket": VISIT["id"], "code": BOOKED, "person": PERSON, "to": "the moon"}
    with Reader(today / LOG_NAME) as reader:
        site, (last,) = reader.site, reader.after(reader.last - 1)
    add_rows(today, site, [last._replace(command="future-1", kind=FUTURE, body=text(body))])
    return today


# The chain of a log of the future is checked to its end, and its roots are those of the days before.
CHECKED = {"log root": [("2026-11-20", 1)], "log verify": 0}


@pytest.mark.parametrize("name", READERS)
def test_an_event_of_the_future_is_named_and_nothing_is_lost(future: Path, name: str):
    log = (future / LOG_NAME).read_bytes()
    found: Any
    try:
        found = READERS[name](future)
    except LogError as error:
        found = 1, str(error.message)
    assert (future / LOG_NAME).read_bytes() == log
    if name in CHECKED:
        assert CHECKED[name] == ([root[:2] for root in found] if name == "log root" else found[0])
        return
    code, said = found
    assert FUTURE in said
    assert "更新版本" in said
    assert (code == 0) == ("the moon" in said) == (name == "log tail")  # which shows it as it stands


def test_a_root_over_rows_of_the_future_is_no_damage(tmp_path: Path):
    """A version to come may close a day by an event that this one does not know: the root differs, and must not be
    taken for that of an edited log."""

    def shut(kind: str, body: Facts) -> tuple[str, Facts]:
        return ("DayShut", body | {"type": "DayShut"}) if kind == "DayClosed" else (kind, body)

    code, said = answer("log", "verify", "--data", written(tmp_path / "shut", shut))
    assert code == 2
    assert "DayShut" in said
    assert "更新版本" in said


# --- no way past the hook

HOOK = "caller/eventlog/chain.py"
NO_RECORD = {
    "caller/eventlog/reading.py": ["export_line"],  # rows as they stand, for another program
    "caller/eventlog/row_batches.py": ["packed"],  # likewise, for the copy at the centre
    "caller/records/centre/taking.py": ["_why"],  # for the hash
    "caller/delivery/webhooks.py": ["post"],  # the body of a message
    "caller/delivery/notice_senders.py": ["post", "_facts"],
    "caller/delivery/notices.py": ["told"],  # the kind of a memo
    "caller/delivery/province.py": ["post", "_less_defaults"],  # the kind of a message
}


def past_the_hook(text: str, allowed: Iterable[str] = ()) -> list[str]:
    """Return where a module that reads a log looks at the body or the kind of a row by itself."""
    tree = ast.parse(text)
    if not re.search(r"\b(Reader|Record|EventLog|records?)\b", text) or "eventlog" not in text:
        return []
    found: list[str] = []
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or function.name in allowed:
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and node.attr == "body":
                found.append(f"{function.name}: .body")
            if (
                isinstance(node, ast.Compare)
                and isinstance(node.left, ast.Attribute)
                and node.left.attr == "kind"
            ):
                against = node.comparators[0]
                if not isinstance(against, ast.Constant) or against.value in chain.KINDS:
                    found.append(f"{function.name}: .kind")
    return found


def test_no_reader_goes_past_the_hook():
    found = {
        name: past
        for folder in ("caller", "display", "devices", "kiosk")
        for path in (ROOT / folder).rglob("*.py")
        if (name := str(path.relative_to(ROOT))) != HOOK
        and (past := past_the_hook(path.read_text("utf-8"), NO_RECORD.get(name, ())))
    }
    assert found == {}


@pytest.mark.parametrize(
    "line", ["msgspec.json.decode(row.body)", 'row.kind == "DayOpened"', "row.kind == OPENED"]
)
def test_twin_a_reader_past_the_hook_is_found(line: str):
    text = f"from caller.eventlog import Record\n\ndef read(row: Record):\n    return {line}\n"
    assert len(past_the_hook(text)) == 1
    assert past_the_hook(text.replace("row.body", "row.facts").replace(".kind", ".event_kind")) == []
