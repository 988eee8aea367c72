"""The photo of a member of staff: what a person hands in becomes a small picture that holds nothing but a face. Pure.

1. A file is taken by what its first bytes say, JPEG or PNG, never by its name; what is too large, too small, cut off or
   damaged is refused with words, before anything is kept.
2. The picture is decoded and written anew: turned as the camera says, in proportion, at most `WIDTH` by `HEIGHT`, on white, in
   RGB. Of the file that came nothing else goes on: no place, camera, time, profile or bytes behind its end.
3. A portrait is named by its own bytes, so that a screen may keep it for ever and never shows an old one for a new one.
"""

import hashlib
import io
import re
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from caller.identity.accounts import AccountError

if TYPE_CHECKING:  # some megabytes, which every caller would carry: loaded where a photo is made smaller
    from PIL import Image

MIB = 1 << 20
FILE_BYTES_MAX = 12 * MIB  # a photo of a telephone has about 5
PIXELS_MAX = 60_000_000  # a PNG of so many is open for a second in 240 MB
SIDE_MIN = 120  # of the shorter side; a smaller one is a smudge on a sign
WIDTH, HEIGHT = 480, 640  # twice what a tablet's card shows
QUALITY = 85  # about 40 KB
NAME = re.compile(r"[0-9a-f]{32}\.jpg")
STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


def portrait(data: bytes) -> bytes:
    """Return a portrait, as JPEG, of a photo's file. Blocks for some tenths of a second. Raises `AccountError`."""
    from PIL import Image, ImageOps

    if len(data) > FILE_BYTES_MAX:
        raise AccountError(
            "photo-large", size=f"{len(data) / MIB:.0f} MiB", most=f"{FILE_BYTES_MAX // MIB} MiB"
        )
    if not data.startswith(STARTS):
        raise AccountError("photo-kind")
    with _told(), Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as opened:
        width, height = opened.size
        if width * height > PIXELS_MAX:
            raise AccountError("photo-large", size=f"{width}×{height}", most=f"{PIXELS_MAX // 1_000_000} MP")
        if min(width, height) < SIDE_MIN:
            raise AccountError("photo-small", size=f"{width}×{height}", least=SIDE_MIN)
        opened.draft("RGB", (2 * HEIGHT, 2 * HEIGHT))  # a JPEG is decoded at no more than it needs
        picture = ImageOps.exif_transpose(opened)
        return _written(_on_white(picture))


def portrait_name(made: bytes) -> str:
    """Return the name of a portrait (rule 3)."""
    return f"{hashlib.sha256(made).hexdigest()[:32]}.jpg"


@contextmanager
def _told() -> Generator[None]:
    """Turn what the decoder says of a damaged file into words for a person."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit is ours
            yield
    except AccountError:
        raise
    except Image.DecompressionBombError:
        raise AccountError("photo-large", size=">178 MP", most=f"{PIXELS_MAX // 1_000_000} MP") from None
    except (OSError, ValueError, SyntaxError, EOFError, ArithmeticError):
        raise AccountError("photo-damaged") from None


def _on_white(picture: "Image.Image") -> "Image.Image":
    """Return the picture as RGB; what it lets through shows white."""
    from PIL import Image

    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    ground = Image.new("RGBA", layer.size, "white")
    ground.alpha_composite(layer)
    return ground.convert("RGB")


def _written(picture: "Image.Image") -> bytes:
    from PIL import Image

    picture.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)  # the pixels alone: an image remembers what its file said of itself
    made = io.BytesIO()
    clean.save(made, "JPEG", quality=QUALITY, optimize=True)
    return made.getvalue()
