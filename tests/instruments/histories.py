"""Test instrument: hall days made of numbers, so that hypothesis can make, repeat and shrink them."""

from datetime import date, timedelta
from typing import Any

from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine import guide_commands as guide
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.hall import Hall
from config.instants import MINUTE

QUEUES = ("A", "B", "A", "B")
CLASSES: tuple[Any, ...] = ("ordinary", "elderly", "green", "ordinary")
DAYS = [(date(2026, 9, 21) + timedelta(days=n)).isoformat() for n in range(90)]
NINE = 1_789_952_400_000_000  # 09:00 of the first day in Shanghai
DAY_MICROS = 86_400_000_000
KINDS = 35 + 32 * 5  # the commands of the day, which end so much, come less often than the others


def command(hall: Hall, kind: int, choice: int, serial: int) -> AnyCommand:
    """The `kind`th sort of command, about the `choice`th window, ticket or queue; refused ones occur too."""
    if not hall.state.day.open and kind % 2:
        return cmd.OpenDay(DAYS[min(len(hall.register.used_days), len(DAYS) - 1)])
    if not hall.state.day.open and kind % 4 == 2:
        return cmd.ReopenDay()
    windows = list(hall.state.windows.values())
    window = windows[choice % 2]
    version = window.version - (choice == 7)  # now and then on an old picture
    tickets = list(hall.state.tickets) or ["nobody"]
    ticket = tickets[choice * 7 % len(tickets)]
    if window.state == "closed" and kind % 3:
        return cmd.OpenWindow(window.id, f"clerk-{window.id}")
    at_window: Any = {"window": window.id, "as_of": max(0, version)}
    return (
        cmd.TakeTicket(queue=QUEUES[choice % 4], priority=CLASSES[choice % 4]),
        cmd.TakeTicket(items=["i1", "i2"][: choice % 3]),
        cmd.TakeTicket(items=["i3"], person=f"hash-{choice}"),
        cmd.OpenWindow(window.id, f"clerk-{choice % 3}-{window.id}"),
        cmd.CallNext(**at_window),
        cmd.StartService(**at_window),
        cmd.FinishService(**at_window),
        cmd.MarkNoShow(**at_window),
        cmd.HoldTicket(**at_window),
        cmd.Recall(**at_window),
        cmd.CallTicket(ticket=ticket, **at_window),
        cmd.TransferTicket(queue=QUEUES[choice % 4], come_back=choice > 3, **at_window),
        cmd.RequeueTicket(ticket),
        cmd.CancelTicket(ticket),
        cmd.PostponeTicket(ticket, 5),
        cmd.Rate(ticket, 1 + choice % 5)
        if choice > 1
        else desk_cmd.CorrectOutcome(window.id, _ended_last(hall, window.clerk), cmd.OUTCOMES[serial % 3]),
        cmd.PauseWindow(window.id, "meal"),
        cmd.ResumeWindow(window.id),
        cmd.CloseWindow(window.id),
        cmd.BookAppointment("i1", NINE + choice % 3 * DAY_MICROS, f"hash-{choice}", DAYS[choice % 3]),
        cmd.CheckIn(next(iter(hall.register.codes), "none")),
        cmd.ReportDevice(f"printer-{choice % 2}", "printer", "ready" if choice % 3 else "paper-out"),
        cmd.ReportSlip(ticket, "printed"),
        guide.ChangeTicket(ticket, CLASSES[choice % 4], item=("", "i1", "i2")[choice % 3]),
        guide.MarkPapers(ticket, ("complete", "incomplete", "")[choice % 3]),
        guide.SetAssistance(ticket, guide.ASSISTANCE[choice % 4] if choice < 5 else ""),
        guide.SendMessage(window.id, "fetch", ticket if choice % 2 else ""),
        guide.AcknowledgeMessage(window.id),
        desk_cmd.SetQueues(window.id, [["A", "B"], ["A"], ["B", "P"]][choice % 3]),
        desk_cmd.RelieveClerk(window.id, f"clerk-{choice % 3}-{window.id}"),
        desk_cmd.TakeOverVisit(
            from_window=windows[1 - choice % 2].id,
            number=_number(hall, windows[1 - choice % 2].ticket),
            **at_window,
        ),
        desk_cmd.MergeTickets(number=_number(hall, ticket), **at_window),
        cmd.StopTickets(),
        cmd.CloseDay(expire=True),
        cmd.OpenDay(DAYS[min(len(hall.register.used_days), len(DAYS) - 1)]),
    )[kind if kind < 35 else kind % 32]


def _number(hall: Hall, ticket: str) -> str:
    return hall.state.tickets[ticket].number if ticket in hall.state.tickets else "A999"


def _ended_last(hall: Hall, clerk: str) -> str:
    mine = hall.state.receptions.get(clerk)
    return mine[-1].ticket if mine else "nobody"


def order(hall: Hall, serial: int, kind: int, choice: int, now: int) -> CommandEnvelope:
    """An order with an id of its own."""
    return CommandEnvelope(
        f"command-{serial:05d}", command(hall, kind, choice, serial), "manager", f"m{choice % 2}"
    )


def step(choice: int) -> int:
    """How long until the next command, in microseconds."""
    return choice * MINUTE // 2
