"""A clerk without a screen: signs in, calls, starts, serves as long as planned, finishes. For demos and trials.

`step` is the whole policy and is pure: it takes a window view and returns the next command, or how long to wait. Nothing is remembered between steps, so a robot that restarts goes on where the
window stands. `Robot` is the thin shell around it on a link.
"""

import asyncio
import math
import random
from collections.abc import Callable
from typing import Any, NamedTuple

from caller.client.client import RefusedError, SendError
from caller.console.caller_link import PRESS_SECONDS, CallerLink
from caller.console.verbs import Doc
from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand
from caller.service.clock import wall_micros
from config.instants import SECOND, Micros

RETRY_SECONDS = 1.0  # after a refusal or a lost answer, unless the view changes first
ELSE: tuple[cmd.Outcome, ...] = ("accepted", "received", "advice")  # where an item does not end as planned
SPREAD = 0.5  # sigma of the log of human durations: a third take over half as long again


class RobotTiming(NamedTuple):
    """How one visit goes: the walk to the window, the service, its end. `comes` False: a no-show."""

    walk_seconds: float
    serve_seconds: float
    outcome: cmd.Outcome = "done"
    comes: bool = True


Plan = Callable[[str], RobotTiming]  # by ticket id, and always the same for the same ticket
OnAnswer = Callable[[AnyCommand, dict[str, Any]], None]


class RobotClerk(NamedTuple):
    """Who serves at which window, how, and how long is rested after each visit."""

    window: str
    number: str
    plan: Plan
    rest_seconds: float = 0.0


class RobotStep(NamedTuple):
    """A command to send now, or the seconds in which only a new view changes anything."""

    command: AnyCommand | None
    seconds: float = math.inf


def steady(walk_seconds: float, serve_seconds: float) -> Plan:
    """Return a plan whose visits are all alike."""
    return lambda _ticket: RobotTiming(walk_seconds, serve_seconds)


def human(seed: int, walk_seconds: float, serve_seconds: float, no_show: float = 0.0) -> Plan:
    """Return a plan of visits that differ as people do, around these means; the same seed gives the same visits."""

    def plan(ticket: str) -> RobotTiming:
        dice = random.Random(f"{seed}/{ticket}")
        walk = walk_seconds * dice.lognormvariate(-(SPREAD**2) / 2, SPREAD)
        serve = serve_seconds * dice.lognormvariate(-(SPREAD**2) / 2, SPREAD)
        return RobotTiming(walk, serve, comes=dice.random() >= no_show)

    return plan


def step(doc: Doc, clerk: RobotClerk, now: Micros) -> RobotStep:
    """Return what this clerk does on this view at `now` (UTC microseconds)."""
    state, seen = doc["state"], doc["version"]
    if state == "closed":
        return RobotStep(cmd.OpenWindow(clerk.window, clerk.number))
    if state == "open":
        return _call(doc, clerk)
    if state == "paused":
        return RobotStep(None)  # a person paused it; a person resumes it
    ticket = doc["ticket"]
    visit = clerk.plan(ticket["ticket"])
    if state == "called":
        arrived = cmd.StartService(clerk.window, seen) if visit.comes else cmd.MarkNoShow(clerk.window, seen)
        return _after(arrived, ticket["since"], visit.walk_seconds, now)
    finished = cmd.FinishService(clerk.window, seen, _outcome(doc, visit))
    return _after(finished, ticket["since"], visit.serve_seconds, now)


def _call(doc: Doc, clerk: RobotClerk) -> RobotStep:
    if not doc["verbs"]["CallNext"]["live"]:
        return RobotStep(None)
    return RobotStep(cmd.CallNext(clerk.window, doc["version"]))


def _outcome(doc: Doc, visit: RobotTiming) -> cmd.Outcome:
    """Return how a visit ends: as planned; what is not done on the spot is accepted, and its case goes on."""
    asked = doc.get("ending", {}).get("required") and visit.outcome == "done"
    for each in ELSE if asked else (visit.outcome, *ELSE):
        if each in doc["outcomes"]:
            return each
    return visit.outcome


def _after(command: AnyCommand, since: Micros, seconds: float, now: Micros) -> RobotStep:
    """Return the command once `seconds` have passed since `since`; until then the rest of the wait."""
    rest = seconds - (now - since) / SECOND
    return RobotStep(command) if rest <= 0 else RobotStep(None, rest)


class Robot:
    """A clerk on a link that watches its window. `on_done` is called with each command done and its result."""

    def __init__(
        self,
        link: CallerLink,
        clerk: RobotClerk,
        on_done: OnAnswer | None = None,
        now: Callable[[], Micros] = wall_micros,
    ) -> None:
        self.visits = 0  # services finished and no-shows
        self._link, self._clerk, self._now = link, clerk, now
        self._on_done = on_done or (lambda _command, _result: None)
        self._changed = asyncio.Event()

    async def run(self, visits: int = 0) -> None:
        """Serve until cancelled, or until so many visits have ended."""
        follower = asyncio.create_task(self._follow())
        try:
            while not visits or self.visits < visits:
                await self._once()
        finally:
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)

    async def _follow(self) -> None:
        async for _ in self._link.changes():
            self._changed.set()

    async def _once(self) -> None:
        self._changed.clear()
        doc = self._link.views.get(f"window/{self._clerk.window}")
        if doc is None or self._link.state != "current":
            await self._wait(RETRY_SECONDS)
            return
        next_step = step(doc, self._clerk, self._now() + self._link.ahead_micros)
        if next_step.command is None:
            await self._wait(next_step.seconds)
        else:
            await self._send(next_step.command)

    async def _wait(self, seconds: float) -> None:
        """Wait until the view changes, or so many seconds."""
        try:
            async with asyncio.timeout(None if math.isinf(seconds) else seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _send(self, command: AnyCommand) -> None:
        try:
            result = await self._link.send(command, timeout=PRESS_SECONDS)
        except (RefusedError, SendError):
            await self._wait(RETRY_SECONDS)
            return
        self._on_done(command, result)
        if isinstance(command, cmd.FinishService | cmd.MarkNoShow):
            self.visits += 1
            await asyncio.sleep(self._clerk.rest_seconds)
        await self._wait(RETRY_SECONDS)
