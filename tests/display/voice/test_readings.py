"""What is really said: every number, letter and window of a hall, by the synthesiser's own phonemes."""

import pytest

from config.reading.reader import HALLS, read
from display.voice import speech_audio
from display.voice.announcement_text import DIGITS, YAO, Destination, announcement, cardinal, pieces_of
from display.voice.speech_audio import espeak_found
from tests.instruments.readings import Syllable, heard, meant, wrong

pytestmark = pytest.mark.skipif(not espeak_found(), reason="sudo apt install espeak-ng")

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ALIKE = {"E": "一"}  # in any Mandarin mouth: yī and the letter's name differ at most by the tone


def test_every_digit_is_said_as_the_dictionary_has_it() -> None:
    said = [heard(digit)[0] for digit in DIGITS]
    spelt = ["ling2", "yi1", "er4", "san1", "si4", "wu3", "liu4", "qi1", "ba1", "jiu3"]
    assert [f"{each.sound}{each.tone}" for each in said] == spelt
    assert heard(YAO) == [Syllable("yao", 1)]


def test_windows_are_said_as_counts() -> None:
    texts = ["".join([*cardinal(number), "号窗口"]) for number in (*range(1, 61), 100, 105, 110, 999)]
    assert {text: wrong(text) for text in texts if wrong(text)} == {}


@pytest.mark.parametrize("yao", [False, True])
def test_every_piece_of_every_hall_that_comes_with_us(yao: bool) -> None:
    """What a call is put together from; the letter aside, which a dictionary of hanzi does not know."""
    words = {piece for name in ("county", "village") for piece in _pieces(name, yao)}
    without = {"".join(sign for sign in piece if not sign.isascii()) for piece in words} - {""}
    assert {piece: wrong(piece) for piece in without if wrong(piece)} == {}


def _pieces(name: str, yao: bool) -> list[str]:
    settings = read(HALLS / f"{name}.toml")
    windows = [Destination(each.id, each.name) for each in settings.windows]
    return pieces_of([queue.id for queue in settings.queues], windows, yao=yao, recall=True)


@pytest.mark.parametrize(("number", "window"), [("042", "3"), ("599", "11"), ("107", "20"), ("860", "105")])
@pytest.mark.parametrize("yao", [False, True])
def test_a_sentence_in_one_breath_is_said_as_its_words(number: str, window: str, yao: bool) -> None:
    spoken = announcement(number, Destination(window, ""), yao=yao)
    assert wrong(spoken.text) == []
    assert len(heard(spoken.text)) == len(meant(spoken.text))


@pytest.mark.parametrize("letter", LETTERS)
def test_no_letter_sounds_like_a_digit(letter: str) -> None:
    """Apart from the tone, which a noisy hall swallows."""
    said = sound_of(letter)
    alike = [digit for digit in (*DIGITS, YAO) if sound_of(digit) == said]
    assert alike == ([ALIKE[letter]] if letter in ALIKE else [])


def sound_of(text: str) -> str:
    return " ".join(each.sound for each in heard(text))


def test_twin_without_our_spelling_r_is_a_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_audio, "LETTERS_SAID", {})
    assert sound_of("R") == sound_of("二")


def test_twin_a_wrong_reading_is_heard() -> None:
    """三 meant, 四 said: the comparison sees the sound; 一 meant, 亿 said in no measure: it sees the tone."""
    assert heard("四") != meant("三")
    assert not wrong("七号")
    assert heard("其")[0].sound == meant("七")[0].sound
    assert heard("其")[0] != meant("七")[0]
