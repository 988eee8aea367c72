"""A witness says how far a log was. It lies outside the log, and only a holder of the site key can make one.

A log that lost its end, or all of it, looks like a shorter or a new log, and its hall would give numbers
again that people already hold. So after each commit the writer notes in DATA/log.witness how far it came;
`records.db` and every station keep the newest witness they have met and show it again.

1. A witness is written after the commit it speaks of: it may lag behind the log, it never leads.
2. It carries a MAC by DATA/keys/site.key, which lies with the site's other keys, apart from the log, and is in no
   backup of it. One that does not verify proves nothing and is not believed.
3. A witness that shows a later event of the log's own epoch, another event at the same place, or a later
   epoch proves that the log is behind. `Loop` gives no numbers from such a log until `hallcall log restore`
   begins a new epoch.
4. A new epoch continues above the highest number witnessed on its day: `floor`.

Text form, opaque to stations: EPOCH.SEQ.HASH.DAY.TOP.FLOOR.MAC
"""

import hmac
import os
from pathlib import Path
from typing import NamedTuple

from caller.eventlog.errors import LogError
from config.owner_only import FILE, BadKey, destroy, key_in, make_key, read_key

WITNESS_NAME = "log.witness"
KEY_NAME = "keys/site.key"
OLD_KEY_NAME = "site.key"  # where older versions kept it, beside the log
PURPOSE = b"hallcall witness "  # one key, several purposes: what signs one thing signs no other
HASH_CHARS = 32  # of an event's hash and of the MAC, in hex: 128 bits each
TEXT_CHARS_MAX = 200  # ten-digit counters and a date leave room
FILE_BYTES = 256  # one write, shorter than a sector of any disk

Floor = tuple[str, int]  # a business day and the serial that its numbers continue above


class Witness(NamedTuple):
    """Where a log stood: its epoch, its last event, and the numbers of its business day."""

    epoch: int
    seq: int
    hash: str  # the first HASH_CHARS hex digits of event seq's hash; empty for seq 0
    day: str = ""  # the label of the open business day, "YYYY-MM-DD"
    top: int = 0  # the highest serial given on that day, over all queues
    floor: int = 0  # serials of that day continue above this one


def short(digest: bytes) -> str:
    """Return an event's hash as a witness carries it."""
    return digest.hex()[:HASH_CHARS]


class WitnessKey:
    """Signs and reads witnesses with a data folder's site key."""

    def __init__(self, key: bytes) -> None:
        self._mac = hmac.new(key, PURPOSE, "sha256")

    @classmethod
    def made_in(cls, folder: Path) -> "WitnessKey":
        """Return the key of a data folder, made if there is none yet; an older version's is moved to its place.

        Raises `LogError` "bad-key".
        """
        try:
            _take_over(folder / OLD_KEY_NAME, folder / KEY_NAME)
            return cls(key_in(folder / KEY_NAME))
        except (BadKey, OSError) as error:
            raise LogError("bad-key", detail=error) from None

    @classmethod
    def found_in(cls, folder: Path) -> "WitnessKey | None":
        """Return the key of a data folder; None where there is none. Raises `LogError` "bad-key"."""
        for name in (KEY_NAME, OLD_KEY_NAME):
            try:
                return cls(read_key(folder / name))
            except FileNotFoundError:
                continue
            except (BadKey, OSError) as error:
                raise LogError("bad-key", detail=error) from None
        return None

    def sign(self, witness: Witness) -> str:
        """Return a witness as text with its MAC."""
        text = ".".join(map(str, witness))
        return f"{text}.{self._digest(text)}"

    def read(self, text: str) -> Witness | None:
        """Return the witness in a text; None unless this key signed it."""
        body, _, digest = text.strip().rpartition(".")
        if not body or not text.isascii() or not hmac.compare_digest(digest, self._digest(body)):
            return None
        epoch, seq, hash, day, top, floor = body.split(".")
        return Witness(int(epoch), int(seq), hash, day, int(top), int(floor))

    def _digest(self, text: str) -> str:
        mac = self._mac.copy()
        mac.update(text.encode())
        return mac.hexdigest()[:HASH_CHARS]


def _take_over(old: Path, path: Path) -> None:
    """Move an older version's key to its place among the keys. Raises `BadKey`, `OSError`."""
    try:
        secret = read_key(old)
    except FileNotFoundError:
        return
    if not make_key(path, secret) and read_key(path) != secret:
        raise BadKey(f"{old} 与 {path} 不同，请移开不用的那一个 / they differ; move away the one not in use")
    destroy(old)


class WitnessFile:
    """DATA/log.witness, beside the log: the newest witness, replaced by one write after each commit."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / WITNESS_NAME
        self._handle = -1

    def read(self) -> str:
        """Return the text in the file; empty where there is none."""
        try:
            return self.path.read_text("ascii", errors="replace").strip()
        except FileNotFoundError:
            return ""

    def write(self, text: str) -> None:
        """Replace the text. Not synced: the kernel keeps it through a kill, and after a power failure it may lag."""
        if self._handle < 0:
            self._handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, FILE)
        os.pwrite(self._handle, text.ljust(FILE_BYTES - 1).encode() + b"\n", 0)

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
