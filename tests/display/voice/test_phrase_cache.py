"""A call is put together from what was spoken before: real espeak-ng, real files."""

import asyncio
import threading
from array import array
from pathlib import Path
from typing import Any, ClassVar

import pytest

from config.reading.reader import read
from config.settings import Voice
from display.http.caller_connections import CallerConnections
from display.voice import announcement_api
from display.voice.announcement_text import Destination, announcement
from display.voice.phrase_cache import CACHE_NAME, PhraseCache, Piece, trimmed, wanted
from display.voice.speech_audio import RATE, Announcements, espeak, espeak_found, silence

COUNTY = Path(__file__).parents[3] / "config" / "halls" / "county.toml"
WINDOW = Destination("3", "发票窗口")
SPOKEN = announcement("A042", WINDOW)
needs_espeak = pytest.mark.skipif(not espeak_found(), reason="sudo apt install espeak-ng")


def learned(folder: Path) -> PhraseCache:
    pieces = PhraseCache(folder)
    for piece in wanted(read(COUNTY)):
        assert pieces.learn(piece)
    return pieces


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The county hall's pieces, spoken once for all tests here."""
    folder = tmp_path_factory.mktemp("voice-cache")
    learned(folder)
    return folder


@needs_espeak
def test_a_call_from_pieces_lasts_about_as_long_as_the_sentence(folder: Path) -> None:
    said = learned(folder).say(SPOKEN)
    assert said
    whole = trimmed(espeak(SPOKEN.text, "zh"))
    assert 0.7 < len(said) / len(whole) < 1.5


@needs_espeak
def test_what_was_spoken_once_needs_no_espeak_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    pieces = learned(folder)
    assert pieces.say(SPOKEN)
    wav = Announcements(Voice(repeat=1), pieces.say).render("A042", WINDOW)
    assert len(wav) > len(Announcements(Voice(repeat=1)).render("A042", WINDOW)) + RATE


@needs_espeak
def test_a_piece_that_is_not_known_leaves_it_to_the_synthesiser(folder: Path) -> None:
    elsewhere = Destination("pay", "缴费台")
    pieces = learned(folder)
    assert pieces.say(announcement("A042", elsewhere)) is None
    wav = Announcements(Voice(repeat=1), pieces.say).render("A042", elsewhere)
    assert wav == Announcements(Voice(repeat=1)).render("A042", elsewhere)


@needs_espeak
def test_a_damaged_piece_is_spoken_anew(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(b"RIFF, and then the power went")
    said = learned(tmp_path).say(SPOKEN)
    assert said == learned(folder).say(SPOKEN)


def test_without_espeak_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert not PhraseCache(tmp_path / "cache").learn(("zh", "零"))
    assert not (tmp_path / "cache").exists()


@needs_espeak
def test_a_folder_that_cannot_be_written_costs_only_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert PhraseCache(tmp_path / "cache").learn(("zh", "零"))


def test_silence_around_a_piece_is_cut_and_a_silent_one_is_empty() -> None:
    sound = array("h", [0] * 5000 + [3000] * 100 + [0] * 5000)
    assert len(trimmed(sound)) == 100 + 2 * (RATE // 100)
    assert len(trimmed(array("h", [0] * 100))) == 0
    assert len(trimmed(array("h"))) == 0


class Stubborn(PhraseCache):
    """Cannot say one of its pieces, as a synthesiser may not know a strange sign in a window's name."""

    def learn(self, piece: Piece) -> bool:
        return piece[1] != "零" and super().learn(piece)


@needs_espeak
def test_a_piece_that_cannot_be_said_does_not_cost_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcement_api, "PhraseCache", Stubborn)
    speech = announcement_api.AnnouncementApi(
        read(COUNTY), CallerConnections("ws://127.0.0.1:1", "none"), tmp_path
    )
    asyncio.run(speech.learn())
    assert len(list((tmp_path / CACHE_NAME).iterdir())) == len(wanted(read(COUNTY))) - 1


class Slow(PhraseCache):
    """Says nothing, and takes until `go`; notes each piece that it began."""

    began: ClassVar[list[Piece]] = []
    go, twice = threading.Event(), threading.Event()

    def _read(self, piece: Piece) -> None:
        return None

    def _spoken(self, piece: Piece) -> Any:
        self.began.append(piece)
        if len(self.began) > 1:
            self.twice.set()
        self.go.wait(30)
        return silence(0.01)


def test_new_settings_at_the_start_say_no_piece_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The web process begins with its file and hears at once which settings are in force."""
    monkeypatch.setattr(announcement_api, "PhraseCache", Slow)
    speech = announcement_api.AnnouncementApi(
        read(COUNTY), CallerConnections("ws://127.0.0.1:1", "none"), tmp_path
    )

    async def both() -> None:
        tasks = [asyncio.create_task(speech.learn()) for _ in range(2)]
        second = await asyncio.to_thread(
            Slow.twice.wait, 0.5
        )  # ample for two that do not wait for each other
        Slow.go.set()
        await asyncio.gather(*tasks)
        assert not second

    asyncio.run(both())
    assert sorted(Slow.began) == sorted(wanted(read(COUNTY)))
