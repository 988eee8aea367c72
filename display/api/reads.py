"""What the REST interface reads: the hall, its queues, windows and items, tickets, cases, feedback; as they stand now.

Lists come in pages: `limit` rows from behind the id `after`, in the order of ids, so that a row that comes or goes
between two pages moves no other across the border.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from config.catalogue import message
from display.api import answers
from display.api.calls import ApiCall
from display.http.responses import ProblemError, problem, refusal

LIMIT, LIMIT_MAX = 50, 200  # rows of a page: if not said, and at most


async def hall(call: ApiCall) -> answers.HallStatus:
    """Return the hall, its day and its hours."""
    board, kiosk = await call.topic("board"), await call.topic("kiosk")
    known = {"hours": board["hours"], "phase": kiosk["phase"]}
    return msgspec.convert(board["hall"] | known, answers.HallStatus)


async def queues(call: ApiCall) -> answers.QueuePage:
    """Return the queues with their waits."""
    kiosk, board = await call.topic("kiosk"), await call.topic("board")
    rows = {id: {"queue": id} | board["queues"].get(id, {}) | row for id, row in kiosk["queues"].items()}
    return _page(call, rows, answers.QueueStatus, answers.QueuePage, "queues")


async def queue(call: ApiCall) -> answers.QueueStatus:
    """Return one queue with its wait. Raises `ProblemError`."""
    id = call.part("queue")
    kiosk, board = await call.topic("kiosk"), await call.topic("board")
    if id not in kiosk["queues"]:
        raise ProblemError(404, message("refusal", "unknown-queue", queue=id))
    row = {"queue": id} | board["queues"].get(id, {}) | kiosk["queues"][id]
    return msgspec.convert(row, answers.QueueStatus)


async def windows(call: ApiCall) -> answers.WindowPage:
    """Return the windows as everybody may see them."""
    board = await call.topic("board")
    rows = {id: {"window": id} | row for id, row in board["windows"].items()}
    return _page(call, rows, answers.WindowStatus, answers.WindowPage, "windows")


async def window(call: ApiCall) -> dict[str, Any]:
    """Return one window as its clerk sees it. Raises `ProblemError`."""
    return await call.window()


async def items(call: ApiCall) -> answers.ItemPage:
    """Return the items of the hall."""
    rows = {each.id: msgspec.to_builtins(each) for each in call.backend.settings().items}
    return _page(call, rows, answers.ItemRow, answers.ItemPage, "items")


async def slots(call: ApiCall) -> answers.ItemSlots:
    """Return the slots for which an item may be booked now. Raises `ProblemError`."""
    found = await call.topic(f"slots/{call.part('item')}")
    if not found:
        raise refusal(404, "unknown-item")
    days = [
        answers.SlotDay(day, [answers.FreeSlot(int(slot), free) for slot, free in sorted(each.items())])
        for day, each in sorted(found["days"].items())
    ]
    return answers.ItemSlots(found["item"], found["minutes"], days)


async def ticket(call: ApiCall) -> answers.TicketStatus:
    """Return a ticket by its id or its phone's key. Raises `ProblemError`."""
    if not call.line.may_watch("ticket/"):
        raise refusal(403, "not-allowed")
    found = await call.line.reader.read(call.request.path_params["ticket"])
    if not found:
        raise refusal(404, "unknown-ticket")
    return msgspec.convert(found, answers.TicketStatus)


async def tickets(call: ApiCall) -> answers.TicketPage:
    """Return the tickets of today with a number. Raises `ProblemError`."""
    number = call.request.query_params.get("number", "").strip().upper()
    if not number.isalnum() or not number.isascii() or len(number) > 16:
        raise problem(422, "bad-body", detail="number")
    found = await call.topic(f"find/{number}")
    return msgspec.convert(found | {"next": ""}, answers.TicketPage)


async def cases(call: ApiCall) -> answers.CasePage:
    """Return cases, of the hall or with `window` of one window. Raises `ProblemError`."""
    window = call.request.query_params.get("window", "")
    if window and window not in (await call.topic("board"))["windows"]:
        raise ProblemError(404, message("refusal", "unknown-window", window=window))
    found = await call.topic(f"cases/{window}" if window else "cases")
    return _page(call, found["cases"] | found.get("rest", {}), answers.CaseLine, answers.CasePage, "cases")


async def case(call: ApiCall) -> dict[str, Any]:
    """Return one case by its id or its number, with its steps. Raises `ProblemError`."""
    found = await call.topic(f"case/{call.part('case')}")
    if not found:
        raise refusal(404, "unknown-case")
    return found


async def feedback(call: ApiCall) -> dict[str, Any]:
    """Return what the holder of a receipt's code may know. Raises `ProblemError`."""
    code = call.request.path_params["code"]
    found = (
        await call.topic(f"feedback/{code}") if code.isascii() and code.isdigit() and len(code) == 10 else {}
    )
    if not found:
        raise refusal(404, "unknown-receipt")
    return found


def _page(call: ApiCall, rows: Mapping[str, Any], row: type[Any], page: type[answers.Page], name: str) -> Any:
    """Return the page of rows that a request asks for. Raises `ProblemError`."""
    asked = call.request.query_params
    limit, after = asked.get("limit", str(LIMIT)), asked.get("after", "")
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 3 and 1 <= int(limit) <= LIMIT_MAX):
        raise problem(422, "bad-body", detail=f"limit: 1-{LIMIT_MAX}")
    ids = sorted(each for each in rows if each > after)
    here = ids[: int(limit)]
    more = here[-1] if len(ids) > len(here) else ""
    return page(next=more, **{name: _rows((rows[id] for id in here), row)})


def _rows(rows: Iterable[Any], row: type[Any]) -> list[Any]:
    return [msgspec.convert(each, row) for each in rows]
