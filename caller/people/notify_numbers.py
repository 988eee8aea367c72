"""Where an applicant has agreed to be sent notices, in the people's store: a phone number, or the subscription of a browser.

One of each kind for one thing: a ticket, an appointment, a case. It goes on with that thing, and is deleted with its end; one
that was forgotten there ends after the days of its purpose like everything in the store.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from caller.people.store import Entry, PeopleStore, as_json, ends, stamp

PURPOSE = "notify"
PHONE, BROWSER = "phone", "push"  # the fields
LANGUAGES = ("zh", "en")


class LeftNumber(NamedTuple):
    """A phone number (or a subscription, as JSON), the language its holder reads, and facts of the hall that go with it."""

    phone: str
    lang: str
    about: dict[str, Any]


class NotifyNumbers:
    """What was left in one hall, of one field. A follower asks at each event, so what was read is kept until the file has
    changed."""

    def __init__(self, data: Path, field: str = PHONE) -> None:
        self._people, self._field = PeopleStore(data), field
        self._read: tuple[tuple[int, int], dict[str, LeftNumber]] = ((0, 0), {})

    def all(self) -> dict[str, LeftNumber]:
        """Return each subject with its number; of two the newer. Raises `sqlite3.Error`, `OSError`."""
        try:
            found = self._people.path.stat()
        except FileNotFoundError:
            return {}
        now = (found.st_mtime_ns, found.st_size)
        if now != self._read[0]:
            rows = self._people.find("purpose = ? and field = ?", (PURPOSE, self._field))
            self._read = now, {each.subject: _left(each) for each in rows}
        return self._read[1]

    def of(self, subject: str) -> LeftNumber | None:
        """Return the number left for a subject, as it stands in the file now."""
        rows = self._people.find("subject = ? and purpose = ? and field = ?", (subject, PURPOSE, self._field))
        return _left(rows[-1]) if rows else None

    def leave(self, subject: str, phone: str, lang: str, now: datetime) -> None:
        """Keep a number in place of the one before."""
        self.forget(subject)
        about = {"lang": lang if lang in LANGUAGES else LANGUAGES[0]}
        self._people.keep(subject, PURPOSE, self._field, phone, now, about=about)

    def forget(self, subject: str) -> bool:
        """Delete the number of a subject; return whether there was one."""
        if subject not in self.all():
            return False
        found = "subject = ? and purpose = ? and field = ?"
        return self._people.delete(found, (subject, PURPOSE, self._field)) > 0

    def hand_on(self, subject: str, to: str, about: dict[str, Any]) -> None:
        """Let a number serve what the subject has become."""
        left = self.all().get(subject)
        if left is None:
            return
        facts, until = (
            as_json(left.about | {"lang": left.lang} | about),
            ends(PURPOSE, stamp(datetime.now(UTC))),
        )
        with self._people.changing() as database, database.atomic():
            database.conn.execute(
                "update entry set subject = ?, about = ?, keep_until = max(keep_until, ?)"
                " where subject = ? and purpose = ? and field = ?",
                (to, facts, until, subject, PURPOSE, self._field),
            )


def _left(entry: Entry) -> LeftNumber:
    about = dict(entry.about)
    return LeftNumber(entry.value, about.pop("lang", LANGUAGES[0]), about)
