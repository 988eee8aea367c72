"""Brings the files of the playlist to a kiosk on another PC: from the hall's web process into DATA/media of its own.

1. Wanted is what the kiosk's settings name and nothing else. The web process says size and SHA-256 of each
   (`/media-sums.json`); what lies here with the same sum is left alone, so that on the web process's own PC nothing is copied.
2. A file comes into `.part-SUM` beside its place and is given its name once its sum is right and it can be played. A line
   that breaks costs nothing: the rest is asked for next time (`Range`). What turns out to be another file is thrown away.
3. While the web process is away, or a file does not come, what was here before is played on.
4. A copy whose name is in the settings no more is removed (`.copied` names the copies); a file that a person put here is not.
5. The web process is looked for where the caller is, at the port of `[listen] web`, else at `[listen] public_url`.
6. Of a hall's two PCs the web process of the one that stands by copies from the one that calls in the same way, so that screens
   play on when it takes over; the doctor names what differs (`media_of`).
"""

import asyncio
import http.client
import json
import logging
import ssl
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Meta, Struct

from caller.client.media_files import (
    FOLDER,
    SUMS_PATH,
    VIDEO_BYTES_MAX,
    BadMediaError,
    FileSums,
    broken_media,
    check_picture,
    media_file,
    named_files,
)
from caller.eventlog.calling_here import calls_here, noted_address
from config import owner_only
from config.hosts import is_encrypted
from config.instants import Seconds
from config.probe import Examined, Finding, doubtful
from config.process import downloads, tls
from config.process.downloads import NotOfferedError, range_from
from config.process.running import in_url
from config.settings import Settings
from config.text_safety import DECODE_ERRORS

LOOK_SECONDS: Seconds = 60.0
ANSWER_SECONDS: Seconds = 4.0  # without a byte; a program that is to end waits no longer
SUMS_BYTES_MAX = 4 * 1024 * 1024  # 5,000 rows of names
COPIED = ".copied"
PART = ".part-"
log = logging.getLogger("hallcall.kiosk")


class OfferedFile(Struct, frozen=True):
    """One file as the web process has it."""

    bytes: Annotated[int, Meta(ge=0, le=VIDEO_BYTES_MAX)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class OfferedFiles(Struct, frozen=True):
    files: dict[str, OfferedFile]


def web_addresses(settings: Settings, caller: str) -> list[str]:
    """Return where the hall's web process may be, the likeliest first. `caller`: its addresses, by commas."""
    listen, found = settings.listen, list[str]()
    scheme = "https" if is_encrypted(listen.tls) else "http"
    for each in caller.split(","):
        if host := urlsplit(each.strip()).hostname:
            found.append(f"{scheme}://{in_url(host)}:{listen.web}")
    return list(dict.fromkeys([*found, *filter(None, [listen.public_url.rstrip("/")])]))


def of_the_other_pc(data: Path, settings: Settings, caller: str) -> list[str]:
    """Return where the web process of the PC that calls may be, for the one that stands by; nothing for any other.

    `caller`: the address of the caller that calls.
    """
    return web_addresses(settings, caller) if noted_address(data) and not calls_here(data) else []


class MediaCopies:
    """The copies of one kiosk, or of the PC that stands by. `data`: its data folder; `settings`: those it goes by; `addresses`: of the web process."""

    def __init__(
        self, data: Path, settings: Callable[[], Settings], addresses: Callable[[], list[str]]
    ) -> None:
        self._folder, self._settings, self._addresses = data / FOLDER, settings, addresses
        self._sums, self._said = FileSums(), ""
        self._over = False  # the program ends: what is on its way goes on next time

    async def run(self) -> None:
        """Look at the web process now and then, until cancelled."""
        try:
            while True:
                if named_files(self._settings()) or (self._folder / COPIED).exists():
                    await asyncio.to_thread(self.look)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._over = True

    def look(self) -> None:
        """Copy what differs and remove what is named no more. Blocks; a trouble is logged once."""
        trouble = ""
        try:
            self._look()
        except (
            OSError,
            http.client.HTTPException,
            NotOfferedError,
            *DECODE_ERRORS,
            BadMediaError,
        ) as error:
            trouble = (
                tls.explained(error)
                if isinstance(error, ssl.SSLError)
                else f"{type(error).__name__}: {error}"
            )
        if trouble and trouble != self._said:
            log.warning("播放文件没有取到，照旧播放 / media not copied, what is here is played: %s", trouble)
        self._said = trouble

    def _look(self) -> None:
        names, addresses = named_files(self._settings()), self._addresses()
        if not addresses:
            return
        for gone, sha256 in self._copied().items():
            if gone not in names:
                self._remove(gone, sha256)
        if not names:
            return
        address, offered = _offered(addresses)
        for name in names:
            if name in offered and not self._has(name, offered[name]):
                self._copy(address, name, offered[name])
        for part in self._folder.glob(f"{PART}*"):
            if part.name.removeprefix(PART) not in {each.sha256 for each in offered.values()}:
                part.unlink(missing_ok=True)

    def _has(self, name: str, file: OfferedFile) -> bool:
        path = self._folder / name
        return path.is_file() and path.stat().st_size == file.bytes and self._sums.of(path) == file.sha256

    def _copy(self, address: str, name: str, file: OfferedFile) -> None:
        """Bring one file here (rule 2)."""
        owner_only.make_folder(self._folder)
        part = self._folder / f"{PART}{file.sha256}"
        path = f"/media/{quote(name, safe='')}"
        downloads.fetch(
            lambda start: _asked(address, path, start), part, file.bytes, file.sha256, lambda: self._over
        )
        try:
            found = media_file(self._folder, part.name)
            if not found.is_video:
                check_picture(found)
        except BadMediaError:
            part.unlink(missing_ok=True)
            raise
        self._note(name, file.sha256)
        part.replace(self._folder / name)
        log.info("播放文件 %s 已取到 / copied", name)

    # --- which files are copies

    def _copied(self) -> dict[str, str]:
        """Return the copies, by name, with their sums."""
        try:
            return msgspec.json.decode((self._folder / COPIED).read_bytes(), type=dict[str, str])
        except (FileNotFoundError, ValueError, *DECODE_ERRORS):
            return {}

    def _remove(self, name: str, sha256: str) -> None:
        path = self._folder / name
        if path.is_file() and self._sums.of(path) == sha256:
            path.unlink()
        self._note(name, "")

    def _note(self, name: str, sha256: str) -> None:
        rows = self._copied() | {name: sha256}
        kept = {each: text for each, text in rows.items() if text}
        owner_only.write_whole(self._folder / COPIED, json.dumps(kept, ensure_ascii=False).encode())


def _offered(addresses: list[str]) -> tuple[str, dict[str, OfferedFile]]:
    """Return the first address that answers, and what is there. Raises what the last one did."""
    failed: Exception = NotOfferedError("no address")
    for address in addresses:
        try:
            with _asked(address, SUMS_PATH) as answer:
                text = answer.read(SUMS_BYTES_MAX)
            return address, msgspec.json.decode(text, type=OfferedFiles).files
        except (OSError, http.client.HTTPException, NotOfferedError, *DECODE_ERRORS) as error:
            failed = error
    raise failed


def media_of(hall: Examined) -> Iterator[Finding]:
    """Find the files of the playlist that no screen can show, and those that a hall's two PCs have otherwise."""
    yield from broken_media(hall)
    names = named_files(hall.settings)
    if not names or not noted_address(hall.data):
        return
    here = {name: each["sha256"] for name, each in FileSums().listed(hall.data / FOLDER, names).items()}
    for address in web_addresses(hall.settings, hall.caller):
        with suppress(OSError, http.client.HTTPException, NotOfferedError, *DECODE_ERRORS):
            _, offered = _offered([address])  # that it is away is another probe's
            there = {name: offered[name].sha256 for name in names if name in offered}
            if differing := [name for name in names if here.get(name) != there.get(name)]:
                yield doubtful("media-differs", address=address, names="、".join(differing))


@contextmanager
def _asked(address: str, path: str, start: int = 0) -> Generator[http.client.HTTPResponse]:
    """Ask for something, from this byte on. Raises `OSError`, `HTTPException` or `NotOfferedError`."""
    parts, context = urlsplit(address), tls.client_context(address)
    where, port = parts.hostname or "", parts.port
    line = (
        http.client.HTTPSConnection(where, port, timeout=ANSWER_SECONDS, context=context)
        if context
        else http.client.HTTPConnection(where, port, timeout=ANSWER_SECONDS)
    )
    try:
        line.request("GET", f"{parts.path}{path}", headers=range_from(start))
        answer = line.getresponse()
        if answer.status not in (http.client.OK, http.client.PARTIAL_CONTENT):
            raise NotOfferedError(f"{address}{path}: HTTP {answer.status}")
        yield answer
    finally:
        line.close()
