"""Reports and settings of the office in Chromium: one figure everywhere, names for those who may see them, a change that is
checked, rehearsed, put in force and taken back."""

import json
import os
import re
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from caller.cli.report import report
from caller.identity.accounts import Account
from caller.reports.audit import AuditFilter, read_audit
from display.voice.speech_audio import to_wav
from tests.browser.test_access import RULES
from tests.instruments.browser import OpenPage, axe_finds, still
from tests.instruments.office_hall import SECRET, OfficeHall, choose_option, sign_in
from tests.instruments.played_media import picture
from tests.instruments.running_hall import until

PICTURES = os.environ.get("HALLCALL_PICTURES_TO", "")
PATIENCE = 60_000  # milliseconds, on a machine that is busy with other things


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    running = OfficeHall(tmp_path_factory.mktemp("office"), "county", past=3).start()
    running.store.add(
        Account("clerk-1", name="赵敏", roles=("clerk",)), SECRET, running.act("account-added", "clerk-1")
    )
    yield running
    running.close()


def opened(hall: OfficeHall, open_page: OpenPage, path: str, staff: str = "1001", **more: Any) -> Page:
    page = open_page(f"{hall.address}/{path}", 1366, 768, **more)
    if page.locator("input[name=staff]").count():
        sign_in(page, staff)
    page.set_default_timeout(PATIENCE)
    return page


def shown(page: Page, span: str) -> None:
    """Ask for the days of the past and wait for their figures."""
    first, _, last = span.partition("..")  # the charts that are there already bear the word of the hours, too
    choose_option(page, page.get_by_role("combobox", name="时段"), "起止日期", exact=False)
    page.get_by_label("日期（起）").fill(first)
    page.get_by_label("至", exact=True).fill(last)
    page.get_by_role("button", name="显示").click()
    expect(page.locator(".report > .quiet")).to_contain_text(span, timeout=PATIENCE)


def face(page: Page, name: str) -> None:
    page.locator(".faces button", has_text=re.compile(f"^{name}$")).click()
    expect(page.locator(".faces button.here")).to_have_text(name, timeout=PATIENCE)


def figures(hall: OfficeHall, span: str) -> dict[str, Any]:
    told = CliRunner().invoke(
        report, ["--data", str(hall.data), "--day", span, "--json", "--hall", str(hall.hall)]
    )
    return json.loads(told.output)


def span_of(hall: OfficeHall) -> str:
    return f"{hall.past[0]}..{hall.past[-1]}"


def test_the_page_shows_the_figures_of_the_command_line(hall: OfficeHall, open_page: OpenPage) -> None:
    page, span = opened(hall, open_page, "reports"), span_of(hall)
    shown(page, span)
    document = figures(hall, span)
    headline = page.locator(".figure")
    expect(headline.filter(has_text="取号").locator(".value")).to_have_text(
        str(document["comparison"]["now"]["issued"])
    )
    wait = document["comparison"]["now"]["wait_p90"]
    expect(headline.filter(has_text="P90").locator(".value")).to_have_text(str(round(wait / 60, 1)))
    expect(page.locator(".chart canvas").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".chart").nth(5)).to_be_attached()
    face(page, "队列")
    rows = page.locator(".sheet-table tbody tr")
    expect(rows).to_have_count(len(document["queues"]), timeout=PATIENCE)
    for place, (queue, line) in enumerate(document["queues"].items()):
        cells = rows.nth(place).locator("td").all_inner_texts()
        assert cells[0].startswith(queue)
        assert cells[1] == str(line["issued"])
    choose_option(page, page.get_by_role("combobox", name="范围"), "队列")
    page.get_by_role("button", name="显示").click()
    queue = hall.settings.queues[0].id
    expect(page.locator(".report > .quiet")).to_contain_text(f"queue:{queue}", timeout=PATIENCE)
    expect(headline.filter(has_text="取号").locator(".value")).to_have_text(
        str(document["queues"][queue]["issued"])
    )


@pytest.mark.parametrize(("staff", "sees"), [("1001", True), ("1005", False)])
def test_names_are_for_those_who_may_see_them(
    hall: OfficeHall, open_page: OpenPage, staff: str, sees: bool
) -> None:
    page = opened(hall, open_page, "reports", staff, alone=True)
    shown(page, span_of(hall))
    face(page, "人员")
    first = page.locator(".sheet-table tbody td").first
    expect(first).to_have_text("clerk-1 赵敏" if sees else "clerk-1", timeout=PATIENCE)


def test_a_spreadsheet_and_a_paper_leave_the_house_with_a_note(
    hall: OfficeHall, open_page: OpenPage, tmp_path: Path
) -> None:
    page, span = opened(hall, open_page, "reports"), span_of(hall)
    page.add_init_script(
        "window.print = () => { window.top.printed = document.querySelectorAll('svg').length; };"
    )
    page.reload()
    shown(page, span)
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name="下载表格").click()
    download.value.save_as(tmp_path / "r.xlsx")
    book: Any = load_workbook(tmp_path / "r.xlsx")
    assert len(book["图表 Charts"]._charts) > 6
    assert book["总览 Summary"].max_row > 10
    page.get_by_role("button", name="打印").click()
    page.wait_for_function("() => window.printed > 6", timeout=PATIENCE)
    until(
        lambda: [line.subject for line in read_audit(hall.data, AuditFilter())[0] if line.act == "exported" and line.by == "1001"].count(f"report/{span}") == 2,
        "both are in the chain",
    )  # fmt: skip


@pytest.mark.parametrize("path", ["reports", "settings"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pages_are_accessible_and_fit(
    hall: OfficeHall, open_page: OpenPage, path: str, lang: str
) -> None:
    page = opened(hall, open_page, path, alone=True)
    page.goto(f"{hall.address}/lang?to={lang}&back=/{path}")
    expect(page.locator(".faces button.here")).to_be_visible(timeout=PATIENCE)
    if lang == "en":
        texts = " ".join(page.locator(".faces button").all_inner_texts())
        assert not re.search(r"[\u4e00-\u9fff]", texts)
    else:  # what axe looks at is the same in both
        found = axe_finds(page, RULES).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:160]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


# --- settings


def test_a_supervisor_has_reports_and_no_settings(hall: OfficeHall, open_page: OpenPage) -> None:
    page = opened(hall, open_page, "settings", "1009", alone=True)
    expect(page.locator(".empty")).to_have_text("您的角色不能打开这一页")
    links = page.locator("nav a")
    expect(links.filter(has_text="报表")).to_have_count(1)
    expect(links.filter(has_text="设置")).to_have_count(0)


def test_a_change_is_checked_rehearsed_put_in_force_and_taken_back(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = opened(hall, open_page, "settings")
    face(page, "窗口")
    before = hall.settings.windows[2]
    page.locator(".opens", has_text=re.compile(f"^{before.id}$")).click()
    form = page.locator(".q-dialog")
    form.get_by_label("窗口编号").fill(hall.settings.windows[0].id)  # another's
    form.get_by_label("名称", exact=True).fill("改名窗口")
    form.get_by_role("button", name="记下改动").click()
    expect(form.locator(".mistakes")).to_contain_text(hall.settings.windows[0].id, timeout=PATIENCE)
    form.get_by_label("窗口编号").fill("坏 编号")
    form.get_by_role("button", name="记下改动").click()
    expect(form.locator(".mistakes")).to_contain_text("（id）", timeout=PATIENCE)
    form.get_by_label("窗口编号").fill(before.id)
    form.get_by_role("button", name="记下改动").click()
    expect(form).to_have_count(0, timeout=PATIENCE)
    expect(page.locator(".draft .change")).to_have_count(1)
    expect(page.locator(".draft .change")).to_contain_text("改名窗口")
    page.get_by_role("button", name="预演").click()
    rehearsed = page.locator(".q-dialog .rows").first
    expect(rehearsed).to_contain_text("全部", timeout=PATIENCE)
    page.locator(".q-dialog").get_by_role("button", name="关闭").click()
    page.get_by_role("button", name="采用").click()
    page.locator(".ask").get_by_role("button", name="采用").click()
    expect(page.locator(".draft")).to_contain_text("没有改动", timeout=PATIENCE)
    until(lambda: _window(hall, before.id) == "改名窗口", "the caller has it")
    face(page, "历史")
    page.locator(".opens", has_text=re.compile("^1$")).click()
    page.get_by_role("button", name="取回这一版").click()
    page.locator(".ask").get_by_role("button", name="取回这一版").click()
    until(lambda: _window(hall, before.id) == before.name, "the first version again")
    expect(page.locator(".rows tbody tr")).to_have_count(3, timeout=PATIENCE)


def _window(hall: OfficeHall, id: str) -> str:
    """Return the name of a window in the newest version that was put in force."""
    from caller.cli.settings import kept_versions

    kept = kept_versions(hall.data)
    return next(each.name for each in kept.settings(kept.in_force.version).windows if each.id == id)


def test_items_come_from_a_spreadsheet_with_all_mistakes_at_once(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = opened(hall, open_page, "settings")
    face(page, "事项")
    department = hall.settings.departments[0]
    head = "编号,名称,部门,队列\r\n"
    wrong = f"a,甲,{department.name},QQQ\r\nb,,{department.name},A\r\n"
    _upload(page, (head + wrong).encode("gbk"))
    mistakes = page.locator(".q-dialog .mistakes")
    expect(mistakes).to_contain_text("items.csv:2", timeout=PATIENCE)
    expect(mistakes).to_contain_text("items.csv:3")
    page.locator(".q-dialog").get_by_role("button", name="关闭").click()
    _upload(page, (head + f"new-1,新事项,{department.name},A\r\n").encode("gbk"))
    expect(page.locator(".draft .change")).to_have_text("+ [[item]] new-1 新增 added", timeout=PATIENCE)
    page.get_by_role("button", name="放弃改动").click()
    expect(page.locator(".draft")).to_contain_text("没有改动", timeout=PATIENCE)


def test_the_notices_of_the_board_are_added_ordered_and_taken_out(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = opened(hall, open_page, "settings")
    face(page, "综合屏通知")
    old, box = list(hall.settings.notices), page.locator(".entries")
    texts = box.get_by_role("textbox")
    expect(texts).to_have_count(len(old), timeout=PATIENCE)
    box.get_by_role("button", name="删除：综合屏上滚动的通知 1", exact=True).click()
    expect(texts).to_have_count(len(old) - 1, timeout=PATIENCE)
    box.get_by_role("button", name="添加一条").click()
    expect(texts).to_have_count(len(old), timeout=PATIENCE)
    texts.last.fill("今天盘点\n请勿吸烟")  # pasted: two lines are two notices
    page.keyboard.press("Tab")
    expect(texts).to_have_count(len(old) + 1, timeout=PATIENCE)
    box.get_by_role("button", name=f"上移：综合屏上滚动的通知 {len(old) + 1}", exact=True).click()
    expect(texts.last).to_have_value("今天盘点", timeout=PATIENCE)
    page.get_by_role("button", name="记下改动").click()
    told = [*old[1:], "请勿吸烟", "今天盘点"]
    expect(page.locator(".draft .change")).to_contain_text("notices", timeout=PATIENCE)
    expect(texts.nth(len(told) - 2)).to_have_value(told[-2], timeout=PATIENCE)
    page.get_by_role("button", name="放弃改动").click()
    expect(page.locator(".draft")).to_contain_text("没有改动", timeout=PATIENCE)


def _upload(page: Page, data: bytes) -> None:
    page.locator(".import input[type=file]").set_input_files(
        {"name": "items.csv", "mimeType": "text/csv", "buffer": data}
    )


def test_the_playlists_folder_is_managed_here(hall: OfficeHall, open_page: OpenPage, tmp_path: Path) -> None:
    """A picture is looked at before it is taken, never put over another, and not removed while a row names it."""
    page = opened(hall, open_page, "settings")
    face(page, "播放列表")
    picture(tmp_path / "market.png")
    good = (tmp_path / "market.png").read_bytes()
    folder = hall.data / "media"
    _put(page, "broken.png", good[: len(good) // 2])
    expect(page.locator(".q-notification", has_text="broken.png 已损坏")).to_be_visible(timeout=PATIENCE)
    _put(page, "market.png", good)
    row = page.locator("tr", has_text="market.png")
    expect(row).to_be_visible(timeout=PATIENCE)
    _put(page, "market.png", good[:10])
    expect(page.locator(".q-notification", has_text="已有“market.png”")).to_be_visible(timeout=PATIENCE)
    assert [each.name for each in folder.iterdir()] == ["market.png"]
    assert (folder / "market.png").read_bytes() == good
    if PICTURES:
        still(page)
        page.screenshot(path=Path(PICTURES) / "media-folder.png")
    row.get_by_role("button").click()
    page.locator(".ask").get_by_role("button", name="删除").click()
    until(lambda: not list(folder.iterdir()), "the file is gone")
    until(lambda: len(read_audit(hall.data, AuditFilter(subject="media"))[0]) == 2, "both acts")
    lines, _ = read_audit(hall.data, AuditFilter(subject="media"))
    assert sorted((each.act, each.by) for each in lines) == [
        ("media-added", "1001"),
        ("media-removed", "1001"),
    ]


def test_a_recording_is_checked_taken_in_heard_and_removed(hall: OfficeHall, open_page: OpenPage) -> None:
    page = opened(hall, open_page, "settings")
    face(page, "语音")
    head = hall.settings.queues[0].id[0]
    row = page.locator("tr").filter(has=page.get_by_role("button", name=f"请{head}", exact=True))
    ask, file = page.locator(".ask"), hall.data / "clips" / f"请{head}.wav"
    expect(row).to_contain_text("合成语音", timeout=PATIENCE)
    row.get_by_role("button").click()
    _put(page, "call.wav", b"RIFF", ask)
    expect(page.locator(".q-notification", has_text="call.wav：不是 WAV 文件")).to_be_visible(
        timeout=PATIENCE
    )
    assert not file.exists()
    sound = to_wav(array("h", [5_000, -5_000] * 10_000))
    _put(page, "call.wav", sound, ask)
    expect(row).to_contain_text("录音，0.9 秒", timeout=PATIENCE)
    expect(page.locator(".clips-sum")).to_contain_text("已录 1 / ", timeout=PATIENCE)
    assert file.read_bytes() == sound
    row.get_by_role("button").click()
    page.wait_for_function(
        "() => Math.abs((document.querySelector('.ask audio')?.duration ?? 0) - 0.907) < 0.01"
    )
    ask.get_by_role("button", name="删除").click()
    expect(ask).to_have_count(2, timeout=PATIENCE)  # the second asks whether it is meant
    ask.last.get_by_role("button", name="删除").click()
    expect(row).to_contain_text("合成语音", timeout=PATIENCE)
    assert not file.exists()
    until(
        lambda: len(read_audit(hall.data, AuditFilter(subject="clips"))[0]) == 2,
        "both acts, and none of what was refused",
    )


def _put(page: Page, name: str, data: bytes, place: Any = None) -> None:
    (place or page).locator(".import input[type=file]").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": data}
    )
