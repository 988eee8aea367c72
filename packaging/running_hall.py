"""What an update looks at and changes on a PC of a hall: its services, its units' files, its data folder.

Read by `updating.py`; it needs Python's own library only, because it must work where neither version does.
"""

import json
import shlex
import shutil
import ssl
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

USER = "hallcall"
LOOK_SECONDS = 0.5
FOLD_SECONDS = 7200.0  # ten years of a large hall, on a slow PC
COMMAND_SECONDS = 120.0
RESTARTS_MAX = 3  # a process that ended so often will not come up
SPARE_BYTES = 200 << 20  # left free beside the copy: the hall itself needs room
COPY, NOTE = "before-update", "update.json"  # in the data folder
ADDRESS = "log.address"  # in the data folder of a hall whose log lies in PostgreSQL: where
LEFT_OUT = {COPY, NOTE, "media", "voice-cache", "prepared", "records.db", "records.db-wal", "records.db-shm"}
UNITS = "etc/systemd/system"
ETC = (
    f"{UNITS}/hallcall-*",
    "etc/hallcall/setup.json",
    "etc/sysusers.d/hallcall.conf",
    "etc/tmpfiles.d/hallcall.conf",
    "etc/systemd/journald.conf.d/hallcall.conf",
    "usr/local/lib/hallcall/*",
)
ABOUT_DATA = {  # findings of `doctor` that a new version must not add
    "no-data", "bad-key", "other-site", "log-unreadable", "log-behind", "log-newer", "version-lost", "stations-unreadable",
    "accounts-unreadable", "outbox-unreadable",
}  # fmt: skip
OWN_ROLE = "caller"  # of the caller's own events: the old version makes them again


SHAPES = """
import json, pathlib, sqlite3, sys
found = []
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.db")):
    file = sqlite3.connect(path)
    try:
        found.append([path.name, file.execute("pragma user_version").fetchone()[0]])
    except sqlite3.Error:
        found.append([path.name, -1])
    file.close()
print(json.dumps(found))
"""
LAST, COUNTED = (
    "select coalesce(max(seq), 0) from event",
    "select count(*) from event where seq > {} and role <> '{}'",
)
COUNT = """
import json, sqlite3, sys
log = sqlite3.connect(sys.argv[1])
print(json.dumps([log.execute(each).fetchone()[0] for each in sys.argv[2:]]))
log.close()
"""
COUNT_REMOTE = """
import json, sys
import psycopg
options = "-c default_transaction_read_only=on -c search_path=hallcall -c statement_timeout=600s"
with open(sys.argv[1]) as file, psycopg.connect(file.read().strip(), connect_timeout=10, options=options, autocommit=True) as log:
    print(json.dumps([log.execute(each).fetchone()[0] for each in sys.argv[2:]]))
"""


class Failed(Exception):
    """The new version does not work here; the text says why, as the program said it."""


class Head(NamedTuple):
    """How far a log is, how many commands of persons and stations it has since a point, and the shapes of the files of the data
    folder: name and version of each database.

    `seq` 0: there is no log.
    """

    seq: int = 0
    commands: int = 0
    shapes: tuple[tuple[str, int], ...] = ()


Done = subprocess.CompletedProcess[str]
Run = Callable[[Sequence[str], float], Done]


def run(words: Sequence[str], seconds: float) -> Done:
    """Run a command; one that does not end in time has failed."""
    try:
        return subprocess.run(
            list(words),
            capture_output=True,
            text=True,
            timeout=seconds,
            cwd="/",
            check=False,
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(list(words), 124, "", str(error))


class Hall:
    """A hall on this PC as `hallcall setup` made it. `root`: where the file system begins; `run`: runs a command."""

    def __init__(self, root: Path, run: Run) -> None:
        self.root, self._run = root, run
        self.file = root / "etc/hallcall/hall.toml"
        setup = root / "etc/hallcall/setup.json"
        choices: dict[str, Any] = json.loads(setup.read_text("utf-8"))["choices"] if setup.exists() else {}
        self.is_set_up = bool(choices) and (root / "run/systemd/system").is_dir()
        self.data = root / choices.get("data", "/var/lib/hallcall").lstrip("/")
        self.calls = "caller" in choices.get("processes", ())

    # --- a version's program

    def program(self, tree: Path) -> list[str]:
        """Return the words that run the program of a tree, wherever it lies now."""
        return [str(tree / "bin/python"), "-P", "-m", "caller.cli"]

    def ask(self, tree: Path, *words: str, seconds: float = COMMAND_SECONDS) -> Done:
        """Run a version's program as the hall's account."""
        return self._as_user([*self.program(tree), *words], seconds)

    def _as_user(self, words: Sequence[str], seconds: float) -> Done:
        own = ["env", *self._database_words] if self._database_words else []
        return self._run(["runuser", "-u", USER, "--", *own, *words], seconds)

    @cached_property
    def _database_words(self) -> list[str]:
        """What the caller's service was told of its database besides the address: PGPASSFILE and the like."""
        if not self.is_remote:
            return []
        show = ["systemctl", "show", "--property=Environment", "--value", "hallcall-caller.service"]
        return [
            each for each in shlex.split(self._run(show, COMMAND_SECONDS).stdout) if each.startswith("PG")
        ]

    @property
    def is_remote(self) -> bool:
        """Whether the log lies in PostgreSQL, and `log.db` is a copy of it."""
        return (self.data / ADDRESS).exists()

    @property
    def has_log(self) -> bool:
        return self.is_remote or (self.data / "log.db").exists()

    def found(self, tree: Path) -> dict[str, str]:
        """Return what a version's `doctor` finds wrong with the data: words by code. One that says nothing readable has not worked."""
        done = self.ask(tree, "doctor", str(self.file), "--data", str(self.data), "--json")
        try:
            probes = json.loads(done.stdout)["probes"]
            told = [each["message"] for found in probes.values() for each in found]
            return {
                each["code"]: f"{each['zh']} / {each['en']}" for each in told if each["code"] in ABOUT_DATA
            }
        except (ValueError, KeyError, TypeError, AttributeError):
            return {words_of(done): ""}

    # --- services

    def running(self) -> list[str]:
        """Return the services of the hall that run; a backup under way is none of them."""
        words = [
            "systemctl",
            "list-units",
            "--type=service",
            "--state=active,activating",
            "--plain",
            "--no-legend",
        ]
        lines = self._run([*words, "hallcall-*"], COMMAND_SECONDS).stdout.splitlines()
        return [name for line in lines if not (name := line.split()[0]).startswith("hallcall-backup")]

    def systemctl(self, *words: str) -> None:
        """Tell the service manager."""
        self._run(["systemctl", *words], COMMAND_SECONDS)

    def await_health(self, units: Sequence[str], bound: float, steady: float) -> None:
        """Wait until all is well for `steady` seconds. Raises `Failed` after `bound`, or once a process ends again and again."""
        ends = time.monotonic() + bound
        well_since = None
        while True:
            ill = self.ill(units)
            now = time.monotonic()
            well_since = None if ill else well_since or now
            if well_since and now - well_since >= steady:
                return
            if ill.endswith("!") or now >= ends:
                raise Failed(ill.removesuffix("!") or "not steady")
            time.sleep(min(LOOK_SECONDS, steady))

    def ill(self, units: Sequence[str]) -> str:
        """Return what is not well now, ending in "!" where waiting does not help; empty where all is."""
        show = ["systemctl", "show", "--property=Id,ActiveState,SubState,NRestarts,Result", "--", *units]
        for block in self._run(show, COMMAND_SECONDS).stdout.strip().split("\n\n"):
            unit = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
            restarts = int(unit.get("NRestarts") or 0)
            text = f"{unit.get('Id')}: {unit.get('ActiveState')} {unit.get('Result')}, {restarts} restarts"
            if restarts >= RESTARTS_MAX or unit.get("ActiveState") == "failed":
                return f"{text}; {self._last_lines(unit.get('Id', ''))}!"
            if restarts or (unit.get("ActiveState"), unit.get("SubState")) != ("active", "running"):
                return text
        if self.calls and "hallcall-caller.service" in units:
            return self._ill_caller()
        return ""

    def _ill_caller(self) -> str:
        listen = tomllib.loads(self.file.read_text("utf-8")).get("listen", {})
        host = listen.get("host", "127.0.0.1")
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
        scheme = "https" if listen.get("tls", "") not in ("", "off") else "http"
        url = f"{scheme}://{host}:{listen.get('caller', 9300)}/healthz"
        trusted = ssl.create_default_context()
        trusted.check_hostname, trusted.verify_mode = (
            False,
            ssl.CERT_NONE,
        )  # it is asked whether it lives, on this PC
        own = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)
        )
        try:
            with own.open(url, timeout=5):
                return ""
        except urllib.error.HTTPError as error:
            return f"{url}: {error.code} {error.read(2_000).decode(errors='replace').strip()}"
        except OSError as error:
            return f"{url}: {error}"

    def _last_lines(self, unit: str) -> str:
        words = ["journalctl", f"_SYSTEMD_UNIT={unit}", "--lines", "3", "--output", "cat", "--no-pager"]
        return " | ".join(self._run(words, COMMAND_SECONDS).stdout.strip().splitlines())[-600:]

    # --- files of the set-up

    def keep_units(self, kept: Path) -> None:
        """Copy units and the record of the set-up into a folder."""
        for path in self._set_up_files():
            copy = kept / path.relative_to(self.root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)

    def restore_units(self, kept: Path) -> None:
        """Put them back; what came meanwhile goes."""
        for path in self._set_up_files():
            if not (kept / path.relative_to(self.root)).exists():
                path.unlink()
        for path in filter(Path.is_file, kept.rglob("*")):
            shutil.copy2(path, self.root / path.relative_to(kept))

    def _set_up_files(self) -> list[Path]:
        return [path for pattern in ETC for path in self.root.glob(pattern) if path.is_file()]

    # --- data

    def head(self, tree: Path, after: int = 0) -> Head:
        """Return how far the log is, with the count of events after `after` that somebody's command made.

        It is read by the hall's own account: what SQLite makes beside a log must not be root's. `tree`: a version whose
        program has talked to the database.
        """
        if not self.has_log:
            return Head()
        if self.is_remote:
            program = [str(tree / "bin/python"), "-P", "-c", COUNT_REMOTE, str(self.data / ADDRESS)]
        else:
            program = [sys.executable, "-c", COUNT, str(self.data / "log.db")]
        last, commands = self._told([*program, LAST, COUNTED.format(after, OWN_ROLE)])
        return Head(last, commands, self.shapes())

    def shapes(self) -> tuple[tuple[str, int], ...]:
        """Return name and version of each database of the data folder; -1 where it cannot be read."""
        found = self._told([sys.executable, "-c", SHAPES, str(self.data)])
        return tuple((name, version) for name, version in found)

    def _told(self, words: Sequence[str]) -> list[Any]:
        done = self._as_user(words, FOLD_SECONDS)
        if done.returncode:
            raise Failed(words_of(done))
        return json.loads(done.stdout)

    def copy_data(self) -> bool:
        """Copy what the new version may change; return whether there was room for it."""
        copy = self.data / COPY
        shutil.rmtree(copy, ignore_errors=True)
        names = [
            each
            for each in self.data.iterdir()
            if each.name not in LEFT_OUT and not each.name.endswith("-shm")  # SQLite makes it from the WAL
        ]
        size = sum(
            file.stat().st_size for each in names for file in (each, *each.rglob("*")) if file.is_file()
        )
        if size + SPARE_BYTES > shutil.disk_usage(self.data).free:
            return False
        copy.mkdir(mode=0o700)
        for each in names:
            if self._run(["cp", "-a", "--reflink=auto", str(each), str(copy)], FOLD_SECONDS).returncode:
                shutil.rmtree(copy, ignore_errors=True)
                return False
        return True

    def restore_data(self) -> None:
        """Put each file of the copy in its place. The log is never absent meanwhile: a caller would begin an empty one."""
        for each in sorted((self.data / COPY).iterdir()):
            target = self.data / each.name
            if each.is_dir():
                shutil.rmtree(target, ignore_errors=True)
            elif each.suffix == ".db":
                for end in ("-wal", "-shm"):
                    target.with_name(each.name + end).unlink(missing_ok=True)
            each.replace(target)
        for path in self.data.glob("records.db*"):
            path.unlink()  # deliver makes them again


def words_of(done: Done) -> str:
    """Return the last lines of what a command said, as one."""
    text = done.stderr.strip() or done.stdout.strip() or f"exit {done.returncode}"
    return " | ".join(line.strip() for line in text.splitlines()[-3:])[-400:]
