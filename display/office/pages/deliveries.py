"""Deliveries: what waits for each receiver outside, what failed and why, and what a person can do about it.

The file is read in a thread, every few seconds while the page is open. What is pressed is an act of administration. A message
to a person that may have arrived, or was refused, is only shown: no person is told twice.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from nicegui import ui

from caller.delivery.outbox import OUTBOX_NAME, Outbox
from caller.delivery.outbox_tables import Backlog, Delivery, ReceiverRow
from caller.delivery.runner import is_running
from caller.delivery.trials import trial
from config.catalogue import MessageError
from config.delivery_settings import CENTRE
from config.instants import Seconds
from config.text_safety import for_page
from display.office.acting import administer, note
from display.office.parts import DataTable, TableColumn, facts, heading
from display.office.screen import OfficePage, OfficeScreen, answer_of, dialog_box

READ_SECONDS: Seconds = 3.0
LISTED_MAX = 50  # of each state; the rest is counted
DOUBTFUL = ("unknown", "refused", "unfit", "late")
COLUMNS = ("receiver", "state", "waiting", "oldest", "dead", "doubtful", "sent", "trouble")
FIGURES = frozenset({"waiting", "oldest", "dead", "doubtful"})


class ReceiverState(NamedTuple):
    """One receiver as its outbox has it."""

    row: ReceiverRow
    backlog: Backlog
    dead: list[Delivery]
    doubtful: list[Delivery]


class DeliveriesSheet:
    """The list of receivers, and the one that is open."""

    def __init__(self, screen: OfficeScreen) -> None:
        self.screen = screen
        self._found: dict[str, ReceiverState] = {}
        self._running = False
        screen.part(self._draw_state, lambda: (self._running, bool(self._found)))
        columns = [TableColumn(each, screen.say(each), each in FIGURES) for each in COLUMNS]
        DataTable(screen, columns, self._rows, self._open)
        ui.timer(READ_SECONDS, self.read)

    async def read(self) -> None:
        """Read the outbox; what cannot be read is told once and leaves the list as it was."""
        data = self.screen.office.data
        try:
            self._found = await asyncio.to_thread(_read, self.screen)
            self._running = await asyncio.to_thread(is_running, data)
        except MessageError as error:
            self.screen.explain(error.message)

    def _draw_state(self) -> None:
        if not self._running:
            with ui.element("section").classes("draft"):
                ui.label(self.screen.say("not-running")).classes("later").props('role="status"')
        elif not self._found:
            ui.label(self.screen.say("no-receivers")).classes("quiet")

    def _rows(self) -> list[dict[str, Any]]:
        screen = self.screen
        return [
            {
                "id": name, "receiver": name, "light": _light(each),
                "state": screen.say(self._state(each)),
                "waiting": each.backlog.waiting, "oldest": each.backlog.oldest or "", "dead": each.backlog.dead,
                "doubtful": each.backlog.doubtful, "sent": screen.date_and_clock(each.row.sent),
                "trouble": each.row.trouble,
            }
            for name, each in self._found.items()
        ]  # fmt: skip

    def _state(self, each: ReceiverState) -> str:
        if each.row.paused:
            return "paused"
        return "running" if self._running else "stopped"

    # --- one receiver

    async def _open(self, name: str) -> None:
        screen, found = self.screen, self._found.get(name)
        if found is None:
            return
        with dialog_box(name, "detail") as dialog:
            ui.label(name).classes("question")
            facts([
                (screen.say("waiting"), found.backlog.waiting), (screen.say("trouble"), found.row.trouble),
                (screen.say("since"), screen.date_and_clock(found.row.since)),
                (screen.say("sent"), screen.date_and_clock(found.row.sent)),
            ])  # fmt: skip
            with ui.row().classes("verbs"):
                turn = "resume" if found.row.paused else "pause"
                ui.button(screen.say(turn), on_click=partial(self._press, dialog, name, turn))
                if found.dead:
                    ui.button(screen.say("retry"), on_click=partial(self._press, dialog, name, "retry"))
                if self._can_be_tried(name):
                    ui.button(screen.say("test"), on_click=partial(self._try, name)).props("outline")
            for each in found.dead:
                with ui.row().classes("verbs"):
                    ui.label(for_page(f"{each.seq} {each.kind} {each.subject} {each.detail}"))
                    ui.button(
                        screen.say("skip"), on_click=partial(self._press, dialog, name, "skip", each.seq)
                    ).props("outline dense")
            if found.doubtful:
                heading(screen.say("doubtful"))
                for each in found.doubtful:
                    ui.label(
                        f"{each.seq} {self._kind(each)} · {screen.word('delivery-state', each.state)} · {for_page(each.detail)}"
                    )
            ui.button(screen.say("close"), on_click=dialog.close).props("outline").classes("closes")
        await answer_of(dialog)

    def _kind(self, each: Delivery) -> str:
        return self.screen.word("notice-kind", each.kind)

    def _can_be_tried(self, name: str) -> bool:
        settings = self.screen.office.settings
        if name == CENTRE:
            return bool(settings.centre.url)
        return any(each.id == name for each in (*settings.webhooks, *settings.staff))

    async def _press(self, dialog: ui.dialog, name: str, verb: str, seq: int = 0) -> None:
        screen = self.screen
        work = partial(_change, screen, name, verb, seq)
        if await administer(screen, "deliveries", work, screen.say(f"done-{verb}", name=name)) is not None:
            dialog.close()
            await self.read()

    async def _try(self, name: str) -> None:
        screen = self.screen
        work: Callable[[], Any] = partial(trial, screen.office.settings, screen.office.data, name)
        try:
            answer = await administer(screen, "deliveries", work)
        except OSError as error:
            screen.note(str(error), good=False)
            return
        if answer is not None:
            taken = answer.verdict == "taken"
            screen.note(
                screen.say("took") if taken else f"{screen.say('took-not')} {answer.detail}", good=taken
            )


def _read(screen: OfficeScreen) -> dict[str, ReceiverState]:
    if not (screen.office.data / OUTBOX_NAME).exists():
        return {}
    with Outbox(screen.office.data) as outbox:
        return {
            row.name: ReceiverState(
                row,
                outbox.backlog(row.name),
                outbox.messages(row.name, "dead", LISTED_MAX),
                [each for state in DOUBTFUL for each in outbox.messages(row.name, state, LISTED_MAX)],
            )
            for row in outbox.receivers()
        }


def _change(screen: OfficeScreen, name: str, verb: str, seq: int) -> bool:
    note(screen, "delivery-changed", f"delivery/{name}")
    with Outbox(screen.office.data) as outbox:
        if verb in ("pause", "resume"):
            outbox.pause(name, verb == "pause")
        elif verb == "retry":
            outbox.revive(name)
        else:
            outbox.skip(name, seq, screen.now)
    return True


def _light(each: ReceiverState) -> str:
    if each.backlog.dead:
        return "red"
    return "yellow" if each.row.paused or each.row.trouble or each.backlog.doubtful else "green"


async def draw(screen: OfficeScreen) -> None:
    """Draw the receivers as they stand."""
    await DeliveriesSheet(screen).read()


PAGE = OfficePage("deliveries", frozenset({"manager", "technician"}), draw)
