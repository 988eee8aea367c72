"""A hall with the longest data its settings allow a name, and the most rows a kiosk's screen meets.

Names of 80 hanzi that differ in their last signs only, English names of 80 letters, twenty items, twelve papers.
"""

from typing import Any

from config.settings import (
    Area,
    Department,
    HallTable,
    Item,
    Kiosk,
    PriorityClass,
    Queue,
    Rules,
    Settings,
    Window,
)

NAME = 80  # characters: config.settings.Name
ITEMS, PAPERS, WINDOWS = 20, 12, 8
WORDS = "关于境内外资金往来登记及不动产抵押注销联合审批综合受理服务事项"
WORDS_EN = "Registration of cross-border funds and joint approval of mortgages "


def long_name(number: int) -> str:
    """80 hanzi, told apart by their end."""
    end = f"（第{number}项）"
    return (WORDS * 4)[: NAME - len(end)] + end


def long_name_en(number: int) -> str:
    end = f"(no. {number})"
    return (WORDS_EN * 3)[: NAME - len(end)].rstrip() + end


def long_hall() -> Settings:
    queues = tuple(Queue(letter, long_name(i), long_name_en(i), digits=5) for i, letter in enumerate("ABCD"))
    windows = tuple(
        Window(f"w{i}", long_name(i), ["A", "B", "C", "D"], long_name_en(i), area="b") for i in range(WINDOWS)
    )
    return Settings(
        hall=HallTable(site="s1", name=long_name(1), name_en=long_name_en(1)),
        classes=(
            PriorityClass("ordinary", long_name(1), 30, long_name_en(1)),
            PriorityClass("elderly", long_name(2), 10, long_name_en(2), words=long_name(3), words_en=long_name_en(3)),
            PriorityClass("appointment", "预约", 5, "Appointment"),
        ),
        queues=queues,
        windows=windows,
        areas=(Area("b", long_name(1), long_name_en(1), long_name(2), long_name_en(2)),),
        departments=(Department("tax", long_name(1), long_name_en(1)), Department("hr", long_name(2), long_name_en(2))),
        items=tuple(item(number) for number in range(ITEMS)),
        kiosks=(Kiosk(id="k1", printers=["p1"]),),
        rules=Rules(agents=True),
    )  # fmt: skip


def long_view() -> dict[str, Any]:
    """What the kiosk is told of it: an open hall with many who wait."""
    queue = {"waiting": 888, "low": 100, "high": 145, "open": True}
    return {
        "hall": {"day": "2026-11-20", "open": True},
        "phase": "open",
        "queues": dict.fromkeys("ABCD", queue),
    }


def item(number: int) -> Item:
    return Item(
        f"T{number:03}", long_name(number), "tax" if number < ITEMS - 2 else "hr", "ABCD"[number % 4], long_name_en(number),
        statutory_days=20, promised_days=10, fee=long_name(1), fee_en=long_name_en(1), basis=long_name(2),
        basis_en=long_name_en(2), conditions=long_name(3), conditions_en=long_name_en(3), phone="0817-1234567",
        papers=[long_name(i) for i in range(PAPERS)], papers_en=[long_name_en(i) for i in range(PAPERS)],
        steps=[long_name(i) for i in range(6)], steps_en=[long_name_en(i) for i in range(6)],
        life_event=long_name(7), life_event_en=long_name_en(7),
    )  # fmt: skip
