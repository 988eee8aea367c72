"""What a hall sets about fees: whether its pay windows take them here, what an item costs, and discounts. Below
`config.settings`, which takes these into its tables.

Money is whole 分 (fen). A discount leaves so many per cent to pay; what is less than one fen of it is not taken
(`config.money`). The published words of a fee stay with the item (`fee`): a price is what the desk reckons by.
"""

from typing import Annotated, Literal, get_args

from msgspec import Meta, field

from config.case_settings import ItemOutcomes
from config.setting_types import Name, OneLine, Percent, SettingId, Table

Fen = Annotated[int, Meta(ge=0, le=100_000_000_00)]
PayWay = Literal["cash", "pos", "scan", "transfer"]
PAY_WAYS: tuple[PayWay, ...] = get_args(PayWay)
WITHOUT_REFERENCE: frozenset[PayWay] = frozenset({"cash"})  # any other way has a number to be found by
FEE_MAX = 100_000_000  # fen of one payment: a million yuan; more goes by the bank, not over a counter
COUNT_MAX = 999  # units of one payment


class FeesTable(Table, frozen=True):
    """Fees at the pay windows. Without this table nothing of them is asked or shown."""

    enabled: bool = False
    print_receipt: bool = True  # at once, on the pay window's own printer
    receipt_copies: Annotated[int, Meta(ge=1, le=3)] = 1


class Discount(Table, frozen=True):
    """A class of payers who pay less; `classes`: whose numbers it is offered to first, `items`: what it is for."""

    id: SettingId
    name: Name
    percent: Percent  # of the fee that is left to pay; 0: free of charge
    name_en: OneLine = ""
    classes: list[str] = field(default_factory=list)  # priority classes; empty: none in particular
    items: list[str] = field(default_factory=list)  # empty: all
    basis: OneLine = ""  # what grants it


class PricedItem(ItemOutcomes, frozen=True, kw_only=True):
    """What an item costs at a pay window; the part of an item's row that belongs here."""

    price_fen: Fen | None = None  # of one unit, in fen; none: the amount is typed
    price_unit: OneLine = ""  # 证, 本, 件 ...
    price_unit_en: OneLine = ""
    fee_basis: OneLine = ""  # what the fee rests on: published, at the pay window and on its receipt
    fee_basis_en: OneLine = ""


def discounts_for(discounts: tuple[Discount, ...], item: str, priority: str = "") -> list[Discount]:
    """Return the discounts of an item, those for a priority class first."""
    found = [each for each in discounts if not each.items or item in each.items]
    return sorted(found, key=lambda each: priority not in each.classes)


# --- the words of these settings; `config.setting_descriptions` takes them in

TABLES: dict[str, tuple[str, str]] = {
    "fees": (
        "收费：缴费窗口收款、收据号、当天合计（docs/fees.md）；不写为不在这里记收费",
        "fees: money taken at pay windows, receipt numbers, the day's sum (docs/fees.md); absent: none is noted here",
    ),
    "discount": (
        "减免：哪些人少交，交百分之几（不足一分的不收）",
        "discounts: who pays less, and how many per cent (less than one fen is not taken)",
    ),
}

FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "fees": {
        "enabled": ("缴费窗口按 Y 收费", "pay windows take fees with the key Y"),
        "print_receipt": (
            "收款后在缴费窗口的打印机打出收费凭据",
            "print the receipt at once on the pay window's own printer",
        ),
        "receipt_copies": ("收费凭据几联", "copies of the receipt"),
    },
    "discount": {
        "id": ("编号，记在日志里", "its code, which the log keeps"),
        "name": ("名称，如“低保户减半”", "its name"),
        "name_en": ("英文名称", "its English name"),
        "percent": ("应交百分之几：50 为减半，0 为免收", "what is left to pay, in per cent: 50 is half, 0 is free"),
        "classes": (
            "优先类别：这些人的号先提示这项减免；窗口核对证件后再选",
            "priority classes whose numbers it is offered to first; the window checks the proof",
        ),
        "items": ("只用于这些事项；空为全部", "for these items only; empty: all"),
        "basis": ("依据，印在收费凭据上", "what grants it, printed on the receipt"),
    },
}  # fmt: skip
