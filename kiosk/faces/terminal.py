"""The Textual face: the same visit machine in a terminal, for staff, for tests and for a hall without a touch
screen. It shows the same document as the page and sends the same taps, from inside the process.

One text size and no touch: it is complete, not pretty. The arrows go from button to button. On the screen at rest no
button is in focus until a key moves there, so that an Enter left over from a start or a visit presses nothing; on
the screens of a visit the button that leads on is in focus. Wide-ambiguous characters are kept off it.
"""

from functools import partial
from typing import Any, ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.timer import Timer
from textual.widgets import Button, Static

from config.languages import COMPLETE
from config.languages import language as row_of
from config.process.tables import cell_width, shortened
from devices.protocols.scanner import KEY_GAP, KeyBurst
from kiosk.faces import load_translations
from kiosk.screens.translations import Translations
from kiosk.station import KioskStation, ScreenDocument

QUIT = "退出请按 Ctrl+Q / Ctrl+Q quits"
QUIET_ZONE = 2  # white modules around a QR code on a terminal; readers forgive the missing two
KEYS = {
    "letters": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "digits": "1234567890",
    "code": "1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ",
}


# Rich counts these as one cell while hanzi fonts draw two; "[" would be read as markup.
PLAIN = str.maketrans({"…": "...", "–": "-", "“": '"', "”": '"', "[": "\\["})


# What only a touch screen says, as a keyboard has it.
INSTEAD = {"idle.lead": "terminal.idle", "rest.lead": "terminal.rest", "scan.lead": "terminal.scan"}
CONTROL_KEYS = {
    "ctrl+j": "enter",
    "ctrl+m": "enter",
    "ctrl+i": "tab",
}  # LF, CR and Tab as some scanners send them
WAYS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}
HEAD_ASIDE = 4  # cells that a line leaves free beside the hall's name
TILE_ASIDE = 8  # and beside a tile, with the scroll bar
ASIDE = 4  # a button straight ahead is nearer than one as many times nearer to the side


class TapButton(Button):
    """A button that carries its tap."""

    def __init__(self, target: str, label: str, off: bool = False, variant: Any = "default") -> None:
        super().__init__(label.translate(PLAIN), variant=variant, disabled=off)
        self.target = target


class Terminal(App[None]):
    AUTO_FOCUS = None  # Textual would put the first button in focus, which is the language
    CSS = """
    #head { height: 1; padding: 0 2; background: $primary; color: $text; text-style: bold; }
    #body { padding: 1 2 0 2; height: 1fr; }
    #title { text-style: bold; }
    #note { color: $warning; }
    #tiles { height: auto; margin: 1 0 0 0; }
    #tiles Button { width: 100%; height: 1; border: none; text-align: left; content-align: left middle; margin: 0; }
    .row { height: 3; padding: 0 2; }
    .row Button { margin: 0 1 0 0; min-width: 12; width: auto; }
    Button:focus { background: $warning; color: black; text-style: bold; }
    #foot Button, #tabs Button { height: 1; border: none; }
    #foot, #tabs { height: 1; }
    #keys { height: 1; padding: 0 2; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "tap('back')", "back", priority=True),
        Binding("f1", "tap('home')", "home"),
        *(Binding(way, f"go('{way}')", way, priority=True) for way in WAYS),
        Binding("pageup", "page(-1)", "up", priority=True),
        Binding("pagedown", "page(1)", "down", priority=True),
    ]

    def __init__(self, station: KioskStation) -> None:
        super().__init__()
        self.station = station
        self.words = load_translations()
        self._burst = KeyBurst()
        self._pressing: Timer | None = None  # an Enter that presses unless it turns out to begin a scan
        self._shown = (0, "")

    def compose(self) -> ComposeResult:
        yield Static(id="head")
        with VerticalScroll(id="body", can_focus=False):
            yield Static(id="title")
            yield Static(id="lead")
            yield Static(id="note")
            yield Static(id="facts")
            yield Vertical(id="tiles")
        yield Horizontal(id="tabs", classes="row")
        yield Horizontal(id="actions", classes="row")
        yield Horizontal(id="foot", classes="row")
        yield Static(id="keys")

    async def on_mount(self) -> None:
        self.station.faces.append(self._face)
        self.run_worker(self._leave_to_restart())
        await self._show(self.station.screen)

    def on_unmount(self) -> None:
        self.station.faces.remove(self._face)

    async def _leave_to_restart(self) -> None:
        await self.station.restart.wait()
        self.exit()

    def on_resize(self) -> None:
        """Names are set for the width there is."""
        self._shown = (self._shown[0], "")
        self.call_later(self._show, self.station.screen)

    def _face(self, screen: ScreenDocument) -> None:
        self.call_later(self._show, screen)

    def action_tap(self, target: str) -> None:
        self.station.tap(target, self.station.screen["n"])

    def on_button_pressed(self, event: Button.Pressed) -> None:
        assert isinstance(event.button, TapButton)
        self.station.tap(event.button.target, self._shown[0])

    def action_go(self, way: str) -> None:
        """Go to the nearest button that way; past the last one stay."""
        buttons = [button for button in self.query(TapButton) if not button.disabled]
        if not isinstance(self.focused, TapButton):
            self._focus_first()
            return
        here = self.focused.region
        right, down = WAYS[way]
        far = {
            button: (button.region.x - here.x) * right + (button.region.y - here.y) * down
            for button in buttons
        }
        aside = {b: abs((b.region.x - here.x) * down) + abs((b.region.y - here.y) * right) for b in buttons}
        ahead = [b for b in buttons if far[b] > 0 and (down or not aside[b])]
        if ahead:
            # At once: `focus()` would wait its turn behind a rebuild, which takes the button away.
            self.set_focus(min(ahead, key=lambda b: far[b] * ASIDE + aside[b]))

    def action_page(self, way: int) -> None:
        body = self.query_one("#body", VerticalScroll)
        body.scroll_page_down() if way > 0 else body.scroll_page_up()

    def action_help_quit(self) -> None:
        self.notify(QUIT)

    def on_paste(self, event: events.Paste) -> None:
        self.action_tap("scan:" + event.text.strip())

    async def on_event(self, event: events.Event) -> None:
        """Take keys as they come in, before the button in focus does: an Enter must not overtake a scanner."""
        if isinstance(event, events.Key) and not event.is_forwarded and self._read(event):
            return
        await super().on_event(event)

    def _read(self, event: events.Key) -> bool:
        """Take one key by the scanner's rule; True: it is done with, and Textual must not see it."""
        sign = event.character if event.is_printable else None
        meaning = self._burst.key(sign or CONTROL_KEYS.get(event.key, event.key), event.time)
        entry = self.station.screen.get("entry", {})
        if self._pressing and meaning != "other":
            self._pressing.stop()
            self._pressing = None
        match meaning:
            case "scan" if entry.get("kind", "code") == "code":
                self.action_tap("scan:" + self._burst.text)
            case "press":
                chosen = self.focused.target if isinstance(self.focused, TapButton) else ""
                self._pressing = self.set_timer(KEY_GAP, partial(self._press, chosen, self._shown[0]))
            case "typed" if entry:
                self.action_tap("key:" + (sign or ""))
            case "other" if event.key == "backspace" and entry:
                self.action_tap("erase")
            case "other":
                return False
            case _:
                pass
        return True

    def _press(self, target: str, revision: int) -> None:
        """Tap what was in focus when Enter was pressed: no key of a scan has followed."""
        self._pressing = None
        if target:
            self.station.tap(target, revision)

    # --- showing

    async def _show(self, doc: ScreenDocument) -> None:
        words = self.words.of(doc["language"])
        self.query_one("#head", Static).update(
            shortened(doc["hall"], self.size.width - HEAD_ASIDE).translate(PLAIN)
        )
        title, lead = self._away(doc, words) if doc["away"] else self._title(doc, words)
        self._update("#title", title)
        self._update("#lead", lead)
        self._update("#note", "\n".join(self._notes(doc, words)))
        self._update("#facts", "" if doc["away"] else "\n".join(self._facts(doc, words)))
        self._update("#keys", words.key("terminal.keys"))
        if (buttons := buttons_of(doc)) != self._shown:
            await self._rebuild(doc, words, stays=doc["n"] == self._shown[0])
            self._shown = buttons  # only now: what is pressed before was meant for the screen before

    def _title(self, doc: ScreenDocument, words: Translations) -> tuple[str, str]:
        parts = [doc[part] for part in ("rest", "lead", "hint") if part in doc]
        lead = [words.text(part | {"key": INSTEAD.get(part.get("key"), part.get("key"))}) for part in parts]
        return words.text(doc["title"]), "\n".join(lead)

    def _away(self, doc: ScreenDocument, words: Translations) -> tuple[str, str]:
        if "not_enrolled" not in doc:
            return words.key("away.title"), words.key("away.pending" if doc["pending"] else "away.text")
        staff = [words.of(language).key("not-enrolled.staff", **doc["not_enrolled"]) for language in COMPLETE]
        return words.key("not-enrolled.title"), "\n".join([words.key("not-enrolled.text"), "", *staff])

    def _update(self, where: str, text: str) -> None:
        self.query_one(where, Static).update(text.translate(PLAIN))

    def _notes(self, doc: ScreenDocument, words: Translations) -> list[str]:
        left = [words.key("left.text", left=doc["left"])] if "left" in doc else []
        return left + [words.text(note) for note in doc.get("notes", [])]

    def _facts(self, doc: ScreenDocument, words: Translations) -> list[str]:
        lines = [words.text(fact) for fact in doc.get("facts", [])]
        if block := doc.get("number"):
            said = [words.text(block[part]) for part in ("windows", "band") if part in block]
            said += [words.key("number.ahead", count=block["ahead"])] if block.get("ahead") else []
            lines += [block["number"], block["errand"], *said, block.get("way", ""), block["url"], ""]
            lines += blocks(block["qr"]) if block["qr"] else []  # a slip from before keys leads to no page
        if "entry" in doc:
            lines.append("> " + doc["entry"]["text"])
        for row in doc.get("rows", []):
            value = (
                "; ".join(row["list"])
                if "list" in row
                else words.text(row["word"])
                if "word" in row
                else row["text"]
            )
            lines.append(f"{words.key(row['key'])}: {value}")
        for printer in doc.get("printers", []):
            lines.append(f"{printer['text']}: {words.text(printer['state'])}")
        return lines

    async def _rebuild(self, doc: ScreenDocument, words: Translations, stays: bool) -> None:
        held = self.focused.target if stays and isinstance(self.focused, TapButton) else ""
        here = {} if doc["away"] else doc
        rows = {
            "#tiles": [self._tile(tile, words) for tile in here.get("tiles", [])],
            "#tabs": [TapButton(tab["target"], words.key(tab["key"])) for tab in here.get("tabs", [])],
            "#actions": self._actions(here, words),
            "#foot": self._foot(doc, words),
        }
        with self.batch_update():
            for where, buttons in rows.items():
                box = self.query_one(where)
                await box.remove_children()
                await box.mount(*buttons)
                box.display = bool(buttons)
        self._focus_first(held, not doc["away"] and doc["screen"] != "idle")

    def _focus_first(self, held: str = "", any_other: bool = True) -> None:
        """Put what was in focus there again, if it is still shown; else, with `any_other`, the button that leads on,
        or the first."""
        buttons = [button for button in self.query(TapButton) if not button.disabled]
        ranks = [lambda b: b.target == held]
        ranks += [lambda b: b.variant == "primary", lambda _: True] if any_other else []
        found = (button for fits in ranks for button in buttons if fits(button))
        self.set_focus(next(found, None))

    def _tile(self, tile: dict[str, Any], words: Translations) -> TapButton:
        facts = [words.text(fact) for fact in tile.get("facts", [])]
        more = [tile["closed"]] if "closed" in tile else facts
        detail = [words.text(tile["detail"])] if "detail" in tile else []
        room = self.size.width - TILE_ASIDE
        rest = shortened("".join("  " + part for part in [*detail, *more]), room // 2)
        name = words.key(tile["key"]) if "key" in tile else tile["name"]
        return TapButton(tile["target"], shortened(name, room - cell_width(rest)) + rest)

    def _actions(self, doc: ScreenDocument, words: Translations) -> list[TapButton]:
        return [
            TapButton(
                b["target"],
                words.key(b["key"]),
                b.get("off", False),
                "primary" if b["tone"] == "main" else "default",
            )
            for b in doc.get("buttons", [])
        ]

    def _foot(self, doc: ScreenDocument, words: Translations) -> list[TapButton]:
        back = [TapButton("back", words.key("button.back"))] if doc["nav"]["back"] else []
        home = [TapButton("home", words.key("button.home"))] if doc["nav"]["home"] else []
        # a terminal does not join letters, nor set them from the right
        readable = [name for name in doc["languages"] if row_of(name).direction == "ltr"]
        others = [name for name in readable if name != doc["language"]]
        return back + home + [TapButton("language:" + o, row_of(o).name) for o in others]


def buttons_of(doc: ScreenDocument) -> tuple[int, str]:
    """Return what the buttons of a screen depend on: its revision and their own parts."""
    return doc["n"], str([doc.get(part) for part in ("tiles", "buttons", "tabs", "away", "language")])


def blocks(rows: list[str]) -> list[str]:
    """Return a QR code in half blocks: two rows of modules to a line, dark modules as blanks on a light ground."""
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
