"""The formula of the scores as one form: every figure a line, with its weight, and from which value to which it counts.

The weights of a formula sum to 100, so its rows are changed together: a row at a time, no step but the last would be a
formula. A figure without a weight is not in it.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nicegui import ui

from config.performance_settings import SCORE_FIGURES, SCORED_KINDS, WHOLE_WEIGHT, ScoredKind, ScoreRow
from config.reading.errors import Mistake
from display.office.parts import heading
from display.office.screen import OfficeScreen
from display.office.settings_form import said

NUMBERS = ("weight", "zero", "full", "minimum")
TakeRows = Callable[[list[dict[str, Any]]], Awaitable[list[Mistake]]]


class FormulaForm:
    """The formula in the element that is open now. `rows`: as it is; `save`: takes all rows, or says what is wrong."""

    def __init__(self, screen: OfficeScreen, rows: Sequence[ScoreRow], save: TakeRows) -> None:
        self._screen, self._save = screen, save
        self._inputs: dict[tuple[ScoredKind, str], dict[str, Any]] = {}
        self._sums: dict[ScoredKind, ui.label] = {}
        known = {(row.of, row.figure): row for row in rows}
        for kind in SCORED_KINDS:
            heading(screen.say(f"formula-{kind}"))
            with ui.element("div").classes("formula"):
                for code in ("figure", *NUMBERS):
                    ui.label(screen.say(f"formula-{code}")).classes("head")
                for figure in SCORE_FIGURES:
                    self._line(kind, figure, known.get((kind, figure)))
            self._sums[kind] = ui.label().classes("quiet")
            self._add_up(kind)
        self._wrong = ui.element("div").classes("mistakes").props('role="alert"')
        ui.button(screen.say("note-change"), on_click=self.submit)

    def _line(self, kind: ScoredKind, figure: str, row: ScoreRow | None) -> None:
        name = self._screen.word("score-figure", figure)
        ui.label(name)
        made: dict[str, Any] = {}
        for each in NUMBERS:
            value = f"{getattr(row, each):g}" if row else ""
            made[each] = ui.input(value=value, on_change=lambda: self._add_up(kind)).props(
                "dense outlined inputmode=decimal"
            )
            made[each].props["aria-label"] = f"{name} {self._screen.say(f'formula-{each}')}"
        self._inputs[kind, figure] = made

    def _add_up(self, kind: ScoredKind) -> None:
        """Show what the weights sum to."""
        if kind not in self._sums:
            return
        found = [_number(made["weight"].value) for (of, _), made in self._inputs.items() if of == kind]
        total = sum(each for each in found if isinstance(each, int | float))
        self._sums[kind].text = self._screen.say("formula-sum", total=f"{total:g}", whole=WHOLE_WEIGHT)
        self._sums[kind].classes(
            remove="bad" if total in (0, WHOLE_WEIGHT) else "",
            add="" if total in (0, WHOLE_WEIGHT) else "bad",
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows as they are filled in; a figure without a weight has none. What is no number stays text."""
        return [
            {"of": kind, "figure": figure}
            | {each: _number(made[each].value) for each in NUMBERS if str(made[each].value or "").strip()}
            for (kind, figure), made in self._inputs.items()
            if str(made["weight"].value or "").strip()
        ]

    async def submit(self) -> None:
        """Hand the whole formula in; show everything that is wrong with it."""
        found = await self._save(self.rows())
        if not found:
            return
        self._wrong.clear()
        with self._wrong:
            for each in found:
                ui.label(said(each, self._screen.lang != "en"))


def _number(text: str | None) -> Any:
    """Return the number of a text, whole where it is; another text as it is, for the checker to say what is wrong."""
    try:
        number = float(str(text or "").strip())
    except ValueError:
        return str(text or "").strip()
    return int(number) if number.is_integer() else number
