"""An evaluator keypad at one window: asks once after a service, takes the first key, forgets the rest. Pure.

At a window that has handed out the result of a case it asks once more, about the case: only after the thanks for the
first answer have gone, so that no key pressed twice rates the case, or when the first question is over.

Rating is voluntary: there is no default level, a key counts only while the window's view asks, and only
once. Thanks are shown when the rating is on disk, not when the key is heard.
"""

from collections import deque
from typing import Any

from caller.engine.commands import Rate
from caller.engine.envelope import AnyCommand
from caller.engine.rating_messages import RateCase
from config.instants import SECOND, Micros
from devices.profiles.profile import LEVELS, Profile
from devices.units.key_input import KeyDecoder
from devices.units.unit import CommandReply, Health, UnitEffect

AGAIN = frozenset({"not-saved", "too-fast", "too-long-away"})  # refusals after which the same key may count
THANKS_SECONDS = 3  # long enough to be seen, gone before the next applicant sits down
RATED_MAX = 64  # tickets remembered as rated; a window finishes fewer in the time a view may be late
CASE = "case/"
LEVEL_OF = {name: level for level, name in enumerate(LEVELS, start=1)}


class Evaluator:
    """One keypad; what it wants done is what its methods return."""

    kind = "evaluator"

    def __init__(self, window: str, profile: Profile, address: int) -> None:
        self.topics = [f"window/{window}"]
        self._profile = profile
        self._address = address
        self._keys = KeyDecoder(profile, address)
        self._doc: dict[str, Any] = {}
        self._ticket = (
            ""  # asked about now; with `CASE` before it, the case whose result that visit collected
        )
        self._until = 0
        self._pressed: deque[str] = deque(maxlen=RATED_MAX)  # tickets a key was taken for
        self._level = 0
        self._unanswered = False  # a key was taken, and the caller has not said yet what became of it
        self._thanked_until = 0
        self.ignored = 0  # keys nobody asked for

    def opened(self, now: Micros) -> list[UnitEffect]:
        """Greet the device whose port is open (again): the keypad may have lost its power, so say where we are."""
        self._keys.opened(now)
        return self._frame("prompt" if self._asking(now) else "idle")

    def watched(self, topic: str, doc: dict[str, Any], now: Micros) -> list[UnitEffect]:
        """Take the window's newest view."""
        del topic  # an evaluator watches one
        self._doc = doc
        return self._look(now)

    def _look(self, now: Micros) -> list[UnitEffect]:
        """Ask what the window's view asks now: about the visit first, then about the case whose result it collected."""
        questions = [(self._doc.get(name), name == "case_rating") for name in ("rating", "case_rating")]
        rating, of_case = next(
            ((each, case) for each, case in questions if each and now < each["until"]), (None, False)
        )
        if rating is None or (of_case and (self._unanswered or now < self._thanked_until)):
            return self._stop()
        asked = CASE + rating["ticket"] if of_case else rating["ticket"]
        if asked == self._ticket:
            return []
        self._ticket, self._until = asked, rating["until"]
        self._thanked_until = 0
        return self._frame("prompt") if self._asking(now) else []

    def current(self, yes: bool, now: Micros) -> list[UnitEffect]:
        """Clear the display, which must show nothing that could be old; the caller judges a late key."""
        del yes, now
        return []

    def heard(self, data: bytes, now: Micros) -> list[UnitEffect]:
        return self._take(self._keys.heard(data, now), now)

    def silence(self, now: Micros) -> list[UnitEffect]:
        return self._take(self._keys.silence(now), now)

    def tick(self, now: Micros) -> list[UnitEffect]:
        """End the question when its time is over, and the thanks likewise."""
        if 0 < self._thanked_until <= now:
            self._thanked_until = 0
            return self._look(now) or self._frame("prompt" if self._asking(now) else "idle")
        if self._ticket and now >= self._until:
            return self._stop() + self._look(now)
        return []

    def answered(self, command: AnyCommand, answer: CommandReply, now: Micros) -> list[UnitEffect]:
        """Take the caller's answer to a command of ours."""
        if not isinstance(command, Rate | RateCase):
            return []
        self._unanswered = False
        asked = CASE + command.ticket if isinstance(command, RateCase) else command.ticket
        if not answer.code:
            self._thanked_until = now + THANKS_SECONDS * SECOND
            return self._frame("thanks")
        if answer.code in AGAIN and asked == self._ticket:
            self._pressed.remove(asked)
            return self._frame("prompt") if self._asking(now) else []
        return self._frame("idle") + self._look(now)

    def ask(self, now: Micros) -> list[UnitEffect]:
        """Ask again, as a clerk wishes; nothing where no rating is awaited."""
        return self._frame("prompt") if self._asking(now) else []

    def poll(self) -> list[UnitEffect]:
        return self._frame("poll")

    def trial(self) -> list[UnitEffect]:
        """Return what `hallcall device test` shows: the question, which the next view takes back."""
        return self._frame("prompt")

    def health(self, now: Micros) -> Health:
        return self._keys.health(now)

    def _take(self, pressed: list[tuple[str, bytes]], now: Micros) -> list[UnitEffect]:
        effects: list[UnitEffect] = []
        for meaning, key in pressed:
            effects += self._frame("answer", key)
            if not self._asking(now):
                self.ignored += 1
                continue
            self._pressed.append(self._ticket)
            self._level = LEVEL_OF[meaning]
            effects.append(self._rating(self._level))
            self._unanswered = True
        return effects

    def _rating(self, level: int) -> Rate | RateCase:
        if self._ticket.startswith(CASE):
            return RateCase(level, ticket=self._ticket.removeprefix(CASE), via="evaluator")
        return Rate(ticket=self._ticket, level=level, via="evaluator")

    def _asking(self, now: Micros) -> bool:
        return bool(self._ticket) and now < self._until and self._ticket not in self._pressed

    def _stop(self) -> list[UnitEffect]:
        if not self._ticket:
            return []
        silent = self._ticket in self._pressed  # thanks were or will be shown instead
        self._ticket = ""
        return [] if silent else self._frame("idle")

    def _frame(self, name: str, key: bytes = b"") -> list[UnitEffect]:
        frame = self._profile.frame(name, self._address, {"level": self._level, "key": key})
        return [frame] if frame else []
