"""The catalogue is complete in both languages, and has a word for every state, outcome and class there is."""

import string
from typing import get_args

import pytest

from caller.engine.commands import DeviceState, Outcome
from caller.engine.tickets import TicketState
from config import catalogue
from config.settings import ClassId, DeviceKind

CODES: dict[str, tuple[str, ...]] = {
    "device-state": get_args(DeviceState),
    "device-kind": get_args(DeviceKind),
    "outcome": get_args(Outcome),
    "class": get_args(ClassId),
    "ticket-state": get_args(TicketState),
}


@pytest.mark.parametrize("kind", CODES)
def test_every_code_has_words(kind: str) -> None:
    assert set(catalogue.codes(kind)) == set(CODES[kind])


def test_english_is_as_complete_as_chinese() -> None:
    zh, en = catalogue.kinds("zh"), catalogue.kinds("en")
    assert {kind: set(words) for kind, words in zh.items()} == {
        kind: set(words) for kind, words in en.items()
    }
    for kind, words in zh.items():
        for code, said in words.items():
            assert isinstance(said, str) == isinstance(en[kind][code], str), (kind, code)


def test_both_languages_name_the_same_facts() -> None:
    """A fact in one language alone (`{why}` and `{why_en}`) ends in _zh or _en there."""
    for kind, words in catalogue.kinds("zh").items():
        for code in words:
            zh, en = (fields(lang, kind, code) for lang in ("zh", "en"))
            assert zh == en, (kind, code)


def fields(lang: str, kind: str, code: str) -> set[str]:
    said = catalogue.kinds(lang)[kind][code]
    text = said if isinstance(said, str) else " ".join(said)
    names = {name for _, name, _, _ in string.Formatter().parse(text) if name}
    return {name.removesuffix("_en").removesuffix("_zh") for name in names}


def test_no_two_codes_of_a_kind_read_alike() -> None:
    for lang in ("zh", "en"):
        for kind, words in catalogue.kinds(lang).items():
            said = [text if isinstance(text, str) else text[0] for text in words.values()]
            assert len(said) == len(set(said)), (lang, kind)


def test_a_code_of_a_newer_program_is_shown_as_it_stands() -> None:
    assert catalogue.both("device-state", "melted") == ("melted", "melted")
