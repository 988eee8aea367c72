"""A list of sentences in a form: each in a field of its own, moved up, moved down or taken out; a new one goes to the end.
What the hall shows in this order (notices of a board, steps of an item, papers to bring) is put in order here.

Lines pasted into one field become as many entries: a long list of papers needs no press for each.
"""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from display.office.screen import OfficeScreen


class EntriesBox:
    """The entries in the element that is open now. `label`: of the whole list; `hint`: what an entry may be."""

    def __init__(self, screen: OfficeScreen, label: str, entries: list[str], hint: str) -> None:
        self._screen, self._label = screen.speaking("settings"), label
        self._entries = list(entries)
        self._fields: list[Any] = []
        with ui.element("fieldset").classes("entries"):
            with ui.element("legend"):
                ui.label(f"{label} · {hint}" if hint else label)
            self._rows = ui.element("ol").classes("plain")
            ui.button(self._screen.say("entry-add"), on_click=self._add).props("outline dense")
        self._draw()

    @property
    def value(self) -> list[str]:
        """The entries as they stand in the fields; an empty one is none."""
        return [each for each in self._taken() if each.strip()]

    def _taken(self) -> list[str]:
        return [str(each.value or "") for each in self._fields]

    def _draw(self) -> None:
        self._fields.clear()
        self._rows.clear()
        with self._rows:
            for place, entry in enumerate(self._entries):
                self._draw_row(place, entry)

    def _draw_row(self, place: int, entry: str) -> None:
        name, last = f"{self._label} {place + 1}", len(self._entries) - 1
        with ui.element("li"):
            text = ui.textarea(value=entry).props("outlined dense autogrow rows=1")
            text.props["aria-label"] = name
            text.on("blur", lambda: self._parted(place))
            self._fields.append(text)
            for code, sign, to in (("up", "↑", place - 1), ("down", "↓", place + 1), ("out", "×", None)):
                button = ui.button(sign, on_click=self._moving(place, to)).props("flat dense")
                button.props["aria-label"] = self._screen.say(f"entry-{code}", entry=name)
                if to is not None and not 0 <= to <= last:
                    button.disable()

    def _moving(self, place: int, to: int | None) -> Callable[[], None]:
        """Return what takes an entry out, or puts it into another place."""

        def move() -> None:
            self._entries = self._taken()
            entry = self._entries.pop(place)
            if to is not None:
                self._entries.insert(to, entry)
            self._draw()
            if self._fields:
                self._fields[min(place if to is None else to, len(self._fields) - 1)].run_method("focus")

        return move

    def _add(self) -> None:
        self._entries = [*self._taken(), ""]
        self._draw()
        self._fields[-1].run_method("focus")

    def _parted(self, place: int) -> None:
        """Make entries of lines that were pasted into one."""
        taken = self._taken()
        if place >= len(taken) or taken[place] == self._entries[place] or "\n" not in taken[place].strip():
            return
        lines = [line.strip() for line in taken[place].splitlines() if line.strip()]
        self._entries = [*taken[:place], *lines, *taken[place + 1 :]]
        self._draw()
