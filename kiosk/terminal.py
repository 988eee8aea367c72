"""The Textual face: the same visit machine in a terminal, for staff, for tests and for a hall without a touch
screen. It shows the same document as the page and sends the same taps, from inside the process.

One text size and no touch: it is complete, not pretty. Wide-ambiguous characters are kept off it.
"""

from typing import Any, ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Static

from kiosk.station import Station
from kiosk.words import Words

READER_GAP_SECONDS = 0.12  # a code reader types faster than any person
QUIET_ZONE = 2  # white modules around a QR code on a terminal; readers forgive the missing two
KEYS = {
    "letters": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "digits": "1234567890",
    "code": "1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ",
}


# Rich counts these as one cell while hanzi fonts draw two; "[" would be read as markup.
PLAIN = str.maketrans({"…": "...", "–": "-", "“": '"', "”": '"', "[": "\\["})


class TapButton(Button):
    """A button that carries its tap."""

    def __init__(self, target: str, label: str, off: bool = False, variant: Any = "default") -> None:
        super().__init__(label.translate(PLAIN), variant=variant, disabled=off)
        self.target = target


class Terminal(App[None]):
    CSS = """
    #head { height: 3; padding: 1 2 0 2; background: $primary; color: $text; text-style: bold; }
    #body { padding: 1 2; }
    #title { text-style: bold; }
    #note { color: $warning; }
    Button { margin: 0 1 0 0; min-width: 16; }
    #tiles Button { width: 100%; }
    #foot { height: 3; dock: bottom; }
    #actions { height: auto; }
    #keys { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "tap('back')", "back", priority=True),
        Binding("f1", "tap('home')", "home"),
    ]

    def __init__(self, station: Station) -> None:
        super().__init__()
        self.station = station
        self.words = Words.load()
        self._typed, self._last = "", 0.0
        self._shown = (0, "")

    def compose(self) -> ComposeResult:
        yield Static(id="head")
        with VerticalScroll(id="body"):
            yield Static(id="title")
            yield Static(id="lead")
            yield Static(id="note")
            yield Static(id="facts")
            yield Vertical(id="tiles")
            yield Horizontal(id="actions")
        yield Horizontal(id="foot")

    async def on_mount(self) -> None:
        self.station.faces.append(self._face)
        self.run_worker(self._leave_to_restart())
        await self._show(self.station.screen)

    def on_unmount(self) -> None:
        self.station.faces.remove(self._face)

    async def _leave_to_restart(self) -> None:
        await self.station.restart.wait()
        self.exit()

    def _face(self, screen: dict[str, Any]) -> None:
        self.call_later(self._show, screen)

    def action_tap(self, target: str) -> None:
        self.station.tap(target, self.station.screen["n"])

    def on_button_pressed(self, event: Button.Pressed) -> None:
        assert isinstance(event.button, TapButton)
        self.station.tap(event.button.target, self._shown[0])

    def on_key(self, event: events.Key) -> None:
        """Keys type into the entry; a reader's burst that ends with Enter is a scan."""
        if event.time - self._last > READER_GAP_SECONDS:
            self._typed = ""
        self._last = event.time
        if event.key == "enter" and len(self._typed) >= 4:
            event.stop()
            self.action_tap("scan:" + self._typed)
        elif event.character and event.is_printable:
            self._typed += event.character
            if "entry" in self.station.screen:
                self.action_tap("key:" + event.character)
        elif event.key == "backspace" and "entry" in self.station.screen:
            self.action_tap("erase")

    # --- showing

    async def _show(self, doc: dict[str, Any]) -> None:
        words = self.words.of(doc["language"])
        self.query_one("#head", Static).update(doc["hall"])
        title = words.key("away.title") if doc["away"] else words.say(doc["title"])
        self._text("#title", title)
        lead = [words.say(doc[part]) for part in ("lead", "hint") if part in doc]
        self._text("#lead", words.key("away.text") if doc["away"] else "\n".join(lead))
        self._text("#note", "\n".join(self._notes(doc, words)))
        self._text("#facts", "\n".join(self._facts(doc, words)))
        live = str([doc.get(part) for part in ("tiles", "buttons", "tabs", "away")]) + doc["language"]
        if (doc["n"], live) != self._shown:
            self._shown = (doc["n"], live)
            await self._rebuild(doc, words)

    def _text(self, where: str, text: str) -> None:
        self.query_one(where, Static).update(text.translate(PLAIN))

    def _notes(self, doc: dict[str, Any], words: Words) -> list[str]:
        left = [words.key("left.text", left=doc["left"])] if "left" in doc else []
        return left + [words.say(note) for note in doc.get("notes", [])]

    def _facts(self, doc: dict[str, Any], words: Words) -> list[str]:
        lines = [words.say(fact) for fact in doc.get("facts", [])]
        if block := doc.get("number"):
            lines += [
                block["number"],
                block["queue"],
                words.say(block["windows"]),
                block["way"],
                words.say(block["band"]),
                block["url"],
                "",
            ]
            lines += blocks(block["qr"])
        if "entry" in doc:
            lines.append("> " + doc["entry"]["text"])
        for row in doc.get("rows", []):
            value = (
                "; ".join(row["list"])
                if "list" in row
                else words.say(row["word"])
                if "word" in row
                else row["text"]
            )
            lines.append(f"{words.key(row['key'])}: {value}")
        for printer in doc.get("printers", []):
            lines.append(f"{printer['text']}: {words.say(printer['state'])}")
        return lines

    async def _rebuild(self, doc: dict[str, Any], words: Words) -> None:
        tiles, actions, foot = (self.query_one(where) for where in ("#tiles", "#actions", "#foot"))
        with self.batch_update():
            for box in (tiles, actions, foot):
                await box.remove_children()
            if not doc["away"]:
                await tiles.mount(*(self._tile(tile, words) for tile in doc.get("tiles", [])))
                await actions.mount(*self._actions(doc, words))
            await foot.mount(*self._foot(doc, words))

    def _tile(self, tile: dict[str, Any], words: Words) -> TapButton:
        facts = [words.say(fact) for fact in tile.get("facts", [])]
        more = [tile["closed"]] if "closed" in tile else facts
        detail = [words.say(tile["detail"])] if "detail" in tile else []
        return TapButton(tile["target"], "  ".join([tile["name"], *detail, *more]))

    def _actions(self, doc: dict[str, Any], words: Words) -> list[TapButton]:
        tabs = [TapButton(tab["target"], words.key(tab["key"])) for tab in doc.get("tabs", [])]
        return tabs + [
            TapButton(
                b["target"],
                words.key(b["key"]),
                b.get("off", False),
                "primary" if b["tone"] == "main" else "default",
            )
            for b in doc.get("buttons", [])
        ]

    def _foot(self, doc: dict[str, Any], words: Words) -> list[TapButton]:
        back = [TapButton("back", words.key("button.back"))] if doc["nav"]["back"] else []
        home = [TapButton("home", words.key("button.home"))] if doc["nav"]["home"] else []
        others = [name for name in doc["languages"] if name != doc["language"]]
        return back + home + [TapButton("language:" + o, words.of(o).key("language.name")) for o in others]


def blocks(rows: list[str]) -> list[str]:
    """A QR code in half blocks: two rows of modules to a line, dark modules as blanks on a light ground."""
    width = len(rows[0]) + 2 * QUIET_ZONE
    blank = "0" * width
    padded = (
        [blank] * QUIET_ZONE
        + ["0" * QUIET_ZONE + r + "0" * QUIET_ZONE for r in rows]
        + [blank] * (QUIET_ZONE + 1)
    )
    glyphs = {("0", "0"): "█", ("0", "1"): "▀", ("1", "0"): "▄", ("1", "1"): " "}
    pairs = zip(padded[::2], padded[1::2], strict=False)
    return ["".join(glyphs[cell] for cell in zip(top, bottom, strict=True)) for top, bottom in pairs]
