"""The guide desk in a real Chromium: found by number, slip and card; issued, printed, helped on; and read at the window."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from caller.client.client import Client
from caller.engine import commands as cmd
from caller.engine import guide_commands as guide
from devices.simulators.reader import number_for
from tests.instruments.browser import OpenPage
from tests.instruments.cards import Reader
from tests.instruments.running_hall import REPO, Process, RunningHall, until

ID_NUMBER = "110101199003077651"
OTHER_ID = "110101195003078533"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("guide"), county_with_a_reader(tmp_path_factory)).start()
    running._enrol(("guide", "g1"), ("window", "1"), ("agent", "pc-26"), ("agent", "pc-desk"))
    running.open("1", "3", "14")
    yield running
    running.close()


def county_with_a_reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample county with an ID reader at its guide desk, which takes bookings for the same day."""
    folder = tmp_path_factory.mktemp("source")
    for each in (REPO / "config/halls").glob("*.csv"):
        (folder / each.name).write_bytes(each.read_bytes())
    hall = folder / "county.toml"
    device = 'name = "cards26"\nkind = "reader"\nprofile = "reader-sdt"\nagent = "pc-desk"\nwindow = "26"\n'
    text = (REPO / "config/halls/county.toml").read_text("utf-8")
    assert "[rules]\n" in text
    text = text.replace("[rules]\n", "[rules]\nappointment_ahead_days = 0\n", 1)
    port = 'port = "serial:///dev/serial/by-id/usb-cards-26"\n'
    hall.write_text(f"{text}\n[[device]]\n{device}{port}", "utf-8")
    return hall


def at_the_desk(hall: RunningHall, open_page: OpenPage, width: int = 1280, height: int = 800) -> Page:
    page = open_page(hall.page("/guide", "guide", "g1"), width, height)
    expect(page.locator("#windows .row").first).to_be_visible()
    expect(page.locator("body")).to_have_attribute("data-wire", "current")
    return page


def found(page: Page, text: str, number: str) -> None:
    """Type or scan, and see this one number, which may have stood there before: so what stood there is cleared first."""
    cleared(page)
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.locator("#found .one h2")).to_contain_text(number)


def cleared(page: Page) -> None:
    page.locator("#key").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#found .one")).to_have_count(0)
    expect(page.locator("#key")).to_have_value("")


def act(page: Page, name: str, words: str = "") -> None:
    """Press an act by keyboard alone; choose what says these words, by its digit."""
    button = page.locator(f'#found [data-act="{name}"]')
    expect(button).to_have_attribute("data-state", "live")
    called = button.inner_text()
    button.focus()
    page.keyboard.press("Enter")
    if words:
        expect(page.locator("#ask .choice:focus")).to_be_visible()
        choice = page.locator("#ask .choice", has_text=words).first
        page.keyboard.press(choice.locator("kbd").inner_text())
        expect(page.locator("#ask")).to_be_hidden()
    carried_out(page, called)


def carried_out(page: Page, called: str) -> None:
    """Wait until an act is answered: until then the page refuses the next one."""
    expect(page.locator("#words")).to_have_text(re.compile(f"^{re.escape(called)} .*已完成"))


def ticket(hall: RunningHall, id: str) -> dict[str, object]:
    return hall.fresh(f"find/{id}")["tickets"][0]


def test_a_number_is_found_by_its_digits_its_beginning_and_its_slip_wherever_the_focus_is(
    hall: RunningHall, open_page: OpenPage
) -> None:
    given = [hall.take("M") for _ in range(3)]
    page = at_the_desk(hall, open_page)
    found(page, given[1]["number"].lower(), given[1]["number"])
    page.locator("#key").fill("M0")
    page.keyboard.press("Enter")
    rows = page.locator("#found .row .number")
    expect(rows).to_have_text([each["number"] for each in reversed(given)])
    rows.first.click()
    expect(page.locator("#found .one h2")).to_contain_text(given[2]["number"])
    page.locator("#larger").focus()  # a scanner types at any time
    page.locator("#key").fill("")
    page.locator("#larger").focus()
    page.keyboard.type(hall.phone_page(given[0]["ticket"]), delay=1)
    page.keyboard.press("Enter")
    expect(page.locator("#found .one h2")).to_contain_text(given[0]["number"])
    page.locator("#key").fill("Z999")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_contain_text("今天没有查到")
    late_answer_changes_nothing(page, given[1]["number"])
    page.close()


def late_answer_changes_nothing(page: Page, number: str) -> None:
    """An ID number whose answer comes when a number is looked for already: that one stays, and what was typed."""
    held: list[Route] = []
    page.route("**/guide/person", lambda route: held.append(route))
    with page.expect_request("**/guide/person"):
        page.locator("#key").fill(ID_NUMBER)
        page.keyboard.press("Enter")
    found(page, number, number)
    with page.expect_response("**/guide/person"):
        held[0].continue_()
    page.evaluate("fetch('/desk.json').then((answer) => answer.text())")  # answered after it
    expect(page.locator("#key")).to_have_value(number)
    expect(page.locator("#found .one h2")).to_contain_text(number)


def jobs_for(hall: RunningHall, number: str) -> list[str]:
    """The printing of this number's slip; other tests ask for others, and one that nothing printed has lost its slip."""
    jobs = hall.fresh("jobs/pc-26")["jobs"]
    return [id for id, each in jobs.items() if each.get("slip", {}).get("number") == number]


def issue(page: Page, item: str, **fields: str) -> str:
    """Issue a number by the keyboard; return it."""
    expect(page.locator("#message")).not_to_have_attribute("data-tone", "pending")  # F2 is refused until then
    cleared(page)
    page.keyboard.press("F2")
    page.locator("#ask input[type=search]").fill(item)
    page.keyboard.press("Enter")
    expect(page.locator("#ask form.issue")).to_be_visible()
    for name, value in fields.items():
        box = page.locator(f"#ask [name={name}]")
        box.fill(value) if name in ("document", "phone") else box.select_option(value)
    page.locator("#ask form.issue .main").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#ask")).to_be_hidden()
    expect(page.locator("#key")).to_have_value(re.compile("^[A-Z][0-9]+$"))
    number = page.locator("#key").input_value()  # at rest: it was empty, and is filled in once
    expect(page.locator("#found .one h2")).to_contain_text(number)
    return number


def test_a_number_is_issued_for_somebody_printed_where_the_guide_chose_and_found_by_the_card(
    hall: RunningHall, open_page: OpenPage
) -> None:
    page = at_the_desk(hall, open_page)
    item = next(each for each in hall.settings.items if each.queue == "H")
    fields = {"priority": "green", "assistance": "wheelchair", "window": "14", "printer": "p26"}
    number = issue(page, item.name, document=ID_NUMBER, **fields)
    page.locator("#words").filter(has_text=number).wait_for()
    (job,) = until(lambda: jobs_for(hall, number), "the slip is asked for")

    async def print_it() -> str:
        async with Client(hall.caller.address, hall.tokens["agent", "pc-26"]) as agent:
            taken = await agent.send(cmd.TakeJob(job))
            await agent.send(cmd.ReportJob(job, "done"))
            return taken["key"]

    key = hall._run(print_it())
    expect(page.locator("#words")).to_contain_text("号票已在 p26 打出")
    given = ticket(hall, number)
    marks = {"priority": "green", "assistance": "wheelchair", "bound": "14", "items": [item.id], "queue": "H"}
    assert {name: given[name] for name in marks} == marks
    assert key.partition(".")[0] == given["ticket"]

    found(page, ID_NUMBER, number)
    expect(page.locator("#key")).to_have_value("")  # the number stands nowhere
    assert ID_NUMBER not in page.content()
    page.keyboard.press("F2")
    page.locator("#ask input[type=search]").fill(item.name)
    page.keyboard.press("Enter")
    page.locator("#ask [name=document]").fill(ID_NUMBER)
    page.keyboard.press("Enter")
    expect(page.locator("#words")).to_contain_text(number)  # one live number per person and item
    expect(page.locator("#message")).to_have_attribute("data-tone", "refused")
    page.locator("#key").fill(OTHER_ID[:-1] + "0")
    page.keyboard.press("Enter")
    expect(page.locator("#words")).to_contain_text("身份证号码不对")
    page.close()


def test_a_guide_helps_a_number_on_and_the_clerk_reads_what_the_guide_tells(
    hall: RunningHall, open_page: OpenPage
) -> None:
    page = at_the_desk(hall, open_page)
    given = hall.take("A")
    id, number = given["ticket"], given["number"]
    found(page, number, number)
    act(page, "papers", "齐全")
    act(page, "assist", "听障")
    act(page, "class", "绿色通道")
    expect(page.locator("#found .one")).to_contain_text("绿色通道")
    noted = ticket(hall, id)
    assert (noted["papers"], noted["assistance"]) == ("complete", "deaf")
    expect(page.locator("#fetch")).to_contain_text(number)
    assert hall.call("1")["number"] == number

    desk = open_page(hall.page("/desk?window=1", "window", "1"), 1280, 800)
    expect(desk.locator("#about")).to_contain_text("请起身接待：听障")
    expect(desk.locator("#about")).to_contain_text("材料已预审，齐全")
    expect(page.locator('#fetch [data-state="called"]')).to_contain_text(number)
    board = open_page(hall.page("/board?voice=off", "board", "b1"), 1280, 800)
    expect(board.locator(".call", has_text=number)).to_contain_text("工作人员接引")
    board.close()
    supervised = hall.fresh("supervise")["alerts"]
    assert any(each["code"] == "assist" and number in each["zh"] for each in supervised)

    page.locator("#key").fill(number)
    page.keyboard.press("Enter")
    expect(page.locator("#found .one")).to_have_attribute("data-state", "called")
    act(page, "tell", "需要照顾")
    expect(desk.locator("#messages")).to_contain_text(f"{number} 这位群众需要照顾")
    expect(page.locator("#windows")).to_contain_text("1 条未读")
    desk.keyboard.press("m")
    expect(desk.locator("#messages")).to_be_hidden()
    expect(page.locator("#windows")).not_to_contain_text("未读")
    desk.close()

    hall.verb(cmd.MarkNoShow, "1")
    hall.settled("1", "open")
    expect(page.locator('#found [data-act="requeue"]')).to_have_attribute("data-state", "live")
    act(page, "requeue")
    item = next(each for each in hall.settings.items if each.queue == "B")
    another = page.locator('#found [data-act="item"]')
    called = another.inner_text()
    another.click()
    page.locator("#ask input[type=search]").fill(item.name)
    page.keyboard.press("Enter")
    carried_out(page, called)
    assert ticket(hall, id)["queue"] == "B"
    expect(page.locator('#found [data-act="requeue"]')).to_have_attribute("data-state", "dead")
    page.locator('#found [data-act="requeue"]').click(force=True)
    expect(page.locator("#message")).to_have_attribute("data-tone", "refused")
    page.locator('#found [data-act="cancel"]').click()
    page.locator("#ask .choice").first.click()  # "do not": nothing is sent, and that is said
    expect(page.locator("#words")).to_have_text("已取消，没有执行")
    act(page, "cancel", "不能恢复")
    assert ticket(hall, id)["state"] == "cancelled"
    page.close()


def test_the_guide_desk_signs_in_and_the_board_shows_it(hall: RunningHall, open_page: OpenPage) -> None:
    page = at_the_desk(hall, open_page, 390, 844)
    page.locator("#duty").click()
    page.locator("#sign-in input[name=staff]").fill("7001")
    page.keyboard.press("Enter")
    expect(page.locator("#clerk")).to_have_text("工号 7001")
    until(lambda: hall.views["board"]["windows"]["26"]["state"] == "open", "window 26 is open")
    expect(page.locator("#duty")).to_have_text("离岗")
    expect(page.locator("#message")).to_have_attribute("data-tone", "done")  # it is refused until then
    page.locator("#duty").click()
    until(lambda: hall.views["board"]["windows"]["26"]["state"] == "closed", "window 26 is closed")
    page.close()


def test_numbers_are_issued_while_the_web_process_is_down(hall: RunningHall, open_page: OpenPage) -> None:
    page = at_the_desk(hall, open_page)
    port = int(hall.web.address.rpartition(":")[2])
    hall.web.stop()
    try:
        item = next(each for each in hall.settings.items if each.queue == "A")
        number = issue(page, item.name, printer="")
        assert ticket(hall, number)["items"] == [item.id]
        page.locator("#key").fill(ID_NUMBER)
        page.keyboard.press("Enter")
        expect(page.locator("#words")).to_contain_text("证件号码现在不能核对")
        hall.send(guide.SetAssistance(str(ticket(hall, number)["ticket"]), "blind"))
        expect(page.locator("#fetch")).to_contain_text(number)
    finally:
        hall.web = hall.start_web(port)
    page.close()


def test_a_number_is_found_by_the_phone_its_holder_agreed_to_leave(
    hall: RunningHall, open_page: OpenPage
) -> None:
    page = at_the_desk(hall, open_page)
    item = next(each for each in hall.settings.items if each.queue == "K" and not each.days)
    first = issue(page, item.name, phone="138 0000 4321")
    found(page, "13800004321", first)
    expect(page.locator("#key")).to_have_value("")  # the phone stands nowhere
    second = issue(page, item.name, phone="13800004321")
    page.locator("#key").fill("138-0000-4321")
    page.keyboard.press("Enter")
    expect(page.locator("#ask .choice")).to_have_count(2)
    expect(page.locator("#ask .choice").first).to_contain_text(second)
    page.keyboard.press("2")
    expect(page.locator("#found .one h2")).to_contain_text(first)
    page.locator("#key").fill("13900004321")
    page.keyboard.press("Enter")
    expect(page.locator("#words")).to_have_text("没有留这个手机号的号")
    page.keyboard.press("F2")
    page.locator("#ask input[type=search]").fill(item.name)
    page.keyboard.press("Enter")
    page.locator("#ask [name=phone]").fill("12345")
    page.keyboard.press("Enter")
    expect(page.locator("#words")).to_have_text("手机号码不对")
    page.close()


def test_an_id_card_laid_on_the_desks_own_reader_shows_the_holders_number_and_nothing_of_the_card(
    hall: RunningHall, open_page: OpenPage, tmp_path: Path
) -> None:
    page, holder = at_the_desk(hall, open_page), number_for(7)
    item = next(each for each in hall.settings.items if each.queue == "B" and not each.days)
    number = issue(page, item.name, document=holder, printer="")
    cleared(page)
    line = [
        "agent",
        str(hall.hall),
        "--data",
        str(hall.data),
        "--name",
        "pc-desk",
        "--caller",
        hall.caller.address,
    ]
    with Reader(hall, tmp_path) as reader:
        ports = ["--port", f"cards26={reader.port}", "--token", hall.tokens["agent", "pc-desk"]]
        agent = Process(*line, *ports, output=tmp_path / "agent.txt")
        try:
            reader.lay(7)
            expect(page.locator("#found .one h2")).to_contain_text(number)
            expect(page.locator("#words")).to_have_text("身份证已读")
            expect(page.locator("#key")).to_have_value("")
            assert holder not in page.content()
            page.keyboard.press("F2")  # while something is asked, a card waits
            expect(page.locator("#ask")).to_be_visible()
            laid = hall.fresh("guide")["windows"]["26"]["card"]
            reader.lay(8)
            until(lambda: hall.fresh("guide")["windows"]["26"]["card"] != laid, "the next card is read")
            expect(page.locator("#ask")).to_be_visible()
            expect(page.locator("#found .one h2")).to_contain_text(number)
            page.keyboard.press("Escape")
            expect(page.locator("#found")).to_contain_text("今天没有查到")
        finally:
            agent.stop()
    kept = [each for each in (*hall.folder.rglob("*"), *tmp_path.rglob("*")) if each.is_file()]
    assert len(kept) > 5
    for each in kept:
        assert holder.encode() not in each.read_bytes(), each.name
    page.close()


def test_a_booking_is_checked_in_by_its_code_and_the_slip_printed_again(
    hall: RunningHall, open_page: OpenPage
) -> None:
    code = hall.book("T001", 0, number_for(31))["code"]
    page = at_the_desk(hall, open_page)
    page.keyboard.press("F4")
    expect(page.locator("#key")).to_be_focused()
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.locator("#found .one h2")).to_be_visible()
    number = str(ticket(hall, page.locator("#key").input_value())["number"])
    expect(page.locator("#found .one h2")).to_contain_text(number)
    (first,) = until(lambda: jobs_for(hall, number), "its slip is asked for")
    act(page, "print", "p26")
    again = until(lambda: [each for each in jobs_for(hall, number) if each != first], "and once more")
    assert len(again) == 1
    page.keyboard.press("F4")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_have_attribute("data-tone", "refused")
    page.close()
