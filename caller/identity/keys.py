"""Keeps the keys of a site by purpose: DATA/keys/PURPOSE-GENERATION.key, apart from the log and its backups.

1. A file is one line: the date from which its key counts, and the key. It is made once, whole, owner only;
   processes that start at once end with the same key.
2. The file of the highest generation is the current key of its purpose, the one below it the previous.
3. `person` rotates: after a year `rotate` derives the next key from the current one by a one-way function,
   and the next key counts from a year after it. So every PC that holds a copy comes to the same next key by
   itself, a holder of a later key cannot compute an earlier one, and to destroy a key is to make its hashes
   unlinkable, for the hall as for a thief.
4. The previous key stays for look-ups as long as something made with it may still be live, then `rotate`
   destroys it.
5. Only `rotate` rotates. The caller asks for it once a day, while its clock is credible: a computer that
   wakes up with a date far ahead must not age a key. A key whose own date makes no sense counts from now.
6. DATA/person.key, which older versions kept, is taken over as generation 1 of `person`.

The key of purpose `slip` makes the **phone key**: a secret printed on the slip, by which the phone page speaks for one
ticket. A ticket's id is no secret: clerks, evaluators and supervisors see ids, and the log, records and exports hold
them. So the phone proves more than the id: a MAC over it, by a key that only the caller reads.

7. phone key = ticket id + "." + the first `MAC_BYTES` of HMAC-SHA256(slip key, ticket id) in hex. The id in front lets
   a scanner know the ticket without asking the caller; hex survives scanners that type in capitals.
8. The same ticket gives the same key, so a reprint carries the same code. Nothing is stored per ticket.
9. It stands in the slip's QR code and in the answer to the station that hands out the slip; in no view, export, record
   or log.
10. Another slip key voids all slips in circulation. It does not rotate: it keys no person's data, and a slip may be
    rated for a week.

With the same key the caller makes the **code of the minute**, which kiosks and boards show while numbers are taken from
phones: who has it stands before a screen.

11. code = the first `MAC_BYTES` of HMAC-SHA256(slip key, "take" + the minute since 1970) in hex. It holds for its minute
    and the next, so that a code read at the end of its minute can be used. No event and no row is written for it.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from config import owner_only
from config.instants import MINUTE, Micros
from config.owner_only import KEY_BYTES, BadKey, destroy, destroy_leftovers, make_key, read_key, sync

FOLDER = "keys"
PERSON = "person"
SLIP = "slip"
TAKEN_OVER = {PERSON: "person.key"}  # what older versions kept in DATA, by purpose
ROTATION_DAYS = {PERSON: 365}
FIRST_DATE = date(2025, 1, 1)  # before this program was written: the clock's battery was dead
NAME = re.compile(r"[a-z]+-(\d{4})\.key\Z")
LINE = re.compile(rb"(\d{4}-\d{2}-\d{2}) ((?:[0-9a-f]{2})+)\n\Z")


class Key(NamedTuple):
    """One key: its place in the row of its purpose, the date from which it counts, and where it lies."""

    generation: int
    since: date
    secret: bytes
    path: Path


def keys_of(data: Path, purpose: str, today: date | None = None) -> list[Key]:
    """Return the current key of a purpose and, where there still is one, the previous; make the first if there is none.

    `today`: the date a first key counts from (None: the computer's). Raises `BadKey`.
    """
    folder = data / FOLDER
    try:
        if not (found := _paths(folder, purpose)):
            _make_first(data, purpose, today or datetime.now(UTC).date())
            found = _paths(folder, purpose)
        elif (old := data / TAKEN_OVER.get(purpose, "-")).exists():
            _drop_taken_over(old, found)
        return _read_all(folder, purpose)
    except OSError as error:
        raise BadKey(f"密钥 {folder} 不能使用 / the keys cannot be used: {error}") from None


def exist(data: Path, purpose: str) -> bool:
    """Return whether a data folder has keys of this purpose."""
    return bool(_paths(data / FOLDER, purpose)) or (data / TAKEN_OVER.get(purpose, "-")).exists()


def secrets_of(data: Path, purpose: str) -> Callable[[], tuple[bytes, ...]]:
    """Return a function that gives the current and the previous secret, read again when the folder has changed.

    Raises `BadKey`. A key that can be read now serves the process also where it cannot be read later.
    """
    folder, seen = data / FOLDER, 0
    kept: tuple[bytes, ...] = ()

    def read() -> tuple[bytes, ...]:
        nonlocal kept, seen
        changed = folder.stat().st_mtime_ns if folder.exists() else 0
        if kept and changed == seen:
            return kept
        try:
            kept, seen = tuple(key.secret for key in keys_of(data, purpose)), changed
        except BadKey:
            if not kept:
                raise
        return kept

    read()
    return read


def rotate(data: Path, purpose: str, today: date, lookup: timedelta) -> list[str]:
    """Make the next key where the current one's year is over, destroy what is past its look-ups; return what was done.

    `today` must be credible; `lookup`: how long the previous key is needed after a rotation. Raises `BadKey`, `OSError`.
    """
    done: list[str] = []
    destroy_leftovers(data / FOLDER)
    current = keys_of(data, purpose, today)[0]
    if not FIRST_DATE <= current.since <= today + timedelta(days=1):
        current = current._replace(since=today)
        _replace(current)
        done.append(f"{current.path.name} counts from {today}")
    year = timedelta(days=ROTATION_DAYS[purpose])
    while today - current.since >= year:
        current = next_key(current, purpose, current.since + year)
        done.append(f"{current.path.name} is the current key")
    for n, path in enumerate(_paths(data / FOLDER, purpose)[1:]):
        if n or today - current.since >= lookup:
            destroy(path)
            done.append(f"{path.name} is destroyed")
    return done


def lines_of(data: Path, purpose: str) -> dict[str, str]:
    """Return the files of a purpose, by name: what another PC of the hall needs. Raises `BadKey`."""
    return {key.path.name: key.path.read_text("ascii") for key in keys_of(data, purpose)}


def take_over(data: Path, purpose: str, lines: Mapping[str, str]) -> bool:
    """Keep these files of a purpose in place of what was there; return whether any were given.

    Raises `BadKey`, and changes nothing, where one of them is no key; `OSError`.
    """
    folder, given = (
        data / FOLDER,
        {name: text for name, text in lines.items() if name.startswith(f"{purpose}-")},
    )
    for name, text in given.items():
        if not NAME.match(name) or not LINE.match(text.encode("ascii", "replace")):
            raise BadKey(f"收到的 {name} 不是密钥 / what was received as {name} is no key")
    if not given or all(
        (folder / name).exists() and (folder / name).read_text("ascii") == text
        for name, text in given.items()
    ):
        return bool(given)
    owner_only.make_folder(folder)
    for path in _paths(folder, purpose):  # this PC's own, which no other PC knows
        destroy(path)
    for name, text in given.items():
        owner_only.write_whole(folder / name, text.encode("ascii"))
    return True


def _read_all(folder: Path, purpose: str) -> list[Key]:
    try:
        return [_read(path) for path in _paths(folder, purpose)[:2]]
    except FileNotFoundError:  # the last one was destroyed at this moment
        return [_read(path) for path in _paths(folder, purpose)[:2]]


def _paths(folder: Path, purpose: str) -> list[Path]:
    """Return the files of a purpose, the newest generation first."""
    found = [path for path in folder.glob(f"{purpose}-*.key") if NAME.match(path.name)]
    return sorted(found, reverse=True)


def _read(path: Path) -> Key:
    line = LINE.match(read_key(path))
    if not line or len(line[2]) < KEY_BYTES:
        raise BadKey(f"{path} 不是密钥，请从备份恢复 / it is no key; restore it from a copy")
    number = NAME.match(path.name)
    assert number
    try:
        since = date.fromisoformat(line[1].decode())
    except ValueError:
        raise BadKey(f"{path} 的日期不对，请从备份恢复 / its date is wrong; restore it from a copy") from None
    return Key(int(number[1]), since, bytes.fromhex(line[2].decode()), path)


def _line(since: date, secret: bytes) -> bytes:
    return f"{since.isoformat()} {secret.hex()}\n".encode()


def _make_first(data: Path, purpose: str, today: date) -> None:
    path, old = data / FOLDER / f"{purpose}-0001.key", data / TAKEN_OVER.get(purpose, "-")
    try:
        since, secret = datetime.fromtimestamp(old.stat().st_mtime, UTC).date(), read_key(old)
    except (
        FileNotFoundError
    ):  # there is none, or another process has taken it over, and then its key is not replaced
        pass
    else:
        make_key(path, _line(since, secret))
        _drop_taken_over(old, [path])
        return
    make_key(path, _line(today, secrets.token_bytes(KEY_BYTES)))


def _drop_taken_over(old: Path, found: list[Path]) -> None:
    """Destroy an older version's key file once its key is among the new ones; two different keys are a mistake."""
    try:
        secret = read_key(old)
    except FileNotFoundError:
        return  # another process did it
    if (
        secret not in [_read(path).secret for path in found] and old.exists()
    ):  # else read while it was destroyed
        raise BadKey(
            f"{old} 与 {old.parent / FOLDER} 中的密钥不同，请移开不用的那一个 / "
            f"is another key than those in {FOLDER}; move away the one that is not in use"
        )
    try:
        destroy(old)
    except FileNotFoundError:
        return


def next_key(key: Key, purpose: str, since: date) -> Key:
    """Make the key after this one, which counts from `since`; every PC with the same key makes the same. Raises `OSError`."""
    secret = hmac.digest(key.secret, f"hallcall next key of {purpose}".encode(), "sha256")
    path = key.path.with_name(f"{purpose}-{key.generation + 1:04d}.key")
    make_key(path, _line(since, secret))
    return _read(path)


def _replace(key: Key) -> None:
    """Write a key's file anew, with another date."""
    fresh = key.path.with_name(f".{key.path.name}.since")
    fresh.unlink(missing_ok=True)
    make_key(fresh, _line(key.since, key.secret))
    fresh.replace(key.path)
    sync(key.path.parent)


# --- the key of slips, and the key of an applicant's phone made with it

# 96 bits: at the caller's pace a guess takes longer than the hall stands, and a QR code stays small.
MAC_BYTES = 12
CODE_OF_THE_MINUTE = rf"[0-9a-f]{{{2 * MAC_BYTES}}}"
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

    def codes_at(self, now: Micros) -> tuple[str, str]:
        """Return the code of the minute, and that of the minute before, which still holds."""
        minute = now // MINUTE
        return self._code(minute), self._code(minute - 1)

    def _code(self, minute: int) -> str:
        return hmac.digest(self._secret, f"take {minute}".encode(), "sha256")[:MAC_BYTES].hex()


def slip_key(data: Path) -> SlipKey:
    """Return the slip key kept in DATA, made now if there is none.

    Raises:
        BadKey: the file cannot be used.
    """
    return SlipKey(keys_of(data, SLIP)[0].secret)
