"""Cases as supervisors and the office see them: the wall's lights lead to their records, the office's page to one case's steps,
and a red light's accountability record is closed by a supervisor alone; and as the applicant sees one on a phone, by the
receipt's code, in both languages, where no code is guessed."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from caller.engine.case_messages import MoveCase, OpenCase
from caller.engine.envelope import CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.short_codes import KINDS
from caller.records import bring_up_to_date
from config.reading.reader import read
from tests.browser.test_access import RULES
from tests.instruments.browser import OpenPage, axe_finds, still
from tests.instruments.clipped_text import faults
from tests.instruments.office_hall import OfficeHall, choose_option, sign_in
from tests.instruments.recorded_days import Written
from tests.instruments.running_hall import until

ITEM = "A001"  # 20 days by law, 5 promised
DAY = 86_400_000_000
SIZE = (1366, 768)


def write_past_cases(data: Path, hall: Path) -> None:
    """Two cases that were opened forty days ago, before the hall's processes are there."""
    settings, now = read(hall), time.time_ns() // 1000
    data.mkdir(parents=True, exist_ok=True)
    written = Written(data, Hall(settings), settings.hall.site)
    for nth, days in enumerate((40, 39)):
        order = CommandEnvelope(f"past-{nth}", OpenCase(ITEM, "1", staff="1003"), random=bytes([nth] * 16))
        written.do(order, now - days * DAY)
    written.close()


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    running = OfficeHall(tmp_path_factory.mktemp("seen"), "county")
    running.hall.write_text(
        running.hall.read_text("utf-8") + "\n[cases]\nenabled = true\npublish = true\n", "utf-8"
    )
    write_past_cases(running.data, running.hall)
    running.start()
    running._enrol(("web", "web"), ("supervisor", "s1"))
    running.web = running.start_web()
    until(lambda: running.fresh("supervise")["duties"]["accountability"] == 2, "the red lights are noted")
    yield running
    running.close()


def opened(hall: OfficeHall, open_page: OpenPage, staff: str) -> Page:
    page = open_page(f"{hall.address}/cases", *SIZE)
    sign_in(page, staff)
    page.goto(f"{hall.address}/cases")
    expect(page.locator(".figures")).to_be_visible()
    return page


# --- the wall


def test_each_light_of_the_wall_leads_to_its_records_and_a_case_to_its_steps(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = open_page(hall.page("/supervise", "supervisor", "s1"), 1920, 1080)
    light = page.locator('[data-duty="overdue"]')
    expect(light.locator(".figure")).to_have_text("2")
    expect(light.locator(".what")).to_have_text("超期办件")
    light.click()
    records = page.locator("#records")
    line = records.locator("button.record")
    expect(line).to_have_count(2)
    expect(line.first).to_contain_text("超期")
    number = line.first.locator("b").inner_text()  # at rest: the light of the oldest case stays
    line.first.click()
    expect(page.locator("#records-title")).to_contain_text(number)
    expect(records.locator(".steps li").first).to_contain_text("立件")
    expect(records).to_contain_text("问责记录")
    page.keyboard.press("Escape")
    expect(line).to_have_count(2)
    page.keyboard.press("Escape")
    expect(records).to_be_hidden()
    page.locator('[data-duty="accountability"]').click()
    expect(records.locator("button.record")).to_have_count(
        hall.fresh("supervise")["duties"]["accountability"]
    )
    page.keyboard.press("Escape")
    page.locator('[data-duty="rejected"]').click()
    expect(records).to_contain_text("暂无")
    page.keyboard.press("Escape")
    assert faults(page) == []
    page.close()


# --- the office


def test_the_office_filters_by_light_finds_by_number_and_takes_a_case_on(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    made = hall.send(OpenCase(ITEM, "2"))
    page = opened(hall, open_page, "1001")
    expect(page.locator("tbody .opens")).not_to_have_count(0)
    page.get_by_role("button", name="期限内").click()
    expect(page.locator("tbody")).to_contain_text(made["case_number"])
    expect(page.locator("tbody")).not_to_contain_text("超期")
    still(page)
    found = axe_finds(page, {"runOnly": RULES["runOnly"]})
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="在办").click()
    page.locator(".number-asked input").fill(made["case_number"].lower())
    page.get_by_role("button", name="按号查").click()
    detail = page.locator(".detail")
    expect(detail.locator("h2")).to_contain_text(made["case_number"])
    expect(detail).to_contain_text("还剩 5 个工作日")
    detail.get_by_role("button", name="暂停计时").click()
    page.locator(".ask").get_by_text("现场勘查").click()
    page.locator(".ask").get_by_role("button", name="确定").click()
    expect(detail.locator(".steps")).to_contain_text("现场勘查")
    expect(detail).to_contain_text("现场勘查，剩 5 天")
    kept = hall.fresh(f"case/{made['about']}")
    assert (kept["state"], kept["steps"][-1]["staff"]) == ("paused", "1001")
    page.close()


def test_papers_are_asked_for_by_their_whole_names_and_never_without_a_list(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    made = hall.send(OpenCase(ITEM, "2", state="received"))
    page = opened(hall, open_page, "1001")
    page.locator(".number-asked input").fill(made["case_number"])
    page.get_by_role("button", name="按号查").click()
    page.locator(".detail").get_by_role("button", name="要求补正").click()
    ask = page.locator(".ask")
    papers = next(each.papers for each in hall.settings.items if each.id == ITEM)
    for paper in papers:
        expect(ask.get_by_text(paper, exact=True)).to_be_visible()
    still(page)
    found = axe_finds(page, {"runOnly": RULES["runOnly"]}, inside=".ask")
    assert found.violations_count == 0, found.generate_report()
    assert [each for each in faults(page) if "clipped" in each] == []
    asks = ask.get_by_role("button", name="要求补正")
    expect(asks).to_be_disabled()
    choose_option(page, ask.get_by_label(papers[1]), "已过期")
    asks.click()
    expect(page.locator(".detail")).to_contain_text("待补正")
    assert hall.fresh(f"case/{made['about']}")["state"] == "asked"
    page.close()


def test_who_acts_second_is_told_so_by_the_office_too(hall: OfficeHall, open_page: OpenPage) -> None:
    made = hall.send(OpenCase(ITEM, "2"))
    page = opened(hall, open_page, "1001")
    page.locator(".number-asked input").fill(made["case_number"])
    page.get_by_role("button", name="按号查").click()
    detail = page.locator(".detail")
    detail.get_by_role("button", name="申请人撤回").click()
    expect(page.locator(".ask")).to_be_visible()
    hall.send(MoveCase(made["about"], "take", 0, staff="9001"))
    expect(detail).to_contain_text("办理中")
    page.locator(".ask").get_by_role("button", name="申请人撤回").click()
    expect(page.locator(".q-notification").last).to_contain_text("刚被别人处理过")
    assert hall.fresh(f"case/{made['about']}")["state"] == "in-hand"
    page.close()


def test_a_manager_opens_a_case_and_a_supervisor_is_not_offered_to(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = opened(hall, open_page, "1001")
    page.get_by_role("button", name="立件").click()
    ask = page.locator(".ask")
    ask.get_by_label("事项").fill(ITEM)
    page.locator(".q-menu").get_by_text(ITEM).first.click()
    ask.get_by_role("button", name="立件").click()
    expect(page.locator(".q-notification").last).to_contain_text("已立件 B")
    page.close()
    page = opened(hall, open_page, "1009")
    expect(page.get_by_role("button", name="立件")).to_have_count(0)
    page.close()


def test_an_accountability_record_is_closed_by_a_supervisor_alone(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    late = next(each for each in hall.fresh("cases")["cases"].values() if each["light"] == "red")
    page = opened(hall, open_page, "1001")
    page.locator("tbody").get_by_role("button", name=late["number"]).click()
    detail = page.locator(".detail")
    expect(detail).to_contain_text("问责记录")
    for verb, option in (("指定说明人", "1001"), ("说明原因", "")):
        detail.get_by_role("button", name=verb).click()
        if option:
            page.locator(".ask .q-radio").filter(has_text=option).click()
        page.locator(".ask").get_by_role("button", name="确定").click()
        expect(page.locator(".ask")).to_have_count(0)
    expect(detail).to_contain_text("待复核")
    expect(detail.get_by_role("button", name="监督人员结案")).to_have_count(0)
    page.close()
    page = opened(hall, open_page, "1009")
    page.locator("tbody").get_by_role("button", name=late["number"]).click()
    detail = page.locator(".detail")
    detail.get_by_role("button", name="监督人员结案").click()
    page.locator(".ask").get_by_role("button", name="监督人员结案").click()
    expect(detail).to_contain_text("已办结")
    assert [each["state"] for each in hall.fresh(f"case/{late['case']}")["records"].values()] == ["closed"]
    page.close()


def test_the_agency_ledger_says_that_all_matches_or_names_each_case_that_does_not(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    made = hall.send(OpenCase("C010", "1", "agency", agent="v07", project="P-7", major=True))
    page = opened(hall, open_page, "1001")
    page.goto(f"{hall.address}/ledgers")
    report = page.locator(".report")
    expect(report).to_have_attribute("data-shown", "agency", timeout=60_000)
    expect(report).to_contain_text("一一相符")
    line = report.locator("tbody tr").filter(has_text=made["case_number"])
    expect(line).to_contain_text("v07")
    with sqlite3.connect(hall.data / "records.db") as records:
        records.execute("update cases set agent = 'other' where number = ?", [made["case_number"]])
    page.get_by_role("button", name="显示").click()
    finding = report.locator("li").filter(has_text="代办人与台账不符")
    expect(finding).to_have_count(1)
    finding.get_by_role("button", name=made["case_number"]).click()
    detail = page.locator(".detail")
    expect(detail).to_contain_text("v07")
    expect(detail).to_contain_text("重大项目台账")
    page.keyboard.press("Escape")
    expect(detail).to_have_count(0)
    for chosen, kind in (("项目月报", "projects"), ("重大项目台账", "major")):
        choose_option(page, page.get_by_label("哪本台账"), chosen)
        expect(report).to_have_attribute("data-shown", kind)
        expect(report.locator("tbody")).to_contain_text("P-7")
    still(page)
    found = axe_finds(page, {"runOnly": RULES["runOnly"]})
    assert found.violations_count == 0, found.generate_report()
    page.close()


# --- the phone


def test_a_receipts_code_shows_its_case_and_wrong_ones_are_counted(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    made = hall.send(OpenCase(ITEM))
    address = hall.page("/case", "web", "web").partition("#")[0].partition("?")[0]
    page = open_page("about:blank", 390, 844)
    bring_up_to_date(hall.data)  # what `hallcall deliver` does each second
    page.goto(f"{address}#{made['code']}")
    expect(page.locator("#case .case-state")).to_contain_text("已受理")
    expect(page.locator("#published")).to_contain_text("超期办件公示")
    expect(page.locator("#published li").nth(1)).to_be_visible()  # the two that ran over
    expect(page.locator("#case dd").first).to_have_text(made["case_number"])
    page.locator("#language").click()
    expect(page.locator("#case .case-state")).to_contain_text("ccepted")
    for nth in range(KINDS["case"].tries + 1):
        page.locator("#code").fill(f"{nth:010d}")
        with page.expect_response("**/progress/**") as answer:
            page.locator("#ask button").click()
        assert answer.value.status == (404 if nth < KINDS["case"].tries else 429)
    expect(page.locator("#case .case-state")).to_contain_text("Too many")
    page.close()
