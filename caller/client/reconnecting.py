"""Where and when a station tries to connect again: the addresses of the hall's callers, and the seconds between."""

import random
import time
from collections.abc import Callable

from config.instants import Seconds

# After each failure in turn, the last is kept to: a caller that restarts is back within half a second, and half a
# second is left to connect, so that a station is current two seconds after the caller is.
RETRY_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.5)
WAIT_REFUSED_SECONDS: Seconds = 10.0  # a wrong token may be enrolled again; until then, ask rarely
NEXT_SECONDS: Seconds = 0.05  # before the next of several addresses: not all stations in one moment
LASTING = frozenset({"bad-token", "not-allowed", "sign-in-first", "unknown-topic", "too-many-topics"})


class CallerAddresses:
    """Where a hall's callers are, separated by commas: one of them calls, the others stand by. They are tried in turn."""

    def __init__(self, text: str) -> None:
        self._all = [each.strip() for each in text.split(",")]
        self.now = self._all[0]

    def __len__(self) -> int:
        return len(self._all)

    @property
    def others(self) -> list[str]:
        """Those that are not `now`, the next one first."""
        place = self._all.index(self.now)
        return self._all[place + 1 :] + self._all[:place]

    def before(self, address: str) -> None:
        """Let `go_on` return this one next."""
        self.now = self._all[self._all.index(address) - 1]

    def go_on(self) -> str:
        """Return the next one, which is `now` from here on."""
        self.now = self._all[(self._all.index(self.now) + 1) % len(self._all)]
        return self.now


class Reconnecting:
    """The tries of one station since it was last connected. Times are monotonic seconds."""

    def __init__(self, url: str, jitter: Callable[[], float] = random.random) -> None:
        self.addresses = CallerAddresses(url)
        self.failures = 0
        self._jitter = jitter
        self._away_until = 0.0

    def stay_away(self, seconds: Seconds) -> None:
        """Try nothing for so long."""
        self._away_until = time.monotonic() + seconds

    def pause(self, bye: str) -> Seconds:
        """Return the seconds to wait: more each round of addresses, and not the same for all stations.

        `bye`: why the caller hung up, if it did.
        """
        return max(self._pause(bye), self._away_until - time.monotonic())

    def _pause(self, bye: str) -> Seconds:
        if self.failures % len(self.addresses):
            return NEXT_SECONDS * self._jitter()
        step = RETRY_SECONDS[min(self.failures, len(RETRY_SECONDS)) - 1]
        longest = WAIT_REFUSED_SECONDS if bye in LASTING else step
        return longest * (0.5 + 0.5 * self._jitter())
