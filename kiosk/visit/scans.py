"""What a barcode or QR reader typed: a slip's QR is an address ending in the phone's key (the ticket's id, a
dot and a proof), else a code.

A reader is a keyboard; faces send whatever it typed as "scan:TEXT". Pure.
"""

import re

_TICKET = re.compile(r"(?:^|[/=#])([0-9a-fA-F]{8}-[0-9a-fA-F-]{27}(?:\.[0-9a-fA-F]{24})?)(?:$|[/?&#])")
_CODE = re.compile(r"^[0-9A-Za-z-]{4,64}\Z")
TICKET_PATH = "/t#"  # the ticket's live page on the web process


def read(target: str) -> str:
    """A "scan:…" target as "slip:KEY" or "code:CODE"; anything else unchanged."""
    kind, _, text = target.partition(":")
    if kind != "scan":
        return target
    text = text.strip()
    if found := _TICKET.search(text):
        return "slip:" + found.group(1).lower()
    return "code:" + text if _CODE.match(text) else "unreadable"


def ticket_url(public_url: str, key: str) -> str:
    """Return where the slip's QR leads; nowhere without the phone's key, which alone opens the page."""
    return public_url.rstrip("/") + TICKET_PATH + key if key else ""
