"""Code and card readers turn the bytes of serial scanners and ID readers into what was read. Pure.

A code checks an appointment in or brings a missed ticket back; a slip's QR is an address ending in the
ticket's id. An ID card gives a `CardHolder` to the function `told` of `ReaderUnit`, and at a guide desk the keyed hash to
the desk's page; the unit never keeps, logs or sends an ID number.
"""

from collections.abc import Callable
from typing import Any

from caller.engine.commands import CheckIn, RequeueTicket
from caller.engine.envelope import AnyCommand
from caller.engine.guide_commands import LayCard
from caller.identity.id_hash import PersonKey
from config.instants import SECOND, Micros
from devices.profiles.profile import Profile
from devices.protocols import sdt_card_reader
from devices.protocols.scanner import LineSplitter, ScannedCode, scanned
from devices.protocols.sdt_card_reader import CardHolder
from devices.units.unit import CommandReply, Health, Liveness, UnitEffect

DEFAULT_PROFILE = "reader-lines"  # the commonest scanner
REPEAT_SECONDS = 3  # a card or slip left lying is read once

Read = ScannedCode | CardHolder


class ReaderUnit:
    """A reader on a port. `told` gets all that is read; codes also become commands, unless it only tells:
    at a kiosk the screen in sight decides what a code means. `desk`: the guide desk whose page looks for a card's holder."""

    kind = "reader"

    def __init__(
        self,
        profile: Profile,
        key: PersonKey,
        told: Callable[[Read], None],
        only_tells: bool = False,
        desk: str = "",
    ) -> None:
        self._only_tells, self._desk = only_tells, desk
        self.topics: list[str] = []
        self._card = profile.protocol == "sdt"
        self._pulse = Liveness(profile.poll_ms)
        self._key, self._told = key, told
        self._lines, self._sdt = LineSplitter(), sdt_card_reader.Sdt()
        self._step: sdt_card_reader.CardStep = "find"
        self._last: tuple[str, int] = ("", -REPEAT_SECONDS * SECOND)

    def opened(self, now: Micros) -> list[UnitEffect]:
        self._lines, self._sdt, self._step = LineSplitter(), sdt_card_reader.Sdt(), "find"
        self._pulse.opened(now)
        return []

    def watched(self, topic: str, doc: dict[str, Any], now: Micros) -> list[UnitEffect]:
        del topic, doc, now
        return []

    def current(self, yes: bool, now: Micros) -> list[UnitEffect]:
        del yes, now
        return []

    def heard(self, data: bytes, now: Micros) -> list[UnitEffect]:
        before = self._dropped()
        if self._card:
            effects = [effect for reply in self._sdt.feed(data) for effect in self._replied(reply, now)]
        else:
            effects = [effect for text in self._lines.feed(data) for effect in self._scanned(text, now)]
        self._pulse.noise(self._dropped() - before, now)
        return effects

    def silence(self, now: Micros) -> list[UnitEffect]:
        del now
        self._sdt.silence()
        self._lines.silence()
        return []

    def tick(self, now: Micros) -> list[UnitEffect]:
        del now
        return []

    def answered(self, command: AnyCommand, answer: CommandReply, now: Micros) -> list[UnitEffect]:
        del command, answer, now
        return []

    def poll(self) -> list[UnitEffect]:
        """Begin again with finding a card: a step whose answer was lost must not stop the reader."""
        self._step = "find"
        return [sdt_card_reader.FIND] if self._card else []

    def trial(self) -> list[UnitEffect]:
        return self.poll()

    def health(self, now: Micros) -> Health:
        return self._pulse.health(now)

    def _dropped(self) -> int:
        return self._lines.dropped + self._sdt.dropped

    def _scanned(self, text: str, now: Micros) -> list[UnitEffect]:
        if self._repeated(text, now):
            return []
        found = scanned(text)
        self._told(found)
        if self._only_tells:
            return []
        if found.ticket:
            return [RequeueTicket(found.ticket)]
        return [CheckIn(found.appointment)] if found.appointment else []

    def _replied(self, reply: sdt_card_reader.CardReply, now: Micros) -> list[UnitEffect]:
        self._pulse.alive(now)
        if reply.text:
            self._step = "find"
            found = sdt_card_reader.person(reply.text, self._key)
            if found and not self._repeated(found.person, now):
                self._told(found)
                return [LayCard(self._desk, found.person)] if self._desk and not self._only_tells else []
            return []
        step = sdt_card_reader.NEXT.get((self._step, reply.status))
        self._step = step or "find"
        return [sdt_card_reader.ORDERS[step]] if step else []

    def _repeated(self, what: str, now: Micros) -> bool:
        last, at = self._last
        self._last = (what, now)
        return what == last and now - at < REPEAT_SECONDS * SECOND
