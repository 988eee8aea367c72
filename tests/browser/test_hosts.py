"""Every page finds the caller from whatever host it was opened on: the browser's own word, not the server's."""

import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.instruments.browser import ARGS, CHROMIUM
from tests.instruments.running_hall import REPO, Process, RunningHall

pytestmark = pytest.mark.browser
NAMES = ("hall_pc", "hall-pc.lan", "大厅.example")


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("hosts"), REPO / "config/halls/village.toml").start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A browser that finds these names on this machine, as a hall's name server would."""
    rules = "--host-resolver-rules=" + ", ".join(f"MAP {_ascii(name)} 127.0.0.1" for name in NAMES)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=[*ARGS, rules])
        yield browser.new_page()
        browser.close()


def _ascii(name: str) -> str:
    return name if name.isascii() else name.encode("idna").decode()


@pytest.mark.parametrize("name", NAMES)
def test_a_board_is_current_on_a_host_of_this_name(hall: RunningHall, page: Page, name: str) -> None:
    address = hall.page("/board?voice=off", "board", "b1")
    page.goto(address.replace("127.0.0.1", name))
    expect(page.locator("body")).to_have_attribute("data-wire", "current")


def test_a_board_is_current_on_an_ipv6_address(
    hall: RunningHall, page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Both processes listen on `::`; the policy's grammar knows no IPv6 address, and the page still connects."""
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    folder = tmp_path_factory.mktemp("ipv6")
    data = ("--data", str(hall.data), "--host", "::", "--port", "0")
    hall.caller.stop()
    caller = Process("caller", str(hall.hall), *data, output=folder / "caller.txt")
    address = caller.address.replace("[::]", "[::1]")
    web = Process("web", str(hall.hall), *data, "--caller", address, output=folder / "web.txt")
    try:
        token = hall.tokens["board", "b1"]
        page.goto(f"{web.address.replace('[::]', '[::1]')}/board?voice=off#token={token}")
        expect(page.locator("body")).to_have_attribute("data-wire", "current")
    finally:
        web.stop()
        caller.stop()
        hall.restart_caller()
