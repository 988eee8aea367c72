"""The desk as a page and the console in a terminal: the same keys, and one word for one thing."""

import re
from pathlib import Path

import pytest

import display
from caller.client.page_files import PageFiles
from caller.console import caller_link, verbs, words
from config.catalogue import word
from config.reading.reader import HALLS, read
from display.web import public_info

PAGES = Path(display.__file__).parent / "pages"
LANGUAGES = PageFiles(PAGES).languages
PARTS = (PAGES / "js/desk-parts.js").read_text("utf-8")
SCRIPTS = "".join(path.read_text("utf-8") for path in sorted(PAGES.glob("js/desk*.js")))
VERB = re.compile(r'^  (\w+): \{ codes: \[(.*?)\], command: "(\w+)" \},$', re.M)
OWN = {"help-4"}  # an input method swallows keys in a terminal, here it does not


def keys_of(verb: str) -> set[str]:
    """The codes of a terminal's keys, as a browser names them."""
    pressed = {key.upper() for key in verbs.VERBS[verb].keys}
    return {"Space" if key == "SPACE" else f"Key{key}" for key in pressed}


def test_each_verb_has_the_terminals_keys_and_command_in_the_terminals_order() -> None:
    shown = {
        verb: (set(re.findall(r'"(\w+)"', codes)), command) for verb, codes, command in VERB.findall(PARTS)
    }
    assert shown == {verb: (keys_of(verb), key.command) for verb, key in verbs.VERBS.items()}
    assert list(shown) == list(verbs.VERBS)


@pytest.mark.parametrize("nth", [0, 1])
def test_what_both_desks_say_they_say_in_the_same_words(nth: int) -> None:
    page = LANGUAGES[("zh", "en")[nth]]
    shared = {key: pair[nth] for key, pair in words.WORDS.items() if f"desk.{key}" in page and key not in OWN}
    assert len(shared) > 50
    assert {key: page[f"desk.{key}"] for key in shared} == shared
    assert {verb: page[f"desk.verb-{verb}"] for verb in verbs.VERBS} == {
        v: k.name[nth] for v, k in verbs.VERBS.items()
    }
    assert page["desk.verb-resume"] == verbs.RESUME.name[nth]
    assert {verb: page[f"desk.about-{verb}"] for verb in verbs.VERBS} == {
        verb: pair[nth] for verb, pair in words.VERB_WORDS.items()
    }


def test_every_word_of_the_desk_is_said_somewhere() -> None:
    made = (
        "desk.alarm-",
        "desk.did-",
        "desk.verb-",
        "desk.about-",
        "desk.help-",
        "desk.link-",
    )  # by a name put together
    html = (PAGES / "desk.html").read_text("utf-8")
    own = [key for key in LANGUAGES["zh"] if key.startswith("desk.") and not key.startswith(made)]
    assert [key for key in own if f'"{key}"' not in SCRIPTS + html] == []
    assert {f"desk.did-{verb}" for verb in [*verbs.VERBS, "resume"]} <= LANGUAGES["zh"].keys()


def test_a_press_is_worth_waiting_for_as_long_as_in_the_terminal() -> None:
    milliseconds = re.search(r"const PRESS_MS = ([\d_]+);", SCRIPTS)
    assert milliseconds
    assert int(milliseconds[1]) == caller_link.PRESS_SECONDS * 1000


def test_the_desk_knows_each_item_class_and_pause_of_the_hall() -> None:
    settings = read(HALLS / "county.toml")
    known = public_info.desk(settings)
    assert known["items"].keys() == {item.id for item in settings.items}
    assert known["classes"].keys() == {"returning", *(each.id for each in settings.classes)}
    assert all(each["name"] and each["name_en"] for each in known["classes"].values())
    assert {"id": "meal", "name": word("pause-reason", "meal"), "name_en": word("pause-reason", "meal", "en")} in known["pauses"]  # fmt: skip
