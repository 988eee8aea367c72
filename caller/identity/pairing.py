"""What a second PC of a hall needs that lies in no database, and the code by which it is handed over, once.

1. These are `FILES`: the keys, the passwords of receivers, the hall's CA with its key, and the tokens of the programs that
   run beside a caller. All else is in the database, or is made anew.
2. The code is made on the PC that calls, lives for ten minutes and is used up by the first who brings it
   (`enrolment_sheet`). It is handed over on an encrypted connection or within one PC, never otherwise.
3. Its last signs are a MAC over the hall's CA, by the signs before them: the second PC learns the CA from the caller that answers,
   and sends nothing before the CA fits the code. Who stands between the two knows no code, and has one guess in 24 million.
4. What a PC had under these names before stays beside them as NAME.before, for a month.
5. The hall's file in force goes with them, with the files that it names, so that the second PC can be set up with it.
6. `sums` tell whether two PCs have the same, and nothing of what it is: a password could be guessed from a bare hash, so
   they are made with the key of slips.
"""

import base64
import binascii
import hmac
import re
import zlib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from caller.engine import short_codes
from caller.engine.short_codes import KINDS
from caller.identity import keys
from config import owner_only
from config.process.tls import fingerprint
from config.text_safety import DECODE_ERRORS
from config.versions import Bundle

PC = "pc"  # what stands where a station's role does
FILES: dict[
    str, tuple[str, ...]
] = {  # by what they are called in words ("paired"), patterns in a data folder
    "keys": ("keys/*.key",),
    "secrets": ("secrets/*",),
    "tls": ("tls/ca.pem", "tls/ca.key"),
    "tokens": ("tokens/web-web", "tokens/office-office", "tokens/deliver-deliver", "tokens/manager-office"),
}
NAME = re.compile(
    r"keys/[a-z]+(-\d{4})?\.key|secrets/[A-Za-z0-9][A-Za-z0-9_.-]{0,63}|tls/ca\.(pem|key)|"
    r"tokens/(web-web|office-office|deliver-deliver|manager-office)"
)
OWN_CERTIFICATE = "tls/server.pem"  # signed by a PC's own CA: made anew under the other one
BEFORE = ".before"
HALL_BYTES_MAX = 32 << 20  # unpacked; the largest hall's items are about one MiB
CHECK_SIGNS = 5
GROUP = 5  # signs of a code that are read together
SUM_DIGITS = 16
NOTHING = "-"  # the sum of no files
BY_CHOICE = ("tls", "tokens")  # groups that a PC may be without: it then runs no page, or encrypts nothing


class PairingError(Exception):
    """What was received cannot be kept; says why, in both languages."""


# --- the code


class PairingCode(NamedTuple):
    """What is typed on the second PC: the secret that the caller knows, and what binds it to the hall's CA."""

    secret: str
    check: str

    @property
    def grouped(self) -> str:
        """The code as it is read out."""
        whole = self.secret + self.check
        return "-".join(whole[at : at + GROUP] for at in range(0, len(whole), GROUP))

    def fits(self, ca: bytes) -> bool:
        """Return whether this CA (PEM; empty: none) is the one of the PC that made the code."""
        return hmac.compare_digest(self.check, bound(self.secret, ca).check)


def bound(secret: str, ca: bytes) -> PairingCode:
    """Return the code of a secret, for a hall with this CA (PEM; empty: none of its own)."""
    mac = hmac.digest(secret.encode(), f"hallcall pair {fingerprint(ca)}".encode(), "sha256")
    check = short_codes.make("sheet", mac, PC, ())
    assert check
    return PairingCode(secret, check[:CHECK_SIGNS])


def read_code(typed: str) -> PairingCode | None:
    """Return the code that a person has typed; None where it is none."""
    text, rules = short_codes.typed(typed), KINDS["sheet"]
    if len(text) != rules.length + CHECK_SIGNS or not set(text) <= set(rules.signs):
        return None
    return PairingCode(text[: rules.length], text[rules.length :])


# --- the files


def _there(data: Path, group: str) -> Iterator[Path]:
    for pattern in FILES[group]:
        yield from (path for path in sorted(data.glob(pattern)) if path.is_file() and _is_ours(data, path))


def _is_ours(data: Path, path: Path) -> bool:
    return bool(NAME.fullmatch(path.relative_to(data).as_posix())) and path.suffix != BEFORE


def files_of(data: Path) -> dict[str, str]:
    """Return what there is to hand over, by its path in the data folder, in base64. Raises `OSError`."""
    found = [path for group in FILES for path in _there(data, group)]
    return {path.relative_to(data).as_posix(): base64.b64encode(path.read_bytes()).decode() for path in found}


def install(data: Path, files: Mapping[str, str]) -> list[str]:
    """Keep what another PC handed over in place of what is there; return what stays aside as NAME.before.

    Raises `PairingError`, and changes nothing, where it is not what one PC gives another; `OSError`.
    """
    bodies = {name: _body(name, text) for name, text in files.items()}
    if not any(name.startswith(f"{keys.FOLDER}/{keys.SLIP}-") for name in bodies):
        raise PairingError("对方没有给出密钥 / the other PC gave no keys")
    aside: list[str] = []
    for path in [path for group in FILES for path in _there(data, group)]:
        name = path.relative_to(data).as_posix()
        if bodies.get(name) != path.read_bytes() and (name in bodies or group_of(name) == "keys"):
            path.replace(path.with_name(f"{path.name}{BEFORE}"))
            aside.append(name)
    for name, body in bodies.items():
        path = data / name
        owner_only.make_folder(path.parent)
        owner_only.write_whole(path, body)
    if any(group_of(name) == "tls" for name in aside) and (data / OWN_CERTIFICATE).exists():
        owner_only.destroy(data / OWN_CERTIFICATE)
    return aside


def group_of(name: str) -> str:
    """Return what a file is, as `FILES` has it."""
    return name.partition("/")[0]


def _body(name: str, text: str) -> bytes:
    try:
        if NAME.fullmatch(name) and group_of(name) in FILES:
            return base64.b64decode(text, validate=True)
    except binascii.Error:
        pass
    raise PairingError(
        f"收到的 {name} 不是配对的文件 / what was received as {name} is nothing that is paired"
    )


# --- the hall's file


def packed(hall: Bundle) -> str:
    """Return a hall's file and those beside it as one line."""
    return base64.b64encode(zlib.compress(msgspec.json.encode(hall))).decode()


def unpacked(line: str) -> Bundle:
    """Return what was packed. Raises `PairingError` for anything else, and for a name that leads out of its folder."""
    try:
        reader = zlib.decompressobj()
        text = reader.decompress(base64.b64decode(line, validate=True), HALL_BYTES_MAX)
        found = msgspec.json.decode(text, type=Bundle)
    except (binascii.Error, zlib.error, *DECODE_ERRORS) as error:
        raise PairingError(f"收到的大厅设置不完整 / the hall's file is not whole: {error}") from None
    if not reader.eof:  # its sum was not looked at
        raise PairingError("收到的大厅设置不完整 / the hall's file is not whole")
    for name in found.files:
        if not name or Path(name).is_absolute() or ".." in Path(name).parts:
            raise PairingError(f"收到的文件名不能用 / a file's name that leads elsewhere: {name}")
    return found


# --- the sums


def sums(data: Path) -> str:
    """Return what tells whether two PCs have the same, as one line: `keys=… secrets=… tls=… tokens=…`. Raises `OSError`."""
    base = sha256(b"hallcall paired")
    for path in sorted((data / keys.FOLDER).glob(f"{keys.SLIP}-*.key")):
        base.update(path.read_bytes())
    return " ".join(f"{group}={_sum(data, group, base.digest())}" for group in FILES)


def _sum(data: Path, group: str, key: bytes) -> str:
    mac, there = hmac.new(key, group.encode(), "sha256"), list(_there(data, group))
    if not there:
        return NOTHING
    for path in there:
        mac.update(f"\n{path.relative_to(data).as_posix()} {sha256(path.read_bytes()).hexdigest()}".encode())
    return mac.hexdigest()[:SUM_DIGITS]


def differing(one: str, other: str) -> list[str]:
    """Return which groups of two lines of sums differ; with other keys no other sum can be compared, so keys alone."""
    first, second = _parted(one), _parted(other)
    found = [group for group in FILES if first.get(group) != second.get(group)]
    for group in BY_CHOICE:
        if group in found and NOTHING in (first.get(group), second.get(group)):
            found.remove(group)
    return ["keys"] if "keys" in found else found


def _parted(line: str) -> dict[str, str]:
    parts = (part.partition("=") for part in line.split())
    return {group: found for group, _, found in parts}
