"""Pictures for README and docs, taken from a running hall: `python -m tests.browser.screenshots [FOLDER]`.

Every page in its main states at its real size, on real processes; afterwards reduced to a palette, so that a
picture stays below 150 KB in the repository.
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from caller.engine import commands as cmd
from caller.engine import guide_commands as guide
from kiosk.faces import clients
from tests.instruments import kiosk_pictures
from tests.instruments.browser import ARGS, CHROMIUM
from tests.instruments.hall_in_time import HallInTime, calendar_hall
from tests.instruments.kiosk_pages import KEY, served, told
from tests.instruments.past_days import write_past_days
from tests.instruments.plain_halls import HALLS, plain_text
from tests.instruments.running_hall import REPO, RunningHall

BYTES_MAX = 150_000
COLOURS = 200
GAP = 24  # pixels between pictures joined
SERVING = ("1", "2", "3", "4", "5", "6", "8", "9", "10", "12", "14", "15")
OFTEN = (
    "T001",
    "S001",
    "P001",
    "T012",
    "G001",
    "T002",
    "C001",
    "M001",
)  # what people came for the day before
LEVELS = (5, 5, 5, 4, 5, 4, 5, 3, 5)
# A day of the calendar: date, time, the kiosk's language, what stands on both
DAYS = (
    ("2026-10-01", "10:00", "zh", "今天不办公：国庆节"),
    ("2026-10-12", "10:00", "zh", "请"),  # a half day: at work
    ("2026-12-31", "20:00", "zh", "暂定"),
    ("2026-12-31", "20:05", "en", "Provisional"),
)
# What the window PCs say of their devices: one is unplugged, so that the page shows every light.
DEVICES = (
    ("pc-3", "e3", "ready"),
    ("pc-6", "e6", "ready"),
    ("pc-10", "e10", "offline"),
    ("pc-14", "e14", "ready"),
)


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        hall = RunningHall(Path(scratch), with_a_quick_kiosk(Path(scratch) / "source"))
        text = hall.hall.read_text(
            "utf-8"
        )  # a kiosk that asks whether somebody is still there is in a picture
        hall.hall.write_text(text.replace("idle_seconds = 600", "idle_seconds = 30"), "utf-8")
        write_past_days(hall.data, hall.settings, 1, items=OFTEN)
        hall.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        try:
            morning(hall)
            Studio(hall, browser, folder).take_all()
        finally:
            browser.close()
            hall.close()


def with_a_quick_kiosk(folder: Path) -> Path:
    """The sample county as most tests have it, and its kiosk as it comes."""
    shutil.copytree(HALLS, folder)
    hall = folder / "county.toml"
    hall.write_text(
        plain_text(HALLS / hall.name).replace("[[kiosk]]\n", "[[kiosk]]\nquick = true\n"), "utf-8"
    )
    return hall


def morning(hall: RunningHall) -> None:
    """A hall at work: numbers out, windows busy, some free, one pausing, a few closed."""
    hall.open(*(str(number) for number in range(1, 24)))
    own = {window.id: window.queues[0] for window in hall.settings.windows if window.queues}
    for window in SERVING:
        hall.take(own[window])
        hall.call(window)
        hall.serve(window)
    for queue, count in zip(
        "ABCDEFGHJKLMNPQR", (9, 4, 6, 3, 1, 7, 2, 8, 5, 3, 1, 2, 4, 2, 1, 3), strict=True
    ):
        for _ in range(count):
            hall.take(queue)
    hall.send(cmd.PauseWindow(window="17", reason=""))
    for agent, device, state in DEVICES:
        hall.device(agent, device, "evaluator", state)
    for level in LEVELS:
        rated(hall, level)


def rated(hall: RunningHall, level: int) -> None:
    hall.take(next(each.queues[0] for each in hall.settings.windows if each.id == "20"))
    call = hall.call("20")
    hall.serve("20")
    hall.finish("20")
    hall.rate(call["ticket"], level)


class Studio:
    """Opens pages at their sizes and keeps small pictures of them."""

    def __init__(self, hall: RunningHall, browser: Browser, folder: Path) -> None:
        self.hall, self.browser, self.folder = hall, browser, folder
        folder.mkdir(parents=True, exist_ok=True)

    def take_all(self) -> None:
        self.phone()
        self.tablet()
        self.board()
        self.sign()
        self.supervise()
        self.desk()
        self.guide()
        kiosk_pictures.take(self.hall, self.browser, self.keep)
        kiosk_pictures.take_cards(self.browser, self.keep)
        self.silent_board()
        self.calendar()

    def open(self, path: str, size: tuple[int, int], role: str = "", name: str = "") -> Page:
        return self.page_of(self.hall.page(path, role, name), size)

    def page_of(self, url: str, size: tuple[int, int]) -> Page:
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, has_touch=True, locale="zh-CN"
        )
        page = context.new_page()
        page.goto(url)
        page.evaluate("document.fonts.ready")
        return page

    def keep(self, name: str, *pictures: bytes, beside: bool = True) -> None:
        """One picture, or several side by side or one below the other, as a small PNG."""
        images = [Image.open(io.BytesIO(picture)).convert("RGB") for picture in pictures]
        whole = joined(images, beside)
        path = self.folder / f"{name}.png"
        whole.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        assert path.stat().st_size < BYTES_MAX, f"{path} is {path.stat().st_size} bytes"
        print(path, path.stat().st_size)

    def board(self) -> None:
        page = self.open("/board?voice=off", (1920, 1080), "board", "b1")
        tall = self.open("/board?voice=off&theme=day", (1080, 1920), "board", "b1")
        expect(page.locator(".call.ringing")).to_have_count(0, timeout=30_000)
        for window in ("7", "12"):
            self.hall.take(next(each.queues[0] for each in self.hall.settings.windows if each.id == window))
            self.hall.call(window)
        for each, name in ((page, "board"), (tall, "board-portrait")):
            expect(each.locator(".call.ringing")).to_have_count(2)
            self.keep(name, shot(each))
        area = self.open("/board?voice=off&area=b", (1920, 1080), "board", "b1")
        expect(area.locator(".on-duty").first).to_be_visible()
        self.keep("board-area", shot(area))

    def sign(self) -> None:
        calling = self.open("/sign?window=12", (1280, 400), "board", "b1")
        expect(calling.locator("#now")).to_have_class("now called")
        self.keep("sign", shot(calling))
        narrow = [
            self.open(f"/sign?window={window}", (1920, 360), "board", "b1") for window in ("17", "16", "24")
        ]
        for page in narrow:
            expect(page.locator("#now")).not_to_be_empty()
        self.keep("sign-states", *map(shot, narrow), beside=False)

    def tablet(self) -> None:
        page = self.open("/rate?window=3", (1280, 800), "evaluator", "3")
        expect(page.locator(".card")).to_be_visible()
        self.keep("rate-idle", shot(page))
        self.hall.finish("3")
        expect(page.locator(".levels")).to_be_visible()
        self.keep("rate", shot(page))
        page.locator('[data-level="2"]').tap()
        page.locator('[data-reason="unclear"]').tap()
        self.keep("rate-reasons", shot(page))
        page.get_by_text("提交评价").tap()
        expect(page.locator("textarea")).to_be_visible()
        self.keep("rate-words", shot(page))

    def phone(self) -> None:
        item = max(self.hall.settings.items, key=lambda each: len(each.papers))
        window = next(each.id for each in self.hall.settings.windows if item.queue in each.queues)
        ticket = self.hall.take(items=(item.id,))
        path, size = self.hall.phone_page(ticket["ticket"]), (390, 844)
        page = self.page_of(path, size)
        expect(page.locator("#guide article")).to_be_visible()
        waiting = shot(page)
        english = self.page_of(path, size)
        english.locator("#language").tap()
        expect(english.locator("#guide article")).to_be_visible()
        while self.hall.call(window)["ticket"] != ticket["ticket"]:
            self.hall.serve(window)
        expect(page.locator("#place .window")).to_be_visible()
        self.keep("phone", waiting, shot(page), shot(english))
        page.locator('[data-act="box.open"]').tap()
        page.get_by_text("建议", exact=True).tap()
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        self.keep("phone-box", shot(page))
        self.hall.serve(window)
        self.phone_afterwards(item.id, window, page)

    def phone_afterwards(self, item: str, window: str, served: Page) -> None:
        """Kept a place, missed a call, and asked for a rating."""
        late = self.hall.take(items=(item,))
        kept = self.page_of(self.hall.phone_page(late["ticket"]), (390, 844))
        self.hall.send(cmd.PostponeTicket(late["ticket"], 20))
        expect(kept.locator("#place")).to_contain_text("不会叫")
        gone = self.hall.take(items=(item,))
        missed = self.page_of(self.hall.phone_page(gone["ticket"]), (390, 844))
        self.hall.finish(window)
        served.goto(served.url)
        expect(served.locator("[data-level]").first).to_be_visible()
        while self.hall.call(window)["ticket"] != gone["ticket"]:
            self.hall.serve(window)
            self.hall.finish(window)
        self.hall.verb(cmd.MarkNoShow, window)
        expect(missed.locator("#place")).to_contain_text("已过")
        self.keep("phone-after", shot(kept), shot(missed), shot(served))

    def supervise(self) -> None:
        page = self.open("/supervise", (1920, 1080), "supervisor", "s1")
        expect(page.locator(".desk").first).to_be_visible()
        self.keep("supervise", shot(page))

    def desk(self) -> None:
        """At work, free with people waiting, asking for an outcome, on a phone, and as the strip on top."""
        self.hall._enrol(("window", "2"), ("window", "11"))
        page = self.open("/desk?window=2", (1366, 768), "window", "2")
        expect(page.locator("#number")).not_to_be_empty()
        self.keep("desk", shot(page))
        phone = self.open("/desk?window=11", (390, 844), "window", "11")
        expect(phone.locator(".row").first).to_be_visible()
        self.keep("desk-phone", shot(phone))
        asking = self.open("/desk?window=2&lang=en", (1280, 800), "window", "2")
        asking.locator('[data-verb="finish"]').tap()
        expect(asking.locator("#ask")).to_be_visible()
        strip = self.open("/desk?window=2", (400, 160), "window", "2")
        expect(strip.locator("#number")).not_to_be_empty()
        self.keep("desk-strip", shot(asking), shot(strip), beside=False)

    def guide(self) -> None:
        """A called number whose holder is to be fetched; on a phone, the waits and a form."""
        self.hall._enrol(("guide", "g1"))
        given = self.hall.take("A", priority="elderly")
        self.hall.send(guide.SetAssistance(given["ticket"], "deaf"))
        self.hall.send(guide.MarkPapers(given["ticket"], "complete"))
        page = self.guide_desk((1280, 800))
        page.locator("#key").fill(given["number"])
        page.keyboard.press("Enter")
        expect(page.locator("#found .one")).to_be_visible()
        self.keep("guide", shot(page))
        phone = self.guide_desk((390, 844))
        phone.locator("#key").fill("A0")
        phone.keyboard.press("Enter")
        expect(phone.locator("#found .row").first).to_be_visible()
        self.keep("guide-phone", shot(phone))

    def guide_desk(self, size: tuple[int, int]) -> Page:
        page = self.open("/guide", size, "guide", "g1")
        expect(page.locator("body")).to_have_attribute("data-wire", "current")  # before it, no key is obeyed
        return page

    def silent_board(self) -> None:
        page = self.open("/board?voice=off", (1920, 1080), "board", "b1")
        expect(page.locator(".cell").first).to_be_visible()
        self.hall.kill_caller()
        expect(page.locator(".silence")).to_be_visible()
        self.keep("board-silent", shot(page))

    def calendar(self) -> None:
        """The evening before a holiday, the holiday, a half day, and a year whose notice is not known yet."""
        boards, kiosks = list[bytes](), list[bytes]()
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            with (
                HallInTime(folder, calendar_hall(folder), "2026-09-30", "18:00") as hall,
                patch.object(clients, "_now", hall.loop.clock.now),
                served(folder / "kiosk", hall.settings) as kiosk,
            ):
                board = self.page_of(hall.board(), (1920, 1080))
                glass = self.page_of(f"http://{kiosk.host}/#key={KEY}", (1080, 1920))
                for day, clock, language, words in DAYS:
                    hall.move(day, clock)
                    told(kiosk, hall.view("kiosk"), language)
                    expect(board.locator("#time")).to_have_text(clock)
                    expect(board.locator("#calls")).to_contain_text(words)
                    expect(glass.locator("#kiosk")).to_contain_text(clock)
                    expect(glass.locator("#kiosk")).to_contain_text(words if language == "zh" else "2027")
                    boards += [kiosk_pictures.small(board, 2)] if language == "zh" else []
                    kiosks.append(kiosk_pictures.small(glass, 3))
        self.keep("calendar-board", *boards)
        self.keep("calendar-kiosk", *kiosks)


def joined(images: list[Image.Image], beside: bool) -> Image.Image:
    wide, high = ([image.size[side] for image in images] for side in (0, 1))
    gaps = GAP * (len(images) - 1)
    size = (sum(wide) + gaps, max(high)) if beside else (max(wide), sum(high) + gaps)
    whole, at = Image.new("RGB", size, "white"), 0
    for image in images:
        whole.paste(image, (at, 0) if beside else (0, at))
        at += (image.width if beside else image.height) + GAP
    return whole


def shot(page: Page) -> bytes:
    return page.screenshot(animations="disabled")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else REPO / "docs" / "pictures")
