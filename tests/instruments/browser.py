"""Fixtures for tests in a real Chromium against real processes; a folder's conftest imports those it offers."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from tests.instruments.running_hall import REPO, RunningHall

CHROMIUM = os.environ.get("HALLCALL_CHROMIUM", "/usr/bin/chromium")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]
LOCAL = {"127.0.0.1", "localhost"}


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


class Watched:
    """What a page asked for and complained about."""

    def __init__(self) -> None:
        self.outside: list[str] = []
        self.requests: list[str] = []
        self.errors: list[str] = []

    def follow(self, page: Page) -> None:
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


OpenPage = Callable[..., Page]


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def open_page(chromium: Browser, watched: Watched) -> Iterator[OpenPage]:
    """open_page(url, width, height, **context) → a page with touch; afterwards nothing may have left the host."""
    contexts: list[BrowserContext] = []

    def open_it(url: str, width: int, height: int, **more: Any) -> Page:
        size = {"width": width, "height": height}
        context = chromium.new_context(viewport=size, has_touch=True, locale="zh-CN", **more)  # pyright: ignore[reportArgumentType]
        contexts.append(context)
        page = context.new_page()
        watched.follow(page)
        page.goto(url)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert watched.outside == []


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    """The county hall, running; shared by the tests of one file."""
    hall = RunningHall(tmp_path_factory.mktemp("county"), REPO / "config/halls/county.toml").start()
    yield hall
    hall.close()
