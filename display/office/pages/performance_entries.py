"""What the office enters about the hall's people: corrections, leave, peer ratings, leaders on duty, visits, inspections.

Each form is a dialog; what is refused is said with its next step, and the form stays open with what was filled in.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, get_args

from nicegui import ui

from caller.engine.performance_messages import (
    CancelLeave,
    CorrectAttendance,
    CorrectedMark,
    InspectionKind,
    PerformanceCommand,
    RatePeer,
    RecordInspection,
    RecordLeave,
)
from caller.records.performance_rows import InspectionRow, LeaveRow, PeerRow
from caller.reports.clerk_days import ClerkDay
from caller.reports.spans import Span
from config.hall_lists import find, reasons
from config.instants import local
from config.settings import ReasonKind
from display.office.parts import TableColumn, heading
from display.office.screen import OfficeScreen, dialog_box

PEER_HUNDREDTHS = 100
Inputs = dict[str, Any]
DrawTable = Callable[[list[TableColumn], list[dict[str, Any]], Callable[[str], Any] | None], None]


class Entries(NamedTuple):
    """What was entered about a month."""

    leaves: list[LeaveRow]
    peers: list[PeerRow]
    inspections: list[InspectionRow]


class EntrySheet:
    """The entries of a month, and the forms that add to them. `changed`: called once one was taken."""

    def __init__(
        self, screen: OfficeScreen, month: Span, entries: Entries, staff: Mapping[str, str],
        changed: Callable[[], Awaitable[None]], table: DrawTable,
    ) -> None:  # fmt: skip
        self._screen, self._month, self._entries, self._staff = screen, month, entries, dict(staff)
        self._changed, self._table = changed, table

    def draw(self) -> None:
        """Draw the three lists, each with the way to add to it."""
        say = self._screen.say
        may = self._screen.may(*get_args(PerformanceCommand))
        for kind, rows, columns, add in (
            ("peers", self._peer_rows(), ("who", "points", "by", "why"), self._add_peer),
            ("leaves", self._leave_rows(), ("who", "first", "last", "code", "by"), self._add_leave),
            ("inspections", self._inspection_rows(), ("day", "kind", "who", "window", "about", "finding", "fault", "by"), self._add_inspection),
        ):  # fmt: skip
            heading(say(kind))
            if may:
                ui.button(say(f"add-{kind}"), on_click=add).props("outline")
            opens = self._cancel_leave if kind == "leaves" and may else None
            self._table([TableColumn(each, say(each), each == "points") for each in columns], rows, opens)

    def _name(self, staff: str) -> str:
        return self._staff.get(staff, staff)

    def _peer_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "id": row.staff, "who": self._name(row.staff), "points": f"{row.points / PEER_HUNDREDTHS:g}", "by": row.by,
                "why": names_of_list(self._screen, "attendance").get(row.reason, row.reason),
            }
            for row in self._entries.peers
        ]  # fmt: skip

    def _leave_rows(self) -> list[dict[str, Any]]:
        kinds = names_of_list(self._screen, "leave")
        return [
            {
                "id": row.leave, "who": self._name(row.staff), "first": row.first, "last": row.last,
                "code": kinds.get(row.kind, row.kind), "by": row.by,
            }
            for row in self._entries.leaves
        ]  # fmt: skip

    def _inspection_rows(self) -> list[dict[str, Any]]:
        found, screen = names_of_list(self._screen, "inspection"), self._screen
        return [
            {
                "id": str(row.seq), "day": row.day, "kind": screen.word("inspection-kind", row.kind), "who": self._name(row.staff),
                "window": row.window, "about": self._name(row.clerk) if row.clerk else "", "finding": found.get(row.finding, row.finding),
                "fault": screen.say("yes" if row.fault else "no"), "by": row.by,
            }
            for row in self._entries.inspections
        ]  # fmt: skip

    # --- forms

    async def _submit(self, title: str, fields: Callable[[], Inputs], made: Callable[[Inputs], Any]) -> None:
        if await fill_in(self._screen, title, fields, made):
            await self._changed()

    def _others(self) -> dict[str, str]:
        """Return the staff but for the person here: what counts for oneself another enters."""
        return {staff: name for staff, name in self._staff.items() if staff != self._screen.session.staff}

    async def _add_peer(self) -> None:
        say = self._screen.say

        def fields() -> Inputs:
            return {
                "staff": _select(self._others(), say("who")),
                "points": ui.number(say("points"), min=0, max=100, step=0.5).props("outlined dense"),
                "reason": _select({"": "–", **names_of_list(self._screen, "attendance")}, say("why-again")),
            }

        await self._submit(
            say("add-peers"), fields,
            lambda got: RatePeer(str(self._month), got["staff"], float(got["points"]), got["reason"] or ""),
        )  # fmt: skip

    async def _add_leave(self) -> None:
        say = self._screen.say

        def fields() -> Inputs:
            return {
                "staff": _select(self._others(), say("who")),
                "first": _date_input(say("first"), self._month.first.isoformat()),
                "last": _date_input(say("last"), self._month.first.isoformat()),
                "code": _select(names_of_list(self._screen, "leave"), say("code")),
            }

        await self._submit(
            say("add-leaves"), fields,
            lambda got: RecordLeave(got["staff"], got["first"], got["last"], got["code"]),
        )  # fmt: skip

    async def _cancel_leave(self, leave: str) -> None:
        screen = self._screen
        row = next(each for each in self._entries.leaves if each.leave == leave)
        question = screen.say("cancel-leave", who=self._name(row.staff), first=row.first, last=row.last)
        if not await screen.ask(question, screen.say("take-back")):
            return
        if await screen.send(CancelLeave(leave), screen.say("taken-back")) is not None:
            await self._changed()

    async def _add_inspection(self) -> None:
        screen, say = self._screen, self._screen.say
        windows = {each.id: f"{each.id} {screen.named(each)}" for each in screen.settings.windows}
        kinds = {each: screen.word("inspection-kind", each) for each in get_args(InspectionKind)}

        def fields() -> Inputs:
            return {
                "kind": _select(kinds, say("kind"), "leader"),
                "day": _date_input(say("day"), local(screen.now, screen.zone).date().isoformat()),
                "staff": _select(self._staff, say("who"), screen.session.staff),
                "code": _select(names_of_list(screen, "inspection"), say("finding")),
                "window": _select({"": "–", **windows}, say("window"), ""),
                "clerk": _select({"": "–", **self._staff}, say("about"), ""),
                "fault": ui.switch(say("counts-fault")),
            }

        await self._submit(
            say("add-inspections"), fields,
            lambda got: RecordInspection(
                got["kind"], got["day"], got["staff"], got["code"], got["window"] or "", got["clerk"] or "", bool(got["fault"])
            ),
        )  # fmt: skip


def why_of(screen: OfficeScreen, day: ClerkDay) -> str:
    """Return what is behind a day's mark: minutes, times away, cover, correction."""
    parts = list[str]()
    if day.is_late and day.late:
        parts.append(screen.say("late-minutes", count=day.late))
    if day.is_early and day.early:
        parts.append(screen.say("early-minutes", count=day.early))
    if not day.correction:
        parts += [screen.say("away-minutes", count=each.minutes) for each in day.away if not each.covered]
    if day.covered:
        parts.append(screen.say("covered-by"))
    if day.excused:
        parts.append(_named(screen, "leave", day.excused))
    if day.correction:
        reason = _named(screen, "attendance", day.correction.reason)
        parts.append(screen.say("corrected-by", by=day.correction.by, reason=reason))
    return "，".join(parts) if screen.lang != "en" else ", ".join(parts)


def _named(screen: OfficeScreen, kind: ReasonKind, code: str) -> str:
    """Return the name of a code of the hall's list; the code itself where the list has it no more."""
    found = find(screen.settings, kind, code)
    return screen.named(found) if found else code


async def correct(screen: OfficeScreen, day: str, staff: str, who: str) -> bool:
    """Ask what a person's day counts as, and why; return whether that was taken."""
    marks = {each: screen.word("attendance-mark", each) for each in get_args(CorrectedMark)}

    def fields() -> Inputs:
        return {
            "mark": _select(marks, screen.say("mark"), "present"),
            "reason": _select({"": "–", **names_of_list(screen, "attendance")}, screen.say("reason"), ""),
        }

    return await fill_in(
        screen, f"{screen.say('correct')}：{day} {who}", fields,
        lambda got: CorrectAttendance(day, staff, got["mark"], got["reason"] or ""),
    )  # fmt: skip


async def fill_in(
    screen: OfficeScreen, title: str, fields: Callable[[], Inputs], made: Callable[[Inputs], Any]
) -> bool:
    """Show a form until its command is taken or the person gives up; return whether it was taken."""
    with dialog_box(title, "ask form") as dialog:
        ui.label(title).classes("question")
        inputs = fields()
        with ui.row().classes("verbs"):
            ui.button(screen.say("save"), on_click=lambda: dialog.submit(True))
            ui.button(screen.say("cancel"), on_click=lambda: dialog.submit(False)).props("outline")
    done = False
    while not done and await dialog:
        try:
            command = made({name: each.value for name, each in inputs.items()})
        except (TypeError, ValueError):  # a number or a choice is missing
            command = None
        if command is None or "" in (
            getattr(command, name, "-") for name in ("staff", "first", "last", "day")
        ):
            screen.note(screen.say("bad-input"), good=False)
        else:
            done = await screen.send(command, screen.say("entered")) is not None
        if not done:
            dialog.open()
    if not dialog.is_deleted:
        dialog.delete()
    return done


def names_of_list(screen: OfficeScreen, kind: ReasonKind) -> dict[str, str]:
    """Return the hall's list of a kind, by code."""
    return {
        each.id: (each.name_en or each.name) if screen.lang == "en" else each.name
        for each in reasons(screen.settings, kind)
    }


def _select(options: Mapping[str, str], label: str, value: str | None = None) -> Any:
    known = value if value in options else next(iter(options), None)
    return ui.select(dict(options), label=label, value=known, with_input=len(options) > 12).props(
        "outlined dense options-dense"
    )


def _date_input(label: str, value: str) -> Any:
    return ui.input(label, value=value).props("type=date outlined dense stack-label")
