"""Public text keeps a contrast of 7:1 in every theme; every word exists in every language."""

import json
import re
from pathlib import Path

import pytest

from caller.client.page_files import PageFiles
from config.languages import COMPLETE

PAGES = Path(__file__).parents[3] / "display" / "pages"
CSS = (PAGES / "css" / "base.css").read_text()
TEXTS = ("ink", "quiet", "free", "paused", "closed", "call")
GROUNDS = ("ground", "panel", "sunk")
PAIRS = [
    *((text, ground) for text in TEXTS for ground in GROUNDS),
    ("call", "call-ground"),
    ("on-accent", "accent"),
    ("warn-ink", "warn-ground"),
]
CONTRAST_MIN = 7.0


def themes() -> dict[str, dict[str, str]]:
    """Each theme's colours; a theme that leaves one out has the day's."""
    found: dict[str, dict[str, str]] = {}
    for name, body in re.findall(r':root(?:\[data-theme="(\w+)"\])? \{(.*?)\n\}', CSS, re.S):
        own = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", body))
        found[name or "day"] = found.get("day", {}) | own
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself_knows_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") < CONTRAST_MIN


@pytest.mark.parametrize("theme", ["day", "night", "contrast"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_public_text_keeps_seven_to_one(theme: str, text: str, ground: str) -> None:
    colours = themes()[theme]
    assert contrast(colours[text], colours[ground]) >= CONTRAST_MIN


def test_every_word_is_there_in_every_language() -> None:
    languages = {path.stem: json.loads(path.read_text()) for path in (PAGES / "lang").glob("*.json")}
    assert {"zh", "en"} <= set(languages)
    for name, words in languages.items():
        assert words.keys() <= languages["zh"].keys(), name
        assert name not in COMPLETE or words.keys() == languages["zh"].keys(), name
        assert all(words.values()), name


def test_every_word_a_page_asks_for_exists() -> None:
    words = PageFiles(PAGES).languages["zh"]
    asked: set[str] = set()
    for path in PAGES.rglob("*.js"):
        asked |= set(re.findall(r'\bt2?\("([\w.-]+)"', path.read_text()))
    for path in PAGES.glob("*.html"):
        asked |= set(re.findall(r'data-t2?="([\w.-]+)"', path.read_text()))
    assert len(asked) > 40
    assert asked <= words.keys()


def test_no_page_has_anything_inline_or_from_outside() -> None:
    for path in PAGES.glob("*.html"):
        text = path.read_text()
        assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", text), path
        assert not re.search(r'(src|href)="(?!\{\{assets\}\}|/)', text), path
