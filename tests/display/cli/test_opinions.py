"""`hallcall opinions` as one types it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from caller.people.feedback_store import Feedback, FeedbackStore, stamp
from display.cli.opinions import opinions

VILLAGE = str(Path(__file__).parents[3] / "config" / "halls" / "village.toml")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    at = datetime.now(UTC) - timedelta(days=40)
    FeedbackStore(tmp_path).put(
        Feedback("ticket-1", "A001", "1", "rating", 2, "等了\x1b[2J很久", "1380000", stamp(at))
    )
    FeedbackStore(tmp_path).put(
        Feedback("ticket-2", "B002", "", "praise", 0, "谢谢", "", stamp(datetime.now(UTC)))
    )
    return tmp_path


def run(data: Path, *line: str) -> Result:
    return CliRunner().invoke(opinions, [VILLAGE, "--data", str(data), *line])


def test_the_office_reads_the_newest_first(data: Path) -> None:
    told = run(data, "list").output
    assert told.index("B002") < told.index("A001")
    assert "评价 2 级" in told
    assert "联系：1380000" in told
    assert "\x1b" not in told


def test_a_program_reads_lines_of_json(data: Path) -> None:
    rows = [json.loads(line) for line in run(data, "list", "--json").output.splitlines()]
    assert [(row["number"], row["kind"], row["level"]) for row in rows] == [
        ("B002", "praise", 0),
        ("A001", "rating", 2),
    ]


def test_one_is_deleted_and_a_wrong_number_is_told(data: Path) -> None:
    assert run(data, "delete", "1").exit_code == 0
    assert [each.number for each in FeedbackStore(data).newest()] == ["B002"]
    wrong = run(data, "delete", "1")
    assert (wrong.exit_code, "没有编号 1" in wrong.output) == (2, True)


def test_old_ones_are_purged(data: Path) -> None:
    assert "已删除 1 条" in run(data, "purge", "--older-than", "30").output
    assert [each.number for each in FeedbackStore(data).newest()] == ["B002"]


def test_an_empty_box_says_so(tmp_path: Path) -> None:
    assert "没有意见" in run(tmp_path, "list").output


def test_a_folder_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    result = run(tmp_path / "none", "list")
    assert (result.exit_code, "--data" in result.output) == (2, True)
    assert not (tmp_path / "none").exists()


def test_a_broken_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "people.db").write_bytes(b"not a database at all, but long enough to be read as one" * 100)
    result = run(tmp_path, "list")
    assert (result.exit_code, "people.db" in result.output) == (2, True)
