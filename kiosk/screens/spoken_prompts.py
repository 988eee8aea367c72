"""What the kiosk says aloud: for each screen at most one short sentence, named by a key.

Pure. A prompt is for who cannot read the screen well: it says what to do next, never what is private (no
item, no class, no name). Its words stand in page/lang/*.json as "say.…" beside "say.voice", the espeak-ng
voice of that language, and "say.digits"; a language without a voice is silent. Numbers are spelled here,
sign by sign, because a synthesiser reads A042 as it likes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.screens.translations import Translations

if TYPE_CHECKING:
    from kiosk.visit.machine import VisitMachine

NO_PAPER = frozenset({"paper-out", "cover-open", "error", "offline"})
YAO = {"一": "幺"}  # 1 as some halls say it: [voice] yao


def fixed(words: Translations, language: str) -> list[str]:
    """The prompts of a language that hold no number: all can be made beforehand."""
    own = words.lines.get(language, {})
    if not own.get("say.voice"):
        return []
    return [key[4:] for key in own if key.startswith("say.") and "{" not in own[key] and key not in NOT_SAID]


NOT_SAID = frozenset({"say.voice", "say.digits"})


def of(visit: VisitMachine) -> str:
    """The prompt of the screen in sight, or ""; a number is part of its key: "number-A042"."""
    if visit.left is not None:
        return "left"
    if visit.at == "confirm":
        return "confirm-paper" if visit.printers is not None and visit.paper_state in NO_PAPER else "confirm"
    if visit.at == "number":
        return _of_number(visit)
    if visit.at == "booked":
        return _of_bookings(visit)
    return visit.at if visit.at in ("services", "priority", "refused", "scan", "appointment") else ""


def _of_bookings(visit: VisitMachine) -> str:
    if visit.errand.bookings is None:
        return ""
    return "booked" if visit.errand.bookings else "booked-none"


def _of_number(visit: VisitMachine) -> str:
    kept = visit.errand.kept
    number = kept.result.get("number", "") if kept else visit.errand.found.get("number", "")
    if not number:
        return ""
    if visit.errand.fate in ("failed", "unknown") and kept is not None:
        return "no-slip"
    return (
        "only-" if visit.errand.fate == "none" and kept is not None and kept.result else "number-"
    ) + number


def sentence(words: Translations, language: str, key: str, yao: bool = False) -> str:
    """What is said for a key in a language; "" if nothing is."""
    own = words.lines.get(language, {})
    name, _, number = key.partition("-") if key.startswith(("number-", "only-")) else (key, "", "")
    line = own.get("say." + name, "") if own.get("say.voice") and "say." + name not in NOT_SAID else ""
    return line.replace("{number}", spelled(number, own.get("say.digits", ""), yao))


def spelled(number: str, digits: str, yao: bool = False) -> str:
    """A042 as "A 零 四 二": `digits` are the ten words of a language, 0 first."""
    names = [YAO.get(name, name) if yao else name for name in digits.split()]
    return " ".join(names[int(sign)] if sign in "0123456789" and names else sign.upper() for sign in number)
