"""Which token stands for which station: DATA/stations.db.

A token is 32 random bytes; only its sha-256 is stored, so the file gives nobody entry. A station has one
token at a time: enrolling it again replaces the old one. All rows live in memory, read again when another
process (hallcall enrol) has written, so that a look-up never waits for a disk.
"""

import difflib
import hashlib
import re
import secrets
from pathlib import Path

from sqlite_utils import Database

from caller.access import ENROLLED_ROLES, Station
from config.settings import Settings

TOKEN_BYTES = 32  # nobody guesses 256 bits
STATIONS_MAX = 4096  # a hall has tens; more is a script gone wrong
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")


class EnrolError(Exception):
    """A station cannot be enrolled so; says why, in Chinese and English, with the next step."""


class Stations:
    """The enrolled stations of one hall."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = Database(str(path))
        path.chmod(0o600)
        self._db.enable_wal()
        self._table = self._db.table("stations")
        self._table.create(
            {"hash": str, "role": str, "name": str, "enrolled": str}, pk="hash", if_not_exists=True
        )
        self._table.create_index(["role", "name"], unique=True, if_not_exists=True)
        self._seen = -1
        self._by_hash: dict[str, Station] = {}
        self.refresh()

    def refresh(self) -> bool:
        """Read the rows again if another process has changed them; says whether it did."""
        version = int(self._db.execute("PRAGMA data_version").fetchone()[0])
        if version == self._seen:
            return False
        self._seen = version
        self._read()
        return True

    def _read(self) -> None:
        rows = self._db.query("select hash, role, name from stations")
        self._by_hash = {row["hash"]: Station(row["role"], row["name"]) for row in rows}

    def lookup(self, token: str) -> Station | None:
        """Whose token this is, as far as `refresh` has read."""
        return self._by_hash.get(_hash(token))

    def enrol(self, role: str, name: str, now: str) -> str:
        """A new token for this station; an older one stops working."""
        if len(self._by_hash) >= STATIONS_MAX:
            raise EnrolError(
                f"已登记 {STATIONS_MAX} 个站点，请先撤销不用的 / Too many stations; revoke unused ones"
            )
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._db.atomic():
            self._table.delete_where("role = ? and name = ?", [role, name])
            self._table.insert({"hash": _hash(token), "role": role, "name": name, "enrolled": now})
        self._read()
        return token

    def revoke(self, role: str, name: str) -> bool:
        """Whether there was such a station; its token works no more."""
        known = Station(role, name) in self._by_hash.values()
        with self._db.atomic():
            self._table.delete_where("role = ? and name = ?", [role, name])
        self._read()
        return known

    def list(self) -> list[tuple[str, str, str]]:
        """(role, name, enrolled at), sorted."""
        rows = self._db.query("select role, name, enrolled from stations order by role, name")
        return [(row["role"], row["name"], row["enrolled"]) for row in rows]

    def close(self) -> None:
        self._db.close()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def check_name(role: str, name: str, settings: Settings | None) -> None:
    """Raise `EnrolError` unless this hall (if one is given) has such a station."""
    if role not in ENROLLED_ROLES:
        raise EnrolError(
            f"没有角色 {role}{_near(role, ENROLLED_ROLES)} / No role {role}; one of {', '.join(ENROLLED_ROLES)}"
        )
    if not NAME.match(name):
        raise EnrolError(f"名称 {name!r} 只能用字母、数字、- 和 _ / A name is letters, digits, - and _")
    names = _names(role, settings) if settings else None
    if names is not None and name not in names:
        raise EnrolError(
            f"大厅里没有{role} {name}{_near(name, names)} / The hall has no {role} {name}; see its file"
        )


def _names(role: str, settings: Settings) -> set[str] | None:
    """The names the hall's file gives to stations of this role; None where any name will do."""
    if role in ("window", "evaluator"):
        return {window.id for window in settings.windows}
    if role == "kiosk":
        return {kiosk.id for kiosk in settings.kiosks}
    if role == "agent":
        return {device.agent for device in settings.devices}
    return None


def _near(name: str, names: set[str] | tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, sorted(names), n=1)
    return f"，是否为 {near[0]}？" if near else f"，可用：{', '.join(sorted(names)[:12]) or '无'}"
