"""The key of an applicant's phone: a secret printed on the slip, by which the phone page speaks for one ticket.

A ticket's id is no secret: clerks, evaluators and supervisors see ids, and the log, records and exports hold them. So
the phone proves more than the id: a MAC over it, keyed by the site's key for slips (`keys`), which only
the caller reads.

1. key = ticket id + "." + the first `MAC_BYTES` of HMAC-SHA256(slip key, ticket id) in hex. The id in front lets a
   scanner know the ticket without asking the caller; hex survives scanners that type in capitals.
2. The same ticket gives the same key, so a reprint carries the same code. Nothing is stored per ticket.
3. The key stands in the slip's QR code and in the answer to the station that hands out the slip; in no view, export,
   record or log.
4. Another key voids all slips in circulation. It does not rotate: it keys no person's data, and a slip may be rated
   for a week.
"""

import hashlib
import hmac
import re
from pathlib import Path

from caller.identity.keys import keys_of

PURPOSE = "slip"
# 96 bits: at the caller's pace a guess takes longer than the hall stands, and a QR code stays small.
MAC_BYTES = 12
PHONE_KEY = rf"[A-Za-z0-9-]{{8,64}}\.[0-9a-f]{{{2 * MAC_BYTES}}}"


class SlipKey:
    """The site's key for slips."""

    def __init__(self, secret: bytes) -> None:
        assert secret, "an empty key would let anybody make phone keys"
        self._secret = secret

    def phone_key(self, ticket: str) -> str:
        """Return the phone key of a ticket."""
        mac = hmac.new(self._secret, ticket.encode(), hashlib.sha256).digest()[:MAC_BYTES]
        return f"{ticket}.{mac.hex()}"

    def ticket_of(self, phone_key: str) -> str | None:
        """Return the ticket a phone key opens; None if the key was not made with this slip key."""
        if not re.fullmatch(PHONE_KEY, phone_key):
            return None
        ticket = phone_key.partition(".")[0]
        if not hmac.compare_digest(self.phone_key(ticket), phone_key):
            return None
        return ticket


def slip_key(data: Path) -> SlipKey:
    """Return the slip key kept in DATA, made now if there is none.

    Raises:
        BadKey: the file cannot be used.
    """
    return SlipKey(keys_of(data, PURPOSE)[0].secret)
