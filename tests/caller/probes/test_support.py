"""A support bundle has what helps and nobody's name, phone, ID number, word or key; with the masks off they are found."""

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caller.client.client import new_id
from caller.delivery.outbox import Outbox
from caller.eventlog import LOG_NAME, Head
from caller.identity import tokens
from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account
from caller.identity.enrolment import STATIONS_NAME, Stations
from caller.people.store import PeopleStore
from caller.probes import support
from config.probe import Examined, doubtful
from config.reading.reader import read
from tests.instruments.recorded_days import write_history
from tests.instruments.running_hall import hallcall
from tests.instruments.small_settings import GOOD, put

NAME, PHONE, ID, LETTER, TOKEN = "欧阳娜娜", "13800138000", "11010519491231002X", "窗口态度很差", "t" * 43
MORE = """
[[roster]]
role = "带班领导"
name = "司马相如"
weekdays = ["mon"]

[[webhook]]
id = "city"
url = "https://example.org/hook?key=of-the-receiver"
"""
LINES = f"""2026-09-21T10:00:00Z INFO caller greeted station=window/3 token={TOKEN}
2026-09-21T10:00:01Z WARNING sms to {PHONE} of {ID} failed, write to zhang.san@example.org
2026-09-21T10:00:02Z INFO caller signed in station=window/3 account=1024
"""
PRIVATE = (
    NAME,
    PHONE,
    ID,
    LETTER,
    TOKEN,
    "司马相如",
    "of-the-receiver",
    "user:word",
    "zhang.san",
    "1024.jpg",
)


@pytest.fixture
def hall(tmp_path: Path) -> Path:
    """A folder with a hall's file, and its data with persons in every place where there are any."""
    data, path = tmp_path / "data", put(tmp_path, GOOD + MORE)
    write_history(data, 2, 30)
    PeopleStore(data).keep("case/1", "case", "name", NAME, datetime.now(UTC))
    PeopleStore(data).keep("case/1", "case", "contact", PHONE, datetime.now(UTC))
    PeopleStore(data).keep("case/1", "case", "words", LETTER, datetime.now(UTC))
    with_accounts = AccountStore(data)
    account = Account("1024", name=NAME, roles=("clerk",))
    with_accounts.add(
        account, "plain-good-secret", Act(new_id(), "account-added", "account/1024", "t", "t", 1)
    )
    with_accounts.close()
    stations = Stations(data / STATIONS_NAME)
    stations.enrol("window", "3", "2026-09-21T00:00:00Z")
    stations.close()
    tokens.keep_token(data, "window", "3", TOKEN)
    (data / "clerks").mkdir()
    (data / "clerks" / "1024.jpg").write_bytes(b"a face")
    with Outbox(data) as outbox:
        outbox.begin("city", "stage", Head(0, b""))
        outbox.note("city", f"HTTP 400 {PHONE} is wrong", 1)
    (tmp_path / "caller.log").write_text(LINES, "utf-8")
    return path


def bundle(hall: Path) -> dict[str, str]:
    """The parts of a bundle that the command has made, by name."""
    words = (
        "--data",
        str(hall.parent / "data"),
        "--to",
        str(hall.parent),
        "--lines",
        str(hall.parent / "caller.log"),
    )
    code, said = hallcall("support", str(hall), *words)
    assert code == 0, said
    [path] = hall.parent.glob("hallcall-support-*.zip")
    assert path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def test_the_bundle_tells_what_helps_and_names_nobody(hall: Path) -> None:
    parts = bundle(hall)
    whole = "\n".join(f"{name}\n{text}" for name, text in parts.items())
    assert [each for each in PRIVATE if each in whole] == []
    told = {name: json.loads(text) for name, text in parts.items() if name.endswith(".json")}
    assert told["about.json"]["packages"]["websockets"]
    assert sum(told["log.json"]["kinds"].values()) == told["log.json"]["last"][-1][0]
    assert told["log.json"]["kinds"]["TicketIssued"] > 0
    assert {"role": "window", "name": "3", "enrolled": "2026-09-21T00:00:00Z"} in told["stations.json"]
    assert told["deliveries.json"][0]["trouble"] == "HTTP 400 *** is wrong"
    assert [each["message"]["code"] for each in told["findings.json"]["caller"]] == ["caller-away"]
    assert "https://example.org/hook" in parts["settings.toml"]
    assert "account=1024" in parts["lines/caller.log"]  # the staff number stays: the log has it, and no name
    assert any(row[0] == LOG_NAME for row in told["files.json"]["files"])


def test_twin_with_the_masks_off_persons_are_found(hall: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support, "PERSONAL", ())
    monkeypatch.setattr(support, "PERSONS_FOLDERS", ())
    whole = "\n".join(bundle(hall).values())
    assert {PHONE, ID, TOKEN, "zhang.san", "1024.jpg"} <= {each for each in PRIVATE if each in whole}


def test_a_part_that_cannot_be_made_says_why_and_the_others_come(hall: Path) -> None:
    data = hall.parent / "data"
    (data / LOG_NAME).unlink()
    found = {"caller": [doubtful("caller-away", url="ws://127.0.0.1:9300")]}
    parts = support.parts(Examined(hall, read(hall), data, "", 0), found, [])
    assert b"LogError" in parts["log.json.missing.txt"]
    assert {"about.json", "findings.json", "stations.json", "files.json"} <= set(parts)
