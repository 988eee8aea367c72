"""What a page lets be touched before its script heeds it: nothing; and each way to another page of a phone keeps the language.

A field that is there before its script loses what is typed into it, and a form of its own accord loads the page anew. So
fields lie in an inert part of the page's file, which the script opens (`opened` of hall.js) once it listens.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

import display
from display.web.app import PAGES

FOLDER = Path(display.__file__).parent / "pages"
TOUCHED = {"form", "input", "select", "textarea"}
VOID = {"input", "link", "meta", "br", "img", "hr"}
PHONE = ("/t", "/case", "/feedback", "/card", "/ratings", "/take", "/book")
WAY = f"""[`"'](?:{"|".join(PHONE)})(?=[`"'#?])"""
LED = re.compile(r"(?:href: |href = |replace\(|assign\()" + WAY)
OURS = re.compile(r"\bours\(" + WAY)


class Touched(HTMLParser):
    """Collects what could be typed into or sent while nothing listens: outside any part that is inert or hidden."""

    def __init__(self) -> None:
        super().__init__()
        self.shut: list[bool] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        shut = any(self.shut) or "inert" in given or "hidden" in given
        if tag in TOUCHED and not shut:
            self.found.append(given.get("id") or tag)
        if tag not in VOID:
            self.shut.append(shut)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.shut.pop()


def touched(text: str) -> list[str]:
    seen = Touched()
    seen.feed(text)
    return seen.found


def page(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def test_no_field_of_any_page_is_there_before_its_script_listens() -> None:
    assert {name: touched(page(name)) for name in set(PAGES.values()) if touched(page(name))} == {}


def test_twin_a_field_that_is_there_at_once_is_seen() -> None:
    assert touched(page("case.html").replace("<main inert>", "<main>")) == ["ask", "code"]
    assert touched(page("guide.html").replace("<main inert>", "<main>")) == ["search", "key"]


def test_each_page_of_a_phone_says_that_it_opens() -> None:
    for path in PHONE:
        assert 'class="opening" role="status"' in page(PAGES[path]), path


def test_the_way_to_another_page_of_a_phone_carries_the_language() -> None:
    scripts = {path.name: path.read_text("utf-8") for path in FOLDER.glob("js/*.js")}
    assert {name: LED.findall(text) for name, text in scripts.items() if LED.search(text)} == {}
    assert sum(len(OURS.findall(text)) for text in scripts.values()) > 8


def test_twin_a_way_that_forgets_it_is_seen() -> None:
    assert LED.search("make('a', { href: `/ratings#${receipt}` })")
    assert LED.search('location.replace("/t#" + key)')
    assert not LED.search("make('a', { href: ours(`/ratings#${receipt}`) })")
