"""A backup holds all that must be kept and nothing that must not travel; a damaged one is found by the restore test."""

import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from caller.cli.backup import backup as command
from caller.eventlog import LOG_NAME, Reader
from caller.service import backups
from caller.service.backups import BackupError, backups_in, last_trial, make, prune, try_restore
from tests.instruments.recorded_days import write_history

DAY = 86_400_000_000
NOW = round(datetime(2026, 9, 21, 18, 30, tzinfo=UTC).timestamp() * 1e6)
KEPT = {
    LOG_NAME, "stations.db", "accounts.db", "people.db", "delivery.db", "settings/000001/hall.toml",
    "tokens/web-web", "tls/ca.pem", "kiosk-k1/page.key",
}  # fmt: skip
LEFT = {"records.db", "keys/slip-0001.key", "tls/ca.key", "voice-cache/a.wav", "media/film.mp4"}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    write_history(folder, 1, 20)
    return folder


@pytest.fixture
def data(history: Path, tmp_path: Path) -> Path:
    """A data folder with one of each thing."""
    folder = tmp_path / "data"
    shutil.copytree(history, folder)
    for name in (KEPT | LEFT) - {LOG_NAME}:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".db":
            with sqlite3.connect(path) as connection:
                connection.execute("create table t (x)")
                connection.executemany("insert into t values (?)", [(name,)] * 2000)
            connection.close()
        else:
            path.write_bytes(name.encode() * 4)
    return folder


def held(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_backup_holds_all_that_must_be_kept_and_nothing_that_must_not_travel(data: Path, tmp_path: Path):
    made = make(data, tmp_path / "backups", NOW, 14, tmp_path / "keys")
    files = held(made)
    assert files >= KEPT
    assert not files & LEFT
    assert held(tmp_path / "keys") >= {"slip-0001.key"}
    for path in [*made.rglob("*"), made, tmp_path / "keys", *(tmp_path / "keys").iterdir()]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_backup_is_made_beside_an_open_database(data: Path, tmp_path: Path):
    """As a running caller holds its databases: what was committed is in the copy, what was not is not."""
    with sqlite3.connect(data / "people.db", isolation_level=None) as writer:
        writer.execute("pragma journal_mode=wal")
        writer.execute("insert into t values ('committed')")
        writer.execute("begin")
        writer.execute("insert into t values ('open')")
        made = make(data, tmp_path / "backups", NOW, 14)
        writer.execute("rollback")
    writer.close()
    copy = sqlite3.connect(made / "people.db")
    assert copy.execute("select count(*) from t where x = 'committed'").fetchone() == (1,)
    assert copy.execute("select count(*) from t where x = 'open'").fetchone() == (0,)
    copy.close()


def test_a_good_backup_is_restored_and_verified(data: Path, tmp_path: Path):
    target = tmp_path / "backups"
    made = make(data, target, NOW, 14)
    before = held(made)
    trial = try_restore(target, NOW)
    with Reader(data / LOG_NAME) as log:
        assert (trial.detail, trial.events) == ("", log.last)
    assert last_trial(target) == trial
    assert held(made) == before
    assert {each.name for each in target.iterdir()} == {made.name, backups.TRIAL_NAME}


def cut(name: str) -> Callable[[Path], None]:
    def damage(made: Path) -> None:
        whole = (made / name).read_bytes()
        (made / name).write_bytes(whole[: len(whole) // 2])

    return damage


def edited_log(made: Path) -> None:
    """An event is changed as one would who knows SQLite; the note is made to fit."""
    path = made / LOG_NAME
    old = backups._digest(path)
    with sqlite3.connect(path) as log:
        log.execute("drop trigger if exists event_is_final")
        for (trigger,) in log.execute("select name from sqlite_master where type='trigger'").fetchall():
            log.execute(f"drop trigger {trigger}")
        log.execute("update event set station = 'x' where seq = 5")
    log.close()
    note = made / backups.NOTE_NAME
    note.write_text(note.read_text("utf-8").replace(old, backups._digest(path)), "utf-8")


DAMAGES: dict[str, Callable[[Path], None]] = {
    "log cut": cut(LOG_NAME),
    "log edited": edited_log,
    "people cut": cut("people.db"),
    "settings cut": cut("settings/000001/hall.toml"),
    "token missing": lambda made: (made / "tokens/web-web").unlink(),
    "note cut": cut(backups.NOTE_NAME),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_twin_a_damaged_backup_is_found(damage: str, data: Path, tmp_path: Path):
    target = tmp_path / "backups"
    DAMAGES[damage](make(data, target, NOW, 14))
    trial = try_restore(target, NOW)
    assert trial.detail
    assert last_trial(target) == trial
    assert len(list(target.iterdir())) == 2
    result = CliRunner().invoke(command, ["test", str(target)])
    assert (result.exit_code, "cannot be restored" in result.output) == (1, True)


def test_daily_backups_end_and_one_a_month_stays_without_peoples_words(data: Path, tmp_path: Path):
    target = tmp_path / "backups"
    first = make(data, target, NOW - 100 * DAY, 14)
    for age in range(99, -1, -1):
        at = datetime.fromtimestamp((NOW - age * DAY) / 1e6, UTC).strftime(backups.STAMP)
        shutil.copytree(first, target / at)
    prune(target, NOW, 14)
    left = [each.name[:8] for each in backups_in(target)]
    assert left == [
        "20260613",
        "20260701",
        "20260801",
        "20260901",
        *(f"202609{day:02}" for day in range(7, 22)),
    ]
    assert [(each / "people.db").exists() for each in backups_in(target)] == [False] * 4 + [True] * 15
    assert not try_restore(target, NOW).detail
    shutil.rmtree(target / backups_in(target)[-1].name)
    for each in backups_in(target)[4:]:
        shutil.rmtree(each)
    assert not try_restore(target, NOW).detail, "a monthly backup is whole without people.db"


def test_a_clock_far_ahead_leaves_the_newest_backups(data: Path, tmp_path: Path):
    target = tmp_path / "backups"
    names = [make(data, target, NOW + minute * 60_000_000, 14).name for minute in range(4)]
    gone = prune(target, NOW + 9_999 * DAY, 14)
    assert gone == []  # the first is its month's, the newest three stay
    assert [each.name for each in backups_in(target)] == names


def test_a_destroyed_key_does_not_live_on_in_the_copies(data: Path, tmp_path: Path):
    make(data, tmp_path / "backups", NOW, 14, tmp_path / "keys")
    (data / "keys" / "slip-0001.key").unlink()
    make(data, tmp_path / "backups", NOW + DAY, 14, tmp_path / "keys")
    assert "slip-0001.key" not in held(tmp_path / "keys")


def test_a_disk_without_room_makes_no_backup_and_says_so(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    target = tmp_path / "backups"
    make(data, target, NOW, 14)
    monkeypatch.setattr(backups, "SPARE_BYTES", 1 << 60)
    with pytest.raises(BackupError) as caught:
        make(data, target, NOW + DAY, 14)
    assert caught.value.code == "no-room"
    assert len(backups_in(target)) == 1


def test_what_a_killed_backup_left_is_no_backup_and_goes(data: Path, tmp_path: Path):
    target = tmp_path / "backups"
    half = target / "20260920T183000Z.part"
    half.mkdir(parents=True)
    (half / backups.NOTE_NAME).write_text("{}")
    assert backups_in(target) == []
    made = make(data, target, NOW, 14)
    assert [each.name for each in target.iterdir()] == [made.name]


def test_the_commands_say_what_they_did(data: Path, tmp_path: Path):
    target = str(tmp_path / "backups")
    runner = CliRunner()
    assert runner.invoke(command, ["test", target]).exit_code == 2
    made = runner.invoke(command, ["make", target, "--data", str(data)])
    assert made.exit_code == 0, made.output
    assert "密钥不在备份中" in made.output
    tried = runner.invoke(command, ["test", target])
    assert (tried.exit_code, "校验链完好" in tried.output) == (0, True)
    listed = runner.invoke(command, ["list", target])
    assert "restorable" in listed.output
    assert len(listed.output.splitlines()) == 2
