"""收费 at a pay window's terminal, as at the page: a fee is taken of who is served here, or one of today's receipts is corrected.

1. Today's receipts and their sum come from the caller's document `clerk-day/WINDOW`, looked at once.
2. An item with a price asks how many units, one without for the amount; then the discount (those for the number's class
   first), the way of payment, and of any way but cash what it is found by. What is to be taken is shown before it is.
3. Money is whole fen (`config.money`); what is typed wrong is said, and asked for again.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from caller.client.client import ByeError, RefusedError, SendError
from caller.console.caller_link import PRESS_SECONDS, CallerLink, from_frame, read_once, unanswered
from caller.console.dialogs import FindDialog, PickDialog
from caller.console.handover_dialogs import AskAny, TypeDialog
from caller.console.presentation import HallNames
from caller.console.verbs import Doc, Note, paper_words
from caller.console.words import say
from caller.engine.fee_messages import CorrectFee, FeeCommand, TakeFee
from config.catalogue import word
from config.fee_settings import COUNT_MAX, PAY_WAYS, WITHOUT_REFERENCE, PayWay, discounts_for
from config.money import fen_of, share_of, yuan
from config.text_safety import for_terminal

REFERENCE = re.compile(r"[A-Za-z0-9-]{1,32}")
T = TypeVar("T")
Asked = tuple[FeeCommand, str]  # a command, and what is said once it is done


async def take_fees(link: CallerLink, window: str, doc: Doc, names: HallNames, ask: AskAny) -> Note:
    """Ask for a fee or a correction and carry it out; return what became of it."""
    lang = names.lang
    day = await read_once(link, f"clerk-day/{window}")
    if day is None or "fees" not in day:
        return Note(say(lang, "day-no-answer"), "", "away")
    asked = await _asked(window, doc, day["fees"], names, ask)
    if asked is None:
        return Note(say(lang, "cancelled"))
    command, said = asked
    try:
        result = await link.send(command, timeout=PRESS_SECONDS)
    except RefusedError as refused:
        return from_frame(refused.frame, lang)
    except (SendError, ByeError):
        return unanswered(say(lang, "fees"), lang)
    return Note(said, paper_words(result, lang), "done")


def sum_words(day: Doc, names: HallNames) -> str:
    """Return the day's sum of a pay window: receipts, their sum, their numbers, and each way."""
    lang = names.lang
    ways = "  ".join(f"{word('pay-way', way, lang)} {yuan(fen)}" for way, fen in day["ways"].items())
    total = say(lang, "fees-title", count=day["receipts"], sum=yuan(day["amount"]))
    numbers = say(lang, "fee-range", first=day["first"], last=day["last"]) if day["receipts"] else ""
    return "\n".join(filter(None, (total, numbers, ways)))


async def _asked(window: str, doc: Doc, day: Doc, names: HallNames, ask: AskAny) -> Asked | None:
    ticket, lang = doc.get("ticket") or {}, names.lang
    served = ticket.get("state") == "serving"
    first = say(lang, "fee-take", number=ticket["number"]) if served else say(lang, "fee-nobody")
    lines = [first, say(lang, "fee-correct")]
    nth = await ask(PickDialog(sum_words(day, names), lines, lang, 0 if served else 1))
    if nth == 1:
        return await _correction(window, day, names, ask)
    return await _fee(window, doc, names, ask) if nth == 0 and served else None


async def _fee(window: str, doc: Doc, names: HallNames, ask: AskAny) -> Asked | None:
    lang, ticket = names.lang, doc["ticket"]
    item = await _item(ticket, names, ask)
    summed = None if item is None else await _sum(item, names, ask)
    if item is None or summed is None:
        return None
    price, count = summed
    reduced = await _discount(item, ticket["priority"], price * count, names, ask)
    if reduced is None:
        return None
    discount, amount = reduced
    paid = await _way(say(lang, "fee-way", sum=yuan(amount)) + _granted(names, discount), names, ask)
    if paid is None:
        return None
    way, reference, words = paid
    facts = {"item": names.item(item), "sum": yuan(amount), "way": words}
    sure = [say(lang, "fee-yes", **facts), say(lang, "fee-no")]
    if await ask(PickDialog(say(lang, "fee-sure", **facts), sure, lang)) != 0:
        return None
    said = say(lang, "did-fee", number=ticket["number"], **facts)
    return TakeFee(window, doc["version"], item, way, count, price, discount, reference), said


async def _item(ticket: Doc, names: HallNames, ask: AskAny) -> str | None:
    """Return what the fee is for: one of the visit's items, else any of the hall's."""
    lang, own = names.lang, [each for each in ticket["items"] if each in names.items]
    title = say(lang, "fee-item", number=ticket["number"])
    if own:
        lines = [*(names.item(each) for each in own), say(lang, "fee-other-item")]
        nth = await ask(PickDialog(title, lines, lang))
        if nth is None or nth < len(own):
            return None if nth is None else own[nth]
    found = await ask(FindDialog(title, [*names.items.values()], lang))
    return None if found is None else [*names.items][found]


async def _sum(item: str, names: HallNames, ask: AskAny) -> tuple[int, int] | None:
    """Return the price of one unit and how many; None if the clerk went back."""
    lang, priced, basis = names.lang, names.prices.get(item), names.fee_basis.get(item)
    rests_on = say(lang, "fee-basis", basis=basis) + "\n" if basis else ""
    if priced is None:
        price = await _typed(
            say(lang, "fee-amount"), rests_on + say(lang, "fee-amount-hint"), fen_of, names, ask
        )
        return (price, 1) if price else None
    title = say(lang, "fee-count", price=yuan(priced.fen), unit=priced.unit)
    count = await _typed(title, rests_on + say(lang, "fee-count-hint"), _whole, names, ask)
    return (priced.fen, count) if count else None


async def _discount(
    item: str, priority: str, full: int, names: HallNames, ask: AskAny
) -> tuple[str, int] | None:
    """Return the discount and what is left to pay; of an item without any, nothing is asked."""
    lang, known = names.lang, discounts_for(names.discounts, item, priority)
    if not known:
        return "", full
    amounts = [full, *(share_of(full, each.percent) for each in known)]
    lines = [say(lang, "fee-full", sum=yuan(full))]
    lines += [
        say(lang, "fee-discount", name=(lang == "en" and each.name_en) or each.name, sum=yuan(amount))
        for each, amount in zip(known, amounts[1:], strict=True)
    ]
    nth = await ask(PickDialog(say(lang, "fee-discounts"), lines, lang))
    return None if nth is None else (("", *(each.id for each in known))[nth], amounts[nth])


def _granted(names: HallNames, discount: str) -> str:
    """Return what grants a discount, in words; "" without one."""
    basis = next((each.basis for each in names.discounts if each.id == discount), "")
    return for_terminal(say(names.lang, "fee-granted", basis=basis)) if basis else ""


async def _way(title: str, names: HallNames, ask: AskAny) -> tuple[PayWay, str, str] | None:
    """Return how it was paid, what it is found by, and the words for both."""
    lang = names.lang
    nth = await ask(PickDialog(title, [word("pay-way", each, lang) for each in PAY_WAYS], lang))
    if nth is None:
        return None
    way, words = PAY_WAYS[nth], word("pay-way", PAY_WAYS[nth], lang)
    if way in WITHOUT_REFERENCE:
        return way, "", words
    asked, hint = say(lang, "fee-reference", way=words), say(lang, "fee-reference-hint")
    reference = await _typed(asked, hint, _reference, names, ask)
    return (way, reference, f"{words} {reference}") if reference else None


async def _correction(window: str, day: Doc, names: HallNames, ask: AskAny) -> Asked | None:
    lang, rows = names.lang, day["lines"]
    if not rows:
        return None
    nth = await ask(FindDialog(say(lang, "fee-which"), [_receipt(row, names) for row in rows], lang))
    if nth is None:
        return None
    row = rows[nth]
    title = say(lang, "fee-why", number=row["number"], sum=yuan(row["amount"]))
    why = await ask(PickDialog(title, [*names.corrections.values()], lang))
    if why is None:
        return None
    title = say(lang, "fee-really", number=row["number"])
    amount = await _typed(title, say(lang, "fee-really-hint"), fen_of, names, ask)
    if amount is None:
        return None
    paid: tuple[PayWay, str, str] | None = (row["way"], row["reference"], "")
    if amount:
        paid = await _way(say(lang, "fee-way", sum=yuan(amount)), names, ask)
    if paid is None:
        return None
    said = say(lang, "did-fee-corrected", number=row["number"], before=yuan(row["amount"]), sum=yuan(amount))
    reason = [*names.corrections][why]
    return CorrectFee(window, row["fee"], row["corrected"], amount, reason, paid[0], paid[1]), said


def _receipt(row: Mapping[str, Any], names: HallNames) -> str:
    was = say(names.lang, "fee-was", sum=yuan(row["first"])) if row["corrected"] else ""
    way = word("pay-way", row["way"], names.lang)
    parts = (
        row["number"],
        row["ticket_number"],
        f"{yuan(row['amount'])} {way}",
        was,
        names.item(row["item"]),
    )
    return "  ".join(filter(None, parts))


async def _typed(
    title: str, hint: str, read: Callable[[str], T | None], names: HallNames, ask: AskAny
) -> T | None:
    """Return what was typed, as `read` has it; asked for again while that is none. None if the clerk went back."""
    said = ""
    while True:
        typed = await ask(TypeDialog(title, hint, said, names.lang))
        if typed is None:
            return None
        value = read(typed)
        if value is not None:
            return value
        said = say(names.lang, "fee-wrong", typed=typed)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 1 <= int(text) <= COUNT_MAX else None


def _reference(text: str) -> str | None:
    return text if REFERENCE.fullmatch(text) else None
