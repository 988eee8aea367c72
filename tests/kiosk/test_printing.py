"""What the kiosk prints, read back from the very bytes by code that did not write it."""

import pytest
import zxingcpp
from msgspec.structs import replace

from config.paper.slip import slip_content
from config.reading.reader import read
from config.setting_types import PaperTemplate
from devices.printer import Printer, fonts
from devices.simulators.printer import PrinterModel
from kiosk.printing import HallDocumentPrinter
from tests.kiosk.test_catalogue import COUNTY

TICKET = "01890000-0000-7000-8000-000000000042"
ANSWER = {"key": f"{TICKET}.{'0123456789ab' * 2}", "ticket": TICKET, "number": "A042", "queue": "A", "ahead": 3, "low": 10, "high": 15, "issued": 1_764_000_000_000_000}  # fmt: skip
HALL = read(COUNTY)
ITEM = next(item for item in HALL.items if item.id == "T001")
SLIP = slip_content(HALL, ANSWER, [ITEM], "zh")


def press() -> HallDocumentPrinter:
    return HallDocumentPrinter(
        HALL, {"p1": Printer("tcp://127.0.0.1:9"), "p2": Printer("serial:///dev/null?baud=9600")}
    )


def printed(job: bytes) -> PrinterModel:
    model = PrinterModel()
    model.feed(job)
    return model


def test_a_slip_is_one_paper_whose_code_leads_to_the_ticket():
    model = printed(press().slip(SLIP, "p1"))
    assert model.cuts == 1
    assert [code.text for code in zxingcpp.read_barcodes(model.picture())] == [SLIP.url]


def test_a_slip_in_the_halls_own_words_from_the_moment_its_settings_hold():
    printer = press()
    ours = printer.slip(SLIP, "p2")
    words = PaperTemplate("slip", "center x2 | Our own {number}\n")
    printer.adopt(replace(HALL, papers=(words,)))
    assert b"Our own A042" in printer.slip(SLIP, "p2")
    printer.adopt(HALL)
    assert printer.slip(SLIP, "p2") == ours


def test_each_printer_gets_its_own_width_and_letters():
    drawn, spelled = press().slip(SLIP, "p1"), press().slip(SLIP, "p2")
    assert b"A042" not in drawn
    assert b"A042" in spelled


def test_a_slip_in_english_lists_the_papers_in_english():
    job = press().slip(slip_content(HALL, ANSWER, [ITEM], "en"), "p2")
    assert b"business licence" in job
    assert "营业执照".encode("gb18030") not in job


def test_the_guide_is_one_paper_with_every_paper_to_bring():
    hall = press()
    job = hall.guide("T001", "zh", "p2")
    assert printed(job).cuts == 1
    for paper in hall.items["T001"].papers:
        assert paper.replace("（示例）", "").encode("gb18030") in job


def test_names_no_font_can_draw_are_named_in_the_log_at_the_start(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fonts, "_FALLBACKS", ())
    fonts._fallbacks.cache_clear()
    press().warn_of_fonts()
    assert not caplog.messages
    item = replace(ITEM, name="ภาษาไทย")
    HallDocumentPrinter(replace(HALL, items=(item,)), {}).warn_of_fonts()
    fonts._fallbacks.cache_clear()
    assert "ภาษาไทย" in caplog.text
