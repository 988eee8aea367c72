"""Pictures as tests: each screen as lines of text, kept beside the tests and compared whole.

Text and not SVG: it reads in a review, does not change with each release of Textual, and its columns are
cells, so that a shifted line shows. HALLCALL_PICTURES=write makes them anew; look at the diff then.
"""

import os
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from rich.cells import cell_len

from caller.console.app import DeskScreen
from caller.console.words import Lang
from caller.protocol.frames import Bye
from tests.instruments.console_fixture import LARGE, SMALL, bright, lines, on_stage, play
from tests.instruments.memory_link import MemoryLink
from tests.instruments.window_views import NOW, entry, quiet, ticket, view

PICTURES = Path(__file__).parent / "pictures"
DRAWN = set("█▀▄")  # block elements: terminals draw them themselves, one cell each
VIEWS: tuple[tuple[tuple[int, int], Lang], ...] = ((SMALL, "zh"), (LARGE, "zh"), (SMALL, "en"))
QUOTES = set("“”")

MANY = {
    queue: {"name": name, "waiting": waiting}
    for queue, name, waiting in (
        ("A", "企业登记", 12), ("B", "社会保险", 3), ("C", "不动产", 0), ("D", "公安户籍", 7),
        ("E", "医疗保障", 1), ("F", "公积金", 0), ("G", "税务综合", 104), ("AB", "联办", 2),
    )
}  # fmt: skip
CROWD: list[dict[str, Any]] = [
    entry(f"A{nth:03}", 170 - nth * 3, "elderly" if nth % 4 == 0 else "ordinary") for nth in range(43, 53)
]

SCENES: dict[str, tuple[Callable[[], dict[str, Any] | None], str, tuple[str, ...]]] = {
    "open": (view, "current", ()),
    "quiet": (quiet, "current", ("space",)),
    "called": (lambda: view("called", ticket=ticket(recalls=2), next=CROWD, waiting=57), "current", ()),
    "serving": (lambda: view("serving", queues=MANY), "current", ()),
    "longest": (lambda: view("called", ticket=ticket("AB12345")), "current", ()),
    "paused": (lambda: view("paused", reason="用餐"), "current", ()),
    "closed": (lambda: view("closed"), "current", ()),
    "rating": (lambda: quiet(rating={"ticket": "x", "number": "A041", "until": NOW + 1}), "current", ()),
    "silent": (lambda: view("called"), "silent", ("r",)),
    "unknown": (lambda: None, "waiting", ()),
    "finish": (lambda: view("serving"), "current", ("f",)),
    "pause": (view, "current", ("p",)),
    "choose": (view, "current", ("c",)),
    "transfer": (lambda: view("called"), "current", ("t",)),
    "help": (view, "current", ("f1",)),
}  # fmt: skip


def drawn(scene: str, size: tuple[int, int], lang: Lang) -> list[str]:
    make, state, keys = SCENES[scene]
    shown: list[str] = []

    async def take() -> None:
        link = MemoryLink(make(), state)
        if scene == "unknown":
            link.bye = Bye("bad-token", "令牌无效", "Unknown token", "请重新登记本站点", "Enrol it again")
        async with on_stage(link, size, lang) as pilot:
            await pilot.press(*keys)
            cast(DeskScreen, pilot.app.screen_stack[1]).show()  # a tick, without waiting for one
            await pilot.pause()
            shown.extend([*lines(pilot), f"live: {' '.join(sorted(bright(pilot)))}"])

    play(take)
    return shown


@pytest.mark.parametrize(("size", "lang"), VIEWS, ids=["80x24-zh", "120x40-zh", "80x24-en"])
@pytest.mark.parametrize("scene", SCENES)
def test_the_screen_looks_as_it_was_approved(scene: str, size: tuple[int, int], lang: Lang) -> None:
    shown = drawn(scene, size, lang)
    kept = PICTURES / f"{scene}-{size[0]}x{size[1]}-{lang}.txt"
    if os.environ.get("HALLCALL_PICTURES") == "write":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text("\n".join(shown) + "\n", encoding="utf-8")
    assert shown == kept.read_text(encoding="utf-8").splitlines()


def approved() -> list[Path]:
    return sorted(PICTURES.glob("*.txt"))


def test_every_scene_has_its_pictures_and_no_picture_is_left_over() -> None:
    wanted = {f"{scene}-{size[0]}x{size[1]}-{lang}.txt" for scene in SCENES for size, lang in VIEWS}
    assert {path.name for path in approved()} == wanted


@pytest.mark.parametrize("path", approved(), ids=lambda path: path.stem)
def test_no_picture_overflows_or_holds_a_character_of_doubtful_width(path: Path) -> None:
    columns, rows = map(int, path.stem.split("-")[1].split("x"))
    screen = path.read_text(encoding="utf-8").splitlines()[:-1]
    assert len(screen) == rows
    assert all(cell_len(line) <= columns for line in screen)
    doubtful = {letter for line in screen for letter in line if unicodedata.east_asian_width(letter) == "A"}
    assert doubtful <= DRAWN | QUOTES


@pytest.mark.parametrize(
    "path", [path for path in approved() if path.stem.endswith("-en")], ids=lambda path: path.stem
)
def test_no_words_of_ours_are_left_in_chinese_on_an_english_screen(path: Path) -> None:
    hall_data = set(
        "老用餐不动产公安户籍医疗保障公积金税务综合联办"
    )  # what the hall itself says, as it says it
    letters = {letter for letter in path.read_text(encoding="utf-8") if letter >= "\u2e80"}
    assert letters <= hall_data
