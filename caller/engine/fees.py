"""收费: fees, at pay windows only, with a receipt number, day's sums, and corrections that leave both amounts. PURE.

1. Only a window of the kind "pay" takes money, in a hall that has `[fees]`; a fee is of the applicant who is served there.
2. An item with a price is reckoned by it; of one without, the price is typed. `count` units make the full sum. A discount of
   the hall's list leaves its per cent; less than one fen is not taken (`config.money.share_of`). Money is whole fen.
3. Each payment has the next receipt number of the year (`numbering`). A reference (POS slip, order, transfer) is needed of
   every way but cash, and pays once a day: typed twice, it is the same payment.
4. A mistake is corrected on its business day, at the window that took it, with a reason of the hall's list "fee". The
   receipt keeps its number, its sum is the last one, and the log has every one. What is found later is the finance
   department's: a closed day's sum stands.
5. The sums of the day (`day_sum`) are made of the receipts alone.
6. A press carries the window's version, a correction how often the receipt was corrected: pressed twice, it is once.
"""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from caller.engine import events as ev
from caller.engine import fee_messages as msg
from caller.engine import numbering, serving, station_jobs
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.sign_in import signed_in
from config.fee_settings import FEE_MAX, WITHOUT_REFERENCE, PayWay, discounts_for
from config.hall_lists import reasons
from config.instants import Micros
from config.money import share_of, yuan
from config.settings import Item

if TYPE_CHECKING:
    from caller.engine.state import Apply, Decide, HallState


class DaySum(NamedTuple):
    """What some receipts come to, in fen; `first` and `last` of their numbers, in the order they were given."""

    receipts: int
    amount: int
    full: int
    corrected: int
    first: str
    last: str
    ways: dict[PayWay, int]


def day_sum(fees: Iterable[msg.PaidFee]) -> DaySum:
    """Return the sum of receipts (rule 5)."""
    rows, ways = list(fees), Counter[PayWay]()
    for row in rows:
        ways[row.way] += row.amount
    return DaySum(
        len(rows), sum(each.amount for each in rows), sum(each.full for each in rows),
        sum(bool(each.corrected) for each in rows), rows[0].number if rows else "", rows[-1].number if rows else "", dict(ways),
    )  # fmt: skip


def takes_fees(hall: "HallState", window: str) -> bool:
    """Return whether a window takes fees (rule 1)."""
    place = hall.window_settings.get(window)
    return hall.settings.fees.enabled and place is not None and place.kind == "pay"


def of_window(hall: "HallState", window: str) -> list[msg.PaidFee]:
    """Return today's receipts of a window, in the order of their numbers."""
    return [each for each in hall.state.fees.values() if each.window == window]


# --- decide


def _need_pay_window(hall: "HallState", window: str) -> None:
    """Refuse a fee anywhere but at a pay window. Raises: Refused."""
    if not takes_fees(hall, window):
        pay = "、".join(each.id for each in hall.settings.windows if each.kind == "pay")
        raise Refused("no-pay-window", window=window, known=pay or "-")


def _take(hall: "HallState", order: CommandEnvelope, command: msg.TakeFee, now: Micros) -> list[ev.AnyEvent]:
    _need_pay_window(hall, command.window)
    ticket = serving.here(hall, command, ev.ServiceFinished)
    item = hall.items.get(command.item)
    if item is None or item.id in hall.retired.items:
        raise Refused("unknown-item", item=command.item)
    price = _price(item, command.price)
    full = price * command.count
    if not 0 < full <= FEE_MAX:
        raise Refused("bad-amount", most=yuan(FEE_MAX))
    _need_reference(hall, command.way, command.reference)
    series, serial, number = numbering.next_of_year(hall, "fee", hall.local_date(now).year)
    window = hall.state.windows[command.window]
    taken = ev.FeeTaken(
        order.id, series, serial, number, ticket.id, ticket.number, window.id, window.clerk, item.id, item.department,
        command.count, price, full, share_of(full, _percent(hall, item, command.discount)), command.way, command.discount,
        command.reference,
    )  # fmt: skip
    return [*_receipt(hall, order, window.id, order.id, now), taken]


def _receipt(
    hall: "HallState", order: CommandEnvelope, window: str, fee: str, now: Micros
) -> list[ev.AnyEvent]:
    if not hall.settings.fees.print_receipt:
        return []
    job = station_jobs.notice_job(hall, order, window, "payment", fee, now)
    return [job] if job else []


def _price(item: Item, typed: int) -> int:
    """Return the price of one unit (rule 2). Raises: Refused where another one was typed than the item has."""
    if item.price_fen is None:
        return typed
    if typed not in (0, item.price_fen):
        raise Refused(
            "fee-price", item=item.name, item_en=item.name_en or item.name, price=yuan(item.price_fen)
        )
    return item.price_fen


def _percent(hall: "HallState", item: Item, discount: str) -> int:
    """Return how many per cent are left to pay. Raises: Refused where the item has no such discount."""
    if not discount:
        return 100
    known = {each.id: each for each in discounts_for(hall.settings.discounts, item.id)}
    if discount not in known:
        names = "、".join(each.name for each in known.values())
        raise Refused("unknown-discount", chosen=discount, known=names or "-")
    return known[discount].percent


def _need_reference(hall: "HallState", way: PayWay, reference: str, own: str = "") -> None:
    """Refuse a payment that could not be found again, or that was written already (rule 3). Raises: Refused."""
    if not reference:
        if way not in WITHOUT_REFERENCE:
            raise Refused("reference-needed", way=way)
        return
    for row in hall.state.fees.values():
        if row.id != own and (row.way, row.reference) == (way, reference) and row.amount:
            raise Refused("reference-used", number=row.number, reference=reference)


def _correct(
    hall: "HallState", order: CommandEnvelope, command: msg.CorrectFee, now: Micros
) -> list[ev.AnyEvent]:
    _need_pay_window(hall, command.window)
    window = signed_in(hall, command.window)
    row = hall.state.fees.get(command.fee)
    if row is None or not hall.state.day.open:
        raise Refused("unknown-fee")
    if row.window != command.window:
        raise Refused("fee-elsewhere", number=row.number, window=row.window)
    if row.corrected != command.as_of:
        raise Refused("fee-moved", number=row.number, amount=yuan(row.amount))
    known = reasons(hall.settings, "fee")
    if command.reason not in [each.id for each in known]:
        raise Refused("unknown-code", chosen=command.reason, known=", ".join(each.id for each in known))
    if (row.amount, row.way, row.reference) == (command.amount, command.way, command.reference):
        raise Refused("fee-same", number=row.number, amount=yuan(row.amount))
    if command.amount:
        _need_reference(hall, command.way, command.reference, row.id)
    corrected = ev.FeeCorrected(
        row.id, row.number, window.id, window.clerk, row.item, row.department, row.discount, row.amount, command.amount,
        row.way, command.way, command.reason, command.reference,
    )  # fmt: skip
    return [*_receipt(hall, order, window.id, row.id, now), corrected]


# --- apply


def _was_taken(hall: "HallState", event: ev.FeeTaken, at: Micros) -> None:
    hall.state.fees[event.fee] = msg.PaidFee(
        event.fee, event.number, event.ticket, event.ticket_number, event.window, event.clerk, event.item, event.department,
        event.count, event.price, event.full, event.amount, event.way, event.discount, event.reference, at, event.amount,
    )  # fmt: skip
    hall.state.windows[event.window].version += 1


def _was_corrected(hall: "HallState", event: ev.FeeCorrected, _at: Micros) -> None:
    if row := hall.state.fees.get(event.fee):
        row.amount, row.way, row.reference, row.reason = (
            event.amount,
            event.way,
            event.reference,
            event.reason,
        )
        row.corrected += 1


def _was_numbered(hall: "HallState", event: ev.FeeTaken, _at: Micros) -> None:
    numbering.note_of_year(hall, "fee", event.series, event.serial)


DECIDE: "dict[type[Any], Decide]" = {msg.TakeFee: _take, msg.CorrectFee: _correct}
APPLY: "dict[type[Any], Apply]" = {ev.FeeTaken: _was_taken, ev.FeeCorrected: _was_corrected}
APPLY_REGISTER: "dict[type[Any], Apply]" = {ev.FeeTaken: _was_numbered}
