"""The office's page of rectifications in Chromium: a bad rating is put right there, and refusals are told in their words."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from caller.engine import commands as cmd
from caller.engine.rating_messages import MoveRectification
from caller.people.store import PeopleStore
from tests.instruments.browser import OpenPage
from tests.instruments.office_hall import OfficeHall, sign_in
from tests.instruments.running_hall import until

WORDS = "等了很久，没有说明原因。"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    running = OfficeHall(tmp_path_factory.mktemp("rectified")).start()
    file = running.folder / "rated.toml"
    file.write_text(running.hall.read_text() + "\n[ratings]\nrectify = true\n")
    running.apply(file)
    running.open("1")
    yield running
    running.close()


def badly_rated(hall: OfficeHall) -> str:
    """One visit, rated badly by phone with words; return its ticket."""
    hall.take("A")
    ticket = str(hall.call("1")["ticket"])
    hall.serve("1")
    hall.finish("1")
    hall.rate(ticket, 1)
    PeopleStore(hall.data).keep(f"ticket/{ticket}", "rating", "words", WORDS, datetime.now(UTC))
    return ticket


def chosen(page: Page, verb: str, option: str) -> None:
    """Press a verb of the open detail, choose an option of its question, and wait until the detail shows it."""
    page.locator(".detail button", has_text=verb).first.click()
    ask = page.locator(".ask").last
    ask.locator(".q-radio", has_text=option).click()
    ask.locator("button", has_text=verb).click()
    expect(page.locator(".ask")).to_have_count(0)
    expect(page.locator(".detail dd", has_text=option)).not_to_have_count(0)


def test_a_manager_puts_a_bad_rating_right(hall: OfficeHall, open_page: OpenPage):
    ticket = badly_rated(hall)
    rows = hall.fresh("rectifications")["rectifications"]
    (id,) = [id for id, row in rows.items() if row["ticket"] == ticket]
    page = open_page(hall.address, 1366, 768)
    sign_in(page, "1001")
    page.goto(f"{hall.address}/rectifications")
    page.locator(".opens", has_text=rows[id]["number"]).click()
    expect(page.locator(".detail")).to_contain_text(WORDS)
    chosen(page, "分派", "1001")
    chosen(page, "核实", "属实，已改正")
    page.locator(".detail button", has_text="答复").first.click()
    page.locator(".ask button", has_text="答复").click()
    expect(page.locator(".q-notification", has_text="先做“整改”")).to_be_visible()  # not before its steps
    chosen(page, "整改", "已致歉并说明")
    page.locator(".detail button", has_text="答复").first.click()
    page.locator(".ask textarea").fill("已向您致歉，窗口已整改。")
    page.locator(".ask button", has_text="答复").click()
    until(lambda: row_of(hall, id)["state"] == "answered", "the answer is in the log")
    expect(page.locator(".detail")).to_contain_text("待复核")
    page.locator(".detail button", has_text="复核通过").click()
    expect(page.locator(".q-notification", has_text="须由另一人办理")).to_be_visible()
    hall.send(cmd.MoveFollowUp(id, "approve", "1002"))
    expect(page.locator(".detail")).to_contain_text("已办结")
    page.locator(".detail button", has_text="公开").click()
    until(lambda: row_of(hall, id)["published"], "it is published")
    letters = [each.value for each in PeopleStore(hall.data).of([f"ticket/{ticket}"])]
    assert "已向您致歉，窗口已整改。" in letters
    published = page.locator(".figure", has_text="已公开").locator(".value")
    expect(published).not_to_have_text("0")  # its name stands there from the beginning
    page.close()


def row_of(hall: OfficeHall, id: str) -> dict[str, object]:
    return hall.fresh("rectifications")["rectifications"][id]


def test_who_only_looks_sees_no_letter_and_no_verb(hall: OfficeHall, open_page: OpenPage):
    ticket = badly_rated(hall)
    rows = hall.fresh("rectifications")["rectifications"]
    (id,) = [id for id, row in rows.items() if row["ticket"] == ticket]
    hall.send(MoveRectification(id, "verify", "ann", "partly"))
    page = open_page(hall.address, 1366, 768)
    sign_in(page, "1005")  # an auditor
    page.goto(f"{hall.address}/rectifications")
    page.locator(".opens", has_text=rows[id]["number"]).click()
    expect(page.locator(".detail")).to_contain_text("部分属实")
    expect(page.locator(".detail")).not_to_contain_text(WORDS)
    expect(page.locator(".detail .verbs button")).to_have_count(0)
    page.close()
