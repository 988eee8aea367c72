"""Short codes: what a person types, reads out or shows instead of an id. PURE.

One maker, one checker; `KINDS` is the table: of how many and of which signs a code of a kind is, and how many wrong ones
are taken.

1. A code is drawn from the random bytes of its command's envelope, so none can be guessed from another; it stands in the
   event, and a replay draws nothing.
2. It differs from every code of its kind that lives. Where `DRAWS` draws find no free one the space is too full for
   codes to protect anything, and none is made.
3. It lives as long as what it stands for: its owner's deadline ends it, and from then on it opens nothing.
4. Full-width signs, small letters, blanks and hyphens are how people type; the code is the same (`typed`). No code has
   letters that are taken for others: no I, L, O, U, and no 0 or 1 beside letters.
5. Wrong codes are counted by sender, and by no other: after `tries` of them within `TRIES_SPAN` all of its codes, right
   or wrong, are refused until the oldest is that old. So `tries` bounds the guesses of a sender in any such span.
   The counts live in memory: a restart of the caller forgets them, which it takes more than that span to make use of.
"""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Container
from typing import Literal, NamedTuple

from config.instants import MINUTE, Micros

CodeKind = Literal["booking", "voucher", "case", "feedback", "enrolment", "sheet", "sheet-all", "card"]
DIGITS = "0123456789"
PLAIN_SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class CodeRules(NamedTuple):
    """A kind of code: its length in signs, the wrong ones taken of a sender, and the signs it is made of."""

    length: int
    tries: int
    signs: str = DIGITS


KINDS: dict[CodeKind, CodeRules] = {
    # At a kiosk that everybody uses: more than a morning's slips of the finger. With a thousand appointments booked, one
    # of its guesses in a hundred thousand opens something.
    "booking": CodeRules(8, 20),
    # Shown by a screen that waits to be enrolled and typed by a manager: 30^6, of which some hundred live for ten minutes,
    # so a slip of the finger opens no other screen.
    "enrolment": CodeRules(6, 10, PLAIN_SIGNS),
    # On the printed sheet, valid for days and typed by anybody who stands before a screen: 30^10 and few tries.
    "sheet": CodeRules(10, 10, PLAIN_SIGNS),
    "sheet-all": CodeRules(10, 100, PLAIN_SIGNS),  # the same, of all addresses together
    # The number on a slip, typed by who scans the card at a window: no secret, so guesses are few.
    "card": CodeRules(4, 5, PLAIN_SIGNS),
    "voucher": CodeRules(10, 20),  # shown where a booking's code is, and never as long; scanned, seldom typed
    "case": CodeRules(
        10, 10
    ),  # from a phone: of a hundred thousand cases a guess in a hundred thousand opens one
    "feedback": CodeRules(10, 10),  # the same, of far fewer
}
DRAWS = 1000
TRIES_SPAN = 10 * MINUTE
SENDERS_MAX = 1024  # remembered at once; the one heard of longest ago gives way

_PLAIN = {0xFF01 + sign: 0x21 + sign for sign in range(94)} | dict.fromkeys(map(ord, " -\u3000\u2013－"))


def make(kind: CodeKind, random: bytes, id: str, living: Container[str]) -> str | None:
    """Return a new code of a kind.

    Args:
        random: the random bytes of the command's envelope.
        id: the id of what the code is for, so that two in one envelope differ.
        living: the codes of this kind that live.

    Returns None where no free one was found.
    """
    rules = KINDS[kind]
    for salt in range(DRAWS):
        digest = hashlib.sha256(random + f"{id}|{salt}".encode()).digest()
        code = _spelled(int.from_bytes(digest[:8]), rules)
        if code not in living:
            return code
    return None


def _spelled(number: int, rules: CodeRules) -> str:
    """Return the last signs of a number, written in the signs of a kind."""
    signs: list[str] = []
    for _ in range(rules.length):
        number, at = divmod(number, len(rules.signs))
        signs.append(rules.signs[at])
    return "".join(reversed(signs))


def typed(text: str) -> str:
    """Return a code as it is, from what a person typed."""
    return text.translate(_PLAIN).upper()


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
