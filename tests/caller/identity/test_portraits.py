"""A photo that is handed in: what is taken, what of it goes on, and what is refused with words."""

import io
import zlib
from pathlib import Path

import pytest
from msgspec import structs
from PIL import Image

from caller.identity.account_file import ACCOUNTS_NAME, Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account, AccountError
from caller.identity.portraits import FILE_BYTES_MAX, HEIGHT, NAME, WIDTH, portrait, portrait_name

ACT = Act("act-1", "account-added", "account/1003", "uid:1000", "shell", 1_772_503_200_000_000)
ORIENTATION, MODEL, GPS = 0x0112, 0x0110, 0x8825
SECRET_PLACE = b"a camera's own words"


def photo(
    size: tuple[int, int] = (600, 900), kind: str = "JPEG", mode: str = "RGB", turned: int = 1
) -> bytes:
    """A photo with what a telephone writes beside the picture: its left half red, its right half blue."""
    made = Image.new("RGB", size, "blue")
    made.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[ORIENTATION], exif[MODEL], exif[GPS] = turned, SECRET_PLACE.decode(), {1: "N", 2: (39.0, 54.0, 0.0)}
    file = io.BytesIO()
    made.convert(mode).save(file, kind, exif=exif)
    return file.getvalue()


def opened(made: bytes) -> Image.Image:
    return Image.open(io.BytesIO(made))


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "P")]
)
def test_a_photo_becomes_a_small_jpeg_that_says_nothing_of_its_file(kind: str, mode: str):
    given = photo((900, 1500), kind, mode)
    assert SECRET_PLACE in given, "the twin: what the file says beside the picture is there to be seen"
    made = portrait(given)
    found = opened(made)
    assert (found.format, found.mode) == ("JPEG", "RGB")
    assert found.width <= WIDTH
    assert found.height <= HEIGHT
    assert abs(found.width / found.height - 900 / 1500) < 0.01
    assert len(made) < 100_000
    assert SECRET_PLACE not in made
    assert not found.getexif()
    assert "icc_profile" not in found.info


def test_a_photo_is_turned_as_the_camera_says():
    found = opened(portrait(photo((900, 600), turned=6)))  # the camera lay on its side: red is above
    assert found.height > found.width
    red, blue = (found.getpixel((found.width // 2, y)) for y in (10, found.height - 10))
    assert isinstance(red, tuple)
    assert isinstance(blue, tuple)
    assert red[0] > 200
    assert blue[2] > 200


def test_what_lets_the_ground_through_is_white():
    file = io.BytesIO()
    Image.new("RGBA", (300, 400), (0, 0, 0, 0)).save(file, "PNG")
    assert min(opened(portrait(file.getvalue())).getextrema()[0]) > 250  # type: ignore[arg-type]


def gif() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (300, 400)).save(file, "GIF")
    return file.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of some kilobytes that says it is a square of this side."""
    made = bytearray(photo((300, 300), "PNG"))
    made[16:24] = side.to_bytes(4, "big") * 2
    made[29:33] = zlib.crc32(made[12:29]).to_bytes(4, "big")
    return bytes(made)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (b"", "photo-kind"), (b"\xff\xd8\xff", "photo-damaged"), (b"<svg/>", "photo-kind"), (gif(), "photo-kind"),
        (photo()[:2000], "photo-damaged"), (photo(kind="PNG")[:200], "photo-damaged"), (photo((90, 400)), "photo-small"),
        (b"\xff\xd8\xff" + bytes(FILE_BYTES_MAX), "photo-large"), (bomb(9_000), "photo-large"), (bomb(60_000), "photo-large"),
    ],
)  # fmt: skip
def test_what_is_no_photo_is_refused_with_words(given: bytes, code: str):
    with pytest.raises(AccountError) as wrong:
        portrait(given)
    assert wrong.value.code == code
    words = wrong.value.message
    assert words.zh
    assert words.next_en
    assert "{" not in words.zh + words.en


def test_an_account_has_its_portrait_until_it_is_taken_away(tmp_path: Path):
    store = AccountStore(tmp_path)
    store.add(Account("1003", roles=("clerk",)), "kuaile-zaochen", ACT)
    made = portrait(photo())
    after = store.set_portrait("1003", structs.replace(ACT, id="act-2", act="account-changed"), made)
    assert NAME.fullmatch(after.photo)
    assert after.photo == portrait_name(made)
    assert store.portrait(after.photo) == made
    other = portrait(photo((700, 700)))
    now = store.set_portrait("1003", structs.replace(ACT, id="act-3", act="account-changed"), other)
    assert store.portrait(after.photo) is None, "one that no account has is gone"
    assert store.portrait(now.photo) == other
    store.set_portrait("1003", structs.replace(ACT, id="act-4", act="account-changed"), b"")
    assert [each.fields for each in store.file.pending_acts()[1:]] == [("photo",)] * 3
    assert (store.get("1003") or after).photo == ""
    assert other[-200:] not in (tmp_path / ACCOUNTS_NAME).read_bytes(), (
        "it is overwritten, not only forgotten"
    )
    store.close()
