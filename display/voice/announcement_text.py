"""What the hall says when it calls, as words: numbers digit by digit, windows as numbers.

`请 A042 号，到 3 号窗口办理` is said 请 A 零四二号，到三号窗口办理. Each word is also the name of a clip
("零.wav", "号窗口.wav"), so a hall may have its own voice record about forty of them; English ones are in a folder of their
own. Pure; display.voice.speech_audio
makes it audible.
"""

import re
from typing import NamedTuple

DIGITS = "零一二三四五六七八九"
YAO = "幺"  # 1 as radio operators and some halls say it
NUMBER_EN = "Number"
DIGITS_EN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CARDINAL_MAX = 999  # no hall numbers its windows beyond; larger is read digit by digit
AGAIN_CLIP = {"zh": "再次呼叫", "en": "Calling again"}
PAUSE = "，"  # among the pieces: a breath
AGAIN = {"zh": "再次呼叫，", "en": "Calling again. "}
MESSAGE_CLIP = {"zh": "通知-", "en": "notice-"}  # before the code, in the clip's name
DIGIT_RUN = re.compile(r"(\d+)")


class Spoken(NamedTuple):
    """One announcement in one language: what is said, and what it can be put together from.

    `clips` are single words, as a person records them; `pieces` are what a synthesiser says in one breath, and a person may
    record as well. A synthesiser has none in English: of its words put together a recogniser got 63 % right, of a sentence said
    in one breath 88 %.
    """

    language: str
    text: str
    clips: tuple[str, ...]
    pieces: tuple[str, ...]


class Destination(NamedTuple):
    """A window as people know it: by its number if its id is one, else by name."""

    id: str
    name: str
    name_en: str = ""


def announcement(number: str, window: Destination, language: str = "zh", *, yao: bool = False) -> Spoken:
    """Return the sentence that calls `number` to `window`."""
    return _english(number, window) if language == "en" else _chinese(number, window, yao)


def again(spoken: Spoken) -> Spoken:
    """Return the same, said as a recall (only where the hall wants that told)."""
    head = AGAIN[spoken.language]
    pieces = (head, PAUSE, *spoken.pieces) if spoken.pieces else ()
    return spoken._replace(
        text=head + spoken.text, clips=(AGAIN_CLIP[spoken.language], *spoken.clips), pieces=pieces
    )


def message(code: str, text: str, language: str) -> Spoken:
    """Return a message to all who wait, `code` of the hall's list: one clip of its own, or said in one breath."""
    return Spoken(language, text, (f"{MESSAGE_CLIP[language]}{code}",) if code else (), ())


def spell(number: str, *, yao: bool = False) -> list[str]:
    """Return a ticket's number, one word per sign: A042 → A 零 四 二."""
    return [_digit(sign, yao) if sign.isdecimal() and sign.isascii() else sign.upper() for sign in number]


def cardinal(value: int) -> list[str]:
    """Return a count as one says it: 3 → 三, 11 → 十 一, 105 → 一 百 零 五."""
    if not 0 <= value <= CARDINAL_MAX:
        return [DIGITS[int(sign)] for sign in str(value)]
    if value < 10:
        return [DIGITS[value]]
    if value < 20:
        return ["十", *_rest(value % 10)]
    if value < 100:
        return [DIGITS[value // 10], "十", *_rest(value % 10)]
    return [DIGITS[value // 100], "百", *_below_hundred(value % 100)]


def clip_names(destinations: list[Destination]) -> list[str]:
    """Return every clip this hall's Chinese announcements may need; what `voice build` makes."""
    signs = [chr(letter) for letter in range(ord("A"), ord("Z") + 1)]
    fixed = ["请", "号", "到", "号窗口", "办理", "再次呼叫", "十", "百", YAO, *DIGITS, *signs]
    named = [clip for window in destinations for clip in _where(window)]
    return list(dict.fromkeys([*fixed, *named]))


def pieces_of(
    queues: list[str], windows: list[Destination], *, yao: bool = False, recall: bool = False
) -> list[str]:
    """Return every piece that a call of these queues to these windows may need, in Mandarin."""
    digits = [_digit(sign, yao) for sign in "0123456789"]
    heads = [f"请{queue[0]}" for queue in queues] + [letter for queue in queues for letter in queue[1:]]
    said = [*heads, *digits, *(f"{digit}号" for digit in digits), *(_way(window) for window in windows)]
    return list(dict.fromkeys([*said, *([AGAIN["zh"]] if recall else [])]))


def english_clips(queues: list[str], windows: list[Destination], *, recall: bool = False) -> list[str]:
    """Return every clip that a call of these queues to these windows may need, in English, as a person records them."""
    signs = dict.fromkeys(letter for queue in queues for letter in queue)
    said = [NUMBER_EN, *signs, *DIGITS_EN, *(_way_en(window) for window in windows)]
    return list(dict.fromkeys([*said, *([AGAIN_CLIP["en"]] if recall else [])]))


def _chinese(number: str, window: Destination, yao: bool) -> Spoken:
    signs, where = spell(number, yao=yao), _where(window)
    text = f"请{''.join(signs)}号，到{''.join(where)}办理"
    clips = ("请", *signs, "号", "到", *where, "办理")
    return Spoken("zh", text, clips, (f"请{signs[0]}", *signs[1:-1], f"{signs[-1]}号", PAUSE, _way(window)))


def _way(window: Destination) -> str:
    return f"到{''.join(_where(window))}办理"


def _where(window: Destination) -> list[str]:
    """Return the words for a window: its number when it has one, otherwise its name with digits read as counts."""
    if window.id.isdecimal():
        return [*cardinal(int(window.id)), "号窗口"]
    words: list[str] = []
    for part in DIGIT_RUN.split(window.name):
        words += cardinal(int(part)) if part.isdecimal() else [part] if part else []
    return words


def _english(number: str, window: Destination) -> Spoken:
    signs = [DIGITS_EN[int(sign)] if sign.isdecimal() else sign for sign in number]
    way = _way_en(window)
    return Spoken("en", f"{NUMBER_EN} {' '.join(signs)}, {way}.", (NUMBER_EN, *signs, way), ())


def _way_en(window: Destination) -> str:
    where = f"window {window.id}" if window.id.isdecimal() else (window.name_en or f"window {window.id}")
    return f"please go to {where}"


def _digit(sign: str, yao: bool) -> str:
    return YAO if yao and sign == "1" else DIGITS[int(sign)]


def _below_hundred(value: int) -> list[str]:
    if value == 0:
        return []
    if value < 10:
        return ["零", DIGITS[value]]
    return [DIGITS[value // 10], "十", *_rest(value % 10)]


def _rest(units: int) -> list[str]:
    return [DIGITS[units]] if units else []
