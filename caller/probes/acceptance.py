"""What an acceptance works with: the line to the caller, the hands of a person, the findings of the probes.

1. Nothing is simulated. What a person does (paper, cable, power) is asked for, and the hall's own documents say when it was
   noticed: the time runs from the moment in which the person says that it is done.
2. A step that cannot be played here (no printer, no second window, no fail-over) is left out with the reason, and one
   that a person skips too. Nothing ends the hour but its end or Ctrl-C; what was shown until then is kept.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from caller.client.client import Client, RefusedError, SendError
from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand
from caller.protocol.frames import message_of
from caller.reports.acceptance_paper import AcceptanceFigure, AcceptanceRecord, StepResult, StepVerdict
from config.instants import Micros, Seconds
from config.probe import Finding
from config.settings import Settings

SPACING_SECONDS: Seconds = 0.03  # a station may send 50 a second
LOOK_SECONDS: Seconds = 0.01  # between two looks at what the caller has sent
NOTICED_SECONDS: Seconds = 30.0  # until a hall must have noticed what somebody did
BACK_SECONDS: Seconds = 180.0  # until a PC that was switched on again must be back: its own start included
PATIENCE_SECONDS: Seconds = 300.0  # until a step gives up
Hands = Callable[[str, str], bool]  # ask a person, in both languages; False: not done
TwoLanguages = tuple[str, str]  # Chinese, English


class LeftOut(Exception):
    """A step is not played, in both languages why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.words: TwoLanguages = (zh, en)


class NotShown(Exception):
    """What a step must show did not come, in both languages what."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.words: TwoLanguages = (zh, en)


class AcceptanceRig:
    """One step's reach into the hall; it collects what the step shows."""

    def __init__(
        self,
        client: Client,
        board: Client,
        settings: Settings,
        hands: Hands,
        findings: Sequence[Finding],
        sign_in: Callable[[Client], Awaitable[None]],
        *,
        standby: bool = False,
    ) -> None:
        """`client`: the manager's line, on which `supervise`, `devices` and `stations` are watched; `board`: a second one that
        watches `board`; `standby`: both lead to a second caller as well, once the first one is gone."""
        self.client, self.board, self.settings = client, board, settings
        self.findings, self.standby = findings, standby
        self._hands, self._sign_in = hands, sign_in
        self.subject = ""
        self.tickets: list[str] = []  # that a step took and that still wait
        self.windows: list[str] = []  # that it opened
        self.said: list[TwoLanguages] = []
        self.figures: list[AcceptanceFigure] = []

    @property
    def hall(self) -> dict[str, Any]:
        """The document `supervise`, as it came last."""
        return self.client.views["supervise"]

    @property
    def devices(self) -> dict[str, Any]:
        return self.client.views["devices"]["devices"]

    @property
    def stations(self) -> dict[str, Any]:
        return self.client.views["stations"]["stations"]

    @property
    def now(self) -> Micros:
        """This PC's own time."""
        return time.time_ns() // 1000

    def say(self, zh: str, en: str) -> None:
        self.said.append((zh, en))

    def most(self, zh: str, en: str, value: float, unit: str, bound: float) -> None:
        """Note a figure that may be so much at most."""
        self.figures.append(AcceptanceFigure(zh, en, value, unit, "most", bound))

    def none(self, zh: str, en: str, value: int) -> None:
        """Note a count that must be nought."""
        self.figures.append(AcceptanceFigure(zh, en, value, "", "is", 0))

    async def ask(self, zh: str, en: str) -> None:
        """Have a person do something. Raises `LeftOut` where it is not done."""
        if not await asyncio.to_thread(self._hands, zh, en):
            raise LeftOut(f"没有做：{zh}", f"not done: {en}")

    async def cut(self, zh: str, en: str) -> Seconds:
        """Have a person cut off the caller at work; return the monotonic second in which this line was lost.

        It may be back, on another caller, before the person has said so. Raises `LeftOut`, `NotShown`.
        """
        before = self.client.welcome
        lost = asyncio.create_task(self._lost(before))
        try:
            await self.ask(zh, en)
            await asyncio.wait([lost], timeout=PATIENCE_SECONDS)
            if not lost.done():
                raise NotShown("叫号服务一直在回答", "the caller answered all the while")
            return lost.result()
        finally:
            lost.cancel()

    async def _lost(self, welcome: object) -> Seconds:
        async for state in self.client.states():
            if state != "current" or self.client.welcome is not welcome:
                break
        return time.monotonic()

    async def order(self, command: AnyCommand) -> dict[str, Any]:
        """Return the answer of a command, once the caller is there. Raises `RefusedError`, `SendError`."""
        return await self.client.send(command, timeout=PATIENCE_SECONDS)

    async def seen(self, condition: Callable[[], object], zh: str, en: str) -> Seconds:
        """Return after how many seconds a condition held. Raises `NotShown` with what was waited for."""
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > PATIENCE_SECONDS:
                raise NotShown(
                    f"{PATIENCE_SECONDS:g} 秒内没有看到：{zh}", f"not seen in {PATIENCE_SECONDS:g} s: {en}"
                )
            await asyncio.sleep(LOOK_SECONDS)
        return time.monotonic() - began

    async def noticed(self, condition: Callable[[], object], zh: str, en: str, bound: Seconds) -> None:
        """Wait for a condition and note after how many seconds it held."""
        self.most(zh, en, await self.seen(condition, zh, en), "s", bound)

    async def watch(self, *topics: str) -> None:
        """Watch these topics as well, and wait until they are here. Raises `NotShown`."""
        await self.client.watch([*self.client.topics, *topics], keep=True)
        await self.seen(lambda: all(each in self.client.views for each in topics), "画面", "the documents")

    async def tidy(self) -> None:
        """Close what a step opened and cancel what it took, as far as the hall lets it."""
        for id in self.windows:
            with suppress(RefusedError, SendError):
                await self.order(cmd.CloseWindow(id))
        for ticket in self.tickets:
            with suppress(RefusedError, SendError):
                await self.order(cmd.CancelTicket(ticket))
            await asyncio.sleep(SPACING_SECONDS)

    async def again(self) -> None:
        """Wait until the caller is back and knows who acts. Raises `NotShown`."""
        await self.seen(lambda: self.client.state == "current", "叫号服务恢复", "the caller is back")
        await self._sign_in(self.client)


PlayStep = Callable[[AcceptanceRig], Awaitable[None]]


async def played(step: str, zh: str, en: str, play: PlayStep, rig: AcceptanceRig) -> StepResult:
    """Play one step; return what became of it."""
    verdict: StepVerdict = "passed"
    try:
        await play(rig)
    except LeftOut as left_out:
        verdict = "left-out"
        rig.said.append(left_out.words)
    except NotShown as missing:
        verdict = "failed"
        rig.said.append(missing.words)
    except RefusedError as refused:
        verdict = "failed"
        rig.said.append(message_of(refused.frame).with_next_step)
    except SendError as error:
        verdict = "failed"
        rig.say(f"叫号服务没有回答：{error}", f"the caller did not answer: {error}")
    await rig.tidy()
    if verdict == "passed" and not all(each.met for each in rig.figures):
        verdict = "failed"
    return StepResult(step, zh, en, rig.subject, verdict, rig.now, rig.said, rig.figures)


def quiet(rig: AcceptanceRig) -> TwoLanguages | None:
    """Return why an acceptance must not begin now, where applicants wait or are served; None for a hall at rest."""
    waiting = rig.hall["counts"]["waiting"]
    busy = [id for id, each in rig.hall["windows"].items() if each["number"]]
    if not waiting and not busy:
        return None
    windows = "、".join(busy) or "0"
    return (
        f"大厅正在办理业务：{waiting} 人等候，办理中的窗口 {windows}。请在对外办公之前做验收",
        f"the hall is at work: {waiting} wait, windows that serve: {windows}. Accept it before it opens to the public",
    )


async def opened(rig: AcceptanceRig, day: str) -> None:
    """Open the business day, where it is not open yet."""
    if not rig.hall["hall"]["open"]:
        await rig.order(cmd.OpenDay(day))


def kept_result(record: AcceptanceRecord, result: StepResult) -> AcceptanceRecord:
    """Return the record with one result more."""
    return AcceptanceRecord(record.version, record.began, record.results | {result.step: result})
