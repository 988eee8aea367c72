"""Reading a kiosk's screen aloud to applicants without sight, and walking it by the keys of an audio pad. Pure.

1. It begins with the first press of the pad and ends with the visit. Every new screen is read: its title, what it says,
   its notes, the number sign by sign; then how many parts it has. What changes on a screen (a slip that did not come
   out, a letter that was typed, an answer that has come) is read when it changes; a wait that grows is not.
2. The parts of a screen stand in the order of the glass: each paper and other line to read, each tile, each letter that
   can be pressed, each button. Down and up go from part to part, right and left to the next group of parts; OK presses
   the part that was read, or goes on where there is nothing to press.
3. Back, repeat and help are heard on every screen. The walk has an end: at the last part the pad says so.

It reads the same document as every face and sends the same taps; what it names aloud (an item, a class) its listener
has asked for, with headphones as `docs/pages.md` says.
"""

import string
from collections.abc import Mapping
from typing import Any, NamedTuple

from config.languages import BASE
from config.languages import language as row_of
from config.reading.device_checks import PAD_WORKS
from kiosk.screens.translations import Translations, spelled
from kiosk.visit.state import VisitState

SpokenDocument = dict[str, Any]
STEPS = {"down": 1, "up": -1}
LETTERS, DIGITS = string.ascii_uppercase, "1234567890"
SPOKEN_SIGNS_MAX = 1_200  # of one utterance, about two minutes; a longer one is cut, its parts can be walked
# Of what only who touches the glass can do, and of the few signs a tile has room for.
INSTEAD = {
    "idle.lead": "aloud.idle",
    "rest.lead": "aloud.rest",
    "tile.count": "wait.count",
    "tile.band": "wait.band",
}
NO_TEXT = -1  # where the walk stands before the first part: the screen as a whole was read


class SpokenPart(NamedTuple):
    """One part of a screen that the walk stops at; one without a target is only read."""

    text: str
    target: str = ""
    group: str = ""
    off: bool = False


class Utterance(NamedTuple):
    """What is spoken now; `serial` grows with each."""

    serial: int = 0
    language: str = "zh"
    text: str = ""


class ScreenReader:
    """The reader of one kiosk: `follow` takes each new document, `press` each key of the pad."""

    def __init__(
        self, words: Translations, yao: bool = False, spoken: Mapping[str, str] | None = None
    ) -> None:
        """`spoken`: language → the one it is read in, where it has no voice of its own here."""
        self.all_words, self.yao = words, yao
        self._spoken: Mapping[str, str] = spoken or {}
        self.said = Utterance()
        self._doc: SpokenDocument = {}  # the document that was read last; empty: nobody listens
        self._at = NO_TEXT

    @property
    def listens(self) -> bool:
        return bool(self._doc)

    def follow(self, doc: SpokenDocument, aloud: bool) -> SpokenDocument:
        """Return what a document has besides for who listens: the utterance, and the target of the part in hand."""
        if not aloud:
            self._doc, self._at = {}, NO_TEXT
            return {}
        before, self._doc = self._doc, doc
        words = self._words
        if not before or [before[part] for part in MARKS] != [doc[part] for part in MARKS]:
            self._at = NO_TEXT
            hello = [words.key("aloud.hello")] if not before else []
            self._say(*hello, *_whole(doc, words, self.yao), self._parts())
        else:
            self._at = self._kept_place(before)
            old = set(_lasting(before, self._words_of(before), self.yao))
            self._say(*(text for text in _lasting(doc, words, self.yao) if text not in old))
        at = self._stops()[self._at].target if self._at != NO_TEXT else ""
        return {"aloud": {"n": self.said.serial, "at": at, "spoken": self.said.language}}

    def tap_of(self, key: str, state: VisitState) -> str:
        """Return the tap that a key of the pad comes to, for every key counts as a touch. The first one only begins, and
        one that answers "still here?" presses nothing."""
        if key not in PAD_WORKS:
            return ""
        if not state.aloud or not self.listens:
            return "aloud"
        if state.left is not None:
            self._say(self._words.key("aloud.stays"))
            return "stay"
        return self.press(key) or "stay"

    def press(self, key: str) -> str:
        """Return the tap that a key stands for; empty where it only speaks."""
        words, stops = self._words, self._stops()
        if key == "repeat":
            self._say(self.said.text)
        elif key == "help":
            self._say(words.key("aloud.help"), self._parts())
        elif key == "back":
            nav = {} if self._doc["away"] else self._doc["nav"]
            if nav.get("back") or nav.get("home"):
                return "back" if nav["back"] else "home"
            self._say(words.key("aloud.no-back"))
        elif key == "ok" and self._at != NO_TEXT and stops[self._at].target:
            if not stops[self._at].off:
                return stops[self._at].target
            self._say(words.key("aloud.off"))
        elif key in ("left", "right"):
            self._go(self._next_group(1 if key == "right" else -1))
        else:
            self._go(self._at + STEPS.get(key, 1))
        return ""

    # --- the walk

    @property
    def _words(self) -> Translations:
        return self._words_of(self._doc)

    def _words_of(self, doc: SpokenDocument) -> Translations:
        return self.all_words.of(self._read_in(doc))

    def _read_in(self, doc: SpokenDocument) -> str:
        """Return the language in which a document is read: one that has a voice, and the reader's own words."""
        shown = doc.get("language", BASE)
        spoken = self._spoken.get(shown, shown)
        return spoken if "aloud.hello" in self.all_words.lines.get(spoken, {}) else BASE

    def _stops(self) -> list[SpokenPart]:
        return stops_of(self._doc, self._words, self.yao)

    def _kept_place(self, before: SpokenDocument) -> int:
        """Return where the part in hand stands now, by its target; gone, as a letter that finds nothing more, the walk
        begins anew."""
        old, new = stops_of(before, self._words_of(before), self.yao), self._stops()
        if self._at == NO_TEXT or not old[self._at].target:
            return min(self._at, len(new) - 1)
        targets = [stop.target for stop in new]
        here = old[self._at].target
        return targets.index(here) if here in targets else NO_TEXT

    def _next_group(self, step: int) -> int:
        stops = self._stops()
        starts = [at for at, stop in enumerate(stops) if not at or stops[at - 1].group != stop.group]
        if step > 0:
            return next((at for at in starts if at > self._at), len(stops))
        return max((at for at in starts if at < self._at), default=NO_TEXT)

    def _go(self, at: int) -> None:
        stops, words = self._stops(), self._words
        last, self._at = len(stops) - 1, max(NO_TEXT, min(at, len(stops) - 1))
        if self._at == NO_TEXT:
            return self._say(*_whole(self._doc, words, self.yao), self._parts())
        stop = stops[self._at]
        end = [words.key("aloud.last")] if at > last else []
        return self._say(*end, stop.text, *([words.key("aloud.off")] if stop.off else []))

    def _parts(self) -> str:
        count = len(self._stops())
        return self._words.key("aloud.parts", count=count) if count else ""

    def _say(self, *texts: str) -> None:
        """Speak these; nothing where there is nothing to say."""
        said = [text.strip(" 。.") for text in texts]
        if text := self._words.key("aloud.stop").join(text for text in said if text):
            between = text.replace("–", self._words.key("aloud.to"))
            self.said = Utterance(self.said.serial + 1, self._read_in(self._doc), between[:SPOKEN_SIGNS_MAX])


MARKS = ("n", "screen", "language", "away")  # a document that differs in one of them is another screen


def _whole(doc: SpokenDocument, words: Translations, yao: bool) -> list[str]:
    """Return all that a screen says as it comes: what lasts on it, and who waits how long just now."""
    return [*_lasting(doc, words, yao), *([] if doc["away"] else _fleeting(doc, words))]


def _lasting(doc: SpokenDocument, words: Translations, yao: bool) -> list[str]:
    """Return the texts of a screen that are worth another word when they change."""
    left = [words.key("aloud.left")] if "left" in doc else []
    if doc["away"]:
        return [words.key("away.title"), words.key("away.pending" if doc["pending"] else "away.text")]
    parts = [doc[part] for part in ("title", "rest", "lead", "hint") if part in doc]
    head = [_text(part, words) for part in parts]
    notes = [words.text(note) for note in doc.get("notes", [])]
    return [*left, *head, *_number(doc, words, yao), *_entry(doc, words, yao), *notes]


def _text(part: SpokenDocument, words: Translations) -> str:
    return words.text(part | {"key": INSTEAD.get(part.get("key", ""), part.get("key", ""))})


def _number(doc: SpokenDocument, words: Translations, yao: bool) -> list[str]:
    block = doc.get("number")
    if not block:
        return []
    number = spelled(block["number"], words.key("say.digits"), yao)
    where = [words.text(block["windows"])] if "windows" in block else []
    return [words.key("aloud.number", number=number), block["errand"], *where, block.get("way", "")]


def _entry(doc: SpokenDocument, words: Translations, yao: bool) -> list[str]:
    """Return what was typed, sign by sign, and how many that finds; of a PIN only how many signs."""
    if not (entry := doc.get("entry")) or not entry["text"]:
        return []
    typed = spelled(entry["text"], words.key("say.digits"), yao)
    found = [words.key("aloud.found", count=len(doc["tiles"]))] if "tiles" in doc else []
    return [words.key("aloud.typed", text=typed), *found]


def _fleeting(doc: SpokenDocument, words: Translations) -> list[str]:
    block = doc.get("number", {})
    ahead = block.get("ahead")
    line = words.key("number.ahead", count=ahead) if ahead else words.key("number.first")
    band = [words.key("number.wait"), words.text(block["band"])] if "band" in block else []
    facts = [words.text(fact) for fact in doc.get("facts", [])]
    return [*([line] if ahead is not None else []), *band, *facts]


# --- the parts of a screen


def stops_of(doc: SpokenDocument, words: Translations, yao: bool = False) -> list[SpokenPart]:
    """Return the parts of a screen in their order; of one that is covered none."""
    if doc["away"]:
        return []
    lines = [SpokenPart(text, group="lines") for row in doc.get("rows", []) for text in _row(row, words)]
    tiles = [SpokenPart(_tile(tile, words), tile["target"], "tiles") for tile in doc.get("tiles", [])]
    buttons = [
        SpokenPart(words.key(each["key"]), each["target"], "buttons", each.get("off", False))
        for each in doc.get("buttons", [])
    ]
    tabs = [
        SpokenPart(words.key("aloud.tab" if tab["on"] else "aloud.other-tab", name=words.key(tab["key"])), tab["target"], "tabs")
        for tab in doc.get("tabs", [])
    ]  # fmt: skip
    return [*lines, *tiles, *_keys(doc, words, yao), *buttons, *tabs, *_foot(doc, words)]


def _row(row: SpokenDocument, words: Translations) -> list[str]:
    name = words.key(row["key"])
    if "list" not in row:
        return [words.key("aloud.row", name=name, text=words.text(row.get("word", row)))]
    lines = row["list"]
    many = len(lines) > 1
    names = [
        words.key("aloud.of", name=name, at=at, of=len(lines)) if many else name
        for at in range(1, len(lines) + 1)
    ]
    return [words.key("aloud.row", name=name, text=line) for name, line in zip(names, lines, strict=True)]


def _tile(tile: SpokenDocument, words: Translations) -> str:
    name = words.key(tile["key"]) if "key" in tile else tile["name"]
    more = [tile["closed"]] if "closed" in tile else [_text(fact, words) for fact in tile.get("facts", [])]
    detail = [words.text(tile["detail"])] if "detail" in tile else []
    return words.key("aloud.stop").join([name, *detail, *(text for text in more if text)])


def _keys(doc: SpokenDocument, words: Translations, yao: bool) -> list[SpokenPart]:
    """Return the keys that can be pressed now: of letters those that find something."""
    if not (entry := doc.get("entry")):
        return []
    live = entry.get("live")
    letters = [sign for sign in LETTERS if live is None or sign.lower() in live]
    signs = {"letters": letters, "digits": [*DIGITS], "code": [*DIGITS, *LETTERS]}[entry["kind"]]
    digits = words.key("say.digits")
    keys = [SpokenPart(spelled(sign, digits, yao), f"key:{sign}", "keys") for sign in signs]
    edits = [SpokenPart(words.key(f"button.{name}"), name, "keys") for name in ("erase", "clear")]
    return [*keys, *(edits if entry["text"] else [])]


def _foot(doc: SpokenDocument, words: Translations) -> list[SpokenPart]:
    nav = [
        SpokenPart(words.key(f"button.{name}"), name, "foot") for name in ("back", "home") if doc["nav"][name]
    ]
    others = [name for name in doc["languages"] if name != doc["language"]]
    names = [SpokenPart(row_of(name).name, f"language:{name}", "foot") for name in others]
    return [*nav, *names]
