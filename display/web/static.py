"""The pages' files, read once at start: no request touches the disk, and none can name a file outside.

Every script, style and picture is served under `/assets/HASH/`, where HASH covers all of them, and may be
kept for ever; the few HTML pages name that path and are asked for anew each time. So a hall that is
updated shows the new pages at once, and a phone on a slow line loads each file once.
"""

import gzip
import hashlib
import posixpath
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

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


PAGE_SCRIPT = re.compile(r'<script type="module" src="\{\{assets\}\}/([\w/.-]+)"')
IMPORT = re.compile(rb'^(?:import|export) .*?from "(\.[\w/.-]+)"', re.M | re.S)
PRELOAD = '    <link rel="modulepreload" href="{{{{assets}}}}/{name}" />\n'


class Asset(NamedTuple):
    """One file as it goes out."""

    body: bytes
    media: str
    etag: str
    packed: bytes | None = None


def asset(body: bytes, media: str) -> Asset:
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    packed = gzip.compress(body, 9, mtime=0) if len(body) >= GZIP_BYTES_MIN else None
    return Asset(body, media, etag, packed)


class Assets:
    """All page files by name ("css/base.css"), and the pages with the assets' path written in."""

    def __init__(self) -> None:
        texts = dict(_walk(files("display") / "pages"))
        texts["client.js"] = (files("caller") / "client" / "client.js").read_bytes()
        self.languages = {
            name[5:-5]: body for name, body in texts.items() if name.startswith("lang/") and name != "lang/"
        }
        self.version = _digest(texts)
        self.files = {name: asset(body, _media(name)) for name, body in texts.items()}
        self.pages = {name: self._page(body, texts) for name, body in texts.items() if name.endswith(".html")}

    def _page(self, body: bytes, texts: dict[str, bytes]) -> Asset:
        text = body.decode()
        for script in PAGE_SCRIPT.findall(text):
            links = "".join(PRELOAD.format(name=name) for name in sorted(_imported(script, texts)))
            text = text.replace("  </head>", f"{links}  </head>")
        return asset(text.replace("{{assets}}", f"/assets/{self.version}").encode(), MEDIA["html"])


def respond(request: Request, found: Asset, cache: str) -> Response:
    """An asset with its caching headers; 304 when the browser has it already."""
    headers = {"Cache-Control": cache, "ETag": found.etag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match", "") == found.etag:
        return Response(status_code=304, headers=headers)
    if found.packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, media_type=found.media, headers=headers | {"Content-Encoding": "gzip"})
    return Response(found.body, media_type=found.media, headers=headers)


def _walk(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found += _walk(entry, f"{prefix}{entry.name}/")
        elif entry.name.rpartition(".")[2] in MEDIA:
            found.append((f"{prefix}{entry.name}", entry.read_bytes()))
    return found


def _imported(name: str, texts: dict[str, bytes]) -> set[str]:
    """Every module a script needs, so that a browser asks for all of them at once and not step by step."""
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


def _media(name: str) -> str:
    return MEDIA[name.rpartition(".")[2]]
