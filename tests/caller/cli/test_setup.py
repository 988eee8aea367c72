"""`hallcall setup` into a folder tree: it says first what it does, does it once, and never over a person's change."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from caller.cli import setup as setup_command
from caller.cli.setup import setup
from config.reading.reader import HALLS, read
from config.setup.writing import SetupRecord, record_in

PROGRAM = "/opt/hallcall/bin/hallcall"
UNITS = "etc/systemd/system"
CALLER = f"{UNITS}/hallcall-caller.service"
needs_systemctl = pytest.mark.skipif(not shutil.which("systemctl"), reason="systemd is not installed")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def hall(tmp_path: Path) -> Path:
    """The village's file in a folder of its own, as somebody copied it."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for path in HALLS.glob("village*"):
        shutil.copy(path, folder)
    return folder / "village.toml"


def run(hall: Path, root: Path, *options: str, typed: str = "") -> Result:
    words = [str(hall), "--root", str(root), "--program", PROGRAM, "--no-screen", *options]
    return CliRunner().invoke(setup, words, input=typed)


def state(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file's content and rights, links as what they lead to."""
    files = {path: path for path in root.rglob("*") if path.is_file() or path.is_symlink()}
    return {
        str(path.relative_to(root)): (
            str(path.readlink()).encode() if path.is_symlink() else path.read_bytes(),
            path.lstat().st_mtime_ns,
        )
        for path in files
    }


@needs_systemctl
def test_a_tree_gets_units_account_folders_hall_and_timers(hall: Path, root: Path):
    result = run(hall, root, "--yes")
    assert result.exit_code == 0, result.output
    files = set(state(root))
    processes = ("caller", "web", "deliver", "kiosk-k1")
    assert files >= {f"{UNITS}/hallcall-{each}.service" for each in processes}
    assert files >= {f"{UNITS}/multi-user.target.wants/hallcall-{each}.service" for each in processes}
    assert files >= {f"{UNITS}/timers.target.wants/hallcall-backup{each}.timer" for each in ("", "-test")}
    assert files >= {
        "etc/sysusers.d/hallcall.conf",
        "etc/tmpfiles.d/hallcall.conf",
        "etc/hallcall/setup.json",
    }
    assert read(root / "etc/hallcall/hall.toml") == read(hall)
    assert (root / "etc/hallcall/hall.toml").stat().st_mode & 0o777 == 0o640
    assert (root / "etc").stat().st_mode & 0o777 == 0o755
    assert f"sudo -u hallcall {PROGRAM} doctor /etc/hallcall/hall.toml" in result.output


@needs_systemctl
def test_a_second_run_changes_nothing_and_says_so(hall: Path, root: Path):
    assert run(hall, root, "--yes").exit_code == 0
    before = state(root)
    again = run(hall, root)  # nothing to ask
    assert again.exit_code == 0, again.output
    assert "没有改动 / Already so: nothing was changed" in again.output
    assert state(root) == before


@needs_systemctl
def test_a_file_changed_by_hand_is_shown_and_kept_and_nothing_is_written(hall: Path, root: Path):
    assert run(hall, root, "--yes").exit_code == 0
    unit = root / CALLER
    unit.write_text(unit.read_text("utf-8").replace("RestartSec=2", "RestartSec=9"), "utf-8")
    (root / f"{UNITS}/hallcall-web.service").unlink()
    before = state(root)
    refused = run(hall, root, "--yes")
    assert refused.exit_code == 2
    assert "-RestartSec=9\n+RestartSec=2" in refused.output
    assert "--force" in refused.output
    assert state(root) == before
    forced = run(hall, root, "--yes", "--force")
    assert forced.exit_code == 0, forced.output
    assert "RestartSec=2" in unit.read_text("utf-8")


@needs_systemctl
def test_twin_a_file_of_an_older_version_is_replaced_without_force(hall: Path, root: Path):
    """What tells a person's change from an older version's text is the record; without it both look alike."""
    assert run(hall, root, "--yes").exit_code == 0
    assert run(hall, root, "--yes", "--days", "30").exit_code == 0
    unit = root / f"{UNITS}/hallcall-backup.service"
    assert "--days 30" in unit.read_text("utf-8")
    (root / "etc/hallcall/setup.json").unlink()
    assert run(hall, root, "--yes", "--days", "40").exit_code == 2
    assert "--days 30" in unit.read_text("utf-8")


@needs_systemctl
def test_what_was_chosen_holds_until_something_else_is_chosen(hall: Path, root: Path):
    assert run(hall, root, "--yes", "--processes", "caller,web", "--days", "30").exit_code == 0
    installed = root / "etc/hallcall/hall.toml"
    same = run(installed, root)
    assert "nothing was changed" in same.output
    record = record_in(root / "etc/hallcall")
    assert record
    assert (record.choices.processes, record.choices.days) == (["caller", "web"], 30)


@needs_systemctl
def test_a_log_in_a_database_stands_in_the_callers_unit_alone_and_its_password_nowhere(
    hall: Path, root: Path
):
    address = "postgresql://hall@db1,db2/hall?options=-c%20x&target_session_attrs=read-write"
    refused = run(hall, root, "--yes", "--log", address.replace("hall@", "hall:s3cret@"))
    assert (refused.exit_code, "s3cret" in refused.output, ".pgpass" in refused.output) == (2, False, True)
    assert "postgresql://" in run(hall, root, "--yes", "--log", "db1/hall").output
    assert run(hall, root, "--yes", "--log", address).exit_code == 0
    wanted = f'Environment="HALLCALL_LOG={address.replace("%", "%%")}"\n'
    units = {path.name for path in (root / UNITS).glob("*.service") if wanted in path.read_text()}
    assert units == {"hallcall-caller.service"}
    assert run(hall, root, "--yes").exit_code == 0
    assert wanted in (root / CALLER).read_text(), "as the last time"
    assert run(hall, root, "--yes", "--log", "").exit_code == 0
    assert "HALLCALL_LOG" not in (root / CALLER).read_text()


@needs_systemctl
def test_a_process_that_is_not_chosen_any_more_is_stopped_and_its_unit_removed(hall: Path, root: Path):
    assert run(hall, root, "--yes").exit_code == 0
    result = run(hall, root, "--yes", "--processes", "caller,web,deliver")
    assert result.exit_code == 0, result.output
    assert "stop and remove" in result.output
    assert not [name for name in state(root) if "kiosk" in name]


def test_a_dry_run_prints_every_file_and_command_and_writes_nothing(hall: Path, root: Path):
    result = run(hall, root, "--dry-run", "--screen")
    assert result.exit_code == 0, result.output
    for shown in (
        "ExecStart=",
        "WatchdogSec=60",
        "OnCalendar=*-*-* 02:30",
        "m hallcall dialout",
        "systemctl",
    ):
        assert shown in result.output
    assert "hallcall-screen.service" in result.output
    assert list(root.iterdir()) == []


def test_nothing_is_done_when_the_answer_is_no(hall: Path, root: Path):
    result = run(hall, root, typed="n\n")
    assert result.exit_code == 1
    assert "现在执行？/ Do this now?" in result.output
    assert list(root.iterdir()) == []


def on_this_pc(hall: Path, *options: str) -> Result:
    return CliRunner().invoke(setup, [str(hall), "--yes", "--no-screen", *options])


def test_without_root_it_says_so_before_anything_else(hall: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(setup_command.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(setup_command, "write", forbidden)
    result = on_this_pc(hall, "--program", PROGRAM)
    assert result.exit_code == 2
    assert "需要 root" in result.output
    assert "This needs root" in result.output


@pytest.mark.parametrize(
    ("program", "booted", "said"), [(PROGRAM, False, "systemd"), ("/home/a/hallcall", True, "/opt")]
)
def test_a_pc_that_cannot_run_the_units_is_left_alone(
    hall: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, booted: bool, said: str
):
    monkeypatch.setattr(setup_command.os, "geteuid", lambda: 0)
    monkeypatch.setattr(setup_command, "BOOTED", tmp_path if booted else tmp_path / "none")
    monkeypatch.setattr(setup_command, "write", forbidden)
    result = on_this_pc(hall, "--program", program)
    assert result.exit_code == 2
    assert said in result.output


def forbidden(*_: object) -> None:
    raise AssertionError("written")


def test_a_hall_with_mistakes_is_not_installed(tmp_path: Path, root: Path):
    (tmp_path / "hall.toml").write_text("x = 1\n", "utf-8")
    assert run(tmp_path / "hall.toml", root, "--yes").exit_code == 2
    assert list(root.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--kiosk", "k9"], "k9"), (["--data", "data"], "--data"), (["--processes", "callr"], "callr")],
)
def test_a_wrong_choice_is_told_with_what_there_is(hall: Path, root: Path, options: Sequence[str], said: str):
    result = run(hall, root, "--yes", *options)
    assert result.exit_code == 2
    assert said in result.output
    assert list(root.iterdir()) == []


@needs_systemctl
@pytest.mark.skipif(os.geteuid() != 0, reason="accounts and owners are root's to make")
def test_an_image_gets_account_and_folders_at_its_first_start(hall: Path, root: Path):
    """systemd's own programs read what was declared."""
    assert run(hall, root, "--yes").exit_code == 0
    for words in (["systemd-sysusers", f"--root={root}"], ["systemd-tmpfiles", f"--root={root}", "--create"]):
        subprocess.run([*words, "hallcall.conf"], check=True, capture_output=True)
    accounts = dict(line.split(":", 1) for line in (root / "etc/passwd").read_text("utf-8").splitlines())
    assert "/var/lib/hallcall" in accounts["hallcall"]
    groups = {
        line.split(":")[0]: line.split(":")[3]
        for line in (root / "etc/group").read_text("utf-8").splitlines()
    }
    assert (groups["dialout"], groups["lp"]) == ("hallcall", "hallcall")
    uid = int(accounts["hallcall"].split(":")[1])
    for folder in ("var/lib/hallcall", "var/backups/hallcall", "var/backups/hallcall-keys"):
        there = (root / folder).stat()
        assert (there.st_uid, there.st_mode & 0o777) == (uid, 0o700)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (root / "etc/hallcall").iterdir()}
    assert set(modes.values()) == {0o640}
    assert (root / "etc/hallcall").stat().st_mode & 0o777 == 0o750
    assert (root / "etc/hallcall/hall.toml").stat().st_gid == int(accounts["hallcall"].split(":")[2])


@needs_systemctl
def test_the_record_of_another_program_is_as_none(hall: Path, root: Path):
    assert run(hall, root, "--yes").exit_code == 0
    assert isinstance(record_in(root / "etc/hallcall"), SetupRecord)
    (root / "etc/hallcall/setup.json").write_text("[]", "utf-8")
    assert record_in(root / "etc/hallcall") is None


@pytest.mark.parametrize("installed", [(), ("cage", "chromium")])
def test_a_screen_is_told_the_programs_it_lacks(
    installed: Sequence[str], hall: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without them its unit would start again for ever, on a black screen."""
    real = shutil.which
    monkeypatch.setattr(
        setup_command.shutil, "which", lambda name: name if name in installed else real(name, path="/none")
    )
    done = run(hall, root, "--screen", "--yes")
    assert ("sudo apt install cage chromium" in done.output) == (not installed)
