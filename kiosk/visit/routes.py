"""Where each tap leads: the kiosk's whole map in one table, and what the scan of a code reader stands for. Pure.

On *this* screen, *this* tap leads *there*. A tap that is not in the table does nothing. Some screens are passed
over when they have nothing to ask: `priority` in a hall that offers one class only. `ANSWERS` are the routes of what is
answered: by the caller to a command, by the store to a PIN.
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
        "slip": "ticket",
        "code": "waiting",
        "no-code": "refused",
    },
    "items": {"item": "guide", "search": "search"},
    "search": {"key": SAME, "erase": SAME, "clear": SAME, "text": SAME, "item": "guide"},
    "guide": {"take": "priority", "print-guide": SAME},
    "priority": {"class": "confirm"},
    "confirm": {"confirm": "waiting"},
    "waiting": {},
    "number": {"reprint": SAME, "more": "services"},
    "refused": {"again": "services", "slip": "ticket"},
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
    "ticket": {"requeue": "waiting", "more": "services", "reprint": SAME, "slip": SAME},
    "pin": {"key": SAME, "erase": SAME, "clear": SAME, "enter": SAME},
    "staff": {"paper-changed": SAME, "dim": SAME, "restart": SAME},
}

# Where an ID card leads that is laid on the reader: before an item is chosen, to what its holder has booked for
# today. Elsewhere it belongs to a visit that is over, or to none.
CARD: dict[str, str] = {
    **dict.fromkeys(("idle", "services", "appointment", "booked"), "booked"),
    **dict.fromkeys(("items", "search", "guide", "priority", "confirm"), SAME),
}

EVERYWHERE: dict[str, str] = {
    "home": "idle",
    "back": BACK,
    "language": SAME,
    "large": SAME,
    "mute": SAME,
    "stay": SAME,
}

ANSWERS: dict[str, dict[str, str]] = {
    "waiting": {"done": "number", "refused": "refused"},
    "pin": {"fits": "staff"},
}

# No way back: what was asked cannot be unasked by going back.
NO_BACK = frozenset({"idle", "waiting", "number", "refused", "staff"})
# Nothing to leave: an idle screen is at rest, and a pending answer must be seen.
NO_HOME = frozenset({"idle", "waiting"})
# Never wiped for idleness: the first is empty, the second holds a promise to the applicant.
NO_WIPE = frozenset({"idle", "waiting"})
# What still answers while the caller is away: the number in sight, its reprint, and the staff.
WITHOUT_CALLER = frozenset({"number", "pin", "staff"})


def leads(screen: str, tap: str) -> str | None:
    """Return the screen that a tap leads to, or None if it means nothing on this one."""
    if tap == "back" and screen in NO_BACK:
        return None
    if tap == "home" and screen in NO_HOME:
        return None
    return TABLE[screen].get(tap) or EVERYWHERE.get(tap)


def of_scan(target: str) -> str:
    """Return "scan:TEXT", what a face or a reader sends, as the tap "slip:KEY", "code:CODE" or "no-code".

    Text that is no code at all is "unreadable" and leads nowhere; other targets are returned as they are.
    """
    kind, _, text = target.partition(":")
    if kind != "scan":
        return target
    found = scanned(text)
    if found.ticket:
        return "slip:" + (found.key or found.ticket)
    if found.appointment:
        return "code:" + found.appointment
    return "no-code" if found.text.isalnum() and len(found.text) < CODE_MIN else "unreadable"
