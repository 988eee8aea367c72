"""The way from a clerk's desk to a hall to practise in, in real Chromium: words, a link, and nothing of it in the real hall."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.instruments.browser import OpenPage, still
from tests.instruments.running_hall import REPO, RunningHall, until

PICTURES = os.environ.get("HALLCALL_PICTURES_TO", "")
WINDOW = "1"
START_MS = 120_000  # a caller and a web process begin


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("practice"), REPO / "config/halls/village.toml").start()
    running._enrol(("window", WINDOW))
    yield running
    running.close()


def test_a_clerk_begins_to_practise_from_the_sign_in_and_the_real_hall_hears_nothing(
    hall: RunningHall, open_page: OpenPage
) -> None:
    desk = open_page(hall.page(f"/desk?window={WINDOW}", "window", WINDOW), 1366, 768)
    expect(desk.locator("#link")).to_have_attribute("data-link", "current")
    desk.keyboard.press("F1")
    expect(desk.locator("#help .practice")).to_contain_text("不影响真实大厅")
    if PICTURES:
        still(desk)
        desk.screenshot(path=Path(PICTURES) / "practice-help.png")
    desk.keyboard.press("Escape")
    before = hall.views["board"]
    line = desk.locator("#sign-in .practice")
    line.get_by_role("button", name="练习").focus()
    desk.keyboard.press("Enter")
    link = line.get_by_role("link", name="打开练习叫号台")
    expect(link).to_be_visible(timeout=START_MS)
    if PICTURES:
        still(desk)
        desk.screenshot(path=Path(PICTURES) / "practice-link.png")
    there = open_page(link.get_attribute("href") or "", 1366, 768)
    expect(there.locator("#window")).to_contain_text("练习")
    expect(there.locator("#sign-in .practice")).to_have_text("这是练习：群众是模拟的，不影响真实大厅")
    there.locator("input[name=clerk]").fill("2001")
    there.keyboard.press("Enter")
    expect(there.locator('[data-verb="next"]')).to_have_attribute("data-state", "live", timeout=START_MS)
    there.keyboard.press("Space")
    expect(there.locator("#number")).not_to_be_empty()
    if PICTURES:
        still(there)
        there.screenshot(path=Path(PICTURES) / "practice-desk.png")
    hall.take("A")
    until(lambda: hall.views["board"] != before, "the real hall goes on")
    assert hall.views["board"]["windows"][WINDOW]["state"] == "closed"  # nobody has come to the real window
    assert hall.views["board"]["calls"] == []


def test_only_a_windows_own_token_starts_one(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/", "board", "b1"), 1280, 800)
    asked = "(key) => fetch('/practice', { method: 'POST', headers: { Authorization: `Bearer ${key}` } }).then((answer) => answer.status)"
    found = [page.evaluate(asked, key) for key in ("nobody", hall.tokens["board", "b1"])]
    assert found == [401, 403]
