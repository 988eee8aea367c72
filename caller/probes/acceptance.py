"""What an acceptance works with: the line to the caller, the hands of a person, the findings of the probes.

1. Nothing is simulated. What a person does (paper, cable, power) is asked for, and the hall's own documents say when it was
   noticed: the time runs from the moment in which the person says that it is done.
2. A step that cannot be played here (no printer, no second window, no fail-over) is left out with the reason, and one
   that a person skips too. Nothing ends the hour but its end, Ctrl-C, or a person who may not act any more; what was shown
   until then is kept, and what the step under way had taken and opened is given back (`acceptance_undoing`).
3. In a hall with accounts a session may end in the middle of it: it was idle, the other caller did not know it, the roles
   of the account changed. The same person is signed in again before the next order, and what was watched is watched again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from caller.client.client import Client, RefusedError, SendError, new_id
from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand
from caller.protocol.frames import message_of
from caller.reports.acceptance_record import AcceptanceFigure, AskedNumber, UnderWay
from config.instants import Micros, Seconds
from config.probe import Finding
from config.settings import Settings

SPACING_SECONDS: Seconds = 0.03  # a station may send 50 a second
LOOK_SECONDS: Seconds = 0.01  # between two looks at what the caller has sent
NOTICED_SECONDS: Seconds = 30.0  # until a hall must have noticed what somebody did
BACK_SECONDS: Seconds = 180.0  # until a PC that was switched on again must be back: its own start included
PATIENCE_SECONDS: Seconds = 300.0  # until a step gives up
AskForHands = Callable[[str, str], Awaitable[bool]]  # a person, in both languages; False: not done
Keep = Callable[[UnderWay], None]  # put on disk what the step under way has opened
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


class SessionLost(Exception):
    """The session has ended and the person is not signed in again, in both languages why: no further step can be played."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.words: TwoLanguages = (zh, en)


class BrokenOff(Exception):
    """The keyboard has ended: there is no person to ask any more."""


class AcceptanceRig:
    """One step's reach into the hall; it collects what the step shows."""

    def __init__(
        self,
        client: Client,
        board: Client,
        settings: Settings,
        hands: AskForHands,
        findings: Sequence[Finding],
        sign_in: Callable[[Client], Awaitable[None]],
        under_way: UnderWay,
        keep: Keep,
        *,
        standby: bool = False,
    ) -> None:
        """`client`: the manager's line, on which `supervise`, `devices` and `stations` are watched; `board`: a second one that
        watches `board`; `under_way`: this step, as `keep` puts it on disk; `standby`: both lead to a second caller as well,
        once the first one is gone."""
        self.client, self.board, self.settings = client, board, settings
        self.findings, self.standby = findings, standby
        self.under_way, self._keep = under_way, keep
        self._hands, self._sign_in = hands, sign_in
        self._signing = asyncio.Lock()
        self.subject, self.subject_en = "", ""
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

    def of(self, zh: str, en: str = "") -> None:
        """Note what the step is about: a device, a station, a queue."""
        self.subject, self.subject_en = zh, en or zh

    def say(self, zh: str, en: str) -> None:
        self.said.append((zh, en))

    def most(self, zh: str, en: str, value: float, unit: str, bound: float) -> None:
        """Note a figure that may be so much at most."""
        self.figures.append(AcceptanceFigure(zh, en, value, unit, "most", bound))

    def none(self, zh: str, en: str, value: int) -> None:
        """Note a count that must be nought."""
        self.figures.append(AcceptanceFigure(zh, en, value, "", "is", 0))

    async def ask(self, zh: str, en: str) -> None:
        """Have a person do something. Raises `LeftOut` where it is not done, `BrokenOff`."""
        if not await self._hands(zh, en):
            raise LeftOut(f"没有做：{zh}", f"not done: {en}")

    async def cut(self, zh: str, en: str, then: Callable[[], Awaitable[None]] | None = None) -> Seconds:
        """Have a person cut off the caller at work; return how long `then` took to be done from the moment in which this line
        was lost: at once, whenever the person comes back to the keyboard.

        Raises `LeftOut`, `NotShown`, and what `then` raises.
        """
        before = self.client.welcome
        lost = asyncio.create_task(self._lost(before, then))
        try:
            await self.ask(zh, en)
            await asyncio.wait([lost], timeout=PATIENCE_SECONDS)
            if not lost.done():
                raise NotShown("叫号服务一直在回答", "the caller answered all the while")
            return lost.result()
        finally:
            lost.cancel()
            await asyncio.gather(lost, return_exceptions=True)

    async def _lost(self, welcome: object, then: Callable[[], Awaitable[None]] | None) -> Seconds:
        async for state in self.client.states():
            if state != "current" or self.client.welcome is not welcome:
                break
        at = time.monotonic()
        if then:
            await then()
        return time.monotonic() - at

    # --- orders

    def opens(self, *windows: str, any_window: bool = False) -> None:
        """Note windows that are closed at the end of the step, before they are opened; `any_window`: whichever is open then."""
        self.under_way.windows += windows
        self.under_way.any_window |= any_window
        self.keep()

    def keep(self) -> None:
        """Put on disk what this step has taken and opened so far."""
        self._keep(self.under_way)

    def asks(self, items: list[str], queue: str) -> AskedNumber:
        """Note a number that is going to be asked for: whatever ends this process, the next one asks by the same id, gets the
        same number, and cancels it."""
        self.under_way.asked = AskedNumber(new_id(), items, queue)
        self.keep()
        return self.under_way.asked

    async def number(self, asked: AskedNumber) -> dict[str, Any]:
        """Take the number that was noted. Raises `RefusedError`, `SendError`."""
        try:
            taken = await self.order(cmd.TakeTicket(items=asked.items, queue=asked.queue), asked.id)
        except RefusedError:
            self.under_way.asked = None  # there is none
            raise
        self.under_way.tickets.append(taken["ticket"])
        self.under_way.numbers.append(taken["number"])
        self.under_way.asked = None
        return taken

    async def order(self, command: AnyCommand, id: str = "") -> dict[str, Any]:
        """Return the answer of a command, once the caller is there. Raises `RefusedError`, `SendError`, `SessionLost`."""
        await self.present()
        id = id or new_id()
        try:
            return await self.client.send(command, id, timeout=PATIENCE_SECONDS)
        except RefusedError as refused:
            if refused.frame.code != "sign-in-first":
                raise
        await self.present()  # the session ended while the command was on its way: it had no effect
        return await self.client.send(command, id, timeout=PATIENCE_SECONDS)

    async def present(self) -> None:
        """Sign the person in again where the caller has ended the session, and watch again what was watched.

        Raises `SessionLost` where the caller does not take them any more, `NotShown` where it does not answer.
        """
        if not self.client.persons.missing and not self._signing.locked():
            return
        async with self._signing:
            if not self.client.persons.missing:
                return
            topics = list(self.client.topics)
            await self.client.watch([])  # what only a person may watch would end the line
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self.client.until("current")
                    await self._sign_in(self.client)
                    await self.client.watch(topics)
                    await self.client.until("current")
            except RefusedError as refused:
                raise SessionLost(*message_of(refused.frame).with_next_step) from None
            except (SendError, TimeoutError):
                raise NotShown("没有能重新登录", "signing in again was not answered") from None
            self.say("登录已结束，重新登录", "the session had ended: signed in again")

    async def seen(self, condition: Callable[[], object], zh: str, en: str) -> Seconds:
        """Return after how many seconds a condition held. Raises `NotShown` with what was waited for, `SessionLost`."""
        began = time.monotonic()
        while True:
            await self.present()
            if condition():
                break
            if time.monotonic() - began > PATIENCE_SECONDS:
                raise NotShown(
                    f"{PATIENCE_SECONDS:g} 秒内没有看到：{zh}", f"not seen in {PATIENCE_SECONDS:g} s: {en}"
                )
            await asyncio.sleep(LOOK_SECONDS)
        return time.monotonic() - began

    async def noticed(self, condition: Callable[[], object], zh: str, en: str, bound: Seconds) -> None:
        """Wait for a condition and note after how many seconds it held."""
        if condition():
            self.say(f"按回车之前已有：{zh}", f"{en}: so before Enter was pressed")
        self.most(zh, en, await self.seen(condition, zh, en), "s", bound)

    async def watch(self, *topics: str) -> None:
        """Watch these topics as well, and wait until they are here. Raises `NotShown`."""
        await self.client.watch([*self.client.topics, *topics], keep=True)
        await self.seen(lambda: all(each in self.client.views for each in topics), "画面", "the documents")

    def is_back(self) -> bool:
        """Return whether the caller is there and knows who acts."""
        return self.client.state == "current" and not self.client.persons.missing

    async def again(self) -> None:
        """Wait until the caller is back. Raises `NotShown`, `SessionLost`."""
        await self.seen(self.is_back, "叫号服务恢复", "the caller is back")
