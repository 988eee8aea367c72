"""A file comes over a line that breaks, from a server that gives the rest or the whole, and only with its own sum."""

import hashlib
import io
from collections.abc import Generator
from contextlib import contextmanager
from http.client import OK, PARTIAL_CONTENT, HTTPResponse
from pathlib import Path
from typing import cast

import pytest

from config.process import downloads
from config.process.downloads import BrokenOffError, NotOfferedError

WHOLE = bytes(range(256)) * 4
SUM = hashlib.sha256(WHOLE).hexdigest()


class Piece(io.BytesIO):
    status: int = OK


class Server:
    """Gives `text`, of which each answer breaks off after `most` bytes. `resumes`: it knows ranges."""

    def __init__(self, text: bytes = WHOLE, most: int = 1 << 20, resumes: bool = True) -> None:
        self.text, self.most, self.resumes = text, most, resumes
        self.asked_from: list[int] = []

    @contextmanager
    def asked(self, start: int) -> Generator[HTTPResponse]:
        self.asked_from.append(start)
        begin = start if self.resumes else 0
        answer = Piece(self.text[begin : begin + self.most])
        answer.status = PARTIAL_CONTENT if begin else OK
        yield cast("HTTPResponse", answer)


def test_what_came_stays_and_the_rest_is_asked_for(tmp_path: Path) -> None:
    server, part = Server(most=600), tmp_path / "part"
    with pytest.raises(BrokenOffError, match="600 of 1024"):
        downloads.fetch(server.asked, part, len(WHOLE), SUM)
    downloads.fetch(server.asked, part, len(WHOLE), SUM)
    assert (part.read_bytes(), server.asked_from) == (WHOLE, [0, 600])
    downloads.fetch(server.asked, part, len(WHOLE), SUM)  # nothing is asked for any more
    assert (server.asked_from, part.stat().st_mode & 0o077) == ([0, 600], 0)


def test_a_server_that_gives_the_whole_again_is_taken_at_its_word(tmp_path: Path) -> None:
    server, part = Server(resumes=False), tmp_path / "part"
    part.write_bytes(WHOLE[:500])
    downloads.fetch(server.asked, part, len(WHOLE), SUM)
    assert part.read_bytes() == WHOLE


@pytest.mark.parametrize("text", [WHOLE[::-1], WHOLE[:-1] + b"x"])
def test_another_file_is_thrown_away(text: bytes, tmp_path: Path) -> None:
    part = tmp_path / "part"
    with pytest.raises(NotOfferedError, match="another file"):
        downloads.fetch(Server(text).asked, part, len(WHOLE), SUM)
    assert not part.exists()


def test_a_part_that_is_too_long_is_no_part_of_it(tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.write_bytes(WHOLE + b"more")
    with pytest.raises(NotOfferedError, match="another file"):
        downloads.fetch(Server().asked, part, len(WHOLE), SUM)
    assert not part.exists()


def test_an_empty_file_and_a_program_that_ends(tmp_path: Path) -> None:
    downloads.fetch(Server(b"").asked, tmp_path / "empty", 0, hashlib.sha256().hexdigest())
    with pytest.raises(BrokenOffError):
        downloads.fetch(Server().asked, tmp_path / "part", len(WHOLE), SUM, lambda: True)


def test_a_range_is_asked_for_only_where_something_is_here() -> None:
    assert (downloads.range_from(0), downloads.range_from(7)) == ({}, {"Range": "bytes=7-"})
