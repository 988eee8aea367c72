"""`check` says yes with a summary or no with everything that is wrong."""

import json
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner

from caller.cli.check import check
from config.process.certificates import ensure
from config.reading.reader import HALLS
from tests.instruments.small_settings import GOOD, broken, put

SCREEN_LINES = 40  # a terminal a technician opens


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(check, list(arguments))
    return result.exit_code, result.output


def test_a_good_hall_fits_one_screen() -> None:
    code, said = run(str(HALLS / "county.toml"))
    assert code == 0
    assert len(said.splitlines()) <= SCREEN_LINES
    assert "部门 departments 18 · 窗口 windows 26 + 缴费 pay 1 · 事项 items 131 · 队列 queues 16" in said


def test_a_bad_hall_exits_with_2_and_every_mistake(tmp_path: Path) -> None:
    text = broken('site = "small"', 'site = "a b"').replace("target_minutes = 30", "target = 30")
    code, said = run(str(put(tmp_path, text)))
    assert code == 2
    assert "配置有 2 处错误" in said
    assert "site" in said
    assert "target_minutes" in said


def test_json_is_for_programs(tmp_path: Path) -> None:
    code, said = run(str(put(tmp_path, GOOD)), "--json")
    document = json.loads(said)
    assert (code, document["ok"], document["mistakes"]) == (0, True, [])
    assert document["counts"]["queues"] == 2


def test_json_holds_every_mistake(tmp_path: Path) -> None:
    code, said = run(str(put(tmp_path, broken('id = "2"', 'id = "1"'))), "--json")
    document = json.loads(said)
    assert (code, document["ok"]) == (2, False)
    assert document["mistakes"][0]["table"] == "[[window]] 1"
    assert document["mistakes"][0]["line"] > 0


def test_a_missing_file_is_a_plain_answer(tmp_path: Path) -> None:
    code, said = run(str(tmp_path / "none.toml"))
    assert code == 2
    assert "没有这个文件" in said


def test_a_certificate_of_the_halls_own_that_no_process_could_use_is_told(tmp_path: Path) -> None:
    hall = put(
        tmp_path, GOOD.replace("[rules]", '[listen]\nhost = "192.168.1.10"\ntls = "own.pem"\n\n[rules]', 1)
    )
    told = json.loads(run(str(hall), "--json")[1])["warnings"]
    assert [each["key"] for each in told] == ["tls"]
    (tmp_path / "own.pem").write_bytes(ensure(tmp_path, ["192.168.1.10"], datetime.now(UTC)).read_bytes())
    assert json.loads(run(str(hall), "--json")[1])["warnings"] == []
