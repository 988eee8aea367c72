"""Fixtures for tests in a real Chromium against real processes; a folder's conftest imports those it offers."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Error,
    Page,
    Request,
    expect,
    sync_playwright,
)

from tests.instruments.running_hall import REPO, RunningHall, until

# Debian's Chromium; its headless shell, where there is one, is the same engine without the browser's own windows and menus,
# at three fifths of the processor.
USUAL = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
CHROMIUM = os.environ.get("HALLCALL_CHROMIUM") or next(filter(os.path.exists, USUAL), USUAL[-1])
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]
DEVTOOLS = re.compile(r"DevTools listening on ws://[^:]+:(\d+)/")
LOCAL = {"127.0.0.1", "localhost"}
PATIENCE_MS = 60_000  # a bound on a busy machine, for every test
expect.set_options(timeout=PATIENCE_MS)
LOAD_MS = 90_000  # a bound as well: a page's scripts are fetched and read by a browser that shares two cores


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a file's tests, as a kiosk is started: sound without a touch allowed. Not one for all files:
    Playwright keeps an event loop running in this thread, and other tests run loops of their own."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; sudo apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGS)
        yield browser
        browser.close()


@contextmanager
def debugged_chromium(folder: Path, address: str) -> Generator[int]:
    """A browser of its own that shows this page, as a kiosk's PC starts it; yields its DevTools port."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; sudo apt install chromium")
    told = folder / "told"
    command = [
        CHROMIUM,
        "--headless",
        "--remote-debugging-port=0",
        f"--user-data-dir={folder}",
        *ARGS,
        address,
    ]
    with told.open("wb") as out:
        browser = subprocess.Popen(command, stderr=out, stdout=out, start_new_session=True)
    try:
        until(lambda: DEVTOOLS.search(told.read_text()), "Chromium is there")
        yield int(DEVTOOLS.findall(told.read_text())[0])
    finally:
        os.killpg(browser.pid, signal.SIGKILL)  # Debian's command is a script: the browser is its child
        browser.wait()


class Watched:
    """What a page asked for and complained about."""

    def __init__(self) -> None:
        self.outside: list[str] = []
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.pages: list[Page] = []

    def follow(self, page: Page) -> None:
        self.pages.append(page)
        page.on("request", self._asked)
        page.on("websocket", lambda socket: self._where(socket.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)
        self._where(request.url)

    def _where(self, url: str) -> None:
        if urlsplit(url).hostname not in LOCAL and urlsplit(url).scheme not in ("data", "blob"):
            self.outside.append(url)

    def told(self) -> str:
        """Return what each page shows now, and what any has complained about: for whoever reads of a test that failed."""
        shown: list[str] = []
        for page in self.pages:
            try:
                shown += [page.url, page.evaluate(SHOWN)]
            except Error as gone:
                shown.append(gone.message)
        return "\n".join([*shown, *self.errors])


OpenPage = Callable[..., Page]
SHOWN = "() => `${Math.round(performance.now())} ms, line ${window.did_handshake}: ${document.body.innerText.slice(0, 900)}`"
STILL = """() => new Promise((told) => requestAnimationFrame(() => requestAnimationFrame(() =>
    told(document.getAnimations().every((each) => each.playState !== 'running')))))"""


def still(page: Page) -> None:
    """Wait until what is on its way (a shadow, a fade) has arrived; what was drawn just now begins to move two frames on."""
    page.wait_for_function(STILL)


AXE_FINDS = "([inside, options]) => axe.run(inside ?? document, options).then((all) => all.violations)"


def axe_finds(
    page: Page, options: dict[str, Any] | None = None, *, inside: str | dict[str, Any] | None = None
) -> AxeResults:
    """What axe finds wrong on a page, or `inside` a part of it, and nothing else: to describe every place where a rule is
    kept takes half of its time. Its script is put once into a page."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    asked = {**(options or {}), "resultTypes": ["violations"]}
    return AxeResults({"violations": page.evaluate(AXE_FINDS, [inside, asked])})


def stop_clock(page: Page) -> None:
    """Let a page's clock stand: what the page does after a while it does when `page.clock.run_for` lets that pass. The
    clock (`page.clock.install`) was installed before the page was loaded."""
    for ahead in (
        1,
        2,
        4,
        8,
        16,
        32,
    ):  # seconds; on a busy machine that instant may have passed when the page hears of it
        try:
            page.clock.pause_at(page.evaluate("Date.now()") / 1000 + ahead)
        except Error as late:
            if "past" not in late.message:
                raise
        else:
            return
    raise AssertionError("the page's clock runs ahead of every instant")


@pytest.fixture
def watched() -> Watched:
    return Watched()


def new_context(browser: Browser, options: dict[str, Any]) -> BrowserContext:
    context = browser.new_context(has_touch=True, locale="zh-CN", **options)
    context.set_default_timeout(PATIENCE_MS)
    return context


class Contexts:
    """The contexts that the tests of one file share, one for each set of options.

    To open a page in a context of its own and to close both takes Chromium a second and a half of the processor, in one
    that stays open half of that. A context stays open while it has a page; so each keeps an empty one. That one opens the
    others, as a script does: they are then of its process, which has started and read the fonts already.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._kept: dict[str, tuple[Page, CDPSession]] = {}

    def page(self, options: dict[str, Any]) -> Page:
        key = repr(sorted(options.items()))
        if key not in self._kept:
            context = new_context(self._browser, options)
            empty = context.new_page()
            self._kept[key] = empty, context.new_cdp_session(empty)
        empty = self._kept[key][0]
        with empty.expect_popup() as opened:
            empty.evaluate("() => void open('about:blank')")
        return opened.value

    def forget(self, origins: set[str]) -> None:
        """Delete what pages of these origins have stored: a page of the next test finds nothing."""
        for _, session in self._kept.values():
            for origin in origins:
                session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})


@pytest.fixture(scope="module")
def contexts(chromium: Browser) -> Contexts:
    return Contexts(chromium)


@pytest.fixture
def open_page(chromium: Browser, contexts: Contexts, watched: Watched) -> Iterator[OpenPage]:
    """open_page(url, width, height, **context) → a page with touch; afterwards nothing may have left the host.

    The first page of a test shares its context with the first pages of others, unless it is to be `alone`: with its own
    clock, or as in a browser that has never been there.
    """
    own: list[BrowserContext] = []
    pages: list[Page] = []

    def open_it(url: str, width: int, height: int, *, alone: bool = False, **more: Any) -> Page:
        if alone or pages:
            own.append(new_context(chromium, more))
            page = own[-1].new_page()
        else:
            page = contexts.page(more)
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.set_default_navigation_timeout(LOAD_MS)
        watched.follow(page)
        page.goto(url)
        return page

    yield open_it
    for page in pages:
        page.close()
    for context in own:
        context.close()
    contexts.forget({f"{each.scheme}://{each.netloc}" for each in map(urlsplit, watched.requests)})
    assert watched.outside == []


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    """The county hall, running; shared by the tests of one file."""
    hall = RunningHall(tmp_path_factory.mktemp("county"), REPO / "config/halls/county.toml").start()
    yield hall
    hall.close()
