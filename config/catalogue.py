"""The catalogue: every word for a state, outcome, class or refusal, one JSON file a language, `config/words/LANG.json`.

A file leads from a kind ("device-state") and a code ("paper-out") to its words; for an answer to a person it holds two
sentences, what is so and what to do next. Chinese and English are complete; the codes are those of the wire and the
log. Whatever shows such a thing takes its words from here, so that no two places name it differently.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from msgspec import Struct

FOLDER = Path(__file__).parent / "words"
Lang = Literal["zh", "en"]


class Message(Struct, frozen=True):
    """An answer to a person: a stable code, what is so, and the next step, in Chinese and English."""

    code: str
    zh: str
    en: str
    next_zh: str = ""
    next_en: str = ""

    @property
    def words(self) -> tuple[str, str, str, str]:
        """The four sentences, in the order in which frames carry them."""
        return self.zh, self.en, self.next_zh, self.next_en

    @property
    def with_next_step(self) -> tuple[str, str]:
        """Chinese and English, each with its next step."""
        zh = f"{self.zh}。{self.next_zh}" if self.next_zh else self.zh
        return zh, f"{self.en}. {self.next_en}" if self.next_en else self.en

    def __str__(self) -> str:
        """Two lines for a terminal, Chinese first."""
        zh, en = self.with_next_step
        return f"{zh}。\n{en}."


class MessageError(Exception):
    """An error that is a proper answer to a person; `kind` is where its codes stand in the catalogue."""

    kind = ""

    def __init__(self, code: str, **facts: object) -> None:
        self.message = message(self.kind, code, **facts)
        super().__init__(f"{self.message.zh} / {self.message.en}")

    @property
    def code(self) -> str:
        return self.message.code


@cache
def kinds(lang: str) -> Mapping[str, Mapping[str, str | list[str]]]:
    """Return a language's whole catalogue: kind → code → words, or [what is so, next step]."""
    return json.loads((FOLDER / f"{lang}.json").read_text("utf-8"))


def codes(kind: str) -> tuple[str, ...]:
    """Return every code of a kind."""
    return tuple(kinds("zh")[kind])


def word(kind: str, code: str, lang: str = "zh") -> str:
    """Return the words of a code; a code of a newer program is shown as it stands rather than not at all."""
    found = kinds(lang).get(kind, {}).get(code, code)
    return found if isinstance(found, str) else found[0]


def both(kind: str, code: str) -> tuple[str, str]:
    """Return a code's words in Chinese and English."""
    return word(kind, code, "zh"), word(kind, code, "en")


def message(kind: str, code: str, **facts: object) -> Message:
    """Return an answer with `facts` in its placeholders; a missing fact shows as nothing. Raises: KeyError."""
    filled = _MessageFacts(facts)
    zh, next_zh = _pair(kinds("zh")[kind][code])
    en, next_en = _pair(kinds("en")[kind][code])
    return Message(code, *(line.format_map(filled) for line in (zh, en, next_zh, next_en)))


def _pair(words: str | list[str]) -> tuple[str, str]:
    return (words, "") if isinstance(words, str) else (words[0], words[1])


class _MessageFacts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return ""
