"""The words of the screens in every language, and the sentences that a kiosk speaks. Pure.

One file page/lang/*.json is one language, read by `kiosk.faces`; the next of its chain fills its gaps
(`config.languages`). A screen has at most one spoken prompt, named by a key. It is for an applicant who cannot read the
screen well: it gives the next step and nothing private (no item, class or name). Its words are the lines "say.…", beside
"say.voice", the espeak-ng voice of the language, and "say.digits". A language without a voice is spoken in the next of its
chain that has one, whole: no visit is spoken in two. Numbers are spelled sign by sign, because a synthesiser reads A042 in
its own way.
"""

import re
from collections.abc import Container
from typing import Any

from config.languages import COMPLETE, chain
from kiosk.visit.state import VisitState

NO_PAPER = frozenset({"paper-out", "cover-open", "error", "offline"})
NOT_SPOKEN = frozenset({"say.voice", "say.digits"})
NOT_SPOKEN_ON = frozenset(
    {"idle", "waiting", "pin", "staff"}
)  # nobody is here, it is over at once, or the staff's own
NAMED = {
    "feedback": "feedback-kind",
    "receipt": "receipt-taken",
}  # prompts with another name than their screen
YAO = {"一": "幺"}  # how some halls speak the digit 1: [voice] yao
_FACT = re.compile(r"\{(\w+)\}")


class Translations:
    """All languages; `of` returns them for one."""

    def __init__(self, lines: dict[str, dict[str, str]], language: str = "zh") -> None:
        self.lines, self.language = lines, language

    @property
    def languages(self) -> tuple[str, ...]:
        return (*COMPLETE, *sorted(set(self.lines) - set(COMPLETE)))

    def of(self, language: str) -> "Translations":
        return Translations(self.lines, language)

    def key(self, key: str, **facts: Any) -> str:
        """Return the line of a key with its facts put in; the key itself where no language has it."""
        own = (self.lines.get(each, {}).get(key) for each in chain(self.language))
        line = next(filter(None, own), key)
        return _FACT.sub(lambda found: str(facts.get(found[1], "")), line)

    def text(self, part: dict[str, Any]) -> str:
        """Return the text of a widget {"key", "facts"} or {"text"}; a fact may be such a widget itself."""
        if "text" in part:
            return part["text"]
        facts = part.get("facts", {}).items()
        return self.key(
            part["key"], **{name: self.text(fact) if isinstance(fact, dict) else fact for name, fact in facts}
        )

    # --- what is spoken

    def speaker(self, language: str, voices: Container[str]) -> str:
        """Return the language in which the prompts of a language are spoken with the voices there are; "": it is silent."""
        return next((each for each in chain(language) if self.voice(each) in voices), "")

    def voice(self, language: str) -> str:
        """Return the voice of a language by its name for espeak-ng; "" if it has none."""
        return self.lines.get(language, {}).get("say.voice", "")

    def fixed_prompts(self, language: str) -> list[str]:
        """Return the keys of the prompts of a language that hold no number: these can be made beforehand."""
        own = self.lines.get(language, {})
        if not own.get("say.voice"):
            return []
        found = (
            key for key in own if key.startswith("say.") and key not in NOT_SPOKEN and "{" not in own[key]
        )
        return [key.removeprefix("say.") for key in found]

    def sentence(self, language: str, prompt: str, yao: bool = False) -> str:
        """Return the sentence of a prompt's key in a language; "" if it has none."""
        own = self.lines.get(language, {})
        numbered = prompt.startswith(("number-", "only-"))
        name, _, number = prompt.partition("-") if numbered else (prompt, "", "")
        key = "say." + name
        line = own.get(key, "") if own.get("say.voice") and key not in NOT_SPOKEN else ""
        return line.replace("{number}", spelled(number, own.get("say.digits", ""), yao))


def spelled(number: str, digits: str, yao: bool = False) -> str:
    """Return A042 as "A 零 四 二": `digits` are the ten words of a language, 0 first."""
    names = [YAO.get(name, name) if yao else name for name in digits.split()]
    return " ".join(names[int(sign)] if sign in "0123456789" and names else sign.upper() for sign in number)


def prompt(state: VisitState) -> str:
    """Return the key of the prompt of the screen in sight, or ""; a number is part of it: "number-A042"."""
    if state.left is not None:
        return "left"
    match state.screen:
        case "confirm":
            return "confirm-paper" if _without_paper(state) else "confirm"
        case "number":
            return _prompt_of_number(state)
        case "booked":
            bookings = state.errand.bookings
            return "" if bookings is None else "booked" if bookings else "booked-none"
        case "guide":
            taken = "confirm-paper" if _without_paper(state) else "guide-taken"
            return taken if state.takes_at_guide else "guide-read"
        case screen if screen in NOT_SPOKEN_ON:
            return ""
        case screen:
            return NAMED.get(screen, screen)


def _without_paper(state: VisitState) -> bool:
    return state.printers is not None and state.paper_state in NO_PAPER


def _prompt_of_number(state: VisitState) -> str:
    kept, outcome = state.errand.kept, state.errand.slip_outcome
    number = kept.result.get("number", "") if kept else state.errand.found.get("number", "")
    if not number:
        return ""
    if outcome in ("failed", "unknown") and kept is not None:
        return "no-slip"
    return ("only-" if outcome == "none" and kept is not None else "number-") + number
