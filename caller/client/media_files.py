"""The pictures and videos of the playlist: DATA/media, what is served of it, and what is wrong with a file.

1. Served is what the settings name (`[[media]]`) and nothing else of the folder; a name has no path in it, and a link that
   leads out of the folder is no file of it.
2. What a file is, its first bytes say, never its name: JPEG, PNG, GIF, WebP, MP4, WebM. Anything else is not served.
3. Files have limits: a picture that takes the PC seconds to open would delay a call. One over them is not served.
4. A screen asks now and then what it plays (`/media.json?screen=board&area=AREA`): the entries that hold at that time and
   whose file can be used. What is left out, `hallcall doctor` names (`broken_media`).
5. A kiosk on another PC asks for the sums (`/media-sums.json`) and copies what differs (`media_copies`).

The web process serves boards and tablets, a kiosk its own page, each from the data folder of its own PC.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

from PIL import Image
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from caller.client.page_files import ASK_AGAIN, NEVER
from config.instants import Micros
from config.media_plan import playlist
from config.probe import Examined, Finding, doubtful
from config.setting_types import MediaEntry, MediaScreen
from config.settings import Settings
from config.text_safety import for_page

FOLDER = "media"
SUMS_PATH = "/media-sums.json"
MIB = 1 << 20
PICTURE_BYTES_MAX = 12 * MIB  # a photo of a telephone has about 5
PICTURE_PIXELS_MAX = 40_000_000  # opened, four bytes each
VIDEO_BYTES_MAX = 500 * MIB  # some minutes of full HD
HEAD_BYTES = 32
AREA_CHARS_MAX = 64
SCREENS: tuple[str, ...] = get_args(MediaScreen)
Usage = Callable[[], tuple[Settings, Micros]]  # the settings in force, and the instant by the caller's clock


class MediaFile(NamedTuple):
    """A file that may be played: where it lies and what it is."""

    path: Path
    media: str  # image/png

    @property
    def is_video(self) -> bool:
        return self.media.startswith("video/")


class BadMediaError(Exception):
    """A file that is not played; `code` is that of its finding for the doctor."""

    def __init__(self, code: str, detail: object = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


def media_type(head: bytes) -> str:
    """Return the media type that the first bytes of a file say; empty for what is not played."""
    for start, kind in ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png")):
        if head.startswith(start):
            return kind
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return "video/mp4"
    return "video/webm" if head.startswith(b"\x1a\x45\xdf\xa3") else ""


def media_file(folder: Path, name: str) -> MediaFile:
    """Return a file of the folder by its name (rules 1 to 3). Raises `BadMediaError`."""
    path = folder / name
    try:
        if Path(name).name != name or not path.is_file():
            raise BadMediaError("media-missing")
        if not path.resolve().is_relative_to(folder.resolve()):
            raise BadMediaError("media-outside")
        size = path.stat().st_size
        with path.open("rb") as file:
            kind = media_type(file.read(HEAD_BYTES))
    except OSError as error:
        raise BadMediaError("media-unreadable", error.strerror) from None
    if not kind:
        raise BadMediaError("media-kind")
    limit = VIDEO_BYTES_MAX if kind.startswith("video/") else PICTURE_BYTES_MAX
    if size > limit:
        raise BadMediaError("media-large", f"{size / MIB:.0f} MiB > {limit // MIB} MiB")
    return MediaFile(path, kind)


def check_picture(found: MediaFile) -> None:
    """Read a whole picture. Raises `BadMediaError` where it is cut off, damaged or of too many pixels."""
    try:
        with Image.open(found.path) as picture:
            if picture.width * picture.height > PICTURE_PIXELS_MAX:
                raise BadMediaError("media-large", f"{picture.width}×{picture.height}")
            picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadMediaError("media-damaged", error) from None


class FileSums:
    """The SHA-256 of files, each read again only once it has changed. Blocks."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, int, str]] = {}

    def of(self, path: Path) -> str:
        """Return the sum of a file in hex. Raises `OSError`."""
        stat = path.stat()
        known = self._known.get(path)
        if known is None or known[:2] != (stat.st_size, stat.st_mtime_ns):
            with path.open("rb") as file:
                known = stat.st_size, stat.st_mtime_ns, hashlib.file_digest(file, "sha256").hexdigest()
            self._known[path] = known
        return known[2]

    def listed(self, folder: Path, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return size and sum of each of these files that can be used."""
        found: dict[str, dict[str, Any]] = {}
        for name in names:
            with suppress(BadMediaError, OSError):
                path = media_file(folder, name).path
                found[name] = {"bytes": path.stat().st_size, "sha256": self.of(path)}
        return found


def named_files(settings: Settings) -> list[str]:
    """Return the files that the playlist names, each once."""
    return list(dict.fromkeys(each.file for each in settings.media if each.file))


def routes(folder: Path, usage: Usage, area_of: Callable[[str], str] = str) -> list[BaseRoute]:
    """Return the routes of the playlist and its files. `area_of`: the area a screen is in, given the one it asks for."""

    async def listing(request: Request) -> Response:
        screen = request.query_params.get("screen", "")
        if screen not in SCREENS:
            return Response(status_code=404, headers={"Cache-Control": NEVER})
        area = area_of(request.query_params.get("area", "")[:AREA_CHARS_MAX])
        settings, now = usage()
        entries = playlist(settings, cast(MediaScreen, screen), area, now)
        shown = [line for entry in entries if (line := _line(folder, entry))]
        return JSONResponse({"entries": shown}, headers={"Cache-Control": NEVER})

    async def file(request: Request) -> Response:
        name = str(request.path_params["name"])
        try:
            if name not in named_files(usage()[0]):
                raise BadMediaError("media-missing")
            found = media_file(folder, name)
        except BadMediaError:
            return Response(status_code=404, headers={"Cache-Control": NEVER})
        return FileResponse(found.path, media_type=found.media, headers={"Cache-Control": ASK_AGAIN})

    known = FileSums()

    async def sums(_request: Request) -> Response:
        found = await asyncio.to_thread(known.listed, folder, named_files(usage()[0]))
        return JSONResponse({"files": found}, headers={"Cache-Control": NEVER})

    return [Route("/media.json", listing), Route(SUMS_PATH, sums), Route("/media/{name}", file)]


def wall_now(ahead: int = 0) -> Micros:
    """Return this PC's time, or the caller's, which is so many microseconds ahead of it."""
    return time.time_ns() // 1000 + ahead


def _line(folder: Path, entry: MediaEntry) -> dict[str, Any] | None:
    """Return an entry as a page plays it; None where its file cannot be used."""
    if entry.file is None:
        texts = {name: _lines(getattr(entry, name)) for name in ("text", "text_en", "title", "title_en")}
        return {"kind": "text", "seconds": entry.seconds, **texts}
    try:
        found = media_file(folder, entry.file)
    except BadMediaError:
        return None
    return {"kind": "video" if found.is_video else "picture", "file": entry.file, "seconds": entry.seconds}


def _lines(text: str) -> list[str]:
    return [for_page(line) for line in text.splitlines()]


# --- what is wrong with it


def broken_media(hall: Examined) -> Iterable[Finding]:
    """Find the files of the playlist that no screen can show."""
    folder = hall.data / FOLDER
    for name in named_files(hall.settings):
        try:
            found = media_file(folder, name)
            if not found.is_video:
                check_picture(found)
        except BadMediaError as error:
            yield doubtful(error.code, name=name, path=folder / name, detail=error.detail)
