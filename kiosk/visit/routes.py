"""Where each tap leads: the kiosk's whole map in one table, and what the scan of a code reader stands for. Pure.

On *this* screen, *this* tap leads *there*. A tap that is not in the table does nothing. Some screens are passed
over when they have nothing to ask: `priority` in a hall that offers one class only, `behalf` without a card and in a
hall that does not ask. `ANSWERS` are the routes of what is
answered: by the caller to a command, by the store to a PIN, by the site's key to a client's number.
"""

from devices.protocols.scanner import CODE_MIN, scanned

SAME = "="
BACK = "<"

TABLE: dict[str, dict[str, str]] = {
    "idle": {"start": "services", "slip": "ticket", "code": "waiting", "no-code": "refused", "staff": "pin"},
    "services": {
        "tab": SAME,
        "department": "items",
        "event": "items",
        "item": "guide",
        "queue": "priority",
        "search": "search",
        "appointment": "appointment",
        "lost": "scan",
        "feedback": "feedback",
        "questions": "questions",
        "progress": "progress",
        "chosen": "guide",
        "slip": "ticket",
        "code": "waiting",
        "no-code": "refused",
    },
    "items": {"item": "guide", "search": "search", "package": "guide", "chosen": "guide"},
    "search": {"key": SAME, "erase": SAME, "clear": SAME, "text": SAME, "item": "guide", "chosen": "guide"},
    "guide": {
        "take": "priority",
        "confirm": "waiting",
        "print-guide": SAME,
        "add": "services",
        "only": SAME,
        "questions": "questions",
    },
    "questions": {"key": SAME, "erase": SAME, "clear": SAME, "text": SAME, "question": "answer"},
    "answer": {},
    "behalf": {"self": "priority", "agent": "client"},
    "client": {"key": SAME, "erase": SAME, "clear": SAME, "form": SAME, "client": SAME, "number": SAME},
    "priority": {"class": "confirm"},
    "confirm": {"confirm": "waiting"},
    "waiting": {},
    "number": {"reprint": SAME, "more": "services", "another": "client", "assist": SAME, "assistance": SAME},
    "refused": {"again": "services", "slip": "ticket", "case": "case", "progress": "progress"},
    "progress": {"key": SAME, "erase": SAME, "clear": SAME, "case": "case", "slip": "ticket"},
    "case": {"collect": "waiting"},
    "appointment": {
        "key": SAME,
        "erase": SAME,
        "clear": SAME,
        "check-in": "waiting",
        "code": "waiting",
        "no-code": "refused",
    },
    "booked": {
        "check-in": "waiting",
        "walk-in": "services",
        "appointment": "appointment",
        "slip": "ticket",
        "code": "waiting",
        "no-code": "refused",
    },
    "scan": {"slip": "ticket", "code": "waiting", "no-code": "refused"},
    "ticket": {
        "requeue": "waiting",
        "check-in": "waiting",
        "more": "services",
        "walk-in": "services",
        "reprint": SAME,
        "slip": SAME,
        "rate": "waiting",
        "rate-bad": "rate-why",
    },
    "rate-why": {"why": "waiting", "rate": "waiting"},
    "rated": {},
    "feedback": {"kind": "feedback-place"},
    "feedback-place": {"place": "feedback-reason"},
    "feedback-reason": {"reason": "feedback-check"},
    "feedback-check": {"submit": "waiting"},
    "receipt": {"print-receipt": SAME},
    "pin": {"key": SAME, "erase": SAME, "clear": SAME, "enter": SAME},
    "staff": {"paper-changed": SAME, "dim": SAME, "restart": SAME},
}

# Where an ID card leads that is laid on the reader: before an item is chosen, to what its holder has booked for
# today. Elsewhere it belongs to a visit that is over, or to none.
CARD: dict[str, str] = {
    **dict.fromkeys(("idle", "services", "appointment", "booked"), "booked"),
    **dict.fromkeys(("items", "search", "guide", "behalf"), SAME),
    **dict.fromkeys(("priority", "confirm"), "behalf"),
    "client": SAME,  # the client's own card
}

EVERYWHERE: dict[str, str] = {
    "home": "idle",
    "back": BACK,
    "language": SAME,
    "large": SAME,
    "low": SAME,
    "mute": SAME,
    "aloud": SAME,
    "stay": SAME,
}

ANSWERS: dict[str, dict[str, str]] = {
    "waiting": {"done": "number", "received": "receipt", "rated": "rated", "refused": "refused"},
    "pin": {"fits": "staff"},
    "client": {"right": "priority"},
}

# No way back: what was asked cannot be unasked by going back.
NO_BACK = frozenset({"idle", "waiting", "number", "receipt", "rated", "refused", "staff"})
# Nothing to leave: an idle screen is at rest, and a pending answer must be seen.
NO_HOME = frozenset({"idle", "waiting"})
# Never wiped for idleness: the first is empty, the second holds a promise to the applicant.
NO_WIPE = frozenset({"idle", "waiting"})
# What still answers while the caller is away: the number in sight, its reprint, and the staff.
WITHOUT_CALLER = frozenset({"number", "receipt", "pin", "staff"})

# Where one is told that numbers go on without the caller.
TELLS_ALONE = frozenset({"idle", "services", "confirm", "number"})
# Screens that show or ask what only the caller knows: a kiosk that goes on alone refuses the way there.
NEEDS_CALLER = frozenset({"ticket", "appointment", "booked", "scan", "feedback", "progress", "case"})
# Taps that ask the caller for more than a number, which a lease has as well.
ASKS_CALLER = frozenset({"code", "check-in", "requeue", "submit", "collect"})


def leads(screen: str, tap: str) -> str | None:
    """Return the screen that a tap leads to, or None if it means nothing on this one."""
    if tap == "back" and screen in NO_BACK:
        return None
    if tap == "home" and screen in NO_HOME:
        return None
    return TABLE[screen].get(tap) or EVERYWHERE.get(tap)


def of_scan(target: str, screen: str = "") -> str:
    """Return "scan:TEXT", what a face or a reader sends, as the tap "slip:KEY", "code:CODE" or "no-code".

    On the screen that asks for a client it is "number:TEXT", on the one for a receipt "case:TEXT". Text that is no code at all is "unreadable" and leads
    nowhere; other targets are returned as they are.
    """
    kind, _, text = target.partition(":")
    if kind != "scan":
        return target
    if screen == "client":
        return "number:" + scanned(text).text
    found = scanned(text)
    if found.ticket:
        return "slip:" + (found.key or found.ticket)
    if screen == "progress" and not found.ticket:  # the receipt's QR code is the address of its case's page
        return "case:" + found.text
    if found.appointment:
        return "code:" + found.appointment
    return "no-code" if found.text.isalnum() and len(found.text) < CODE_MIN else "unreadable"
