"""Passes on to several readers what has changed, newest only.

A reader that is slow finds each changed key once, however often it changed meanwhile: it skips, and holds no backlog.
"""

import asyncio
from collections.abc import AsyncIterator


class News:
    """Subjects ("topic", "state") with keys that have changed."""

    def __init__(self) -> None:
        self._readers: dict[str, set[_NewsReader]] = {}
        self._ended = False

    def tell(self, subject: str, key: str) -> None:
        """Mark a key of a subject as changed, for each reader of that subject."""
        for reader in self._readers.get(subject, ()):
            reader.fresh[key] = None
            reader.event.set()

    def end(self) -> None:
        """End every reader once it has taken what is left."""
        self._ended = True
        for readers in self._readers.values():
            for reader in readers:
                reader.event.set()

    async def of(self, subject: str, *, at_once: bool = False) -> AsyncIterator[str]:
        """Yield the keys of a subject as they change, until `end`; `at_once` yields an empty key first."""
        reader = _NewsReader()
        readers = self._readers.setdefault(subject, set())
        readers.add(reader)
        try:
            if at_once:
                yield ""
            while True:
                while reader.fresh:
                    yield reader.take()
                if self._ended:
                    return
                await reader.event.wait()
                reader.event.clear()
        finally:
            readers.discard(reader)


class _NewsReader:
    """What one reader has not taken yet: at most one of each key, oldest first."""

    def __init__(self) -> None:
        self.fresh: dict[str, None] = {}
        self.event = asyncio.Event()

    def take(self) -> str:
        """Return the key that has waited longest, and forget it."""
        key = next(iter(self.fresh))
        del self.fresh[key]
        return key
