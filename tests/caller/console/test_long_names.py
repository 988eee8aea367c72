"""The longest names a hall may give, at 80x24 and 120x40: told apart, nothing pushed off, no text reversed."""

from typing import Any

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from caller.console import widgets
from config.process.tables import shortened
from tests.instruments.console_fixture import LARGE, SMALL, lines, on_stage, play, until
from tests.instruments.memory_link import MemoryLink
from tests.instruments.window_views import SETTINGS, entry, quiet, ticket, view

SAME = "某市政务服务中心二楼综合受理办事大厅东区企业开办与社会保险登记"  # alike in the first thirty
NAMES = {nth: f"{SAME}{'专窗' * 14}第{nth}组" for nth in range(1, 9)}  # sixty characters and more
LONG = replace(
    SETTINGS,
    windows=tuple(replace(SETTINGS.windows[0], id=str(nth), name=name) for nth, name in NAMES.items()),
    queues=tuple(replace(queue, name=SAME + "业务" * 20 + queue.id) for queue in SETTINGS.queues),
    items=tuple(replace(item, name=SAME + "事项" * 20 + item.id) for item in SETTINGS.items),
    pauses=tuple(replace(pause, name=SAME + "原因" * 20 + pause.id) for pause in SETTINGS.pauses),
)


def shown(
    doc: dict[str, Any], size: tuple[int, int], *keys: str, until_shown: str = "", settings: Any = LONG
) -> list[str]:
    found: list[str] = []

    async def scene() -> None:
        async with on_stage(MemoryLink(doc), size, settings=settings) as pilot:
            await pilot.press(*keys)
            await until(pilot, lambda: any(until_shown in line for line in lines(pilot)))
            await pilot.pause()
            found.extend(lines(pilot))

    play(scene)
    assert all(cell_len(line) <= size[0] for line in found)
    return found


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_long_window_name_pushes_nothing_off_the_state_line(size: tuple[int, int]) -> None:
    top = shown(view("serving", clerk="1024"), size)[0]
    for words in ("3 号窗口", "第3组", "工号 1024", "办理中", "信息当前"):
        assert words in top


def test_the_twin_without_shortening_pushes_the_state_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widgets, "shortened", lambda text, _cells: text)
    assert "办理中" not in shown(view("serving", clerk="1024"), SMALL)[0]


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_long_queue_name_leaves_the_priority_and_its_own_end(size: tuple[int, int]) -> None:
    screen = "\n".join(shown(view("called", ticket=ticket(queue="A")), size))
    assert "老年人" in screen
    assert f"{SAME[:8]}" in screen
    assert "业务A   老年人" in screen


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_windows_alike_in_their_first_thirty_letters_are_told_apart(size: tuple[int, int]) -> None:
    screen = "\n".join(shown(view("called"), size, "t", *"窗口", until_shown="转到哪里"))
    for nth in (1, 2, 4, 5, 6, 7, 8):
        assert f"第{nth}组" in screen


def test_a_long_name_is_found_by_its_middle_too() -> None:
    screen = shown(view("called"), SMALL, "t", *"专窗第5", until_shown="转到哪里")
    assert [line for line in screen if "第5组" in line]
    assert not [line for line in screen if "第6组" in line]


def test_long_reasons_stay_one_line_each() -> None:
    screen = "\n".join(shown(view(), SMALL, "p", until_shown="暂停的原因"))
    for nth, pause in enumerate(LONG.pauses, 1):
        assert f"{nth}  {SAME[:4]}" in screen
        assert pause.id in screen


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_the_longest_numbers_lists_and_clerk_fit(size: tuple[int, int]) -> None:
    crowd = [entry(f"AB{nth:05}", 999, "elderly", bound=True) for nth in range(10)]
    doc = view("called", ticket=ticket("AB12345", recalls=99), next=crowd, waiting=99999, clerk="c" * 64)
    screen = shown(doc, size)
    assert "叫号中" in screen[0]
    assert any("99999" in line for line in screen)


def test_no_name_reaches_the_terminal_reversed_or_as_an_escape() -> None:
    """Right-to-left override, escape and line feed in each name of the settings and each text of the view."""
    bad = "社\u202e保\x1b[31m\n"
    settings = replace(
        SETTINGS,
        windows=tuple(replace(each, name=bad) for each in SETTINGS.windows),
        queues=tuple(replace(each, name=bad) for each in SETTINGS.queues),
        items=tuple(replace(each, name=bad) for each in SETTINGS.items),
    )
    for doc in (
        view("called", clerk=bad),
        view("paused", reason=bad),
        quiet(queues={"Z": {"name": bad, "waiting": 1}}),
    ):
        screen = shown(doc, SMALL, settings=settings)
        assert all(char.isprintable() for line in screen for char in line)
        assert any("\\u202e" in line for line in screen), "a technician sees what is wrong"


@pytest.mark.parametrize(
    ("text", "cells", "result"),
    [("企业登记窗口一", 14, "企业登记窗口一"), ("企业登记窗口一", 12, "企业..口一"), ("Registration 1", 9, "Regi..n 1"), ("abc", 0, ""), ("企业", 3, "企 ")],
)  # fmt: skip
def test_a_name_is_shortened_in_its_middle(text: str, cells: int, result: str) -> None:
    assert shortened(text, cells)[: len(result)] == result
    assert cell_len(shortened(text, cells)) <= cells
