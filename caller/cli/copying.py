"""`hallcall log copy` and `hallcall log follow`: the log also lies somewhere else, each event checked on its way there.

Both know files and databases of PostgreSQL. What they make is a copy: no caller runs on it before `hallcall promote`.
Exit code 0: told to stop, or all is copied; 1: what was read is damaged; 2: it cannot be done.
"""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from caller.cli.log_words import told
from caller.eventlog import LOG_NAME, CopyFollower, LogError, Reader, copy_log
from caller.eventlog.stores import LogSource, LogStore, is_database, open_copy, printable
from config import owner_only
from config.instants import Seconds
from config.process.options import data_option
from config.process.running import stop_signals

if TYPE_CHECKING:
    from caller.eventlog.stores.postgres import PostgresCopy

ROUND_SECONDS: Seconds = 0.2  # how much of the present a copy may lack
AGAIN_SECONDS: Seconds = 2.0  # between tries to reach a disk or a database that is away
PASSING = frozenset(
    {"busy", "disk-full", "disk-error", "read-only", "no-database", "failed", "missing"}
)  # waited out


@click.command()
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
def copy(source: str, target: str) -> None:
    """复制整份日志并逐条核对；SOURCE、TARGET 为文件或 postgresql://… 。已有一部分时接着复制 / copy a whole log and check every
    event; a file or a postgresql://… address each. A copy that ends before is gone on with."""
    place = file_of(target)
    with told(), opened_source(source) as log:
        _make_folder(place)
        with open_copy(place, log.site) as store:
            first = store.head.seq
            head = copy_log(log, store)
    click.echo(
        f"复制了 {head.seq - first} 条，副本共 {head.seq} 条，全部核对相符，末条校验值 {head.hash.hex()}\n"
        f"copied {head.seq - first} events; the copy has {head.seq}, all checked, hash of the last {head.hash.hex()}"
    )


@click.command()
@click.argument("target", metavar="TARGET")
@data_option
def follow(target: str, data: Path) -> None:
    """在叫号服务旁持续复制日志，到另一块磁盘、另一台电脑的共享文件夹，或 postgresql://… / keep a warm copy beside the running
    caller: on another disk, in a folder that another PC shares, or in a postgresql://… database."""
    stop = threading.Event()
    for number in stop_signals():
        signal.signal(number, lambda *_: stop.set())
    with told():
        Following(data / LOG_NAME, file_of(target), stop).run()


class Following:
    """Follows a log until told to stop, through times in which the copy's place is away."""

    def __init__(self, path: Path, target: str, stop: threading.Event) -> None:
        self._path, self._target, self._stop = path, target, stop
        self._trouble = ""
        self._said = False

    def run(self) -> None:
        """Raises `LogError` for what does not pass by itself."""
        while not self._stop.is_set():
            try:
                with Reader(self._path) as log:
                    site = log.site
                with open_copy(self._target, site) as store:
                    self._follow(store)
            except LogError as error:
                if error.code not in PASSING:
                    raise
                self._wait(error)

    def _follow(self, store: LogStore) -> None:
        beside = None if is_database(self._target) else Path(self._target).parent
        following = CopyFollower(self._path, store, beside)
        try:
            while not self._stop.is_set():
                if not following.round():
                    self._tell(store)
                    self._stop.wait(ROUND_SECONDS)
        finally:
            following.close()
        seq = store.head.seq
        click.echo(f"已停，副本止于第 {seq} 条 / stopped; the copy ends with event {seq}")

    def _tell(self, store: LogStore) -> None:
        """Say that the copy has caught up: at the start, and when its place is back."""
        if not self._said or self._trouble:
            click.echo(
                f"log follow ready {printable(self._target)} 副本已到第 {store.head.seq} 条，继续跟随 / "
                f"the copy has event {store.head.seq} and goes on"
            )
        self._said, self._trouble = True, ""

    def _wait(self, error: LogError) -> None:
        if self._trouble != error.code:
            click.echo(
                f"{error.message}\n{AGAIN_SECONDS:g} 秒后再试 / again in {AGAIN_SECONDS:g} s", err=True
            )
        self._trouble = error.code
        self._stop.wait(AGAIN_SECONDS)


def file_of(target: str) -> str:
    """Return where a copy lies: an address, a file, or the log of a data folder, which need not be there yet. A name with an
    ending is a file's, unless a folder has it."""
    path = Path(target)
    if is_database(target) or path.is_file() or (path.suffix and not path.is_dir()):
        return target
    return str(path / LOG_NAME)


def _make_folder(place: str) -> None:
    """Make the folder of a copy that one makes once; a follower's that is not there is a disk or a share that is away.
    Raises `LogError`."""
    if is_database(place):
        return
    try:
        owner_only.make_folder(Path(place).parent)
    except OSError:
        raise LogError("no-folder", path=Path(place).parent) from None


@contextmanager
def opened_source(source: str) -> Generator[LogSource]:
    """Open what is copied from: a database, a log's file or its data folder. Raises `LogError`."""
    if is_database(source):
        with opened_database(source) as database:
            yield database
        return
    with Reader(Path(file_of(source))) as log:
        log.check_wal()
        yield log


def opened_database(address: str, *, reading: bool = False) -> "PostgresCopy":
    """Open the log in a database; `reading`: the database itself refuses any change. Raises `LogError`."""
    from caller.eventlog.stores.postgres import PostgresCopy  # an extra

    return PostgresCopy(address, reading=reading)
