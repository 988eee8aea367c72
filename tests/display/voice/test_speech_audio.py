"""The hall's voice as WAV: real espeak-ng, real files."""

import io
import wave
from array import array
from itertools import pairwise
from pathlib import Path

import pytest

from config.settings import Voice
from display.voice.announcement_queue import PAUSE_MICROS, AnnouncementQueue, Grant, Wait, Zone
from display.voice.announcement_text import Destination, announcement
from display.voice.speech_audio import (
    BREATH_SECONDS,
    CACHE_MAX,
    RATE,
    Announcements,
    ClipError,
    chime,
    espeak,
    espeak_found,
    read_clip,
    seconds,
    silence,
    to_wav,
)

WINDOW = Destination("3", "社保窗口", "Social insurance")
needs_espeak = pytest.mark.skipif(not espeak_found(), reason="sudo apt install espeak-ng")


def write_clip(
    path: Path, samples: "array[int]", rate: int = RATE, channels: int = 1, width: int = 2
) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


def tone(duration: float, level: int = 1000) -> "array[int]":
    return array("h", [level] * int(RATE * duration))


@needs_espeak
def test_an_announcement_is_a_plain_wav_with_chime_and_speech() -> None:
    wav = Announcements(Voice(repeat=1)).render("A042", WINDOW)
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
    assert seconds(wav) > seconds(to_wav(chime())) + 1.5


@needs_espeak
def test_it_is_said_as_often_as_the_hall_says() -> None:
    once = seconds(Announcements(Voice(repeat=1)).render("A042", WINDOW))
    twice = seconds(Announcements(Voice(repeat=2)).render("A042", WINDOW))
    english = seconds(Announcements(Voice(repeat=1, second_language="en")).render("A042", WINDOW))
    assert twice > once * 1.5
    assert english > once + 1


@needs_espeak
def test_the_voice_reads_hanzi_as_mandarin() -> None:
    """`cmn` spells every hanzi out in English: the same sentence takes more than twice as long."""
    said = len(espeak(announcement("A042", WINDOW).text, "zh")) / RATE
    assert 1.5 < said < 6


def test_a_recorded_voice_is_used_when_all_its_clips_are_there(tmp_path: Path) -> None:
    for name in announcement("A042", WINDOW).clips:
        write_clip(tmp_path / f"{name}.wav", tone(0.1, 1234))
    wav = Announcements(Voice(repeat=1, clips=str(tmp_path))).render("A042", WINDOW)
    assert array("h", [1234] * 100).tobytes() in wav


@needs_espeak
def test_one_missing_clip_and_the_synthesiser_says_all(tmp_path: Path) -> None:
    for name in announcement("A042", WINDOW).clips[:-1]:
        write_clip(tmp_path / f"{name}.wav", tone(0.1, 1234))
    wav = Announcements(Voice(repeat=1, clips=str(tmp_path))).render("A042", WINDOW)
    assert array("h", [1234] * 100).tobytes() not in wav


def test_without_a_synthesiser_the_chime_still_sounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    wav = Announcements(Voice(repeat=1)).render("A042", WINDOW)
    assert seconds(wav) >= seconds(to_wav(chime()))


def test_clips_of_another_rate_and_stereo_are_brought_to_ours(tmp_path: Path) -> None:
    write_clip(tmp_path / "c.wav", tone(1.0), rate=RATE * 2, channels=2)
    assert len(read_clip(tmp_path / "c.wav")) == pytest.approx(RATE / 4, rel=0.01)


@pytest.mark.parametrize("kind", ["not-wav", "eight-bit"])
def test_a_clip_that_cannot_be_used_is_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "零.wav"
    if kind == "not-wav":
        path.write_bytes(b"hello")
    else:
        write_clip(path, tone(0.1), width=1)
    with pytest.raises(ClipError, match="零"):
        read_clip(path)


def test_a_rendered_call_is_kept_and_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    announcements = Announcements(Voice(repeat=1))
    first = announcements.render("A001", WINDOW)
    assert announcements.render("A001", WINDOW) is first
    for number in range(CACHE_MAX + 1):
        announcements.render(f"B{number:03d}", WINDOW)
    assert announcements.render("A001", WINDOW) is not first


def test_the_chime_never_clips() -> None:
    loudest = max(abs(value) for value in chime())
    assert 3_000 < loudest < 25_000


def test_silence_is_silent() -> None:
    assert set(silence(0.1)) == {0}


# --- the whole stream of a hall


def stream(calls: int, announcer: AnnouncementQueue) -> list[tuple[int, int]]:
    """When each of these calls, all made within three seconds, sounds for as long as it really is: from, to."""
    announcements, sounds = Announcements(Voice(repeat=1)), list[tuple[int, int]]()
    lengths = [
        round(seconds(announcements.render(f"A{call:03d}", Destination(str(call), ""))) * 1e6)
        for call in range(1, calls + 1)
    ]
    asks = [(call * 1_000_000, call) for call in range(1, calls + 1)]
    while asks:
        now, call = min(asks)
        asks.remove((now, call))
        decision = announcer.ask("hall", call, call * 1_000_000, now, lengths[call - 1])
        if isinstance(decision, Grant):
            sounds.append((now, now + lengths[call - 1]))
        elif isinstance(decision, Wait):
            asks.append((now + decision.micros, call))
    return sounds


@needs_espeak
def test_rendered_calls_follow_one_another_with_a_breath_between() -> None:
    sounds = stream(3, AnnouncementQueue())
    assert len(sounds) == 3
    for (_, ends), (begins, _) in pairwise(sounds):
        assert begins - ends >= PAUSE_MICROS


@needs_espeak
def test_twin_without_the_queue_they_sound_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Zone, "busy_until", property(lambda _: 0, lambda *_: None), raising=False)
    sounds = stream(3, AnnouncementQueue())
    assert any(begins < ends for (_, ends), (begins, _) in pairwise(sounds))


@needs_espeak
def test_a_call_is_a_chime_a_breath_and_speech_and_nothing_is_cut_off() -> None:
    whole = array("h", Announcements(Voice(repeat=2)).render("W999", Destination("60", ""))[44:])
    begins = len(chime())
    assert max(map(abs, whole)) < 32_766
    assert not any(whole[begins : begins + int(BREATH_SECONDS * RATE)])
    assert (
        max(map(abs, whole[begins:])) > max(map(abs, chime())) / 2
    )  # the speech is no whisper beside the chime
