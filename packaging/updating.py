"""Puts a new version in the place of the old one on a running hall, and takes it back where it does not work.

    updating.py keep PLACE     before the new files come: the present ones stay, as hard links, in PLACE-previous
    updating.py try PLACE      the new files lie in PLACE. Exit code 0: they stay; 1: the old ones are back and run;
                               3: the new ones run, and not all is well

Run as root by the package (postinst) and by install.sh. It needs Python's own library and nothing of either version,
because it must work where the new one does not.

1. While the old version goes on calling, the new one reads the hall's file, folds the whole log (`log prepare`) and looks
   at the data (`doctor`). What fails there is taken back at once: no service was stopped, no data touched. A log in
   PostgreSQL is read there.
2. Then the services end and the data folder is copied inside itself (`before-update`). What is large and made again is left out.
3. The new services start, on trial: while `TRIAL` names a living process the caller listens and takes no station, so
   that no number is given before it is decided. The file lies in /run and names this process: neither a power cut nor
   a kill leaves a hall closed.
4. They must all run, restart no more and answer `/healthz` for `STEADY_SECONDS`, within `HALLCALL_UPDATE_SECONDS`. Then
   the caller is let go on, and the copy is removed.
   A log in PostgreSQL is not copied, and needs not be: on trial the caller only reads it (`service/standby`), and so the old
   version finds it as it was. Let go on, the new one takes the log, brings the tables to its shape (which the old one can
   live with), and must be well once more before it stays.
5. Else the old files and units come back, and the data as it was. Where a person's command is in the log none the
   less, it is kept: the old version goes on from it, if it can read it; if it cannot, the new one stays and that is said.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from running_hall import COPY, FOLD_SECONDS, NOTE, Failed, Hall, Head, Run, run, words_of

STAYS, BACK, TROUBLED = 0, 1, 3  # exit codes
BOUND_SECONDS = float(
    os.environ.get("HALLCALL_UPDATE_SECONDS", "180")
)  # from the start of the services to a verdict
STEADY_SECONDS = 5.0
ON_TRIAL = ".on-trial"  # in PLACE-previous: the files beside it are the last that were seen to work
UNITS = ".units"  # in PLACE-previous: the units as they were


class Update:
    """One update of one place. `root`: where the file system begins; `run`: runs a command."""

    def __init__(self, place: Path, root: Path = Path("/"), run: Run = run) -> None:
        self.place, self._run = place, run
        self.previous = place.with_name(f"{place.name}-previous")
        self.failed = place.with_name(f"{place.name}-failed")
        self.trial = root / "run/hallcall-update"
        self.hall = Hall(root, run)
        self.bound, self.steady = BOUND_SECONDS, STEADY_SECONDS

    # --- the two commands

    def keep(self) -> int:
        """Keep the present files beside. What the last update kept stays where it was not decided."""
        shutil.rmtree(self.failed, ignore_errors=True)
        if (self.previous / ON_TRIAL).exists() or not (self.place / "bin").is_dir():
            return STAYS
        shutil.rmtree(self.previous, ignore_errors=True)
        shutil.copytree(self.place, self.previous, symlinks=True, copy_function=os.link)
        (self.previous / ON_TRIAL).touch()
        return STAYS

    def attempt(self) -> int:
        """Try what lies in the place; return the exit code."""
        if self.failed.is_dir():  # taken back before, and asked again: dpkg --configure
            self.place.rename(self.previous)
            self.failed.rename(self.place)
        if not (self.previous / "bin").is_dir():
            return STAYS
        if not self.hall.is_set_up:
            (self.previous / ON_TRIAL).unlink(missing_ok=True)
            return STAYS
        (self.previous / ON_TRIAL).touch()
        say(f"试用 {version_in(self.place)}，原为 {version_in(self.previous)}",
            f"{version_in(self.place)} is on trial; before it {version_in(self.previous)}")  # fmt: skip
        try:
            self._look_before()
        except Failed as failed:
            return self._back(str(failed), stopped=[])
        running = self.hall.running()
        if not running:
            return self._stays()
        return self._changed_over(running)

    # --- steps

    def _look_before(self) -> None:
        """Ask the new version, beside the old one, what it makes of this hall. Raises `Failed`."""
        hall, file = self.hall, str(self.hall.file)
        done = hall.ask(self.place, "--version")
        if done.returncode:
            raise Failed(words_of(done))
        done = hall.ask(self.place, "check", file)
        if done.returncode and not hall.ask(self.previous, "check", file).returncode:
            raise Failed(words_of(done))
        if hall.calls and hall.has_log:
            words = ("log", "prepare", file, "--whole", "--data", str(hall.data))
            done = hall.ask(self.place, *words, seconds=FOLD_SECONDS)
            if done.returncode:
                raise Failed(words_of(done))
        found = hall.found(self.place)
        if found and (added := found.keys() - hall.found(self.previous).keys()):
            raise Failed("doctor: " + "; ".join(f"{code}: {found[code]}" for code in sorted(added)))

    def _changed_over(self, running: Sequence[str]) -> int:
        """Stop the old services and start the new ones on trial; return the exit code."""
        hall = self.hall
        hall.keep_units(self.previous / UNITS)
        hall.systemctl("stop", *running)
        before, kept, let_go = Head(), False, False
        try:
            before = hall.head(self.previous)._replace(commands=0)
            kept = hall.copy_data()
            if not kept:
                say("磁盘不够，不另存数据", "no room for a copy of the data: going on without one")
            self._start_on_trial(running)
            hall.await_health(running, self.bound, self.steady)
            if hall.is_remote and hall.calls:
                self.trial.unlink()
                let_go = True
                hall.await_health(running, self.bound, self.steady)
        except Failed as failed:
            return self._after_failure(str(failed), running, before, kept, let_go)
        finally:
            self.trial.unlink(missing_ok=True)
        return self._stays()

    def _start_on_trial(self, running: Sequence[str]) -> None:
        self.trial.parent.mkdir(parents=True, exist_ok=True)
        self.trial.write_text(f"{os.getpid()}\n", "ascii")
        self.trial.chmod(0o644)
        words = [*self.hall.program(self.place), "setup", str(self.hall.file), "--yes"]
        if self._run(words, self.bound).returncode:
            say("服务文件没有更新，旧的照用；请运行 sudo hallcall setup /etc/hallcall/hall.toml",
                "the units were not brought up to date and stay as they are; run that command")  # fmt: skip
        self.hall.systemctl("daemon-reload")
        self.hall.systemctl("start", "--no-block", *running)

    def _stays(self) -> int:
        """Let the new version be; return the exit code."""
        (self.previous / ON_TRIAL).unlink(missing_ok=True)
        shutil.rmtree(self.hall.data / COPY, ignore_errors=True)
        (self.hall.data / NOTE).unlink(missing_ok=True)
        say(f"已换用 {version_in(self.place)}", f"{version_in(self.place)} stays")
        return STAYS

    def _after_failure(self, why: str, running: Sequence[str], before: Head, kept: bool, let_go: bool) -> int:
        """Go back with the data as it was, if that loses nothing; return the exit code.

        `let_go`: the new version may have written a log in a database.
        """
        hall = self.hall
        hall.systemctl("stop", *running)
        try:
            now = hall.head(self.previous, after=before.seq)
        except Failed:  # a file that nobody can read holds nothing that could be kept
            now = Head(before.seq + 1)
        if hall.is_remote:
            step = remote_step(before, now, kept, let_go, self._old_reads)
        else:
            step = data_step(before, now, kept, self._old_reads)
        if step == "stay":
            self.hall.systemctl("start", "--no-block", *running)
            shutil.rmtree(self.hall.data / COPY, ignore_errors=True)
            self._note(why, "stays")
            say(f"新版本有问题，但它已记下的号码旧版本读不了，所以留用新版本。原因：{why}",
                "the new version is not well, and stays: the old one cannot read the numbers it has given")  # fmt: skip
            return TROUBLED
        if step == "restore":
            self.hall.restore_data()
        return self._back(why, running)

    def _back(self, why: str, stopped: Sequence[str]) -> int:
        """Put the old files back, start what was stopped, say why; return the exit code."""
        tried, before = version_in(self.place), version_in(self.previous)
        shutil.rmtree(self.failed, ignore_errors=True)
        self.place.rename(self.failed)
        self.previous.rename(self.place)
        (self.place / ON_TRIAL).unlink(missing_ok=True)
        ill = ""
        if stopped:
            self.hall.restore_units(self.place / UNITS)
            self.hall.systemctl("daemon-reload")
            self.hall.systemctl("start", "--no-block", *stopped)
            try:
                self.hall.await_health(stopped, self.bound, self.steady)
            except Failed as failed:
                ill = str(failed)
        shutil.rmtree(self.place / UNITS, ignore_errors=True)
        shutil.rmtree(self.hall.data / COPY, ignore_errors=True)
        self._note(why, "back", tried, before)
        say(f"{tried} 在本厅不能运行，已退回 {before}，数据和号码不变。原因：{why}",
            f"{tried} does not work in this hall: {before} is back, with the data and numbers as they were")  # fmt: skip
        if ill:
            say(
                f"退回后仍不正常，请运行 hallcall doctor：{ill}",
                "not well after going back either: run hallcall doctor",
            )
        return BACK

    def _old_reads(self) -> bool:
        words = ("log", "prepare", str(self.hall.file), "--data", str(self.hall.data))
        return not self.hall.ask(self.previous, *words, seconds=FOLD_SECONDS).returncode

    def _note(self, why: str, outcome: str, tried: str = "", before: str = "") -> None:
        """Leave the outcome where `hallcall doctor` and `status` see it."""
        path = self.hall.data / NOTE
        note = {"outcome": outcome, "tried": tried or version_in(self.place), "before": before, "why": why}
        owner = self.hall.data.stat()
        path.write_text(json.dumps(note, ensure_ascii=False), "utf-8")
        os.chown(path, owner.st_uid, owner.st_gid)
        path.chmod(0o600)


def data_step(before: Head, now: Head, kept: bool, old_reads: Callable[[], bool]) -> str:
    """Return what becomes of the data when the old version comes back: "leave" it, "restore" the copy, or "stay" with the new.

    `now.commands`: what persons and stations have done since; it is never thrown away.
    """
    if now == before:
        return "leave"
    if kept and not now.commands:
        return "restore"
    return "leave" if old_reads() else "stay"


def remote_step(before: Head, now: Head, kept: bool, let_go: bool, old_reads: Callable[[], bool]) -> str:
    """Return the same where the log is in PostgreSQL: what it has stays, and only the files beside it can be put back.

    What came into the log while the new version was on trial is the other PC's, whose matter it is to be read here.
    """
    if not let_go:
        return "restore" if kept else "leave"
    if now.seq != before.seq and not old_reads():
        return "stay"
    return "restore" if kept and not now.commands else "leave"


def version_in(tree: Path) -> str:
    """Return the version of the product in a tree."""
    found = sorted(tree.glob("lib/python3*/site-packages/hallcall-*.dist-info"))
    return found[-1].name.removeprefix("hallcall-").removesuffix(".dist-info") if found else "?"


def say(zh: str, en: str) -> None:
    """Tell who installs, and the system's journal."""
    text = f"{zh} / {en}"
    print(f"hallcall: {text}", file=sys.stderr, flush=True)
    with suppress(OSError):
        subprocess.run(
            ["systemd-cat", "-t", "hallcall-update"],
            input=text,
            text=True,
            check=False,
            stderr=subprocess.DEVNULL,
        )


if __name__ == "__main__":
    update = Update(Path(sys.argv[2]))
    sys.exit(update.keep() if sys.argv[1] == "keep" else update.attempt())
