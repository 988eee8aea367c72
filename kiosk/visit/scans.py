"""What a barcode or QR reader typed: a slip's QR is an address ending in the ticket's id, else a code.

A reader is a keyboard; faces send whatever it typed as "scan:TEXT". Pure.
"""

import re

_TICKET = re.compile(r"(?:^|[/=#])([0-9a-fA-F]{8}-[0-9a-fA-F-]{27})(?:$|[/?&#])")
_CODE = re.compile(r"^[0-9A-Za-z-]{4,64}\Z")
TICKET_PATH = "/t/"  # the ticket's live page on the web process


def read(target: str) -> str:
    """A "scan:…" target as "slip:ID" or "code:CODE"; anything else unchanged."""
    kind, _, text = target.partition(":")
    if kind != "scan":
        return target
    text = text.strip()
    if found := _TICKET.search(text):
        return "slip:" + found.group(1).lower()
    return "code:" + text if _CODE.match(text) else "unreadable"


def ticket_url(public_url: str, ticket: str) -> str:
    """Where the slip's QR leads."""
    return public_url.rstrip("/") + TICKET_PATH + ticket
