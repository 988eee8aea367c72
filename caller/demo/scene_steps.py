"""What a demo scene does in a running hall: taps and scans at the kiosk, presses at a window, acts on a case, ratings by phone.

1. Everything goes through the real processes: the kiosk's page protocol, the caller's wire, the web process's pages. What a
   step shows is what came back, never what was sent.
2. Each step is one line in the language chosen, with the addresses at which it can be seen.
3. The papers are those that the web process gives a desk to print: they are kept as pages beside the scene's slips, and
   as PDF where that is asked for and this machine has a Chromium.
4. A scene takes windows that no clerk has open, and closes them at its end.
"""

import asyncio
import urllib.request
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple

from caller.client.client import Client
from caller.demo import robots
from caller.demo.kiosk_driver import KioskDriver
from caller.demo.setup import DemoSetup
from caller.engine import commands as cmd
from caller.engine.case_messages import CaseVerb, MoveCase
from caller.engine.papers import WrongPaper, code_of
from config import owner_only
from config.case_settings import CaseType, Outcome
from config.catalogue import both
from config.process import print_view
from config.settings import Item, Window, is_on_kiosk

SEEN_SECONDS = 30.0  # for each thing that must follow; a bound, not a wait
PAGE_SECONDS = 30.0
IN_USE_SECONDS = 120.0  # a person may be at the kiosk: until they have their number, or it is idle by itself
PRINTER_MENDS = {
    "paper-out": "paper in",
    "cover-open": "cover closed",
    "offline": "plug",
}  # what is typed, by its state
CLERK = "20"  # how the staff number of a scene's clerk begins; the window's follows, so that each window has its own

Pause = Callable[[], Awaitable[None]]
View = dict[str, Any]


class SceneError(Exception):
    """A scene cannot be played in this hall, or something did not follow; the text says what, in both languages."""


class Addresses(NamedTuple):
    """Where the hall's pages are, without a slash at the end; `kiosk`: as the kiosk printed it, with its key."""

    web: str
    kiosk: str


class Visit(NamedTuple):
    """A number that was taken: its ticket, what people see, and what the slip's QR code holds."""

    ticket: str
    number: str
    url: str

    @property
    def key(self) -> str:
        """The phone's key, behind the # of the slip's address."""
        return self.url.rpartition("#")[2]


class SceneHall:
    """A running hall as a scene sees it; a context, which leaves the windows as they were."""

    def __init__(
        self, setup: DemoSetup, addresses: Addresses, print_line: Callable[[str], None], name: str, *, english: bool = False,
        pdf: bool = False, busy: frozenset[str] = frozenset(), pause: Pause | None = None,
    ) -> None:  # fmt: skip
        """Describe the hall. `name`: of the scene, and of its papers' folder; `busy`: windows that others serve; `pause`:
        awaited after each step."""
        self.setup, self.addresses, self.english = setup, addresses, english
        self.papers = setup.data / "papers" / name
        self.kept: list[Path] = []
        self.tickets: set[str] = set()  # whose slips the kiosk prints
        self.print_line, self._pdf, self._busy, self._pause = print_line, pdf, busy, pause
        self._links: dict[str, Client] = {}
        self._stack = AsyncExitStack()
        self._step = 0

    async def __aenter__(self) -> "SceneHall":
        owner_only.make_folder(self.papers)
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            for window, link in self._links.items():
                if link.views[f"window/{window}"]["state"] == "open":
                    await link.send(cmd.CloseWindow(window))
        finally:
            await self._stack.aclose()

    # --- what is printed

    async def show(self, zh: str, en: str, *where: str) -> None:
        """Print one step and where it can be seen."""
        self._step += 1
        self.print_line(f"{self._step:>3}. {en if self.english else zh}")
        for each in where:
            self.print_line(f"       → {each}")
        if self._pause:
            await self._pause()

    def page(self, path: str, token: str = "") -> str:
        """Return the address of a page of the web process, with a station's token where it needs one."""
        return f"{self.addresses.web}{path}{f'#token={self.setup.tokens[token]}' if token else ''}"

    def desk(self, window: Window) -> str:
        """Return the address of a window's desk."""
        return self.page(f"/desk?window={window.id}", f"window-{window.id}")

    # --- what a scene is about

    def item(self, kind: CaseType, *preferred: str) -> Item:
        """Return an item of this type with papers: a preferred one, else the first. Raises: SceneError."""
        known = [each for each in self.setup.settings.items if each.case_type == kind and each.papers]
        known.sort(key=lambda each: preferred.index(each.id) if each.id in preferred else len(preferred))
        served = next((each for each in known if self._windows(each)), None)
        if served is None:
            zh, en = f"这个大厅没有可演示的{kind}事项", f"this hall has no item of type {kind} to show"
            raise SceneError(f"{zh} / {en}")
        return served

    def window(self, item: Item) -> Window:
        """Return the window that serves an item in a scene. Raises: SceneError."""
        found = self._windows(item)
        if not found:
            raise SceneError(f"没有空着的窗口办 {item.name} / no free window serves {item.name_en}")
        return found[0]

    def _windows(self, item: Item) -> list[Window]:
        own = robots.free_window(self.setup)
        known = [
            each
            for each in self.setup.settings.windows
            if item.queue in each.queues and each.id not in self._busy
        ]
        known.sort(key=lambda each: (bool(own) and each == own, each.kind == "floating"))
        return known

    def issuing(self, fallback: Window) -> Window:
        """Return the window that hands results out; in a hall without one, the case's own."""
        windows = self.setup.settings.windows
        return next(
            (each for each in windows if each.kind == "issuing" and each.id not in self._busy), fallback
        )

    # --- the kiosk

    async def take(self, item: Item) -> Visit:
        """Tap an item through the kiosk and take a number; return what the slip has."""
        return await self._at_kiosk(
            [(f"department:{item.department}", "items"), (f"item:{item.id}", "guide"), ("take", "priority"),
             ("class:ordinary", "confirm"), ("confirm", "number")]
        )  # fmt: skip

    async def scan(self, code: str) -> Visit:
        """Scan the code of a notice or a receipt at the kiosk; return the number it gives."""
        return await self._at_kiosk([(f"scan:{code}", "number")])

    async def _at_kiosk(self, taps: list[tuple[str, str]]) -> Visit:
        driver = await KioskDriver.at(self.addresses.kiosk, IN_USE_SECONDS, self._kiosk_in_use)
        try:
            await driver.paper(IN_USE_SECONDS, self._kiosk_without_paper)
            await driver.tap("start", "services")
            for target, then in taps:
                await driver.tap(target, then)
            shown = driver.screen["number"]
            await driver.tap("home", "idle")
        finally:
            await driver.leave()
        url = str(shown["url"])
        taken = Visit(url.rpartition("#")[2].partition(".")[0], str(shown["number"]), url)
        self.tickets.add(taken.ticket)
        return taken

    def _kiosk_in_use(self, _screen: View) -> None:
        """Say that the scene waits for the applicant at the kiosk, or for a card that lies on it."""
        card = self._card_reader()
        off, off_en = (
            (f"；放着身份证的，输入 {card} take", f"; an ID card on it: type {card} take")
            if card
            else ("", "")
        )
        self._wait_for(
            f"取号机正在使用：办完或等它回到首页{off}", f"the kiosk is in use: finish there, or let it go back to its start{off_en}"
        )  # fmt: skip

    def _kiosk_without_paper(self, screen: View) -> None:
        """Say what its printer lacks, and what to type."""
        zh, en = both("device-state", str(screen["paper"]))
        mends = PRINTER_MENDS.get(str(screen["paper"]), "")
        printer = next((each.printers[0] for each in self.setup.settings.kiosks if each.printers), "")
        typed, typed_en = (
            (f"，输入 {printer} {mends}", f": type {printer} {mends}") if mends and printer else ("", "")
        )
        self._wait_for(f"取号机的打印机{zh}{typed}", f"the kiosk's printer: {en}{typed_en}")

    def _wait_for(self, zh: str, en: str) -> None:
        minutes = round(IN_USE_SECONDS / 60)
        waits, waits_en = (
            f"，场景接着进行（最多等 {minutes} 分钟）",
            f"; the scene goes on then, within {minutes} minutes",
        )
        self.print_line(f"     {en}{waits_en}" if self.english else f"     {zh}{waits}")

    def _card_reader(self) -> str:
        """Return the name of the simulated card reader at a kiosk, the last one listed; empty without one."""
        settings = self.setup.settings
        return next((each.name for each in reversed(settings.devices) if is_on_kiosk(settings, each)), "")

    # --- a window

    async def open(self, window: Window) -> None:
        """Open the window where it is closed."""
        link, topic = await self._link(window), f"window/{window.id}"
        if link.views[topic]["state"] == "closed":
            await link.send(cmd.OpenWindow(window.id, f"{CLERK}{window.id:0>2}"))
            await self._until(link, topic, lambda doc: doc["state"] == "open")

    async def serve(self, window: Window, visit: Visit) -> None:
        """Call the number at the window, opened where it is closed, and begin to serve."""
        await self.open(window)
        await self._press(window, lambda seen: cmd.CallTicket(window.id, seen, visit.ticket))
        await self._press(window, lambda seen: cmd.StartService(window.id, seen))

    async def finish(
        self, window: Window, outcome: Outcome, *, wrong: dict[str, str] | None = None, reason: str = ""
    ) -> View:
        """End the reception; `wrong`: the papers of an incomplete one, each with what is wrong with it."""
        papers = [WrongPaper(code_of(name), fault) for name, fault in (wrong or {}).items()]
        return await self._press(
            window, lambda seen: cmd.FinishService(window.id, seen, outcome, reason=reason, papers=papers)
        )

    async def _link(self, window: Window) -> Client:
        if window.id not in self._links:
            token, topic = self.setup.tokens[f"window-{window.id}"], f"window/{window.id}"
            link = await self._stack.enter_async_context(Client(self.setup.caller, token, [topic], topic))
            await link.until("current")
            self._links[window.id] = link
        return self._links[window.id]

    async def _press(self, window: Window, made: Callable[[int], cmd.WindowVerb]) -> View:
        """Press a key on the view the desk shows, and wait for the view after it."""
        link, topic = await self._link(window), f"window/{window.id}"
        seen = int(link.views[topic]["version"])
        result = await link.send(made(seen))  # type: ignore[arg-type]
        await self._until(link, topic, lambda doc: doc["version"] > seen)
        return result

    async def _until(self, link: Client, topic: str, holds: Callable[[View], Any]) -> None:
        if holds(link.views[topic]):
            return
        try:
            async with asyncio.timeout(SEEN_SECONDS):
                async for changed in link.changes():
                    if changed == topic and holds(link.views[topic]):
                        return
        except TimeoutError:
            raise SceneError(f"没有等到 / did not come: {topic}") from None

    # --- a case

    async def move(self, number: str, move: CaseVerb, staff: str, **more: Any) -> View:
        """Take a case on; return the case as it is then."""
        found = await self.look(f"case/{number}")
        async with self._manager([]) as manager:
            await manager.until("current")
            await manager.send(MoveCase(found["case"], move, found["version"], staff=staff, **more))
        return await self.look(f"case/{number}")

    async def follow(self, id: str, move: cmd.FollowUpMove, staff: str, **more: Any) -> None:
        """Take a follow-up on."""
        async with self._manager([]) as manager:
            await manager.until("current")
            await manager.send(cmd.MoveFollowUp(id, move, staff=staff, **more))

    async def look(self, topic: str) -> View:
        """Return a document of the office as it stands now."""
        return await self.comes(topic, lambda _doc: True)

    async def comes(self, topic: str, holds: Callable[[View], Any]) -> View:
        """Return a document of the office once this holds of it. Raises: SceneError."""
        async with self._manager([topic]) as manager:
            async with asyncio.timeout(SEEN_SECONDS):
                await manager.until("current")
            await self._until(manager, topic, holds)
            return dict(manager.views[topic])

    def _manager(self, topics: list[str]) -> Client:
        return Client(self.setup.caller, self.setup.tokens["manager-demo"], topics, "scene")

    # --- papers and phones

    async def paper(self, kind: cmd.CaseNotice, about: str, name: str) -> str:
        """Keep a notice as its page shows it; return the address of the page."""
        address = f"{self.addresses.web}/notices/{kind}.{about}"
        page = await asyncio.to_thread(_page, address)
        file = self.papers / f"{len(self.kept) + 1:02}-{name}.html"
        owner_only.write_whole(file, page)
        self.kept.append(file)
        if self._pdf and print_view.chromium():
            await asyncio.to_thread(print_view.write_pdf, page.decode(), file.with_suffix(".pdf"))
        return address

    async def rate(self, visit: Visit, level: int) -> None:
        """Rate a visit as the phone does that scanned the slip."""
        async with Client(self.setup.caller, visit.key, [], "phone") as phone:
            await phone.until("current")
            await phone.send(cmd.Rate(ticket=visit.ticket, level=level, via="phone"))


def _page(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=PAGE_SECONDS) as answer:
        return bytes(answer.read())
