"""What makes an applicant's page one that a phone keeps: its worker, its manifest, its icon.

They count only where the browser has a secure context (https with a certificate it trusts, or localhost): there the
page registers the worker and names the manifest. Over plain http nothing asks for them, and the page is the same
without. The worker's address stays, so that a browser finds the worker of a newer version under it.
"""

import io
from functools import cache
from typing import Any

import msgspec
from PIL import Image, ImageDraw
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.client.page_files import ASK_AGAIN, MEDIA, PageFiles, asset, fixed, respond
from config.text_safety import page_document
from display.web.public_info import HallFacts

WORKER = "worker.js"
SCOPE = "/t"
MANIFEST_MEDIA = "application/manifest+json"
ICON_SIZES = (180, 192, 512)  # px: Apple's home screen, what Chromium asks for to install
GROUND, LETTER, DOT = "#0b1b30", "#f7f3e8", "#b02a22"  # of icon.svg
ICON_UNITS = 32  # the side of icon.svg's view box
LETTER_AT = ((6, 23), (6, 9), (10, 9), (10, 14), (15, 14), (15, 9), (19, 9), (19, 23), (15, 23), (15, 18), (10, 18), (10, 23))  # fmt: skip
DOT_AT = (22, 9, 28, 15)
SMOOTH = 4  # drawn so many times larger, then reduced: Pillow draws hard edges


def routes(pages: PageFiles, facts: HallFacts) -> list[BaseRoute]:
    """Return the routes of the worker, the manifest and the icons."""
    worker = pages.files[WORKER].body.replace(b"{{version}}", pages.version.encode())

    async def manifest_of(request: Request) -> Response:
        found = asset(_json(manifest(facts.settings.hall.name)), MANIFEST_MEDIA)
        return respond(request, found, ASK_AGAIN)

    async def icon_of(request: Request) -> Response:
        size = request.path_params["size"]
        if size not in ICON_SIZES:
            raise HTTPException(404)
        return respond(request, asset(icon(size), "image/png"), ASK_AGAIN)

    return [
        Route(f"/{WORKER}", fixed(asset(worker, MEDIA["js"]))),
        Route("/t.webmanifest", manifest_of),
        Route("/icon-{size:int}.png", icon_of),
    ]


def manifest(hall: str) -> dict[str, Any]:
    """Return the web app manifest; its start address has no key, and the page adds that of the number the phone saw last."""
    return {
        "id": SCOPE, "start_url": SCOPE, "scope": SCOPE, "display": "standalone", "lang": "zh-CN",
        "name": f"我的号码 · {hall}", "short_name": "我的号码", "background_color": "#f5f1e8", "theme_color": "#8f1b1b",
        "icons": [
            {"src": f"/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": "any maskable"}
            for size in ICON_SIZES
        ],
    }  # fmt: skip


@cache
def icon(size: int) -> bytes:
    """Return icon.svg as a PNG of `size` × `size`, without its round corners: a phone cuts its own."""
    unit = size * SMOOTH / ICON_UNITS
    picture = Image.new("RGB", (size * SMOOTH, size * SMOOTH), GROUND)
    draw = ImageDraw.Draw(picture)
    draw.polygon([(x * unit, y * unit) for x, y in LETTER_AT], fill=LETTER)
    draw.ellipse([each * unit for each in DOT_AT], fill=DOT)
    out = io.BytesIO()
    picture.resize((size, size), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _json(document: dict[str, Any]) -> bytes:
    return msgspec.json.encode(page_document(document))
