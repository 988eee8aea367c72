"""The form of a row of the settings: each field with its words, what it may be, and what is wrong with it. Made from the
types; a new setting has its field here without a line of code."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import ui
from nicegui.events import UploadEventArguments

from config.form_fields import FormField, hint_of, label_of, shown, values_of
from config.reading.errors import Mistake
from config.reading.source import FILE_BYTES_MAX
from display.office.entries_box import EntriesBox
from display.office.screen import OfficeScreen

TakeValues = Callable[[dict[str, Any]], Awaitable[list[Mistake]]]


class SettingsForm:
    """A form in the element that is open now. `row`: the values shown, none for a new row."""

    def __init__(
        self, screen: OfficeScreen, fields: list[FormField], row: Any | None, save: TakeValues
    ) -> None:
        self._screen, self._fields, self._save = screen, fields, save
        self._inputs: dict[str, Any] = {}
        with ui.element("div").classes("fields"):
            for field in fields:
                value = shown(getattr(row, field.name) if row is not None else field.default, field)
                self._inputs[field.name] = self._drawn(field, value)
        self._wrong = ui.element("div").classes("mistakes").props('role="alert"')

    def _drawn(self, field: FormField, value: Any) -> Any:
        zh = self._screen.lang != "en"
        label = label_of(field).zh if zh else label_of(field).en
        hint = hint_of(field).zh if zh else hint_of(field).en
        if field.kind == "switch":
            with ui.element("div").classes("field"):
                return self._explained(ui.switch(label, value=value), field, label)
        is_wide = field.kind in ("text", "lines", "entries")
        with ui.element("div").classes("field wide" if is_wide else "field"):
            match field.kind:
                case "entries":
                    return EntriesBox(self._screen, label, value, f"{hint} · {field.name}")
                case "choice" | "choices":
                    many = field.kind == "choices"
                    named = field.options if zh else field.options_en
                    options = named if many or field.required else {"": "–", **named}
                    known = value if many else (value if value in options else None)
                    made: Any = ui.select(options, label=label, value=known, multiple=many)
                    made.props("outlined dense options-dense" + (" use-chips" if many else ""))
                case "text" if field.is_file:
                    upload = self._file_offered()
                    made = ui.textarea(label, value=value).props("outlined dense stack-label rows=14")
                    upload.on_upload(lambda event: self._read_file(event, made))
                case "text" | "lines" | "pairs" | "minutes":
                    made = ui.textarea(label, value=value).props("outlined dense autogrow")
                case "date":
                    made = ui.input(label, value=value).props("type=date outlined dense stack-label")
                case _:
                    made = ui.input(label, value=value).props("outlined dense")
            made.props["hint"] = f"{hint} · {field.name}" if hint else field.name
            return self._explained(made, field, label)

    def _explained(self, made: Any, field: FormField, label: str) -> Any:
        """Have a field say the whole of its words to who points at it, where its label is only their beginning."""
        words = field.words.en if self._screen.lang == "en" else field.words.zh
        if label != words:
            made.tooltip(words)
        return made

    def _file_offered(self) -> ui.upload:
        """Draw what fills a text from a file; what the file says is checked with the rest of the form."""
        said = self._screen.speaking("settings")
        upload = ui.upload(
            label=said.say("from-file"), auto_upload=True, max_file_size=FILE_BYTES_MAX,
            on_rejected=lambda: self._screen.note(said.say("no-text-file"), good=False),
        )  # fmt: skip
        upload.props('accept=".toml,.txt" flat bordered').classes("import")
        return upload

    async def _read_file(self, event: UploadEventArguments, text: Any) -> None:
        data = await event.file.read()
        try:
            text.value = data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            self._screen.note(self._screen.speaking("settings").say("no-text-file"), good=False)

    async def submit(self) -> bool:
        """Hand the values in; show everything that is wrong with them. Return whether they were taken."""
        given: Mapping[str, Any] = {name: each.value for name, each in self._inputs.items()}
        values, bad = values_of(given, self._fields)
        zh = self._screen.lang != "en"
        lines = [
            f"{(field.words.zh if zh else field.words.en)}（{field.name}）：{field.meaning.zh if zh else field.meaning.en}"
            for field in bad
        ]
        if not bad:
            lines = [said(each, zh) for each in await self._save(values)]
        if lines:  # else the form may be gone by now
            self.explain(lines)
        return not lines

    def explain(self, lines: list[str]) -> None:
        """Show what is wrong, below the fields."""
        self._wrong.clear()
        with self._wrong:
            for line in lines:
                ui.label(line)


def said(mistake: Mistake, zh: bool) -> str:
    """Return a mistake in one language, with its place."""
    words = mistake.zh if zh else mistake.en
    near = (
        (f"；最接近的是“{mistake.nearest}”" if zh else f"; the nearest is '{mistake.nearest}'")
        if mistake.nearest
        else ""
    )
    return f"{mistake.place()} {words}{near}".strip()
