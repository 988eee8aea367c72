"""The staff corner's PIN: only a slow salted hash is kept, in the kiosk's own folder.

Four digits are few, so the screen rests after five wrong ones (kiosk.visit); the hash is for whoever
copies the disk.
"""

import hashlib
import hmac
import os
import re
from pathlib import Path

from config import owner_only
from kiosk.visit_store import write_whole

PIN_FILE = "pin"
PIN = re.compile(r"^[0-9]{4,12}\Z")
COST = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}  # 16 MB and about 40 ms a try


def keep(folder: Path, pin: str) -> None:
    """Set the PIN. ValueError if it is not 4 to 12 digits."""
    if not PIN.match(pin):
        raise ValueError("口令须为 4 至 12 位数字 / the PIN must be 4 to 12 digits")
    owner_only.make_folder(folder)
    salt = os.urandom(16)
    write_whole(folder / PIN_FILE, salt + _hash(pin, salt))
    (folder / PIN_FILE).chmod(0o600)


def fits(folder: Path, pin: str) -> bool | None:
    """Whether it is the PIN, as it is set at this moment; None: none is."""
    try:
        kept = (folder / PIN_FILE).read_bytes()
    except FileNotFoundError:
        return None
    return bool(PIN.match(pin)) and hmac.compare_digest(kept[16:], _hash(pin, kept[:16]))


def _hash(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=COST["n"], r=COST["r"], p=COST["p"], dklen=COST["dklen"])
