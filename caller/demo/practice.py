"""A hall to practise in: a clerk's own window among simulated applicants, of which nothing reaches the real hall.

1. It has the real hall's windows, queues, items, words and rules, and nothing else of it: its own caller on a free port,
   its own folder, which is deleted at the end, no device, no account, no address of a receiver.
2. Applicants come for what the window serves. What each does stands on the desk itself, as a message of the guide desk:
   they come or do not, their papers are complete or not, they want another window or have a second number. So the clerk
   practises on the very page or terminal of every day.
3. A message holds until the applicant's state changes: then it is read by itself, and the next one comes.
"""

import asyncio
import contextlib
import random
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import structs

from caller.client.client import Client, RefusedError, SendError
from caller.demo import robots
from caller.demo.process_group import ManagedProcess, ProcessGroup
from caller.demo.runner import open_day
from caller.demo.setup import DemoSetup, on_this_machine, written
from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand
from caller.engine.guide_commands import AcknowledgeMessage, SendMessage, SetAssistance
from config.process.running import PRACTICE_MARK
from config.settings import AccountsTable, ClassId, Reason, Settings, Window

COLLEAGUES = 3  # other windows, served by robots, to which one may transfer
WAITING_MAX = 6  # applicants at the window's queues; more teach nothing
ARRIVAL_SECONDS, WALK_SECONDS, TALK_SECONDS = 12.0, 4.0, 3.0
LOOPBACK = "127.0.0.1"
NAME_MAX = 80  # characters of a window's name
LOOK_SECONDS = 1.0
IDLE_SECONDS = 600.0  # without a desk for so long a hall that a page has asked for ends
SECOND_NUMBER, ASSISTED, ELDERLY = 0.15, 0.15, 0.2  # shares of the applicants
LINES: dict[str, tuple[str, str]] = {
    "here": ("【练习】这位到窗口了：按 S 开始", "[practice] The applicant is here: S begins"),
    "nobody": ("【练习】叫了没人来：等一等按 R 重呼，还不来按 X 过号", "[practice] Nobody comes: R recalls; then X, missed"),
    "fine": ("【练习】材料齐全：办好后按 F 选结果，或按空格叫下一位", "[practice] Papers complete: F ends it, or Space calls the next"),
    "missing": ("【练习】少带了材料：按 F 选“材料不全”，一次勾全", "[practice] Papers are missing: F, incomplete, mark all at once"),
    "elsewhere": ("【练习】来错了窗口：按 T 转到别的窗口，不用重新排队", "[practice] The wrong window: T sends them on, place kept"),
    "fetch": ("【练习】要回去取一份材料：按 H 挂起，稍后按 C 回呼", "[practice] They fetch a paper: H holds; C calls them back"),
    "second": ("【练习】这位手里还有一张号：按 G 合并，一起办", "[practice] They hold a second number: G merges it"),
}  # fmt: skip
AT_START = {"here": 0.85, "nobody": 0.15}
SERVED = {"fine": 0.5, "missing": 0.2, "elsewhere": 0.15, "fetch": 0.15}


def practice_settings(settings: Settings, data: Path, host: str = LOOPBACK) -> Settings:
    """Return the hall to practise in: of the real one what a clerk sees, and nothing that reaches outside. `host`: where its
    pages are found."""
    lines = tuple(Reason("message", f"practice-{code}", *words) for code, words in LINES.items())
    others = tuple(each for each in settings.reasons if each.kind != "message")
    hall = structs.replace(
        settings.hall, name=f"练习 {settings.hall.name}", name_en=f"Practice {settings.hall.name_en}".strip()
    )
    marked = tuple(  # so that every desk says where it is
        structs.replace(each, name=f"练习 {each.name}"[:NAME_MAX], name_en=f"Practice {each.name_en or each.name}"[:NAME_MAX])
        for each in settings.windows
    )  # fmt: skip
    alone = structs.replace(
        settings, hall=hall, windows=marked, devices=(), kiosks=(), webhooks=(), reasons=(*others, *lines), accounts=AccountsTable()
    )  # fmt: skip
    made = on_this_machine(alone, data)
    tls = (
        "" if host == LOOPBACK else "off"
    )  # there is nothing to hide in it, and its own CA no screen would trust
    return structs.replace(made, listen=structs.replace(made.listen, host=host, tls=tls))


class Practice(NamedTuple):
    """A running practice hall, and the web process where a page was asked for."""

    setup: DemoSetup
    window: Window
    web: ManagedProcess | None

    @property
    def address(self) -> str:
        """The desk's address."""
        assert self.web
        page = self.web.ready.split()[-1].rstrip("/")
        return f"{page}/desk?window={self.window.id}#token={self.setup.tokens[f'window-{self.window.id}']}"


@asynccontextmanager
async def running(
    settings: Settings, window: str, page: bool, seed: int, host: str = LOOPBACK
) -> AsyncGenerator[Practice]:
    """Run a hall to practise in until the context ends; then nothing of it is left. Raises `NotReadyError`."""
    with tempfile.TemporaryDirectory(prefix="hallcall-practice-") as folder:
        data = Path(folder)
        setup = written(practice_settings(settings, data, host), data, "practice")
        (data / PRACTICE_MARK).touch()
        own = next(each for each in setup.settings.windows if each.id == window)
        group = ProcessGroup(data / "logs")
        arguments = [str(setup.file), "--data", str(data)]
        try:
            await group.start(("caller", ["caller", *arguments]))
            await open_day(setup)
            started = await group.start(("web", ["web", *arguments])) if page else []
            tasks = [asyncio.create_task(each) for each in _people(setup, own, seed)]
            try:
                yield Practice(setup, own, started[0] if started else None)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            await group.stop()


async def until_left(hall: Practice, idle: float = IDLE_SECONDS) -> None:
    """Return once no desk of the window has been connected for `idle` seconds."""
    desk, left = f"window/{hall.window.id}", 0.0
    async with Client(
        hall.setup.caller, hall.setup.tokens["manager-demo"], ["stations"], "practice end"
    ) as link:
        while left < idle:
            await asyncio.sleep(LOOK_SECONDS)
            here = link.views.get("stations", {}).get("stations", {}).get(desk, {}).get("lines", 0)
            left = 0.0 if here else left + LOOK_SECONDS


def _people(setup: DemoSetup, own: Window, seed: int) -> list[Any]:
    """Return the colleagues and the applicants, as what each does until cancelled."""
    served = [each for each in setup.settings.windows if each.id != own.id and each.queues]
    colleagues = [
        robots.serve(setup, each, 9001 + nth, seed + nth) for nth, each in enumerate(served[:COLLEAGUES])
    ]
    return [*colleagues, _arrive(setup, own, seed), _behave(setup, own, seed)]


async def _arrive(setup: DemoSetup, own: Window, seed: int) -> None:
    """Let applicants come for what the window serves, until cancelled."""
    dice = random.Random(seed)
    serves = own.queues or [*own.helps]
    items = [item.id for item in setup.settings.items if item.queue in serves and not item.days]
    classes = {each.id for each in setup.settings.classes}
    topic = f"window/{own.id}"
    async with Client(setup.caller, setup.tokens["manager-demo"], [topic], "practice arrivals") as link:
        await link.until("current")
        while True:
            if link.views[topic]["waiting"] < WAITING_MAX:
                elderly = "elderly" in classes and dice.random() < ELDERLY
                await _take(link, dice, items, serves, "elderly" if elderly else "ordinary")
            await asyncio.sleep(dice.expovariate(1 / ARRIVAL_SECONDS))


async def _take(
    link: Client, dice: random.Random, items: list[str], serves: list[str], priority: ClassId
) -> None:
    """Take one number, or two of one person; some applicants are to be fetched."""
    person = f"{dice.getrandbits(256):064x}"
    wanted = dice.sample(items, min(len(items), 2 if dice.random() < SECOND_NUMBER else 1))
    given = None
    for visit in [{"items": [item]} for item in wanted] or [{"queue": dice.choice(serves)}]:
        given = await _sent(link, cmd.TakeTicket(priority=priority, person=person, **visit)) or given  # type: ignore[arg-type]
    if given and dice.random() < ASSISTED:
        await _sent(
            link, SetAssistance(given["ticket"], dice.choice(("deaf", "blind", "wheelchair", "interpreter")))
        )


async def _behave(setup: DemoSetup, own: Window, seed: int) -> None:
    """Say on the desk what the applicant at the window does, until cancelled (rules 2 and 3)."""
    topic, told = f"window/{own.id}", ("", "")
    async with Client(setup.caller, setup.tokens["manager-demo"], [topic], "practice applicants") as link:
        await link.until("current")
        while True:
            ticket: dict[str, Any] = link.views[topic].get("ticket", {})
            now = (ticket.get("ticket", ""), ticket.get("state", ""))
            if now != told:
                told = now
                for message in link.views[topic]["messages"]:
                    await _sent(link, AcknowledgeMessage(own.id, message["message"]))
                if ticket and await _still(
                    link, topic, now, WALK_SECONDS if now[1] == "called" else TALK_SECONDS
                ):
                    line = _line(random.Random(f"{seed}/{now}"), now[1], bool(ticket["others"]))
                    await _sent(link, SendMessage(own.id, f"practice-{line}", now[0]))
                continue
            async with contextlib.AsyncExitStack() as stack:
                stack.enter_context(contextlib.suppress(TimeoutError))
                await stack.enter_async_context(asyncio.timeout(1.0))
                async for _ in link.changes():
                    break


def _line(dice: random.Random, state: str, has_second: bool) -> str:
    """Return what an applicant does who is called, or served."""
    if has_second and state == "serving":
        return "second"
    lines = AT_START if state == "called" else SERVED
    return dice.choices([*lines], [*lines.values()])[0]


async def _still(link: Client, topic: str, at: tuple[str, str], seconds: float) -> bool:
    """Return whether the same applicant is in the same state after so many seconds."""
    await asyncio.sleep(seconds)
    ticket: dict[str, Any] = link.views[topic].get("ticket", {})
    return (ticket.get("ticket", ""), ticket.get("state", "")) == at


async def _sent(link: Client, command: AnyCommand) -> dict[str, Any] | None:
    """Send a command; what is refused, or is not answered, is no matter in practice."""
    try:
        return await link.send(command)
    except (RefusedError, SendError):
        return None
