"""What goes out: one document per watched topic, built once, compared once, encoded once for all watchers.

A link is *owed* a topic when it needs it whole: it has just asked for it, or it fell behind. Whoever is owed
gets the newest document when its buffer has room, never the patches in between; everyone else gets the same
patch in the same write. `ready` says whether memory holds only what is on disk; until then nothing is shown.
"""

from collections.abc import Callable, Iterable
from typing import Any

from websockets.asyncio.server import broadcast

from caller.protocol.frames import PeerError, ViewFrame, diff, encode
from caller.service.connection import Connection

ViewDocument = dict[str, Any]
BuildView = Callable[[str], ViewDocument]


class Subscriptions:
    """Who watches what, and what they were shown last."""

    def __init__(self, build: BuildView, seq: Callable[[], int], ready: Callable[[], bool]) -> None:
        self._build = build
        self._seq = seq
        self._ready = ready
        self._watchers: dict[str, set[Connection]] = {}
        self._shown: dict[str, ViewDocument] = {}
        self._whole: dict[str, str] = {}  # the encoded document, until it changes
        self._stale: set[str] = set()
        self._owing: set[Connection] = set()

    @property
    def topics(self) -> set[str]:
        """All topics somebody watches."""
        return set(self._watchers)

    def watch(self, link: Connection, topics: Iterable[str], *, missing: bool = False) -> None:
        """Replace what a link watches; each topic is owed whole. `PeerError` if one does not exist.

        `missing`: a ticket that does not exist is an empty document instead (the web process reads for many).
        """
        wanted = frozenset(topics)
        for topic in wanted - self._watchers.keys():
            if not (missing and topic.startswith("ticket/")):
                self._must_exist(topic)
        self.leave(link)
        for topic in wanted:
            self._watchers.setdefault(topic, set()).add(link)
        link.topics = wanted
        self._owe(link, wanted)
        self.flush()

    def _must_exist(self, topic: str) -> None:
        try:
            self._build(topic)
        except KeyError:
            raise PeerError("unknown-topic", topic) from None

    def leave(self, link: Connection) -> None:
        """The link watches nothing any more."""
        for topic in link.topics:
            watchers = self._watchers[topic]
            watchers.discard(link)
            if not watchers:
                self._forget(topic)
        link.topics = frozenset()
        link.owed.clear()
        self._owing.discard(link)

    def _forget(self, topic: str) -> None:
        del self._watchers[topic]
        self._shown.pop(topic, None)
        self._whole.pop(topic, None)
        self._stale.discard(topic)

    def changed(self, topics: Iterable[str]) -> None:
        """These documents may differ now: send what does."""
        self._stale.update(self._watchers.keys() & topics)
        self.flush()

    def flush(self) -> None:
        """Send all that is due, if memory is on disk."""
        if not self._ready():
            return
        stale, self._stale = self._stale, set()
        for topic in stale:
            self._refresh(topic)
        for link in [link for link in self._owing if not link.behind]:
            self._pay(link)

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
        prompt = [link.connection for link in self._watchers[topic] if self._keeps_up(link, topic)]
        if prompt:
            broadcast(prompt, encode(ViewFrame(topic, self._seq(), patch=patch)))

    def _built(self, topic: str) -> ViewDocument:
        """The newest document; a ticket forgotten since then keeps its last one."""
        try:
            return self._build(topic)
        except KeyError:
            return self._shown.get(topic, {})

    def _keeps_up(self, link: Connection, topic: str) -> bool:
        if topic in link.owed:
            return False
        if link.behind:
            self._owe(link, {topic})
            return False
        return True

    def _owe(self, link: Connection, topics: Iterable[str]) -> None:
        link.owed.update(topics)
        if link.owed:
            self._owing.add(link)

    def _pay(self, link: Connection) -> None:
        """All it is owed, whole; what no longer fits stays owed."""
        while link.owed and not link.behind:
            link.write_text(self._text(link.owed.pop()))
        if not link.owed:
            self._owing.discard(link)

    def _text(self, topic: str) -> str:
        text = self._whole.get(topic)
        if text is None:
            document = self._shown.get(topic)
            if document is None:
                document = self._shown[topic] = self._built(topic)
            text = self._whole[topic] = encode(ViewFrame(topic, self._seq(), doc=document))
        return text
