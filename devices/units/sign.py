"""A sign: the strip over one window, or the hall's LED board. Pure.

Shows one line made from a view, clipped by width. It is sent again when it changes, when the port opens,
when a silent sign answers again, and every minute, because a sign that lost its power does not say so. When
the view can no longer be trusted the sign says so instead of a number.
"""

from typing import Any

from caller.engine.envelope import AnyCommand
from config.catalogue import word
from config.instants import SECOND, Micros
from devices.profiles.profile import Profile
from devices.protocols.display_text import fill, shown
from devices.units.key_input import KeyDecoder
from devices.units.unit import CommandReply, Health, UnitEffect

TEMPLATES = {  # all fit 16 half cells with a window named "3号窗口"
    "closed": f"{{name}} {word('window-public', 'closed')}",
    "open": "{name} 请等候",
    "paused": word("window-public", "paused").replace("，", ","),
    "back": "预计{back}回来",
    "called": "请 {number} 号",
    "serving": f"{{number}} {word('window-public', 'serving')}",
    "away": "信息未更新",
    "call": "请{number}到{window_name}",
    "idle": "{hall}",
}
TRIAL = "测试 8888 TEST"


class Sign:
    """One sign; with a window it is that window's strip, without one the hall's."""

    kind = "sign"

    def __init__(self, window: str, profile: Profile, address: int) -> None:
        self._topic = f"window/{window}" if window else "board"
        self.topics = [self._topic]
        self._profile, self._address = profile, address
        self._keys = KeyDecoder(profile, address)
        self._doc: dict[str, Any] = {}
        self._current = False
        self._line = b""
        self._sent_at = 0
        self._answering = True

    def opened(self, now: Micros) -> list[UnitEffect]:
        self._keys.opened(now)
        return self._show(now, again=True)

    def watched(self, topic: str, doc: dict[str, Any], now: Micros) -> list[UnitEffect]:
        del topic
        self._doc = doc
        return self._show(now)

    def current(self, yes: bool, now: Micros) -> list[UnitEffect]:
        self._current = yes
        return self._show(now)

    def heard(self, data: bytes, now: Micros) -> list[UnitEffect]:
        self._keys.heard(data, now)
        return self._refreshed(now)

    def silence(self, now: Micros) -> list[UnitEffect]:
        self._keys.silence(now)
        return self._refreshed(now)

    def tick(self, now: Micros) -> list[UnitEffect]:
        self._answering = self.health(now)[0] != "unknown"
        refresh = self._profile.text.refresh_s
        return self._show(now, again=True) if refresh and now - self._sent_at >= refresh * SECOND else []

    def answered(self, command: AnyCommand, answer: CommandReply, now: Micros) -> list[UnitEffect]:
        del command, answer, now
        return []

    def poll(self) -> list[UnitEffect]:
        frame = self._profile.frame("poll", self._address)
        return [frame] if frame else []

    def trial(self) -> list[UnitEffect]:
        return self._frame(self._bytes(TRIAL))

    def health(self, now: Micros) -> Health:
        return self._keys.health(now)

    def _refreshed(self, now: Micros) -> list[UnitEffect]:
        """Send the picture again to a sign that was silent and answers now: its power is back, its picture may be
        gone."""
        back = not self._answering and self.health(now)[0] == "ready"
        self._answering = self._answering or back
        return self._show(now, again=True) if back else []

    def _show(self, now: Micros, again: bool = False) -> list[UnitEffect]:
        line = self._bytes(self._words())
        if line == self._line and not again:
            return []
        self._line, self._sent_at = line, now
        return self._frame(line)

    def _words(self) -> str:
        if not self._current or not self._doc:
            return self._template("away")
        if self._topic == "board":
            return self._hall_words()
        number = self._doc.get("ticket", {}).get("number", "")
        name = "back" if self._doc["state"] == "paused" and self._doc.get("back") else self._doc["state"]
        return fill(self._template(name), {**self._doc, "number": number})

    def _hall_words(self) -> str:
        calls = self._doc.get("calls", [])
        facts = (
            {**calls[0], "window_name": _called_to(calls[0])}
            if calls
            else {"hall": self._doc["hall"]["name"]}
        )
        return fill(self._template("call" if calls else "idle"), facts)

    def _template(self, name: str) -> str:
        return self._profile.text.templates.get(name, TEMPLATES[name])

    def _bytes(self, words: str) -> bytes:
        text = self._profile.text
        return shown(words, text.encoding, text.width, text.pad)

    def _frame(self, line: bytes) -> list[UnitEffect]:
        frame = self._profile.frame("show", self._address, {"text": line})
        return [frame] if frame else []


def _called_to(call: dict[str, Any]) -> str:
    """Return the window of a call by the number over it; by its name where it has none."""
    window = call.get("window", "")
    return f"{window}号窗口" if window.isdecimal() else call["window_name"]
