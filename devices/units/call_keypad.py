"""A hard caller (叫号器): a keypad with a small display at one window, for clerks who never look at a PC. Pure.

Each press carries the version of the picture the clerk was shown, so a double press burns no number. What
the display says comes from the window's view, or from the caller's refusal for a few seconds.
"""

from typing import Any

from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand
from caller.engine.numbering import serial_in
from config.catalogue import word
from config.instants import SECOND, Micros
from devices.profiles.profile import Profile
from devices.protocols.display_text import fill, shown
from devices.units.key_input import KeyDecoder
from devices.units.keypad_sign_in import SIGN_OUT, PersonRequest, SignInEntry
from devices.units.unit import CommandReply, Health, UnitEffect

NOTE_SECONDS = 3  # long enough to read ten signs
ENTRY_SECONDS = 10  # an entry left half done must not wait for the next clerk
DIGITS_MAX = 6
KeypadVerb = type[cmd.CallNext | cmd.Recall | cmd.StartService | cmd.FinishService | cmd.MarkNoShow]
VERB_COMMANDS: dict[str, KeypadVerb] = {
    "next": cmd.CallNext,
    "recall": cmd.Recall,
    "start": cmd.StartService,
    "finish": cmd.FinishService,
    "no-show": cmd.MarkNoShow,
}
TEMPLATES = {
    "closed": word("window-state", "closed"),
    "open": f"{word('window-state', 'open')} 等候{{waiting}}",
    "paused": f"{word('window-state', 'paused')} 等候{{waiting}}",
    "called": "{number} 等候{waiting}",
    "serving": "{number} 办理 等{waiting}",
    "away": "信息未更新",
    "transfer": "转到窗口 {entry}",
    "choose": "选呼 {entry}",
    "no-window": "无窗口 {entry}",
    "no-number": "无此号 {entry}",
    "sign-in": "请输工号登录",
    "staff": "工号 {entry}",
    "pin": "密码 {entry}",
    "new-pin": "新密码 {entry}",
    "again": "再输 {entry}",
}


class CallKeypad:
    """One hard caller."""

    kind = "caller-pad"

    def __init__(
        self, window: str, profile: Profile, address: int, windows: frozenset[str], accounts: bool = False
    ) -> None:
        """`accounts`: a person must sign in before a press, as the hall's settings say."""
        self.topics = [f"window/{window}"]
        self._window, self._windows = window, windows
        self._profile, self._address = profile, address
        self._keys = KeyDecoder(profile, address)
        self._doc: dict[str, Any] = {}
        self._current = False
        self._entry = ""
        self._transferring = False
        self._accounts, self._signed_in, self._sign_in = accounts, False, SignInEntry(window)
        self._note = ""
        self._until = 0  # when the note or the entry ends
        self._line = b""
        self._refreshed_at = 0
        self.ignored = 0  # presses without a picture, or that mean nothing now

    def opened(self, now: Micros) -> list[UnitEffect]:
        self._keys.opened(now)
        self._line, self._refreshed_at = b"", now
        return self._show()

    def watched(self, topic: str, doc: dict[str, Any], now: Micros) -> list[UnitEffect]:
        del topic, now
        self._doc = doc
        return self._show()

    def current(self, yes: bool, now: Micros) -> list[UnitEffect]:
        """Return whether the picture can be trusted; a press on an old one would be refused anyway."""
        del now
        self._current = yes
        return self._show()

    def heard(self, data: bytes, now: Micros) -> list[UnitEffect]:
        return self._press_all(self._keys.heard(data, now), now)

    def silence(self, now: Micros) -> list[UnitEffect]:
        return self._press_all(self._keys.silence(now), now)

    def tick(self, now: Micros) -> list[UnitEffect]:
        """End an entry or a note in time; and the line is sent anew now and then, for it may have been broken on
        its way and the display does not say so."""
        if 0 < self._until <= now:
            if not self._note:
                self._sign_in.clear()
            self._reset()
            self._until = now + ENTRY_SECONDS * SECOND if self._sign_in.begun else 0
        refresh = self._profile.text.refresh_s
        if refresh and now - self._refreshed_at >= refresh * SECOND:
            self._line, self._refreshed_at = b"", now
        return self._show()

    def answered(self, command: AnyCommand, answer: CommandReply, now: Micros) -> list[UnitEffect]:
        del command
        self._signed_in = self._signed_in and answer.code != "sign-in-first"  # the session has ended
        return self._say(answer.zh or "没有办理", now) if answer.code else []

    def person_answered(self, request: PersonRequest, answer: CommandReply, now: Micros) -> list[UnitEffect]:
        """Take what became of signing in or out. At another clerk's window a person may end what is there."""
        self._signed_in = bool(request.account) and answer.code in ("", "window-taken")
        if answer.code and not self._signed_in:
            self._sign_in.refused(answer.code)
        else:
            self._sign_in.clear()
        return self._say(answer.zh, now) if answer.code else self._show()

    def poll(self) -> list[UnitEffect]:
        return self._frame("poll")

    def trial(self) -> list[UnitEffect]:
        return [
            *self._frame("show", shown("测试 TEST", self._text.encoding, self._text.width, True)),
            *self._frame("beep"),
        ]

    def health(self, now: Micros) -> Health:
        return self._keys.health(now)

    @property
    def _text(self) -> Any:
        return self._profile.text

    def _press_all(self, pressed: list[tuple[str, bytes]], now: Micros) -> list[UnitEffect]:
        effects: list[UnitEffect] = []
        for meaning, key in pressed:
            effects += self._frame("answer", b"", key)
            effects += self._press(meaning, now)
        return effects

    def _press(self, meaning: str, now: Micros) -> list[UnitEffect]:
        if not self._doc or not self._current:
            self.ignored += 1
            return self._show()
        if self._accounts and not self._signed_in:
            return self._sign_in_key(meaning, now)
        if meaning.startswith("digit-"):
            return self._digit(meaning[-1], now)
        if meaning in ("transfer", "ok", "clear"):
            return self._entry_key(meaning, now)
        self._reset()
        verb = self._verb(meaning)
        state = self._doc.get("verbs", {}).get(type(verb).__name__, {"live": True})
        if not state[
            "live"
        ]:  # decided by the caller, alike for every desk; the display has room for the reason only
            return self._say(state["zh"], now)
        return [*self._show(), verb]

    def _verb(self, meaning: str) -> AnyCommand:
        if meaning == "pause":
            paused = self._doc["state"] == "paused"
            return cmd.ResumeWindow(self._window) if paused else cmd.PauseWindow(self._window)
        return VERB_COMMANDS[meaning](self._window, self._doc["version"])

    def _sign_in_key(self, meaning: str, now: Micros) -> list[UnitEffect]:
        self._note, self._until = "", now + ENTRY_SECONDS * SECOND
        if meaning.startswith("digit-"):
            self._sign_in.digit(meaning[-1])
        elif meaning == "ok" and (request := self._sign_in.ok()):
            return [*self._show(), request]
        elif meaning != "ok":
            self._sign_in.clear()
        return self._show()

    def _digit(self, digit: str, now: Micros) -> list[UnitEffect]:
        self._entry = (self._entry + digit)[-DIGITS_MAX:]
        return self._entering(now)

    def _entry_key(self, meaning: str, now: Micros) -> list[UnitEffect]:
        if meaning == "ok" and self._entry:
            return self._transfer(now) if self._transferring else self._choose(now)
        self._reset()
        self._transferring = meaning == "transfer"
        return self._entering(now) if self._transferring else self._show()

    def _entering(self, now: Micros) -> list[UnitEffect]:
        self._note, self._until = "", now + ENTRY_SECONDS * SECOND
        return self._show()

    def _transfer(self, now: Micros) -> list[UnitEffect]:
        entry = self._entry
        self._reset()
        if entry not in self._windows or entry == self._window:
            return self._say(self._words("no-window", entry), now)
        return [*self._show(), cmd.TransferTicket(self._window, self._doc["version"], to_window=entry)]

    def _choose(self, now: Micros) -> list[UnitEffect]:
        """Call the number that ends in these digits (选呼), if it is the only one."""
        entry = self._entry
        self._reset()
        if self._accounts and entry == SIGN_OUT:
            return [*self._show(), PersonRequest(self._window)]
        rows = [row for part in ("next", "held", "missed") for row in self._doc.get(part, [])]
        found = [row["ticket"] for row in rows if serial_in(row["number"]) == int(entry)]
        if len(found) != 1:
            return self._say(self._words("no-number", entry), now)
        return [*self._show(), cmd.CallTicket(self._window, self._doc["version"], found[0])]

    def _reset(self) -> None:
        self._entry, self._transferring, self._note, self._until = "", False, "", 0

    def _say(self, note: str, now: Micros) -> list[UnitEffect]:
        self._note, self._until = note, now + NOTE_SECONDS * SECOND
        return [*self._show(), *self._frame("beep")]

    def _show(self) -> list[UnitEffect]:
        """Return the display's line, if it is another than before."""
        line = shown(self._picture(), self._text.encoding, self._text.width, self._text.pad)
        if line == self._line:
            return []
        self._line = line
        return self._frame("show", line)

    def _picture(self) -> str:
        if self._note:
            return self._note
        if not self._current or not self._doc:
            return self._words("away")
        if self._accounts and not self._signed_in:
            step = self._sign_in.step if self._sign_in.begun else "sign-in"
            return self._words(step, self._sign_in.shown)
        if self._transferring or self._entry:
            return self._words("transfer" if self._transferring else "choose", self._entry)
        return self._words(self._doc["state"])

    def _words(self, name: str, entry: str = "") -> str:
        template = self._text.templates.get(name, TEMPLATES[name])
        number = self._doc.get("ticket", {}).get("number", "")
        return fill(template, {**self._doc, "number": number, "entry": entry})

    def _frame(self, name: str, text: bytes = b"", key: bytes = b"") -> list[UnitEffect]:
        frame = self._profile.frame(name, self._address, {"text": text, "key": key})
        return [frame] if frame else []
