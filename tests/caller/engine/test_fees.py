"""Fees: at pay windows only, by price, count and discount, with receipts of the year, day's sums, and both amounts kept."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caller import views
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import fees, numbering
from caller.engine.fee_messages import CorrectFee, PaidFee, TakeFee
from caller.records.performance_rows import FeeRow
from caller.records.rollups import TallyRow
from caller.reports.fee_sheet import fee_sheet, fees_of
from caller.reports.notice_sheet import notice_sheet
from caller.reports.tables import shown_rows
from config.fee_settings import FEE_MAX, PAY_WAYS, Discount, FeesTable, PayWay, discounts_for
from config.money import share_of
from config.paper.case_notice import case_content
from config.paper.notice import values
from config.settings import Device, Item
from tests.instruments.engine_fixture import Stage
from tests.instruments.record_tables import folded

ITEMS = (
    Item("i1", "参保", "d1", "A"),
    Item("i2", "过户", "d1", "B", "Transfer", price_fen=8000, price_unit="证", fee_basis="价费〔2026〕1 号"),
    Item("i3", "查询", "d2", "A", price_fen=33),
)
DISCOUNTS = (
    Discount("low", "低保户减半", 50, "Low income, half", basis="减免办法"),
    Discount("disabled", "残疾人免收", 0, classes=["disabled"], items=["i2"]),
)
PRINTER = Device("pp", "printer", "tcp://127.0.0.1:9100", agent="pc-p", window="P")


def pay_stage(opened: bool = True, **changes: Any) -> Stage:
    """A stage whose pay window P serves an applicant; not `opened`: a hall that has not begun."""
    base: dict[str, Any] = {"items": ITEMS, "fees": FeesTable(enabled=True), "discounts": DISCOUNTS}
    stage = Stage(opened, **(base | changes))
    return serve(stage.open("1", "P")) if opened else stage


def serve(stage: Stage) -> Stage:
    stage.do(cmd.TakeTicket(queue="P"))
    stage.next("P")
    stage.press(cmd.StartService, "P")
    return stage


def pay(
    stage: Stage, item: str = "i2", way: PayWay = "cash", window: str = "P", **more: Any
) -> dict[str, Any]:
    return stage.press(TakeFee, window, item=item, way=way, **more)


def correct(stage: Stage, fee: str, amount: int, as_of: int = 0, **more: Any) -> CorrectFee:
    row = stage.hall.state.fees[fee]
    fields: dict[str, Any] = {"way": row.way, "reference": row.reference, "reason": "typed-wrong"} | more
    return CorrectFee(row.window, fee, as_of, amount, **fields)


def rows(stage: Stage) -> list[PaidFee]:
    return [*stage.hall.state.fees.values()]


def test_a_fee_is_reckoned_by_its_price_and_has_a_receipt_of_the_year() -> None:
    stage = pay_stage()
    first, second = pay(stage, count=3), pay(stage, "i1", "pos", price=1250, reference="POS-7")
    assert (first["notice"], first["case_number"], first["amount"]) == ("payment", "S2026-000001", 24_000)
    assert second["case_number"] == "S2026-000002"
    assert [(each.item, each.price, each.count, each.full, each.amount, each.way, each.reference) for each in rows(stage)] == [
        ("i2", 8000, 3, 24_000, 24_000, "cash", ""), ("i1", 1250, 1, 1250, 1250, "pos", "POS-7"),
    ]  # fmt: skip
    found = fees.day_sum(rows(stage))
    assert (found.receipts, found.amount, found.first, found.last, found.ways) == (
        2, 25_250, "S2026-000001", "S2026-000002", {"cash": 24_000, "pos": 1250},
    )  # fmt: skip


def test_no_other_window_takes_money_and_no_hall_without_fees() -> None:
    stage = pay_stage()
    stage.do(cmd.TakeTicket(items=["i2"]))
    stage.do(cmd.OpenWindow("3", "clerk-3"))
    stage.next("3")
    stage.press(cmd.StartService, "3")
    assert stage.press_refused(TakeFee, "3", item="i2", way="cash") == "no-pay-window"
    assert stage.refused(CorrectFee("3", "x", 0, 1, "typed-wrong", "cash")) == "no-pay-window"
    assert pay_stage(fees=FeesTable()).press_refused(TakeFee, "P", item="i2", way="cash") == "no-pay-window"
    assert not rows(stage)


def test_twin_without_the_rule_any_window_would_take_money(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fees, "_need_pay_window", lambda _hall, _window: None)
    stage = pay_stage()
    stage.do(cmd.TakeTicket(items=["i2"]))
    stage.do(cmd.OpenWindow("3", "clerk-3"))
    stage.next("3")
    stage.press(cmd.StartService, "3")
    assert pay(stage, window="3")["notice"] == "payment"


def test_bad_input_gets_its_word_and_takes_nothing() -> None:
    stage = pay_stage()
    pay(stage, way="scan", reference="A1")
    for fields, code in (
        ({"item": "none"}, "unknown-item"),
        ({"item": "i1"}, "bad-amount"),
        ({"item": "i1", "price": FEE_MAX, "count": 2}, "bad-amount"),
        ({"price": 7000}, "fee-price"),
        ({"discount": "none"}, "unknown-discount"),
        ({"item": "i3", "discount": "disabled"}, "unknown-discount"),
        ({"way": "transfer"}, "reference-needed"),
        ({"way": "scan", "reference": "A1"}, "reference-used"),
    ):
        asked: dict[str, Any] = {"item": "i2", "way": "cash"} | fields
        assert stage.press_refused(TakeFee, "P", **asked) == code, fields
    assert len(rows(stage)) == 1
    pay(stage, way="pos", reference="A1")  # another machine's number
    stage.press(cmd.FinishService, "P", outcome="paid")
    assert stage.press_refused(TakeFee, "P", item="i2", way="cash") == "nobody-here"


def test_a_press_made_twice_takes_once() -> None:
    stage = pay_stage()
    seen = stage.hall.state.windows["P"].version
    stage.do(TakeFee("P", seen, "i2", "cash"))
    assert stage.refused(TakeFee("P", seen, "i2", "cash")) == "stale-view"
    assert len(rows(stage)) == 1


def test_discounts_are_by_item_and_class_and_round_down() -> None:
    stage = pay_stage()
    pay(stage, discount="low")
    pay(stage, discount="disabled")
    pay(stage, "i3", discount="low")  # 33 fen: 16.5 would be half
    assert [each.amount for each in rows(stage)] == [4000, 0, 16]
    assert [each.id for each in discounts_for(DISCOUNTS, "i2", "disabled")] == ["disabled", "low"]
    assert [each.id for each in discounts_for(DISCOUNTS, "i1")] == ["low"]


def test_a_correction_keeps_both_amounts_and_its_reason() -> None:
    stage = pay_stage(devices=(PRINTER,))
    id = pay(stage, "i1", price=9000)["about"]
    assert stage.refused(correct(stage, id, 900, reason="none")) == "unknown-code"
    assert stage.refused(correct(stage, id, 9000)) == "fee-same"
    told = stage.do(correct(stage, id, 900))
    row = stage.hall.state.fees[id]
    assert (row.first, row.amount, row.corrected, row.reason, told["printed"]) == (
        9000,
        900,
        1,
        "typed-wrong",
        True,
    )
    assert stage.refused(correct(stage, id, 90)) == "fee-moved"
    stage.do(correct(stage, id, 0, 1, reason="refunded"))
    logged = [(each.before, each.amount) for _, _, each in stage.events if isinstance(each, ev.FeeCorrected)]
    assert logged == [(9000, 900), (900, 0)]
    assert fees.day_sum(rows(stage)).amount == 0


def test_a_payment_given_back_frees_its_reference() -> None:
    stage = pay_stage()
    id = pay(stage, way="pos", reference="P1")["about"]
    stage.do(correct(stage, id, 0, reason="refunded"))
    assert pay(stage, way="pos", reference="P1")["case_number"] == "S2026-000002"


def test_the_day_that_is_closed_stands_and_numbers_go_on() -> None:
    stage = pay_stage()
    id = pay(stage)["about"]
    order = correct(stage, id, 1)
    stage.press(cmd.FinishService, "P", outcome="paid")
    stage.do(cmd.CloseDay(expire=True))
    stage.now += 24 * 3_600_000_000
    stage.do(cmd.OpenDay("2026-09-22"))
    stage.do(cmd.OpenWindow("P", "clerk-P"))
    assert stage.refused(order) == "unknown-fee"
    assert not rows(stage)
    assert numbering.next_of_year(stage.hall, "fee", 2026)[2] == "S2026-000002"


def test_the_receipt_is_printed_at_the_pay_window_or_offered() -> None:
    assert pay(pay_stage())["printed"] is False
    stage = pay_stage(devices=(PRINTER,))
    assert pay(stage)["printed"] is True
    (job,) = stage.hall.state.jobs.values()
    assert (job.device, job.notice) == ("pp", "payment")
    quiet = pay_stage(devices=(PRINTER,), fees=FeesTable(enabled=True, print_receipt=False))
    pay(quiet)
    assert not quiet.hall.state.jobs


def test_the_receipt_says_what_the_fee_and_its_discount_rest_on() -> None:
    stage = pay_stage()
    fee = pay(stage, discount="low")["about"]
    facts: Any = views.build(stage.hall, f"notice/payment.{fee}", stage.now)
    assert (facts["fee"]["basis"], facts["fee"]["discount_basis"]) == ("价费〔2026〕1 号", "减免办法")
    words = str(values(case_content(stage.hall.settings, facts)))
    sheet = str(notice_sheet(stage.hall.settings, facts))
    assert all(each in words and each in sheet for each in ("价费〔2026〕1 号", "减免办法"))


PAYMENT = st.tuples(
    st.sampled_from(["i1", "i2", "i3"]), st.integers(1, 9), st.integers(1, 99_999), st.sampled_from(["", "low"]),
    st.sampled_from(PAY_WAYS), st.none() | st.integers(0, 50_000),
)  # fmt: skip


@given(st.lists(PAYMENT, min_size=1, max_size=12))
def test_sums_of_receipts_records_and_report_are_one(payments: list[Any]) -> None:
    """Whatever is paid and corrected: the state, the records' rows, their tallies and the sheet say the same fen."""
    stage, expected, full = pay_stage(), 0, 0
    for nth, (item, count, price, discount, way, corrected) in enumerate(payments):
        typed = 0 if item != "i1" else price
        reference = "" if way == "cash" else f"R{nth}"
        done = pay(stage, item, way, count=count, price=typed, discount=discount, reference=reference)
        unit = {"i1": price, "i2": 8000, "i3": 33}[item]
        full += unit * count
        paid = unit * count // 2 if discount else unit * count
        assert done["amount"] == paid
        if corrected is not None and corrected != paid:
            stage.do(correct(stage, done["about"], corrected))
            paid = corrected
        expected += paid
    found = fees.day_sum(rows(stage))
    assert (found.amount, found.full, sum(found.ways.values())) == (expected, full, expected)
    tables = folded(stage)
    kept = [row for row in tables if isinstance(row, FeeRow)]
    assert (sum(row.amount for row in kept), sum(row.full_sum for row in kept)) == (expected, full)
    tallies = {(row.subject, row.value): row.count for row in tables if isinstance(row, TallyRow)}
    report = fees_of(tallies)
    assert (report.total.amount, report.total.receipts, report.full) == (expected, len(payments), full)
    for group in ("item", "department", "window", "clerk", "way"):
        assert sum(each.amount for each in report.groups[group].values()) == expected, group
        assert sum(each.receipts for each in report.groups[group].values()) == len(payments), group
    assert shown_rows(fee_sheet(report, {}))[0][3].replace(",", "").replace(".", "").lstrip("0") in (
        str(expected),
        "",
    )


def test_twin_a_float_would_lose_fen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a float of yuan with half a fen rounded up would: the same recount sees it."""
    monkeypatch.setattr(fees, "share_of", lambda fen, percent: round(fen / 100 * percent / 100 * 100 + 0.1))
    stage = pay_stage()
    pay(stage, "i3", discount="low")
    assert rows(stage)[0].amount != share_of(33, 50)
