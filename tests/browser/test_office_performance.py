"""The office's page Performance in Chromium: the ranking of the command line, each score down to its rows, corrections with
their reason, entries, the formula as one form; and the awards on board and tablet."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from playwright.sync_api import Page, expect

from caller.cli.scores import scores
from caller.records import SqliteStore, readable_records
from caller.records.performance_rows import CorrectionRow
from tests.browser.test_access import RULES
from tests.instruments.browser import OpenPage, axe_finds
from tests.instruments.office_hall import OfficeHall, choose_option, sign_in
from tests.instruments.plain_halls import plain_text
from tests.instruments.running_hall import REPO, until

PATIENCE = 60_000  # milliseconds: a bound, on a machine that is busy with other things
FORMULA = """
[[score]]
figure = "good-share"
weight = 60
zero = 0
full = 100
minimum = 2

[[score]]
figure = "punctuality"
weight = 40
zero = 0
full = 100

[[score]]
of = "window"
figure = "rating-mean"
weight = 100
zero = 1
full = 5

[performance]
star_points = 0
stars_max = 2
peer_bonus = [3, 2, 1]
"""


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    folder = tmp_path_factory.mktemp("performance")
    source = folder / "county.toml"
    for items in (REPO / "config/halls").glob("*.csv"):
        (folder / items.name).write_bytes(items.read_bytes())
    shifts = "".join(
        f'\n[[shift]]\nname = "{number} 号窗口全天"\nstaff = ["clerk-{number}"]\n' for number in range(1, 9)
    )
    source.write_text(plain_text(REPO / "config/halls/county.toml") + shifts + FORMULA, "utf-8")
    running = OfficeHall(tmp_path_factory.mktemp("run"), source, past=3).start()
    running._enrol(("board", "b1"), ("web", "web"))
    running.web = running.start_web()
    yield running
    running.close()


def month_of(hall: OfficeHall) -> str:
    """The month that has the first of the past days; the third may be of the next one."""
    return hall.past[0][:7]


def opened(
    hall: OfficeHall, open_page: OpenPage, path: str = "performance", width: int = 1366, **more: Any
) -> Page:
    page = open_page(f"{hall.address}/{path}", width, 768, **more)
    if page.locator("input[name=staff]").count():
        sign_in(page, "1001")
    page.set_default_timeout(PATIENCE)
    return page


def shown(page: Page, hall: OfficeHall) -> None:
    """Ask for the month of the past days, once the page has answered by itself, and wait for the answer."""
    answered(page, 1)
    page.get_by_label("月份").fill(month_of(hall))
    page.get_by_role("button", name="显示").click()
    answered(page, 2)


def answered(page: Page, question: int) -> None:
    """Wait until the page shows the answer to its so many-th question: what was drawn before is gone by then."""
    expect(page.locator(f'.report[data-answer="{question}"]')).to_be_visible(timeout=PATIENCE)


def face(page: Page, name: str) -> None:
    page.locator(".faces button", has_text=name).click()
    expect(page.locator(".faces button.here")).to_have_text(name, timeout=PATIENCE)


def document(hall: OfficeHall) -> dict[str, Any]:
    told = CliRunner().invoke(
        scores, [month_of(hall), "--data", str(hall.data), "--hall", str(hall.hall), "--json"]
    )
    return json.loads(told.output)


def test_the_page_ranks_as_the_command_line_does_and_explains_a_score(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = opened(hall, open_page)
    shown(page, hall)
    ranked = document(hall)["scores"]["clerk"]
    table = page.locator("table").first
    expect(table.locator("tbody tr")).to_have_count(min(len(ranked), 50), timeout=PATIENCE)
    first = table.locator("tbody tr").first.locator("td").all_inner_texts()
    assert first[0].strip().startswith(ranked[0]["id"])
    assert first[2] == f"{ranked[0]['total']:.2f}"
    table.locator("tbody .opens").first.click()
    dialog = page.get_by_role("dialog")
    facts = sum(len(line["facts"]) for line in ranked[0]["lines"])
    expect(dialog.locator(".fact")).to_have_count(facts, timeout=PATIENCE)
    expect(dialog.locator(".line").first).to_contain_text("好评率")


def test_attendance_is_corrected_with_a_reason_only(hall: OfficeHall, open_page: OpenPage) -> None:
    page = opened(hall, open_page)
    shown(page, hall)
    face(page, "考勤")
    day = hall.past[0]
    page.locator("table").first.locator(".opens", has_text="clerk-1").first.click()
    page.get_by_role("dialog").locator("tbody .opens", has_text=day).first.click()
    form = page.get_by_role("dialog").last
    form.get_by_role("button", name="保存").click()
    expect(page.locator(".q-notification", has_text="要写明原因，没有改动")).to_be_visible(timeout=PATIENCE)
    form = page.get_by_role("dialog").last
    choose_option(page, form.get_by_label("原因（必选）"), "系统或停电故障", exact=False)
    form.get_by_role("button", name="保存").click()
    expect(page.locator(".q-notification", has_text="已登记")).to_be_visible(timeout=PATIENCE)
    until(
        lambda: corrections(hall) == [(day, "clerk-1", "present", "system", "1001")],
        "the log has the correction",
    )


def corrections(hall: OfficeHall) -> list[tuple[str, ...]]:
    with readable_records(hall.data) as records, SqliteStore(records) as store:
        return [(row.day, row.staff, row.mark, row.reason, row.by) for row in store.rows(CorrectionRow)]


def test_a_person_has_one_peer_rating_a_month(hall: OfficeHall, open_page: OpenPage) -> None:
    page = opened(hall, open_page)
    shown(page, hall)
    face(page, "登记")
    for expected in ("已登记", "已经登记"):
        page.get_by_role("button", name="登记互评").click()
        form = page.get_by_role("dialog")
        form.get_by_label("分数").fill("96")
        form.get_by_role("button", name="保存").click()
        expect(page.locator(".q-notification", has_text=expected).first).to_be_visible(timeout=PATIENCE)
        answered(page, 3)
    page.get_by_role("dialog").get_by_role("button", name="取消").click()
    expect(page.locator("tbody tr", has_text="96").first).to_be_visible(timeout=PATIENCE)


def test_a_leader_on_duty_and_a_leave_are_entered(hall: OfficeHall, open_page: OpenPage) -> None:
    page = opened(hall, open_page)
    answered(page, 1)
    face(page, "登记")
    page.get_by_role("button", name="登记带班或检查").click()
    page.get_by_role("dialog").get_by_role("button", name="保存").click()
    answered(page, 2)
    expect(page.locator("tbody tr", has_text="情况正常").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="登记请假").click()
    form = page.get_by_role("dialog")
    form.get_by_label("从").fill((date.today() + timedelta(1)).isoformat())
    form.get_by_label("到", exact=True).fill(date.today().isoformat())
    form.get_by_role("button", name="保存").click()
    expect(page.locator(".q-notification", has_text="结束日期早于开始日期")).to_be_visible(timeout=PATIENCE)


def test_the_formula_is_one_form_and_every_mistake_is_shown(hall: OfficeHall, open_page: OpenPage) -> None:
    page = opened(hall, open_page, "settings", alone=True)
    page.locator(".faces button", has_text="月度评分").click()
    line = "差评数"
    page.get_by_label(f"{line} 分值").first.fill("7")
    page.get_by_label(f"{line} 到此得 0 分").first.fill("3")
    page.get_by_label(f"{line} 到此得满分").first.fill("3")
    expect(page.locator(".quiet.bad")).to_contain_text("107", timeout=PATIENCE)
    page.get_by_role("button", name="记下改动").click()
    wrong = page.locator(".mistakes div")
    expect(wrong).to_have_count(2, timeout=PATIENCE)
    expect(page.locator(".mistakes")).to_contain_text("权重合计 107，应为 100")
    page.get_by_label("好评率 分值").first.fill("53")
    page.get_by_label(f"{line} 到此得满分").first.fill("0")
    page.get_by_role("button", name="记下改动").click()
    expect(page.locator(".draft .change").first).to_be_visible(timeout=PATIENCE)


def test_awards_that_are_published_stand_on_board_and_tablet(hall: OfficeHall, open_page: OpenPage) -> None:
    page = opened(hall, open_page)
    shown(page, hall)
    page.get_by_role("button", name="公布", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="公布", exact=True).click()
    expect(page.locator(".q-notification", has_text="已公布")).to_be_visible(timeout=PATIENCE)
    window = document(hall)["red_flag"][0]
    board = open_page(hall.page("/board?voice=off", "board", "b1"), 1920, 1080)
    expect(board.locator("#strip")).to_contain_text(f"{month_of(hall)} 窗口评分", timeout=PATIENCE)
    expect(board.locator("#strip")).to_contain_text(f"第 1 名 {window} 号窗口")
    mark = board.locator(f'[data-window="{window}"] .award.red-flag')
    expect(mark).to_have_attribute("aria-label", "流动红旗", timeout=PATIENCE)
    hall._enrol(("evaluator", window))
    tablet = open_page(hall.page(f"/rate?window={window}", "evaluator", window), 1280, 800)
    expect(tablet.locator(".card .award", has_text="流动红旗")).to_be_visible(timeout=PATIENCE)
    expect(tablet.locator(".card .award", has_text=f"{month_of(hall)} 第 1 名")).to_be_visible()
    tablet.locator("#language").click()
    expect(tablet.locator(".card .award", has_text="Five-star window")).to_be_visible(timeout=PATIENCE)
    public = open_page(hall.page("/ratings"), 390, 844)
    expect(public.locator("#month h2")).to_contain_text(month_of(hall), timeout=PATIENCE)
    (best,) = [each for each in document(hall)["scores"]["window"] if each["id"] == window]
    expect(public.locator("#month li").first).to_contain_text(f"第 1 名，{best['total']:.2f} 分")
    expect(public.locator("#month")).to_contain_text("出勤率")


def test_the_page_is_accessible(hall: OfficeHall, open_page: OpenPage) -> None:
    page = opened(hall, open_page)
    shown(page, hall)
    for name in ("评分", "考勤", "登记"):
        face(page, name)
        found = axe_finds(page, RULES, inside={"exclude": [["#q-loading-bar"], [".q-loading-bar"]]}).response[
            "violations"
        ]
        assert [(each["id"], each["nodes"][0]["html"][:160]) for each in found] == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
