"""What people said in their own words, as letters: words, and apart from them a way to reach their writer.

The event log holds a rating's level and reason codes only; the letter lies in the people's store, under the purpose of
its kind, and its contact under the purpose of answering it, which ends sooner.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, convert

from caller.engine.feedback_messages import FEEDBACK_KINDS, FeedbackKind
from caller.people.store import COLUMNS, LISTED_MAX, PEOPLE_NAME, Entry, PeopleStore, as_json, ends, stamp

__all__ = ["PEOPLE_NAME", "Feedback", "FeedbackStore", "StoredFeedback", "stamp"]

ANSWERED = "reply"  # the field of the hall's answer among a subject's entries
BOXED_MAX = 3  # letters of one ticket; for more there is the service desk
RATED_MAX = 1  # as a visit is rated once, and added to once
TEXT_MAX = 500  # characters; a letter, not a file
CONTACT_MAX = 60

LetterKind = Literal["rating", "addition", FeedbackKind]
ONCE: tuple[LetterKind, ...] = (
    "rating",
    "addition",
)  # kinds of which a subject has one letter; the others share a limit
KINDS: tuple[LetterKind, ...] = (*ONCE, *FEEDBACK_KINDS)
OF_BOX = "purpose not in ('rating', 'addition')"
COUNT = f"select count(*) from entry where subject = ? and field = 'words' and case ? when '' then {OF_BOX} else purpose = ? end"
# One statement, so that two letters sent at once cannot both be the last that is allowed.
INSERT = f"insert into entry ({COLUMNS}) select ?, '', ?, 'words', ?, ?, ?, ?, 0 where ({COUNT}) < ?"
INSERT_CONTACT = f"insert into entry ({COLUMNS}) values (?, '', 'answer', 'contact', ?, '{{}}', ?, ?, ?)"


class Feedback(Struct, frozen=True):
    """One letter. `at` is UTC; `level` is that of the rating it belongs to, 0 for the opinion box."""

    ticket: str
    number: str
    window: str
    kind: LetterKind
    level: Annotated[int, Meta(ge=0, le=5)]
    text: Annotated[str, Meta(min_length=1, max_length=TEXT_MAX)]
    contact: Annotated[str, Meta(max_length=CONTACT_MAX)]
    at: str


class StoredFeedback(Feedback, frozen=True):
    """A letter as it lies in the file, with the number it is deleted by."""

    id: int


class FeedbackStore:
    """The letters of one hall, in its people's store."""

    def __init__(self, data: Path) -> None:
        self._people = PeopleStore(data)
        self.path = self._people.path

    def put(self, opinion: Feedback) -> bool:
        """Keep a letter; return False where this ticket has sent as many as it may."""
        return self.put_under(f"ticket/{opinion.ticket}", opinion)

    def put_under(self, subject: str, opinion: Feedback) -> bool:
        """Keep a letter under a subject, such as "follow-up/ID"; return False where that has as many as it may."""
        once, at = opinion.kind if opinion.kind in ONCE else "", opinion.at
        about = as_json({"number": opinion.number, "window": opinion.window, "level": opinion.level})
        words = (subject, opinion.kind, opinion.text, about, at, ends(opinion.kind, at))
        with self._people.changing() as database, database.atomic():
            limit = RATED_MAX if once else BOXED_MAX
            done = database.conn.execute(INSERT, (*words, subject, once, once, limit))
            if done.rowcount == 1 and opinion.contact:
                contact = (subject, opinion.contact, at, ends("answer", at), done.lastrowid)
                database.conn.execute(INSERT_CONTACT, contact)
            return done.rowcount == 1

    def left(self, ticket: str) -> int:
        """Return how many letters this ticket may still put into the box."""
        return self.left_under(f"ticket/{ticket}")

    def left_under(self, subject: str) -> int:
        """Return how many letters may still be put under a subject."""
        with self._people.opened() as database:
            (boxed,) = database.conn.execute(COUNT, (subject, "", "")).fetchone()
        return max(0, BOXED_MAX - boxed)

    def answer(self, subject: str, words: str, now: datetime) -> int:
        """Keep the hall's answer to what lies under a subject; return the entry's id, by which it is taken back."""
        return self._people.keep(subject, "answer", ANSWERED, words, now)

    def take_back(self, entry: int) -> None:
        """Delete an answer that was not given after all."""
        self._people.delete("id = ?", [entry])

    def forget(self, subject: str) -> None:
        """Delete all that lies under a subject."""
        self._people.forget([subject])

    def of(self, subject: str) -> list[Entry]:
        """Return all that lies under a subject, the oldest first: words, contacts and answers."""
        return self._people.of([subject])

    def newest(self, limit: int = LISTED_MAX) -> list[StoredFeedback]:
        """Return the newest letters first; a contact that is no longer kept is empty."""
        contacts = {each.parent: each.value for each in self._people.find("field = 'contact'", newest=True)}
        letters = self._people.find("field = 'words'", newest=True)[:limit]
        return [_letter(each, contacts.get(each.id, "")) for each in letters]

    def delete(self, id: int) -> bool:
        """Delete one letter; return False if it was not there."""
        return self._people.delete("id = ? and field = 'words'", [id]) > 0

    def purge(self, days: int, now: datetime | None = None) -> int:
        """Delete all letters that are older than so many days; return how many there were."""
        before = stamp((now or datetime.now(UTC)) - timedelta(days=days))
        old = len(self._people.find("field = 'words' and at < ?", [before]))
        self._people.delete("field = 'words' and at < ?", [before])
        return old


def _letter(entry: Entry, contact: str) -> StoredFeedback:
    fields = {
        "id": entry.id,
        "ticket": entry.subject.partition("/")[2],
        "kind": entry.purpose,
        "text": entry.value,
    }
    return convert(fields | entry.about | {"contact": contact, "at": entry.at}, StoredFeedback)
