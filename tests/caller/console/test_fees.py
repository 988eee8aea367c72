"""Fees on the terminal of a pay window: a fee by keys, what is typed wrong asked for again, a receipt corrected."""

from typing import Any

from msgspec import structs

from caller.engine.fee_messages import CorrectFee, TakeFee
from config.fee_settings import Discount
from tests.instruments.console_fixture import LARGE, SMALL, lines, on_stage, play, until, words
from tests.instruments.memory_link import MemoryLink, answering
from tests.instruments.window_views import SETTINGS, view

PRICED = structs.replace(
    SETTINGS.items[0], price_fen=8000, price_unit="证", price_unit_en="certificates", fee_basis="示例价费〔2026〕1 号",
)  # fmt: skip
PAY_SETTINGS = structs.replace(
    SETTINGS,
    items=(PRICED, *SETTINGS.items[1:]),
    discounts=(
        Discount("low", "低保户减半（凭民政部门出具的有效证明）", 50, "Low income, half", basis="示例办法"),
    ),
)
ROW: dict[str, Any] = {
    "fee": "f1", "number": "S2026-000001", "ticket_number": "A001", "item": PRICED.id, "count": 1, "full": 8000, "amount": 8000,
    "first": 8000, "discount": "", "way": "cash", "reference": "", "taken": 0, "corrected": 0,
}  # fmt: skip
PRINTED = {"notice": "payment", "about": "f2", "code": "", "case_number": "S2026-000002", "printed": True}


def paying(*rows: dict[str, Any]) -> MemoryLink:
    link = MemoryLink(view("serving", fees=len(rows)))
    total = sum(row["amount"] for row in rows)
    link.others["clerk-day/3"] = {
        "clerk": "1024", "receptions": [], "count": 0, "seconds": 0, "outcomes": {}, "levels": {}, "rated": 0, "followups": [],
        "fees": {
            "receipts": len(rows), "amount": total, "full": total, "corrected": 0, "first": rows[0]["number"] if rows else "",
            "last": rows[-1]["number"] if rows else "", "ways": {"cash": total} if rows else {}, "lines": list(rows),
        },
    }  # fmt: skip
    link.answer = answering(PRINTED)
    return link


def test_a_fee_is_taken_by_keys_and_a_wrong_reference_is_asked_for_again() -> None:
    async def scene() -> None:
        link = paying(ROW)
        async with on_stage(link, SMALL, settings=PAY_SETTINGS) as pilot:
            await until(pilot, lambda: "Y 收费" in words(pilot))
            await pilot.press("y")
            await until(pilot, lambda: "今天 1 笔，合计 80.00 元" in words(pilot))
            assert "S2026-000001" in words(pilot)
            await pilot.press("1")
            await until(pilot, lambda: "交哪一项" in words(pilot))
            await pilot.press("1")
            await until(pilot, lambda: "单价 80.00 元，几证" in words(pilot))
            assert "收费依据：示例价费〔2026〕1 号" in words(pilot)
            await pilot.press("3", "enter")
            await until(pilot, lambda: "不减免：240.00 元" in words(pilot))
            assert "120.00 元" in words(pilot)
            assert max(map(len, lines(pilot))) <= SMALL[0]
            await pilot.press("2")
            await until(pilot, lambda: "120.00 元怎样付？（依据：示例办法）" in words(pilot))
            await pilot.press("2")
            await until(pilot, lambda: "参考号" in words(pilot))
            await pilot.press("a", "full_stop", "enter")
            await until(pilot, lambda: "“a.”不对" in words(pilot))
            await pilot.press("P", "7", "enter")
            await until(pilot, lambda: "收到 120.00 元" in words(pilot))
            assert not link.sent
            await pilot.press("1")
            await until(pilot, lambda: "《收费凭据》已送打印 S2026-000002" in words(pilot))
        ticket = link.views["window/3"]
        assert link.sent == [TakeFee("3", ticket["version"], PRICED.id, "pos", 3, 8000, "low", "P7")]

    play(scene)


def test_a_receipt_is_corrected_with_its_reason_and_english_is_complete() -> None:
    async def scene() -> None:
        link = paying(ROW)
        async with on_stage(link, LARGE, "en", settings=PAY_SETTINGS) as pilot:
            await until(pilot, lambda: "Y Fees" in words(pilot))
            await pilot.press("y")
            await until(pilot, lambda: "Today 1 receipts, 80.00 yuan" in words(pilot))
            await pilot.press("2")
            await until(pilot, lambda: "Which receipt" in words(pilot))
            await pilot.press("enter")
            await until(pilot, lambda: "amount mistyped" in words(pilot))
            await pilot.press("1")
            await until(pilot, lambda: "really taken" in words(pilot))
            await pilot.press("0", "enter")
            await until(pilot, lambda: "80.00 yuan is 0.00 yuan now" in words(pilot))
        assert link.sent == [CorrectFee("3", "f1", 0, 0, "typed-wrong", "cash", "")]

    play(scene)


def test_another_window_has_no_such_key() -> None:
    async def scene() -> None:
        link = MemoryLink(view("serving"))
        async with on_stage(link, LARGE) as pilot:
            await until(pilot, lambda: "F1" in words(pilot))
            assert "Y 收费" not in words(pilot)
            await pilot.press("f1")
            await until(pilot, lambda: "自己今天的接待" in words(pilot))
            assert "收费、更正收据" not in words(pilot)
            await pilot.press("escape", "y")
            await until(pilot, lambda: "本窗口不收费" in words(pilot))
        assert not link.sent

    play(scene)
