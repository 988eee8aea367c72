"""What of DATA/media is served, what a screen is told to play, and what the doctor says of the rest."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from caller.client import media_files
from caller.client.media_files import BadMediaError, broken_media, media_file, media_type
from config.instants import instant
from config.probe import Examined
from config.setting_types import MediaEntry
from config.settings import Settings
from tests.instruments.engine_fixture import settings
from tests.instruments.played_media import picture
from tests.instruments.site import Site

NOON = instant("2026-09-21", "12:00", "Asia/Shanghai")
WEBM = b"\x1a\x45\xdf\xa3" + bytes(60)
ENTRIES = (
    MediaEntry(file="notice.png"),
    MediaEntry(file="film.webm", screens=["board"]),
    MediaEntry(text="请带齐材料", title="提示", seconds=20, area="east"),
    MediaEntry(file="lost.png"),
    MediaEntry(file="page.png"),
    MediaEntry(file="evening.png", hours=[("18:00", "20:00")]),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    for name in ("notice.png", "evening.png", "secret.png"):
        picture(folder / name, (64, 36))
    (folder / "film.webm").write_bytes(WEBM)
    (folder / "page.png").write_text("<script>alert(1)</script>")
    return folder


def served(folder: Path, hall: Settings) -> Site:
    return Site(Starlette(routes=media_files.routes(folder, lambda: (hall, NOON))))


@pytest.fixture
def site(folder: Path) -> Iterator[Site]:
    with served(folder, settings(media=ENTRIES)) as site:
        yield site


def listed(site: Site, query: str) -> list[str]:
    return [
        each.get("file") or each["text"][0] for each in site.get(f"/media.json?{query}").json()["entries"]
    ]


def test_a_screen_is_told_what_holds_now_and_can_be_used(site: Site) -> None:
    assert listed(site, "screen=board") == ["notice.png", "film.webm"]
    assert listed(site, "screen=tablet&area=east") == ["notice.png", "请带齐材料"]
    assert site.get("/media.json?screen=wall").status_code == 404


def test_a_file_is_served_as_what_its_bytes_say(site: Site) -> None:
    answer = site.get("/media/notice.png")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert site.get("/media/film.webm").headers["content-type"] == "video/webm"
    assert site.get("/media/page.png").status_code == 404  # a page that calls itself a picture


@pytest.mark.parametrize(
    "path", ["secret.png", "lost.png", "..%2fmedia%2fnotice.png", "%2e%2e%2flog.db", "..", "notice.png%00"]
)
def test_what_the_settings_do_not_name_is_not_served(path: str, site: Site) -> None:
    assert site.get(f"/media/{path}").status_code == 404


def test_a_link_that_leads_out_is_no_file_of_the_folder(folder: Path, tmp_path: Path) -> None:
    picture(tmp_path / "outside.png", (8, 8))
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    (folder / "inside.png").symlink_to(folder / "notice.png")
    with pytest.raises(BadMediaError, match="outside"):
        media_file(folder, "link.png")
    assert media_file(folder, "inside.png").media == "image/png"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", ""),
        (b"GIF89a", "image/gif"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"<svg xmlns=", ""),
        (b"", ""),
    ],
)
def test_a_kind_is_known_by_its_first_bytes(head: bytes, kind: str) -> None:
    assert media_type(head) == kind


def test_what_is_too_large_is_not_served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert media_file(folder, "notice.png")
    monkeypatch.setattr(media_files, "PICTURE_BYTES_MAX", 10)
    with pytest.raises(BadMediaError, match="large"):
        media_file(folder, "notice.png")
    monkeypatch.setattr(media_files, "PICTURE_PIXELS_MAX", 10)
    with pytest.raises(BadMediaError, match="large"):
        media_files.check_picture(media_files.MediaFile(folder / "notice.png", "image/png"))


def test_the_doctor_names_each_file_that_cannot_be_shown(folder: Path) -> None:
    whole = (folder / "notice.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    entries = (*ENTRIES, MediaEntry(file="cut.png"), MediaEntry(file="lost.png", area="east"))
    hall = Examined(Path("hall.toml"), settings(media=entries), folder.parent, "", NOON)
    found = {each.message.code: str(each.message.zh) for each in broken_media(hall)}
    assert list(found) == ["media-missing", "media-kind", "media-damaged"]
    assert "lost.png" in found["media-missing"]
    assert all("{" not in words for words in found.values())
