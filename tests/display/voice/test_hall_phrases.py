"""The recorded voice of a hall: what is to be recorded, who says it, and what cannot be a recording."""

import io
import wave
from array import array
from pathlib import Path

import pytest
from msgspec.structs import replace

from config.reading.reader import HALLS, read
from config.settings import Settings
from display.voice.announcement_text import Destination
from display.voice.hall_phrases import Phrase, hall_phrases, remove_clip, state_of, take_clip
from display.voice.speech_audio import CLIP_BYTES_MAX, RATE, Announcements, ClipError

COUNTY = read(HALLS / "county.toml")
HALL = replace(COUNTY, voice=replace(COUNTY.voice, second_language="en", repeat=1))
WINDOW = Destination(HALL.windows[0].id, HALL.windows[0].name, HALL.windows[0].name_en)
NUMBER = f"{HALL.queues[0].id}042"


def recording(
    seconds: float = 0.2, level: int = 4321, rate: int = RATE, width: int = 2, channels: int = 1
) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        sample = array("h", [level]).tobytes() if width == 2 else bytes([level % 256]) * width
        file.writeframes(sample * int(seconds * rate) * channels)
    return out.getvalue()


def phrases(language: str, kind: str, settings: Settings = HALL) -> list[Phrase]:
    return [each for each in hall_phrases(settings) if (each.language, each.kind) == (language, kind)]


def voice(data: Path) -> Announcements:
    return Announcements(HALL.voice, data=data)


def test_a_hall_is_asked_for_its_phrases_messages_and_words_each_once() -> None:
    found = hall_phrases(HALL)
    assert len({each.id for each in found}) == len(found)
    assert {(each.language, each.kind) for each in found} == {
        ("zh", "phrase"), ("zh", "message"), ("zh", "word"), ("en", "phrase"), ("en", "message"),
    }  # fmt: skip
    assert not phrases("en", "phrase", COUNTY)
    assert all(each.text for each in found)


@pytest.mark.parametrize("kind", ["phrase", "word"])
def test_a_call_is_said_by_recordings_once_none_is_missing(tmp_path: Path, kind: str) -> None:
    """Phrases alone suffice; so do words, of which digits are phrases as well."""
    needed = [each for each in hall_phrases(HALL) if each.kind == kind or each.language == "en"]
    if kind == "word":
        needed += [each for each in phrases("zh", "phrase") if len(each.name) == 1]
    for each in needed[1:]:
        take_clip(each, tmp_path, recording(0.1))
    assert voice(tmp_path).needs_espeak(NUMBER, WINDOW)
    take_clip(needed[0], tmp_path, recording(0.1))
    assert all(
        not voice(tmp_path).needs_espeak(NUMBER, Destination(each.id, each.name, each.name_en))
        for each in HALL.windows
    )


def test_a_recording_is_in_the_next_call(tmp_path: Path) -> None:
    """The announcement that was put together before, without it, is not said again."""
    for each in hall_phrases(HALL):
        take_clip(each, tmp_path, recording(0.1))
    speaking, way = voice(tmp_path), phrases("zh", "phrase")[0]
    before = speaking.render(NUMBER, WINDOW)
    assert array("h", [1234] * 500).tobytes() not in before
    take_clip(way, tmp_path, recording(0.1, 1234))
    assert array("h", [1234] * 500).tobytes() in speaking.render(NUMBER, WINDOW)


def test_the_offices_recording_goes_before_the_halls_folder_which_is_never_touched(tmp_path: Path) -> None:
    data, beside = tmp_path / "data", tmp_path / "clips"
    beside.mkdir()
    phrase = phrases("zh", "word")[0]
    (beside / f"{phrase.name}.wav").write_bytes(recording(0.3))
    settings = replace(HALL, voice=replace(HALL.voice, clips=str(beside)))
    said = [state_of(phrase, settings, data).said_by]
    assert take_clip(phrase, data, recording(0.5)) == pytest.approx(0.5, abs=0.01)
    state = state_of(phrase, settings, data)
    assert (state.said_by, round(state.seconds, 1)) == ("recorded", 0.5)
    remove_clip(phrase, data)
    said.append(state_of(phrase, settings, data).said_by)
    assert said == ["folder", "folder"]
    (beside / f"{phrase.name}.wav").write_bytes(b"no sound")
    state = state_of(phrase, settings, data)
    assert (state.said_by, "不是 WAV" in state.why) == ("broken", True)
    assert state_of(phrase, HALL, data).said_by == "synthesised"


@pytest.mark.parametrize(
    ("wav", "words"),
    [
        (b"RIFF----WAVEfmt ", "不是 WAV"), (b"", "不是 WAV"), (recording(width=1, level=200), "8 位"), (recording(width=3), "24 位"),
        (recording(rate=100, seconds=1), "采样率 100"), (recording(0.02), "太短"), (recording(level=20), "没有声音"),
        (recording(CLIP_BYTES_MAX / RATE), "过长"), (recording()[:44], "太短"),
    ],
    ids=["header", "empty", "8-bit", "24-bit", "rate", "short", "silent", "large", "cut-off"],
)  # fmt: skip
def test_what_cannot_be_said_in_a_hall_is_refused_and_the_one_there_was_stays(
    tmp_path: Path, wav: bytes, words: str
) -> None:
    phrase = phrases("zh", "phrase")[0]
    take_clip(phrase, tmp_path, recording(0.5))
    with pytest.raises(ClipError, match=words) as refused:
        take_clip(phrase, tmp_path, wav)
    assert " / " in str(refused.value)
    assert round(state_of(phrase, HALL, tmp_path).seconds, 1) == 0.5


def test_stereo_and_another_rate_are_taken(tmp_path: Path) -> None:
    phrase = phrases("en", "phrase")[0]
    assert take_clip(phrase, tmp_path, recording(0.4, rate=48_000, channels=2)) == pytest.approx(
        0.4, abs=0.01
    )
    assert state_of(phrase, HALL, tmp_path).said_by == "recorded"
