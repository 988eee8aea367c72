"""The files of pages, read once at start: no request touches the disk, and none can name a file outside.

The kiosk, the hall's pages and the office serve their pages through this module. Every script, style and picture
is served under `/assets/HASH/`, where HASH covers all of them, and may be kept for ever; the few HTML pages name
that path (`{{assets}}`) and are asked for anew each time. So a hall that is updated shows the new pages at once,
and a phone on a slow line loads each file once. `shared/` holds the browser files of caller/client/browser, among
them the wire's constants, made from the protocol and never copied by hand; `lang/` holds the page's own words and the
labels of states, classes and levels from the catalogue.
"""

import gzip
import hashlib
import posixpath
import re
from collections.abc import Awaitable, Callable
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from caller.client.client import DEAD_SECONDS
from caller.client.kept_witness import WRITE_SECONDS
from caller.client.other_callers import QUIET_SECONDS
from caller.client.reconnecting import LASTING, NEXT_SECONDS, RETRY_SECONDS, WAIT_REFUSED_SECONDS
from caller.protocol import frames
from config.catalogue import page_labels
from config.languages import chain, facts, language
from config.process.running import VERSION

MEDIA = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
}
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
NEVER = "no-store"
GZIP_BYTES_MIN = 600  # below this the header costs more than it saves
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; manifest-src 'self'; "
    "connect-src 'self' {wire}; base-uri 'none'; form-action 'none'; frame-ancestors {framed}"
)

PAGE_SCRIPT = re.compile(r'<script type="module" src="\{\{assets\}\}/([\w/.-]+)"')
IMPORT = re.compile(rb'^(?:import|export) .*?from "(\.[\w/.-]+)"', re.M | re.S)
PRELOAD = '    <link rel="modulepreload" href="{{{{assets}}}}/{name}" />\n'

COMMENT = re.compile(rb"^[ \t]*(?:/\*.*?\*/[ \t]*(?=\n|\Z)|//[^\n]*)", re.M | re.S)
# What the keys of words begin with that no applicant's page shows.
STAFF_WORDS = frozenset(
    {"desk", "guide", "supervise", "sheet", "board", "sign", "case-move", "window-state", "device-state", "device-kind",
     "told-way", "pay-way", "class-mark", "papers-mark", "count", "notice"}
)  # fmt: skip

Endpoint = Callable[[Request], Awaitable[Response]]


class Asset(NamedTuple):
    """One file as it is sent."""

    body: bytes
    media: str
    etag: str
    packed: bytes | None = None


def asset(body: bytes, media: str) -> Asset:
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    packed = gzip.compress(body, 9, mtime=0) if len(body) >= GZIP_BYTES_MIN else None
    return Asset(body, media, etag, packed)


def json_asset(document: Any) -> Asset:
    return asset(msgspec.json.encode(document), MEDIA["json"])


def fixed(found: Asset) -> Endpoint:
    """Return an endpoint for a document that does not change while this process runs."""

    async def endpoint(request: Request) -> Response:
        return respond(request, found, ASK_AGAIN)

    return endpoint


def respond(request: Request, found: Asset, cache: str) -> Response:
    """Return an asset with its caching headers; 304 when the browser has it already."""
    headers = {"Cache-Control": cache, "ETag": found.etag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match", "") == found.etag:
        return Response(status_code=304, headers=headers)
    if found.packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, media_type=found.media, headers=headers | {"Content-Encoding": "gzip"})
    return Response(found.body, media_type=found.media, headers=headers)


class PageFiles:
    """All files of a folder by name ("css/base.css"), `shared/` beside them, and the pages with the assets' path."""

    def __init__(self, folder: Traversable) -> None:
        texts = dict(_walk(folder))
        texts |= dict(_walk(files("caller") / "client" / "browser", "shared/"))
        texts["shared/wire_constants.js"] = wire_constants()
        ids = [name[5:-5] for name in texts if name.startswith("lang/") and len(name) > 10]
        files_of = {id: msgspec.json.decode(texts[f"lang/{id}.json"]) for id in ids}
        self.languages: dict[str, dict[str, str]] = words_of(files_of)
        texts |= {f"lang/{id}.json": msgspec.json.encode(words) for id, words in self.languages.items()}
        texts |= {
            f"lang/{id}.public.json": msgspec.json.encode(public_words(words))
            for id, words in self.languages.items()
        }
        self.version = _digest(texts)
        self.files = {
            name: asset(without_comments(name, body), MEDIA[_suffix(name)]) for name, body in texts.items()
        }
        self.pages = {name: self._page(body, texts) for name, body in texts.items() if name.endswith(".html")}

    def _page(self, body: bytes, texts: dict[str, bytes]) -> Asset:
        text = body.decode()
        for script in PAGE_SCRIPT.findall(text):
            links = "".join(PRELOAD.format(name=name) for name in sorted(_imported(script, texts)))
            text = text.replace("  </head>", f"{links}  </head>")
        return asset(text.replace("{{assets}}", f"/assets/{self.version}").encode(), MEDIA["html"])

    def routes(self) -> list[BaseRoute]:
        """Return the routes of `/assets/…`, and of the wire's module at an address that stays (`/client.js`), for
        programs of others."""

        async def file(request: Request) -> Response:
            found = self.files.get(request.path_params["name"])
            if not found:
                raise HTTPException(404)
            current = request.path_params["version"] == self.version
            return respond(request, found, FOR_EVER if current else ASK_AGAIN)

        return [
            Route("/client.js", fixed(self.files["shared/client.js"])),
            Route("/wire_constants.js", fixed(self.files["shared/wire_constants.js"])),
            Route("/assets/{version}/{name:path}", file),
        ]


def without_comments(name: str, body: bytes) -> bytes:
    """Return a script or a style without the comments that fill lines of their own, its lines where they were: they are a
    tenth of what a phone loads, and for who reads the files. The wire's module is read at its address as it is."""
    if _suffix(name) not in ("js", "css") or name == "shared/client.js":
        return body
    return COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), body)


def words_of(files_of: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return the words of each language with the labels of the catalogue and the facts of the language. A sample's gaps are
    filled by the next of its chain, so that a phone loads one file; a complete language has none to fill."""
    own = {id: lines | page_labels(id) for id, lines in files_of.items()}
    filled: dict[str, dict[str, str]] = {}
    for id in own:
        lent = [own.get(each, {}) for each in reversed(chain(id)[1:])] if language(id).sample else []
        filled[id] = {key: text for lines in [*lent, own[id]] for key, text in lines.items()} | facts(id)
    return filled


def public_words(words: dict[str, str]) -> dict[str, str]:
    """Return the words without those that only the pages of staff and screens show: a phone loads half as much."""
    return {key: text for key, text in words.items() if key.partition(".")[0] not in STAFF_WORDS}


def wire_constants() -> bytes:
    """Return the module of the wire's constants, as the caller and the Python client keep them."""
    lines = {
        "SUBPROTOCOL": frames.SUBPROTOCOL,
        "VERSION": VERSION,
        "SILENT_MS": round(frames.SILENT_SECONDS * 1000),
        "QUIET_MS": round(QUIET_SECONDS * 1000),
        "DEAD_MS": round(DEAD_SECONDS * 1000),
        "RETRY_MS": [round(seconds * 1000) for seconds in RETRY_SECONDS],
        "NEXT_MS": round(NEXT_SECONDS * 1000),
        "REFUSED_RETRY_MS": round(WAIT_REFUSED_SECONDS * 1000),
        "WITNESS_MS": round(WRITE_SECONDS * 1000),
        "ANNOUNCE_MICROS": round(frames.ANNOUNCE_SECONDS * 1_000_000),
        "LASTING": sorted(LASTING),
    }
    text = "".join(
        f"export const {name} = {msgspec.json.encode(value).decode()};\n" for name, value in lines.items()
    )
    return b"/* Made from caller/protocol/frames.py and caller/client/client.py. */\n" + text.encode()


# A script, a style or words are no document: a policy rules nothing in them, and would be a third of what a phone loads.
PART = re.compile(r"/assets/.*\.(js|css|json)")
PART_HEADERS = ((b"x-content-type-options", b"nosniff"),)


def _with(send: Send, extra: tuple[tuple[bytes, bytes], ...]) -> Send:
    """Return a `send` that puts these headers on the answer."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *extra]
        await send(message)

    return with_headers


POLICY_HEADER = "content-security-policy"


class SecurityHeaders:
    """Puts the security headers on every answer. `wire` gives the connect-src of a request; `framed` says who may
    show the page in a frame."""

    def __init__(self, app: ASGIApp, wire: Callable[[Request], str], framed: str = "'self'") -> None:
        self.app, self.wire, self.framed = app, wire, framed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if PART.fullmatch(scope["path"]):
            return await self.app(scope, receive, _with(send, PART_HEADERS))
        policy = POLICY.format(wire=self.wire(Request(scope)), framed=self.framed)
        extra = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
        usual = (POLICY_HEADER.encode(), policy.encode("latin-1", "replace"))

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = any(name == usual[0] for name, _ in message["headers"])  # a page with a stricter one
                message["headers"] = [*message["headers"], *extra, *(() if own else (usual,))]
            await send(message)

        return await self.app(scope, receive, with_headers)


def _walk(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found += _walk(entry, f"{prefix}{entry.name}/")
        elif _suffix(entry.name) in MEDIA:
            found.append((f"{prefix}{entry.name}", entry.read_bytes()))
    return found


def _imported(name: str, texts: dict[str, bytes]) -> set[str]:
    """Return every module a script needs, so that a browser asks for all of them at once and not step by step."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        folder = posixpath.dirname(name)
        for path in IMPORT.findall(texts[name]):
            module = posixpath.normpath(posixpath.join(folder, path.decode()))
            if module not in found:
                found.add(module)
                waiting.append(module)
    return found


def _digest(texts: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, body in sorted(texts.items()):
        digest.update(f"{name} {len(body)}\n".encode() + body)
    return digest.hexdigest()[:16]


def _suffix(name: str) -> str:
    return name.rpartition(".")[2]
