"""Ratings through real processes: bad ones by keypad, tablet, phone and card, their way to publication, and the receipt checked.

The keypad is a twin that speaks its profile's bytes on a pty, which the agent's own process opens as a serial port; tablet,
phone and card are the pages in Chromium.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from caller.client.client import RefusedError
from caller.engine import commands as cmd
from caller.engine.rating_messages import AppealRating, MoveRectification
from caller.eventlog import Batch, Reader
from caller.eventlog.daily_roots import root_due
from caller.people.store import PeopleStore
from devices.profiles.profile_reader import find
from devices.simulators.keypad import SimulatedKeypad
from tests.instruments.browser import OpenPage, still
from tests.instruments.event_logs import Diary, order, root_event
from tests.instruments.past_days import write_past_days
from tests.instruments.running_hall import DEADLINE, REPO, Process, RunningHall, until

TABLE = '\n[ratings]\nrectify = true\nslip_root = true\n\n[[device]]\nname = "pad-1"\nkind = "evaluator"\nport = "serial:///dev/serial/by-id/usb-pad-1"\nagent = "pc-pad"\nwindow = "1"\nprofile = "evaluator-crc"\n'
WINDOW = "1"


class RatedHall(RunningHall):
    """The village hall with rectifications, and a rooted day before today."""

    def start(self) -> "RatedHall":
        self.data.mkdir(parents=True)
        (self.yesterday,) = write_past_days(self.data, self.settings, 1, hours=0.5)
        diary = Diary(self.data / "log.db", self.settings.hall.site)
        with Reader(diary.log.path) as reader:
            root = root_due(reader)
        assert root
        self.root = root
        batch = Batch()
        event = root_event(root)
        last = diary.log.head.seq
        diary.log.extend(order("root-1"), at_of(diary, last), [event], batch.rows)
        assert diary.write(batch) is None
        diary.log.close()
        self._enrol(("agent", "pc-pad"))
        super().start()
        self.keypad = SimulatedKeypad(find("evaluator-crc"), self.folder / "pad")
        self._run(self.keypad.__aenter__())
        args = (
            "agent",
            str(self.hall),
            "--data",
            str(self.data),
            "--name",
            "pc-pad",
            "--url",
            self.caller.address,
        )
        more = ("--token", self.tokens["agent", "pc-pad"], "--port", f"pad-1=serial://{self.folder / 'pad'}")
        self.agent = Process(*args, *more, output=self.folder / "agent.txt")
        return self

    def close(self) -> None:
        self.agent.stop()
        self._run(self.keypad.__aexit__())
        super().close()

    def pressed(self, level: int) -> None:
        """Press a level on the keypad once it is lit, and wait for its thanks."""

        async def press() -> None:
            async with asyncio.timeout(DEADLINE):
                await self.keypad.until(lambda: self.keypad.lit)
                thanked = sum(shown.name == "thanks" for shown in self.keypad.seen)
                self.keypad.press(f"level-{level}")
                await self.keypad.shown("thanks", thanked + 1)

        self._run(press())

    def visit(self) -> str:
        """One visit at the window that has just ended; return its ticket."""
        self.take("A")
        ticket = str(self.call(WINDOW)["ticket"])
        self.serve(WINDOW)
        self.finish(WINDOW)
        return ticket

    def rectifications(self) -> dict[str, dict[str, Any]]:
        return {
            row["ticket"]: {**row, "id": id}
            for id, row in self.fresh("rectifications")["rectifications"].items()
        }


def at_of(diary: Diary, seq: int) -> int:
    with Reader(diary.log.path) as reader:
        return next(reader.after(seq - 1, 1)).at


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RatedHall]:
    folder = tmp_path_factory.mktemp("rated")
    own = folder / "own"
    own.mkdir()
    file = own / "village.toml"
    file.write_text((REPO / "config/halls/village.toml").read_text() + TABLE)
    running = RatedHall(folder, file).start()
    running.open(WINDOW)
    yield running
    running.close()


def test_bad_ratings_by_every_way_are_put_right_and_published(hall: RatedHall, open_page: OpenPage):
    month = hall.views["board"]["hall"]["day"][:7]  # yesterday may be in the month before
    before = hall.fresh("rectifications")["months"].get(month, {"opened": 0})["opened"]
    keypad = hall.visit()
    hall.pressed(1)
    page = open_page(hall.page(f"/rate?window={WINDOW}", "evaluator", WINDOW), 1280, 800)
    expect(page.locator("#stage")).to_have_attribute("data-screen", "idle")  # the keypad's visit is rated
    tablet = hall.visit()
    by_tablet(page)
    phone, card = (hall.visit() for _ in range(2))
    by_phone(open_page(hall.phone_page(phone), 390, 844))
    number = hall.fresh(f"ticket/{card}")["number"]
    by_card(open_page(hall.page(f"/card?window={WINDOW}"), 390, 844), number)
    ours = {keypad, tablet, phone, card}
    until(lambda: hall.rectifications().keys() >= ours, "each bad rating has its rectification")
    rows = {ticket: row for ticket, row in hall.rectifications().items() if ticket in ours}
    assert [rows[each]["level"] for each in (keypad, tablet, phone, card)] == [1, 2, 1, 2]
    assert ways_of(hall, ours) == {keypad: "evaluator", tablet: "tablet", phone: "phone", card: "card"}
    assert [ticket for ticket, each in rows.items() if each["named"]] == [phone]
    alerts = {each["code"] for each in hall.fresh("supervise")["alerts"]}
    assert alerts >= {"bad-rating", "bad-in-row"}
    (letter,) = [each for each in PeopleStore(hall.data).of([f"ticket/{phone}"]) if each.field == "contact"]
    assert letter.value == "13900000000"

    for ticket in (keypad, tablet, phone):
        put_right(hall, rows[ticket]["id"], named=ticket == phone)
    clerk = rows[card]["clerk"]
    hall.send(AppealRating(rows[card]["id"], "boss", "malicious"))
    step(hall, rows[card]["id"], "verify", "ann", "unfounded")
    with pytest.raises(RefusedError) as refused:
        hall.send(MoveRectification(rows[card]["id"], "exclude", clerk))
    assert refused.value.frame.code == "another-person"
    step(hall, rows[card]["id"], "exclude", "ben")
    page = open_page(hall.page("/ratings"), 390, 844)
    expect(page.locator("#rectified")).to_contain_text(f"差评 {before + 4} 件")
    expect(page.locator("#rectified")).to_contain_text("经复核不计入 1")
    expect(page.locator("#rectified")).to_contain_text("已致歉并说明")
    page.close()
    hall.kill_caller()
    hall.restart_caller()
    after = hall.rectifications()
    assert [after[each]["published"] for each in (keypad, tablet, phone)] == [True] * 3
    assert after[card]["appeal"] == "excluded"


def ways_of(hall: RatedHall, tickets: set[str]) -> dict[str, str]:
    """By which way the log says that these visits were rated."""
    with Reader(hall.data / "log.db") as reader:
        rated = [row.as_written for row in reader.of_kinds(["ServiceRated"])]
    return {each["ticket"]: each["via"] for each in rated if each["ticket"] in tickets}


def by_tablet(page: Page) -> None:
    """Rate badly with a reason and without words on the tablet of the window."""
    expect(page.locator("#stage")).to_have_attribute("data-screen", "ask")
    page.locator("[data-level='2']").tap()
    page.get_by_text("办理太慢").tap()
    page.get_by_text("提交评价").tap()
    page.get_by_text("不用了").tap()
    expect(page.locator("#stage")).to_have_attribute("data-screen", "thanks")
    page.close()


def by_phone(page: Page) -> None:
    """Rate badly with words and a contact; the receipt is there at once."""
    page.locator("#rating [data-level='1']").click()
    page.locator("#rating textarea").fill("等了很久，没有说明。")
    page.locator("#rating input").fill("13900000000")
    page.locator("[data-act='rate.send']").click()
    expect(page.locator(".receipt-text")).to_contain_text("hc2:")
    page.close()


def by_card(page: Page, number: str) -> None:
    """A wrong number is told; the right one rates once."""
    page.locator("#number").fill("Z999")
    page.locator("#card [data-level='4']").click()
    expect(page.locator("#card .note")).to_contain_text("Z999")
    page.locator("#number").fill(number.lower())
    page.locator("#card [data-level='2']").click()
    page.locator("[data-act='rate.plain']").click()
    expect(page.locator("#card h2")).to_have_text("谢谢您的评价")
    page.reload()
    page.locator("#number").fill(number)
    page.locator("#card [data-level='5']").click()
    expect(page.locator("#card .note")).to_contain_text("评价过")
    expect(page.locator("#feedback")).to_have_attribute("href", f"/feedback?window={WINDOW}")
    page.close()


def step(hall: RatedHall, id: str, move: Any, staff: str, code: str = "") -> None:
    hall.send(MoveRectification(id, move, staff, code))


def put_right(hall: RatedHall, id: str, named: bool) -> None:
    """The whole way of one rectification; what comes too early is refused."""
    hall.send(cmd.MoveFollowUp(id, "assign", "boss", "ann"))
    with pytest.raises(RefusedError) as refused:
        hall.send(cmd.MoveFollowUp(id, "answer", "ann", code="upheld"))
    assert refused.value.frame.code == "steps-left"
    step(hall, id, "verify", "ann", "upheld")
    for result in ("no-reply", "reached") if named else ():
        step(hall, id, "call", "ann", result)
    step(hall, id, "right", "ann", "apologised")
    hall.send(cmd.MoveFollowUp(id, "answer", "ann", code="upheld"))
    hall.send(cmd.MoveFollowUp(id, "approve", "ben"))
    step(hall, id, "publish", "boss")


# --- a receipt


def test_a_receipt_is_checked_by_the_page_itself(hall: RatedHall, open_page: OpenPage, tmp_path: Path):
    from caller.eventlog.rating_proofs import receipt_at

    with Reader(hall.data / "log.db") as reader:
        row = next(reader.of_kinds(["ServiceRated"]))
        receipt = str(receipt_at(reader, row.seq))
    page = open_page(f"{hall.page('/ratings')}#{receipt}", 390, 844)
    found = page.locator("#found")
    expect(found).to_have_attribute("data-light", "green")
    expect(found).to_contain_text(hall.root.root)
    expect(page.locator(f"#roots li[data-last='{hall.root.last}'] [data-of='visit']")).to_contain_text(
        f"接待 {hall.root.receptions} 次，评价 {hall.root.ratings} 条"
    )
    for wrong, light, words in (
        (receipt.replace(f":{hall.settings.hall.site}:", ":other:"), "red", "另一个大厅"),
        (receipt[:-4] + "0000", "red", "没有与回执一致"),
        (receipt.replace(":visit:", ":case:"), "red", "没有与回执一致"),
        ("A042", "red", "不是评价回执"),
    ):
        page.locator("#receipt").fill(wrong)
        page.locator("#ask button").click()
        expect(found).to_contain_text(words)
        expect(found).to_have_attribute("data-light", light)
    page.close()


TAMPER = {
    "changed": lambda rows: [[rows[0][0], rows[0][1] % 5 + 1, *rows[0][2:]], *rows[1:]],
    "kind": lambda rows: [[*rows[0][:2], "case"], *rows[1:]],
    "dropped": lambda rows: rows[1:],
    "added": lambda rows: [*rows, ["ab" * 32, 5, "visit"]],
}


@pytest.mark.parametrize("how", TAMPER)
def test_a_list_that_was_tampered_with_is_found_by_the_page(hall: RatedHall, open_page: OpenPage, how: str):
    from caller.eventlog.rating_proofs import receipt_at

    with Reader(hall.data / "log.db") as reader:
        row = next(reader.of_kinds(["ServiceRated"]))
        receipt = str(receipt_at(reader, row.seq))
    page = open_page("about:blank", 390, 844)

    def forged(route: Any) -> None:
        answer = route.fetch(max_retries=3)
        listed = answer.json()
        listed["ratings"] = TAMPER[how](listed["ratings"])  # type: ignore[no-untyped-call]
        for name, kinds in (("levels", ("visit", "case")), ("case_levels", ("case",))):
            some = [level for _, level, kind in listed["ratings"] if kind in kinds]
            listed[name] = [some.count(level) for level in range(1, 6)]
        route.fulfill(response=answer, json=listed)

    page.route(f"**/ratings/{hall.root.last}.json", forged)
    page.goto(f"{hall.page('/ratings')}#{receipt}")
    expect(page.locator("#found")).to_have_attribute("data-light", "red")
    expect(page.locator("#found")).to_contain_text("根值不符")
    page.close()


def test_the_board_and_the_slip_show_the_newest_root(hall: RatedHall, open_page: OpenPage):
    digits = hall.root.root[:16]
    spaced = " ".join(digits[n : n + 4] for n in range(0, 16, 4))
    page = open_page(hall.page("/board", "board", "b1"), 1920, 1080)
    expect(page.locator("#strip")).to_contain_text(spaced)
    page.close()


def test_a_clerk_appeals_at_the_desk_by_a_key_and_another_person_reviews_it(
    hall: RatedHall, open_page: OpenPage
):
    hall._enrol(("window", WINDOW))
    ticket = hall.visit()
    hall.rate(ticket, 1)
    page = open_page(hall.page(f"/desk?window={WINDOW}", "window", WINDOW), 1366, 768)
    expect(page.locator("#clerk")).not_to_be_empty()
    page.keyboard.press("d")
    expect(page.locator(".day")).to_be_visible()
    number = hall.rectifications()[ticket]["number"]
    expect(page.locator(".day")).not_to_contain_text(number)  # its giver may still stand there
    hall.visit()
    expect(page.locator(".day .followed")).to_contain_text(number)
    expect(page.locator(".day .appeal")).to_contain_text("申诉一条差评")
    still(page)
    page.keyboard.press("a")
    expect(page.locator("#ask")).to_contain_text(number)
    page.locator("#ask .choice", has_text=number).click()
    expect(page.locator("#ask")).to_contain_text("为什么申诉")
    still(page)
    page.keyboard.press("1")
    expect(page.locator("#words")).to_contain_text(f"{number} 已申诉")
    assert hall.rectifications()[ticket]["appeal"] == "raised"
    page.keyboard.press("d")
    expect(page.locator(".day .followed")).to_contain_text("申诉待复核")
    page.close()
