"""Short codes: what a person types, reads out or shows instead of an id. PURE.

One maker, one checker; `KINDS` is the table: how many digits a code of a kind has, and how many wrong ones are taken.

1. A code is drawn from the random bytes of its command's envelope, so none can be guessed from another; it stands in the
   event, and a replay draws nothing.
2. It differs from every code of its kind that lives. Where `DRAWS` draws find no free one the space is too full for
   codes to protect anything, and none is made.
3. It lives as long as what it stands for: its owner's deadline ends it, and from then on it opens nothing.
4. Full-width digits, blanks and hyphens are how people type; the code is the same (`typed`).
5. Wrong codes are counted by sender, and by no other: after `tries` of them within `TRIES_SPAN` all of its codes, right
   or wrong, are refused until the oldest is that old. So `tries` bounds the guesses of a sender in any such span.
   The counts live in memory: a restart of the caller forgets them, which it takes more than that span to make use of.
"""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Container
from typing import Literal, NamedTuple

from config.instants import MINUTE, Micros

CodeKind = Literal["booking", "voucher", "case"]


class CodeRules(NamedTuple):
    """A kind of code."""

    digits: int
    tries: int


KINDS: dict[CodeKind, CodeRules] = {
    # At a kiosk that everybody uses: more than a morning's slips of the finger. With a thousand appointments booked, one
    # of its guesses in a hundred thousand opens something.
    "booking": CodeRules(8, 20),
    "voucher": CodeRules(10, 20),  # shown where a booking's code is, and never as long; scanned, seldom typed
    "case": CodeRules(
        10, 10
    ),  # from a phone: of a hundred thousand cases a guess in a hundred thousand opens one
}
DRAWS = 1000
TRIES_SPAN = 10 * MINUTE
SENDERS_MAX = 1024  # remembered at once; the one heard of longest ago gives way

_PLAIN = {0xFF10 + digit: ord("0") + digit for digit in range(10)} | dict.fromkeys(
    map(ord, " -\u3000\u2013－")
)


def make(kind: CodeKind, random: bytes, id: str, living: Container[str]) -> str | None:
    """Return a new code of a kind.

    Args:
        random: the random bytes of the command's envelope.
        id: the id of what the code is for, so that two in one envelope differ.
        living: the codes of this kind that live.

    Returns None where no free one was found.
    """
    digits = KINDS[kind].digits
    for salt in range(DRAWS):
        digest = hashlib.sha256(random + f"{id}|{salt}".encode()).digest()
        code = str(int.from_bytes(digest[:8]) % 10**digits).zfill(digits)
        if code not in living:
            return code
    return None


def typed(text: str) -> str:
    """Return a code as it is, from what a person typed."""
    return text.translate(_PLAIN)


class WrongTries:
    """The wrong codes of each sender, as instants (UTC microseconds)."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, deque[Micros]] = OrderedDict()

    def minutes_left(self, kind: CodeKind, sender: str, now: Micros) -> int:
        """Return for how many minutes more a sender's codes are refused, at least 1; 0: they are taken."""
        wrong = self._wrong.get(sender)
        while wrong and now - wrong[0] >= TRIES_SPAN:
            wrong.popleft()
        if not wrong or len(wrong) < KINDS[kind].tries:
            return 0
        return -(-(wrong[0] + TRIES_SPAN - now) // MINUTE)

    def note(self, sender: str, now: Micros) -> None:
        """Note a wrong code of a sender."""
        self._wrong.setdefault(sender, deque()).append(now)
        self._wrong.move_to_end(sender)
        if len(self._wrong) > SENDERS_MAX:
            self._wrong.popitem(last=False)
