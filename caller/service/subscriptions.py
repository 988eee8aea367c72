"""What goes out: one document per watched topic, built once, compared once, encoded once for all watchers.

1. A connection in `needs_snapshot` for a topic gets the whole document before any patch: it has just subscribed, or
   it fell behind. It gets the newest one when its buffer has room, never the patches in between.
2. Everyone else who watches the topic gets the same patch in the same write.
3. The board goes out first: the whole hall looks at it.
4. Nothing is sent while memory holds what is not on disk (`Documents.settled`).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from websockets.asyncio.server import ServerConnection, broadcast

from caller.protocol.frames import PeerError, ViewFrame, encode
from caller.protocol.merge_patch import diff
from caller.service.connection import Connection

ViewDocument = Mapping[str, Any]

MAY_BE_MISSING = (
    "ticket/", "notice/", "progress/", "answers/", "feedback/", "window/", "case/", "slots/", "booking/",
)  # fmt: skip
AS_SEEN = "followups"  # this topic is also watched as one person sees it, under a slash


class Documents(Protocol):
    """Where documents come from. `seq` is that of the last event on disk; `build` raises KeyError for no topic."""

    @property
    def seq(self) -> int: ...
    @property
    def settled(self) -> bool: ...
    def build(self, topic: str) -> ViewDocument: ...
    def exists(self, topic: str) -> bool: ...


class Subscriptions:
    """Which connection watches which topics, and what was sent of each topic last."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._watchers: dict[str, set[Connection]] = {}
        self._shown: dict[str, ViewDocument] = {}
        self._whole: dict[str, str] = {}  # the encoded document, until it changes
        self._stale: set[str] = set()
        self._needing: set[Connection] = set()

    @property
    def topics(self) -> set[str]:
        """All topics that a connection watches."""
        return set(self._watchers)

    def watch(self, link: Connection, topics: Iterable[str], *, missing: bool = False) -> None:
        """Replace what a connection watches; it gets each topic whole. Raises `PeerError` if one does not exist.

        `missing`: a ticket, notice or code that does not exist is an empty document instead (the web process reads
        for many).
        """
        wanted = frozenset(topics)
        for topic in wanted - self._watchers.keys():
            if not (missing and topic.startswith(MAY_BE_MISSING)) and not self._documents.exists(topic):
                raise PeerError("unknown-topic", topic)
        self.leave(link)
        for topic in wanted:
            self._watchers.setdefault(topic, set()).add(link)
        link.topics = wanted
        self._need_snapshot(link, wanted)
        self.flush()

    def leave(self, link: Connection) -> None:
        """Stop all that a connection watches."""
        for topic in link.topics:
            watchers = self._watchers[topic]
            watchers.discard(link)
            if not watchers:
                self._forget(topic)
        link.topics = frozenset()
        link.needs_snapshot.clear()
        self._needing.discard(link)

    def _forget(self, topic: str) -> None:
        del self._watchers[topic]
        self._shown.pop(topic, None)
        self._whole.pop(topic, None)
        self._stale.discard(topic)

    def changed(self, topics: Iterable[str]) -> None:
        """Send what differs of these topics' documents."""
        topics = set(topics)
        if AS_SEEN in topics:
            topics |= {each for each in self._watchers if each.startswith(f"{AS_SEEN}/")}
        self._stale.update(self._watchers.keys() & topics)
        self.flush()

    def flush(self) -> None:
        """Send all that is due, if memory is on disk."""
        if not self._documents.settled:
            return
        stale, self._stale = self._stale, set()
        for topic in sorted(stale, key=lambda topic: topic != "board"):
            self._refresh(topic)
        for link in [link for link in self._needing if not link.behind]:
            self._send_snapshots(link)

    def _refresh(self, topic: str) -> None:
        shown = self._shown.get(topic)
        if shown is None:  # nobody has seen it yet; whoever is owed it gets it whole
            return
        document = self._built(topic)
        patch = diff(shown, document)
        if not patch:
            return
        self._shown[topic] = document
        self._whole.pop(topic, None)
        if prompt := self._prompt(topic):
            broadcast(prompt, encode(ViewFrame(topic, self._documents.seq, patch=patch)))

    def _built(self, topic: str) -> ViewDocument:
        """Return the newest document; a ticket forgotten since then keeps its last one."""
        try:
            return self._documents.build(topic)
        except KeyError:
            return self._shown.get(topic, {})

    def _prompt(self, topic: str) -> list[ServerConnection]:
        """Return the connections that get the patch of a topic; who has fallen behind gets the document whole, later."""
        prompt: list[ServerConnection] = []
        for link in self._watchers[topic]:  # hundreds of boards: nothing is called here that need not be
            if topic in link.needs_snapshot:
                continue
            if link.behind:
                self._need_snapshot(link, {topic})
            else:
                prompt.append(link.connection)
        return prompt

    def _need_snapshot(self, link: Connection, topics: Iterable[str]) -> None:
        link.needs_snapshot.update(topics)
        if link.needs_snapshot:
            self._needing.add(link)

    def _send_snapshots(self, link: Connection) -> None:
        """Send all documents that a connection needs whole; what no longer fits it still needs."""
        while link.needs_snapshot and not link.behind:
            link.write_text(self._text(link.needs_snapshot.pop()))
        if not link.needs_snapshot:
            self._needing.discard(link)

    def _text(self, topic: str) -> str:
        text = self._whole.get(topic)
        if text is None:
            document = self._shown.get(topic)
            if document is None:
                document = self._shown[topic] = self._built(topic)
            text = self._whole[topic] = encode(ViewFrame(topic, self._documents.seq, doc=dict(document)))
        return text
