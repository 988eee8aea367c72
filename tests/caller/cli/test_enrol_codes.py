"""`hallcall enrol approve` speaks to the caller; `hallcall enrol --all` prints a sheet whose codes the caller takes."""

import asyncio
import re
from pathlib import Path

from click.testing import CliRunner, Result

from caller.cli import enrol_codes
from caller.cli.enrol import enrol, remember_hall
from caller.identity.account_file import AccountFile
from caller.identity.enrolment import Stations
from caller.identity.enrolment_sheet import find
from caller.identity.tokens import keep_token
from caller.protocol.frames import Enrolled
from config.reading.reader import read
from tests.caller.service.test_station_enrolment import BOARD, asked
from tests.instruments.caller_fixture import hear, room, run

COUNTY = Path(__file__).parents[3] / "config" / "halls" / "county.toml"
CODE = re.compile(r"\b[2-9A-Z]{5}-[2-9A-Z]{5}\b")


def ask(*line: str) -> Result:
    return CliRunner().invoke(enrol, list(line))


def test_approving_needs_a_code_a_role_and_a_managers_token(tmp_path: Path) -> None:
    remember_hall(tmp_path, COUNTY)
    data = ("--data", str(tmp_path))
    assert "Give the code" in ask("approve", *data).output
    assert "--role board --name hall" in ask("approve", "ABCDEF", *data).output
    without = ask("approve", "ABCDEF", *data, "--window", "3")
    assert without.exit_code == 2
    assert f"hallcall enrol manager office --data {tmp_path}" in without.output


def test_approving_enrols_the_station_that_shows_the_code(tmp_path: Path) -> None:
    async def test() -> None:
        remember_hall(tmp_path, COUNTY)
        async with room(tmp_path) as hall, hall.connect() as line:
            keep_token(tmp_path, "manager", "office", hall.token("manager", "office"))
            shown = await asked(line, BOARD)
            typed = ("approve", shown.code, "--role", "board", "--name", "hall")
            where = ("--data", str(tmp_path), "--caller", hall.url)
            wrong = await asyncio.to_thread(ask, "approve", "222222", *typed[2:], *where)
            assert wrong.exit_code == 1
            assert "没有屏幕显示这个登记码" in wrong.output
            done = await asyncio.to_thread(ask, *typed, *where)
            assert done.exit_code == 0, done.output
            assert "已登记 board hall（127.0.0.1）" in done.output
            assert (await hear(line, Enrolled)).station == "hall"

    run(test())


def test_the_sheet_has_a_code_for_every_station_of_the_hall(tmp_path: Path) -> None:
    paper = tmp_path / "sheet.html"
    done = ask("--all", str(COUNTY), "--html", str(paper), "--data", str(tmp_path / "data"))
    assert done.exit_code == 0, done.output
    settings, text = read(COUNTY), paper.read_text()
    rows, codes = enrol_codes.rows_of(settings), CODE.findall(text)
    assert len(rows) == len(codes) == len(set(codes))
    assert {each.name for each in rows if each.role == "kiosk"} == {each.id for each in settings.kiosks}
    assert len({(each.role, each.name) for each in rows}) == len(rows), "no two stations share a token"
    stations = Stations(tmp_path / "data" / "stations.db")
    for row, code in zip(rows, codes, strict=True):
        found = find(stations.path, code, 0)
        assert found
        assert (found.role, found.name) == (row.role, row.name)
    assert paper.stat().st_mode & 0o077 == 0
    assert [act.act for act in AccountFile(tmp_path / "data").pending_acts()] == ["sheet-printed"]
    stations.close()


def test_the_file_of_stations_holds_no_code_of_the_sheet(tmp_path: Path) -> None:
    paper = tmp_path / "sheet.html"
    ask("--all", str(COUNTY), "--html", str(paper), "--data", str(tmp_path))
    codes = CODE.findall(paper.read_text())
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("stations.db*"))
    assert not any(code.replace("-", "").encode() in kept for code in codes)


def test_a_sheet_says_where_it_goes(tmp_path: Path) -> None:
    done = ask("--all", str(COUNTY), "--data", str(tmp_path))
    assert done.exit_code == 2
    assert "--pdf" in done.output
