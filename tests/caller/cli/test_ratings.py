"""`hallcall ratings`: a receipt is proven or a clear word is said; what was published is compared with the log."""

import json
import sqlite3
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from caller.cli.ratings import ratings
from caller.engine import events as ev
from caller.engine.case_messages import CaseMoved
from caller.engine.rating_messages import CaseRated
from caller.eventlog import Batch, Reader
from caller.eventlog.daily_roots import root_due, roots_in
from caller.eventlog.rating_proofs import receipt_at, rooted_ratings
from caller.reports.published_ratings import PublishedRatings
from tests.instruments.event_logs import AT, Diary, order, root_event

DAY = "2026-09-01"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    diary = Diary(tmp_path / "log.db")

    def add(serial: int, *events: ev.AnyEvent) -> None:
        batch = Batch()
        diary.log.extend(order(f"c-{serial}"), AT + serial, list(events), batch.rows)
        assert diary.write(batch) is None

    rated = [ev.ServiceRated(f"t-{level}", "3", "c", level, "phone") for level in (5, 5, 1)]
    more = (
        CaseRated("c-1", "2026-0001", "i1", "3", "c", 4, "phone"),
        *(ev.ServiceLapsed(f"t-{level}", "3") for level in (1, 5)),
        CaseMoved("c-1", "decide", "decided", "c"),
    )
    add(1, ev.DayOpened(DAY, "Asia/Shanghai", 1, 1), *rated, *more, ev.DayClosed(DAY))
    with Reader(diary.log.path) as reader:
        root = root_due(reader)
    assert root
    add(2, root_event(root))
    diary.log.close()
    return tmp_path


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(ratings, [arguments[0], "--data", str(data), *arguments[1:]])


def held(data: Path) -> tuple[str, str]:
    """The receipt of the bad rating, and the root."""
    with Reader(data / "log.db") as reader:
        return str(receipt_at(reader, 4)), next(roots_in(reader)).root


def test_a_receipt_is_proven_against_the_root_that_was_noted(data: Path):
    receipt, root = held(data)
    result = run(data, "prove", receipt, "--root", f"{root[:4]} {root[4:16]}")
    assert result.exit_code == 0, result.output
    assert "1 分接待评价" in result.output
    assert root in result.output
    proof = json.loads(run(data, "prove", receipt, "--json").output)
    assert (proof["place"], proof["size"], proof["root"], proof["kind"]) == (2, 4, root, "visit")
    assert run(data, "receipt", "4").output.strip() == receipt


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        (lambda text: text.replace(":county:", ":other:"), 2, "另一个大厅"),
        (lambda text: text[:-4] + "0000", 1, "没有与回执一致"),
        (lambda text: text.replace(":visit:", ":case:"), 1, "没有与回执一致"),
        (lambda text: text[:30], 2, "这不是评价回执"),
    ],
)  # fmt: skip
def test_a_receipt_that_does_not_fit_gets_a_clear_word(data: Path, change: object, code: int, word: str):
    receipt, _ = held(data)
    result = run(data, "prove", change(receipt))  # type: ignore[operator]
    assert result.exit_code == code
    assert word in result.output


def test_verify_prints_the_share_that_follows_from_the_log(data: Path):
    receipt, root = held(data)
    result = run(data, "verify", "--root", root[:16], "--receipt", receipt)
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.output.splitlines() if DAY in line]
    assert [line[1:11] for line in lines] == [
        ["接待", "receptions", "2", "3", "2", "0", "0", "0", "1", "66.7%"],
        ["办件", "cases", "1", "1", "0", "1", "0", "0", "0", "100.0%"],
    ]
    wrong = run(data, "verify", "--root", "0" * 16)
    assert wrong.exit_code == 1
    assert "重写" in wrong.output


def test_a_list_saved_from_the_page_is_compared_with_the_log(data: Path, tmp_path: Path):
    with Reader(data / "log.db") as reader:
        listed = rooted_ratings(reader, next(roots_in(reader)))
    saved = tmp_path / "list.json"
    saved.write_bytes(msgspec.json.encode(PublishedRatings(data).list_of(listed.last)))
    assert run(data, "verify", "--list", str(saved)).exit_code == 0
    forged = msgspec.structs.replace(
        listed, ratings=listed.ratings[:2], levels=[0, 0, 0, 0, 2], case_levels=[0] * 5
    )
    saved.write_bytes(msgspec.json.encode(forged))
    assert run(data, "verify", "--list", str(saved)).exit_code == 1
    sent = msgspec.to_builtins(listed)
    for bad in (
        {},
        sent | {"rows_root": "x"},
        sent | {"ratings": [["ab" * 32, 6, "visit"]]},
        sent | {"ratings": [["zz", 5]]},
    ):
        saved.write_bytes(msgspec.json.encode(bad))
        result = run(data, "verify", "--list", str(saved))
        assert (result.exit_code, "清单" in result.output) == (2, True)


def test_an_edited_row_ends_with_1_and_names_it(data: Path):
    receipt, _ = held(data)
    connection = sqlite3.connect(data / "log.db", isolation_level=None)
    connection.execute("""update event set body=replace(body, '"level":1', '"level":5') where seq=4""")
    connection.close()
    for arguments in (("verify",), ("prove", receipt)):
        assert run(data, *arguments).exit_code == 1


def test_what_is_published_is_read_from_the_log(data: Path):
    published = PublishedRatings(data)
    (root,) = published.index(5)["roots"]
    assert (root["day"], root["ratings"], root["levels"]) == (DAY, 4, (1, 0, 0, 1, 2))
    assert (root["case_levels"], root["receptions"], root["decided"]) == ((0, 0, 0, 1, 0), 2, 1)
    listed = published.list_of(root["last"])
    assert listed
    assert published.list_of(root["last"]) is listed
    assert published.list_of(root["last"] - 1) is None
    assert published.receipt(4) == held(data)[0]
