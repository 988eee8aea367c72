"""What pay windows took in some days: sums by item, department, window, clerk, way and discount, from the tallies. Pure.

Money is whole fen to the end: a page shows it in yuan, a spreadsheet holds a decimal number of two digits. What was corrected
counts as it was corrected; how often that was, and what the discounts left out, stands beside it.
"""

from collections.abc import Mapping

from msgspec import Struct

from caller.records.contributions import FEE, FEE_CORRECTED, FEE_FULL, FEES
from caller.reports.tables import BothWords, Cell, Heading, ReportSheet, code_words, label_of
from config.hall_names import NamesById

TOTAL = "total/"
GROUPS: dict[str, tuple[str, str]] = {
    "way": ("收款方式", "way"), "item": ("事项", "item"), "department": ("执收部门", "department"),
    "window": ("窗口", "window"), "clerk": ("收款人", "cashier"), "discount": ("减免", "discount"),
}  # fmt: skip
NAMED = {
    "item": "items",
    "department": "departments",
    "window": "windows",
    "clerk": "clerks",
    "discount": "discounts",
}


class FeeFigures(Struct):
    """Receipts and what they come to, in fen."""

    receipts: int = 0
    amount: int = 0


class Fees(Struct):
    """What was taken. `full`: before discounts; `corrected`: how often a receipt was; `groups`: by GROUPS, then by id."""

    total: FeeFigures
    full: int
    corrected: int
    groups: dict[str, dict[str, FeeFigures]]


def fees_of(tallies: Mapping[tuple[str, str], int]) -> Fees:
    """Return what was taken, from the tallies of the days: by a subject and a value such as "item/T001"."""
    groups: dict[str, dict[str, FeeFigures]] = {name: {} for name in GROUPS}
    for (subject, value), count in sorted(tallies.items()):
        group, _, id = value.partition("/")
        if subject not in (FEE, FEES) or group not in groups:
            continue
        line = groups[group].setdefault(id, FeeFigures())
        if subject == FEES:
            line.receipts += count
        else:
            line.amount += count
    total = FeeFigures(tallies.get((FEES, TOTAL), 0), tallies.get((FEE, TOTAL), 0))
    return Fees(total, tallies.get((FEE_FULL, TOTAL), 0), tallies.get((FEE_CORRECTED, TOTAL), 0), groups)


SUM = BothWords("合计", "total")


def fee_sheet(fees: Fees, names: NamesById) -> ReportSheet:
    """Return the sheet: the sum first, then each group; without rows where no fee was taken."""
    headings = [
        Heading("类别", "by", "text"), Heading("收费", "fees", "text"), Heading("收据", "receipts"),
        Heading("金额，元", "amount, yuan", "money"),
    ]  # fmt: skip
    if not fees.total.receipts and not fees.corrected:
        return ReportSheet("收费", "Fees", headings, [])
    rows: list[list[Cell]] = [
        [SUM, BothWords("实收", "taken"), fees.total.receipts, fees.total.amount],
        [SUM, BothWords("应收", "full"), fees.total.receipts, fees.full],
        [SUM, BothWords("更正次数", "corrections"), fees.corrected, None],
    ]
    for group, (zh, en) in GROUPS.items():
        named = label_of(names.get(NAMED.get(group, ""), {}))
        for id, line in fees.groups[group].items():
            words = code_words("pay-way", id) if group == "way" else named(id)
            rows.append([BothWords(zh, en), words, line.receipts, line.amount])
    return ReportSheet("收费", "Fees", headings, rows)
