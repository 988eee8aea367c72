"""A stage whose events lie in a real log, and the receivers that follow it by a clock that a test moves."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from caller.delivery.outbox import Delivery, Outbox
from caller.delivery.sender import LogSender
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.eventlog import LOG_NAME, Batch, Reader, chain
from tests.instruments.engine_fixture import Stage
from tests.instruments.event_logs import Diary

OF_ONE_SUBJECT = 3  # messages, of which a round sends one
ROUNDS = 200  # more than any test needs
STATES = ("waiting", "sending", "dead", "sent", "unknown", "refused", "late", "unwanted", "unfit")


class LoggedStage(Stage):
    """Drives one hall; what it decides is on disk when `do` returns."""

    def __init__(self, data: Path, opened: bool = True, **changes: Any) -> None:
        self.data, self.diary, self._written = data, Diary(data / LOG_NAME, "stage"), 0
        super().__init__(opened, **changes)

    def do(
        self, command: AnyCommand, role: str = "manager", station: str = "", id: str = ""
    ) -> dict[str, Any]:
        before = len(self.events)
        answer = super().do(command, role, station, id)
        batch = Batch()
        self._written += 1
        envelope = CommandEnvelope(id or f"logged-{self._written:06d}", command, role, station)
        self.diary.log.extend(envelope, self.now, [each[2] for each in self.events[before:]], batch.rows)
        assert self.diary.write(batch) is None
        return answer

    @property
    def settings(self) -> Any:
        return self.hall.settings

    def close(self) -> None:
        self.diary.log.close()


def told_from_the_start(data: Path, sender: LogSender) -> None:
    """Let a receiver begin with the first event."""
    with Outbox(data) as outbox, Reader(data / LOG_NAME) as log:
        outbox.begin(sender.id, log.site, chain.genesis(log.site), sender.to_a_person)


def messages(data: Path, sender: LogSender, *states: str) -> list[Delivery]:
    """All messages of a receiver in these states; in all without."""
    with Outbox(data) as outbox:
        return [each for state in states or STATES for each in outbox.messages(sender.id, state, 1000)]


def rounds(sender: LogSender, stage: Stage | None = None, done: Callable[[], bool] | None = None) -> None:
    """Send what is due; with a stage and `done`, move its clock on by hours until that holds."""
    stop = threading.Event()
    if done is None:
        for _ in range(OF_ONE_SUBJECT):
            sender.round(stop)
        return
    for _ in range(ROUNDS):
        sender.round(stop)
        if done():
            return
        if stage:
            stage.later(60)
    raise AssertionError("not done")
