"""The catalogue: every word for a state, outcome, class or refusal, one JSON file a language, `config/words/LANG.json`.

A file leads from a kind ("device-state") and a code ("paper-out") to its words; for an answer to a person it holds two
sentences, what is so and what to do next. Chinese and English are complete, for others the next of their chain stands in
(`config.languages`); the codes are those of the wire and the
log. Whatever shows such a thing takes its words from here, so that no two places name it differently. A kind whose
name ends in -holder or -public speaks to the applicant, the others to the staff.

A sentence may hold facts: `{number}` as it stands, `{state:ticket-state}` in the words of the code it holds.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Literal

from msgspec import Struct

from config.languages import chain

FOLDER = Path(__file__).parent / "words"
Lang = Literal["zh", "en"]
_KIND_OF_FACT = re.compile(r"(?<=\w):[a-z-]+(?=})")
# What a program or a library has said, in Chinese and English: a sentence takes it in its own language.
DETAIL = "detail"
IN_BOTH = re.compile(r"(?P<zh>.*[\u3400-\u9fff].*?) / (?P<en>[^\u3400-\u9fff]+)", re.DOTALL)
# Kinds that pages and kiosk screens show, as labels "KIND.CODE" among their own words.
PAGE_KINDS = (
    "device-state", "device-kind", "window-state", "window-public", "ticket-state", "ticket-holder", "class-holder",
    "class-mark", "outcome", "outcome-holder", "level", "count", "notice", "case-state", "case-decision", "case-move", "case-pause", "part-reply", "joint-step", "told-way", "pay-way", "deadline-light", "assistance", "assistance-holder", "papers-mark",
    "follow-up-kind", "follow-up-state", "follow-up-state-holder", "verdict", "award", "rating-appeal",
    "appointment-holder",
)  # fmt: skip


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
        """Return two lines for a terminal, Chinese first."""
        zh, en = self.with_next_step
        return f"{zh}。\n{en}."


class MessageError(Exception):
    """An error that is a proper answer to a person; `kind` is where its codes stand in the catalogue."""

    kind = ""

    def __init__(self, code: str, /, **facts: object) -> None:
        self.facts = facts
        self.message = message(self.kind, code, **facts)
        super().__init__(f"{self.message.zh} / {self.message.en}")

    @property
    def code(self) -> str:
        return self.message.code


@cache
def kinds(lang: str) -> Mapping[str, Mapping[str, str | list[str]]]:
    """Return a language's whole catalogue: kind → code → words, or [what is so, next step]; empty without a file."""
    path = FOLDER / f"{lang}.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def codes(kind: str) -> tuple[str, ...]:
    """Return every code of a kind."""
    return tuple(kinds("zh")[kind])


def word(kind: str, code: str, lang: str = "zh") -> str:
    """Return the words of a code; a code of a newer program is shown as it stands rather than not at all."""
    return next((_pair(found)[0] for found in _found(kind, code, lang)), code)


def sentence(kind: str, code: str, lang: str, /, **facts: object) -> str:
    """Return a code's sentence with its facts in a language. Raises: StopIteration for a code without words."""
    return _said(_pair(next(_found(kind, code, lang)))[0], lang, facts)


def label(kind: str, code: str, lang: str = "zh") -> str:
    """Return the words of a code for a heading or a button: they begin with a capital."""
    words = word(kind, code, lang)
    return words[:1].upper() + words[1:]


def both(kind: str, code: str) -> tuple[str, str]:
    """Return a code's words in Chinese and English."""
    return word(kind, code, "zh"), word(kind, code, "en")


def both_words(kind: str, code: str) -> str:
    """Return a code's words in Chinese and English, one after the other."""
    zh, en = both(kind, code)
    return zh if zh == en else f"{zh} {en}"


def page_labels(lang: str) -> dict[str, str]:
    """Return the labels of `PAGE_KINDS`, by "KIND.CODE"; none in a language without a catalogue."""
    known = kinds(lang)
    return {f"{kind}.{code}": label(kind, code, lang) for kind in PAGE_KINDS for code in known.get(kind, {})}


def message(kind: str, code: str, /, **facts: object) -> Message:
    """Return an answer with `facts` in its placeholders; a missing fact shows as nothing. Raises: KeyError."""
    (zh, next_zh), (en, next_en) = (_filled(kind, code, lang, facts) for lang in ("zh", "en"))
    return Message(code, zh, en, next_zh, next_en)


def templates(kind: str) -> list[Message]:
    """Return every answer of a kind with its placeholders as they are written, by their names only: for the docs."""
    return [
        Message(code, *(_KIND_OF_FACT.sub("", line) for line in (zh, en, next_zh, next_en)))
        for code, words in kinds("zh")[kind].items()
        for (zh, next_zh), (en, next_en) in [(_pair(words), _pair(kinds("en")[kind][code]))]
    ]


def _found(kind: str, code: str, lang: str) -> Iterator[str | list[str]]:
    """Yield the words of a code by the chain of a language, its own first."""
    return (found for each in chain(lang) if (found := kinds(each).get(kind, {}).get(code)))


def _filled(kind: str, code: str, lang: str, facts: Mapping[str, object]) -> tuple[str, str]:
    said, next_step = _pair(kinds(lang)[kind][code])
    return _said(said, lang, facts), _said(next_step, lang, facts)


def _said(template: str, lang: str, facts: Mapping[str, object]) -> str:
    """Return a sentence with its facts; one whose placeholder names a kind in that kind's words."""
    if "{" not in template:
        return template
    said: list[str] = []
    for literal, name, kind in _parts(template):
        said.append(literal)
        if name is not None:
            value = str(facts.get(name, ""))
            if name == DETAIL and (both_said := IN_BOTH.fullmatch(value)):
                value = both_said["zh" if lang == "zh" else "en"]
            words = kinds(lang).get(kind, {}).get(value) if kind else None
            said.append(value if words is None else _said(_pair(words)[0], lang, facts))
    return "".join(said)


@cache
def _parts(template: str) -> tuple[tuple[str, str | None, str | None], ...]:
    """Return a template as (text, name of the fact after it, the fact's kind): it is taken apart once, and shown often."""
    return tuple(each[:3] for each in Formatter().parse(template))


def _pair(words: str | list[str]) -> tuple[str, str]:
    return (words, "") if isinstance(words, str) else (words[0], words[1])
