"""What goes to the printer, compared with python-escpos, a second encoder nobody here wrote."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from escpos.printer import Dummy
from PIL import Image, ImageChops

from config.paper.document import Cut, Feed, Rule, Sheet, TextLine, printable, wrap
from config.paper.document import QrCode as QrCode
from devices.printer import encode, escpos, fonts, rasterise
from devices.printer.escpos_parser import (
    ControlCode,
    Picture,
    Splitter,
    Symbol,
    TextRun,
    Unknown,
    take_real_time,
)

ROOT = Path(__file__).parents[3]
URL = "https://hall.example.gov.cn/t/0192f3a4-7b1c-7def-8a90-1234567890ab"
needs_font = pytest.mark.skipif(not fonts.found(), reason="no hanzi font: apt install fonts-noto-cjk")


def second_encoder() -> Dummy:
    return Dummy(profile="TM-T20II")


def test_native_qr_is_what_python_escpos_sends() -> None:
    other = second_encoder()
    other.qr(URL, native=True, size=6, ec=1)
    assert escpos.qr(URL, 6) in other.output


@pytest.mark.parametrize(("does", "loaded"), [("pass", False), ("warm()", True)])
def test_the_library_is_loaded_with_the_first_paper_and_not_before(does: str, loaded: bool) -> None:
    """Most programs that import this room print nothing; a kiosk loads it beside its first screen."""
    program = f"import sys\nfrom devices.printer import warm\n{does}\nprint('escpos.printer' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == str(loaded)


def test_a_drawn_band_is_what_python_escpos_sends() -> None:
    picture = rasterise.draw((TextLine("市民服务中心 A042", 2, "center"),), 576)
    other = second_encoder()
    other.image(picture.convert("L"), impl="bitImageRaster", fragment_height=256)
    assert escpos.raster(*rasterise.rows(picture)) == other.output


def test_a_text_slip_is_gb18030_with_hanzi_switched_on() -> None:
    job = encode((TextLine("示例县政务服务中心——A042"), Cut()), 576, "text")
    assert job.startswith(b"\x1b@")
    assert b"\x1c&" in job[:8]
    assert "示例县政务服务中心——A042".encode("gb18030") in job
    assert job.endswith(b"\x1dVB\x00")


@needs_font
@pytest.mark.parametrize("name", ["𠮷野家", "王䶮", "㐀山", "😀"])
def test_only_the_line_with_a_rare_name_is_drawn(name: str) -> None:
    job = encode((TextLine("申请人"), TextLine(name), TextLine("窗口")), 576, "text")
    assert job.count(b"\x1dv0") == 1
    assert "申请人".encode("gb18030") in job
    assert "窗口".encode("gb18030") in job


def test_without_a_font_a_rare_name_leaves_a_mark_and_the_slip_is_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fonts, "found", lambda: False)
    job = encode((TextLine("王䶮"), Cut()), 576, "raster")
    assert "王〓".encode("gb18030") in job


@needs_font
def test_no_four_byte_sequence_ever_reaches_the_printers_font() -> None:
    """Every character of the basic plane, by itself: what is sent as text is one or two bytes."""
    for code in [*range(0x20, 0xD800, 7), *range(0xE000, 0xFFFE, 3)]:
        char = chr(code)
        assert len(escpos.hanzi(char)) <= 3, hex(code)


@pytest.mark.parametrize("control", ["\x1b@", "\x10\x04\x01", "\x1dV\x00", "\n\n\n", "\x1bp\x00", "\u202e"])
def test_an_items_name_cannot_steer_the_printer(control: str) -> None:
    clean = printable(f"登记{control}注销")
    assert not re.search(r"[\x00-\x1f\u202e]", clean)


def test_pictures_hold_no_real_time_command() -> None:
    """A printer obeys DLE EOT even inside a picture; twin: the same rows unguarded do hold some."""
    noise = random.Random(4).randbytes(72 * 4000)
    rows = noise.replace(noise[100:103], b"\x10\x04\x01")
    found = re.compile(rb"\x10[\x04\x05\x14]")
    assert found.search(rows)
    assert not found.search(escpos.raster(72, rows))


def test_a_broken_real_time_command_costs_one_dot() -> None:
    rows = b"\x00\x10\x04\x01" * 18
    changed = escpos.without_real_time(rows)
    assert sum((a ^ b).bit_count() for a, b in zip(rows, changed, strict=True)) == 18


@pytest.mark.parametrize("columns", [16, 32, 48])
def test_a_closing_mark_never_starts_a_line(columns: int) -> None:
    text = "材料补齐后当即受理,办理时限从受理之日起算。(依据:《行政许可法》第三十二条)请保管好本通知书!" * 2
    lines = wrap(text, columns, lambda piece: float(escpos.cells(piece)))
    assert "".join(lines) == text
    assert all(escpos.cells(line) <= columns for line in lines)
    assert not any(line[0] in "，。、；：！？）》" for line in lines)


def test_english_breaks_between_words_and_a_monster_word_within() -> None:
    assert wrap("proof of address", 10, lambda piece: float(len(piece))) == ["proof of", "address"]
    lines = wrap("x" * 100, 32, lambda piece: float(len(piece)))
    assert [len(line) for line in lines] == [32, 32, 32, 4]


@pytest.mark.parametrize("width", [576, 384])
@pytest.mark.parametrize("mode", ["text", "raster"])
def test_nothing_is_wider_than_the_print_head(width: int, mode: str) -> None:
    sheet: Sheet = (
        TextLine("政务服务中心" * 9, 8, fit=True),
        TextLine("W" * 399, 3),
        Rule(),
        QrCode(URL * 3),
        Feed(),
        Cut(),
    )
    job = encode(sheet, width, "text" if mode == "text" else "raster")
    for command, _ in Splitter().feed(job):
        if isinstance(command, Picture):
            assert command.row_bytes * 8 <= width


def test_fit_makes_smaller_before_it_breaks() -> None:
    wide = TextLine("示例县政务服务和大数据管理局综合服务大厅", 2, fit=True)
    job = encode((wide,), 576, "text")
    assert b"\x1d!\x11" not in job
    assert wide.text.encode("gb18030") in job


def test_commands_are_read_back_however_they_are_cut_up() -> None:
    job = encode((TextLine("市民服务中心", 2), Rule(), QrCode(URL), Cut()), 576, "text") + escpos.raster(
        72, b"\x55" * 7200
    )
    whole = [command for command, _ in Splitter().feed(job)]
    splitter = Splitter()
    single = [command for byte in job for command, _ in splitter.feed(bytes([byte]))]
    assert single == whole
    assert not any(isinstance(command, Unknown) for command in whole)
    assert {type(command) for command in whole} == {TextRun, ControlCode, Symbol, Picture}
    assert b"".join(raw for _, raw in Splitter().feed(job)) == job


def test_the_reader_understands_python_escpos_too() -> None:
    other = second_encoder()
    other.hw("INIT")
    other.set(align="center", bold=True, double_height=True, double_width=True)
    other.qr(URL, native=True, size=6)
    other.image(Image.new("1", (576, 300), 0))
    other.cut()
    assert not any(isinstance(command, Unknown) for command, _ in Splitter().feed(other.output))


def test_real_time_questions_are_taken_out_at_every_cut() -> None:
    stream = b"abc\x10\x04\x01def\x10\x04\x04"
    for place in range(len(stream) + 1):
        first, questions, held = take_real_time(stream[:place])
        second, more, left = take_real_time(held + stream[place:])
        assert first + second + left == b"abcdef"
        assert questions + more == [b"\x10\x04\x01", b"\x10\x04\x04"]


def test_a_line_end_behind_the_start_of_a_question_is_text() -> None:
    for start in (b"\x10", b"\x10\x04", b"\x10\x14\x08\x01\x03"):
        assert take_real_time(b"abc" + start + b"\n") == (b"abc" + start + b"\n", [], b"")


def test_the_readers_memory_is_bounded() -> None:
    splitter = Splitter()
    for _ in range(100):
        list(splitter.feed(b"\xb0" * 4096))
        assert splitter.held <= 64 * 1024


@needs_font
def test_drawn_and_packed_dots_are_the_same() -> None:
    picture = rasterise.draw((TextLine("号"), QrCode(URL)), 384)
    wide, rows = rasterise.rows(picture)
    back = ImageChops.invert(Image.frombytes("1", (wide * 8, picture.height), rows))
    assert back.tobytes() == picture.tobytes()
