"""Papers read back by code nobody here wrote: zxing-cpp and zbarimg for the code, tesseract for the words."""

import os
import random
import shutil
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from config.paper.document import Cut, QrCode, TextLine
from config.paper.samples import URL, sample_notice, sample_sheet, sample_slip
from config.paper.slip import Language
from config.paper.template_files import FIELDS, OURS, load
from devices.printer import Mode, encode, fonts
from devices.printer.receipt_renderer import pictures
from tests.instruments.papers import slip_job

pytestmark = pytest.mark.skipif(not fonts.found(), reason="no hanzi font: apt install fonts-noto-cjk")
WIDTHS = [576, 384]
MODES: list[Mode] = ["raster", "text"]
NOTICES = {  # words that are on each, large and small
    "acceptance": ("企业设立登记", "现予受理", "承诺时限", "已收材料", "咨询电话"),
    "handling": ("办理通知书", "最迟办结", "随附材料", "经办人签字"),
    "missing": ("一次性告知单", "还需补齐", "申请书", "咨询电话"),
    "refusal": ("不予受理通知书", "行政复议", "投诉电话"),
    "receipt": ("接件通知书", "已收下", "查询码"),
    "delay": ("延期告知书", "原办结日期", "延期理由"),
    "pause": ("暂停计时告知书", "现场勘查", "剩余时限"),
    "return": ("退办通知书", "行政复议", "投诉电话"),
    "void": ("受理通知书", "不能再用", "咨询电话"),
    "feedback": ("投诉建议回执", "答复期限", "回执码"),
    "promise": ("办税服务事项承诺书", "承诺时限", "申请人签字"),
    "passing": ("税务文书传递单", "各岗位时限", "随附材料"),
    "parallel": ("并联审批受理通知书", "办理部门和时限", "牵头部门"),
    "parallel-handling": ("并联审批办理通知书", "请下列部门同时办理", "部门意见"),
    "agency": ("代办受理单", "代办清单", "不收代办费"),
    "task-report": ("问题处理报告单", "推迟到", "主管意见"),
    "denial": ("否定备案书", "不予办理的理由", "备案时间"),
    "payment": ("收费凭据", "实收", "参考号", "不是发票"),
    "guide": ("办事告知单", "法定时限", "办理流程", "住所使用证明"),
}


def paper(kind: str, language: Language, width: int, mode: Mode) -> Image.Image:
    template = load(OURS / f"{kind}.{language}.txt", kind)
    return pictures(encode(sample_sheet(kind, language, template), width, mode), width)[0].convert("L")


def codes(picture: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def read(picture: Image.Image) -> str:
    """What tesseract sees, without spaces: enlarged for the small letters, reduced for the large."""
    return _seen(picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.LANCZOS)) + _seen(
        picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
    )


def _seen(picture: Image.Image) -> str:
    command = ["tesseract", "stdin", "stdout", "-l", "chi_sim", "--psm", "6"]
    environment = os.environ | {"OMP_THREAD_LIMIT": "1"}
    ended = subprocess.run(command, input=_png(picture), capture_output=True, check=True, env=environment)
    return "".join(ended.stdout.decode().split())


def _png(picture: Image.Image) -> bytes:
    kept = BytesIO()
    picture.save(kept, "PNG")
    return kept.getvalue()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", list(FIELDS))
def test_the_code_on_every_paper_is_read_back(kind: str, language: Language, width: int, mode: Mode) -> None:
    on_it = sample_notice("missing", language).code if kind == "missing" else URL  # the way back, not a page
    assert codes(paper(kind, language, width, mode)) == [on_it]


@pytest.mark.skipif(not shutil.which("zbarimg"), reason="no zbarimg: apt install zbar-tools")
@pytest.mark.parametrize("width", WIDTHS)
def test_a_second_reader_reads_it_too(width: int, tmp_path: Path) -> None:
    paper("slip", "zh", width, "raster").save(tmp_path / "slip.png")
    command = ["zbarimg", "-q", "--raw", str(tmp_path / "slip.png")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == URL


def test_long_and_short_addresses_stay_readable_on_both_papers() -> None:
    chance = random.Random(11)
    for _ in range(20):
        url = "https://" + "".join(chance.choices("abcdef0123456789.-/", k=chance.randint(8, 180)))
        for width in WIDTHS:
            job = encode((TextLine("号"), QrCode(url), Cut()), width)
            assert codes(pictures(job, width)[0].convert("L")) == [url]


@pytest.mark.skipif(not shutil.which("tesseract"), reason="no tesseract: apt install tesseract-ocr-chi-sim")
@pytest.mark.parametrize("width", WIDTHS)
def test_the_words_of_a_drawn_slip_are_read_back(width: int) -> None:
    picture = paper("slip", "zh", width, "raster")
    seen = read(picture)
    expected = ["政务服务中心", "取号时间", "身份证", "公司章程", "过号", "咨询电话"]
    assert [words for words in expected if words not in seen] == []
    assert _seen(picture.crop((0, 140, picture.width, 290))) == "A042"  # the number's own line


@pytest.mark.skipif(not shutil.which("tesseract"), reason="no tesseract: apt install tesseract-ocr-chi-sim")
@pytest.mark.parametrize("width", [WIDTHS[1], pytest.param(WIDTHS[0], marks=pytest.mark.campaign)])
@pytest.mark.parametrize("kind", NOTICES)
def test_the_words_of_a_notice_are_read_back(kind: str, width: int) -> None:
    seen = read(paper(kind, "zh", width, "raster"))
    assert [words for words in NOTICES[kind] if words not in seen] == []


def test_every_paper_is_read_back() -> None:
    assert set(NOTICES) | {"slip"} == set(FIELDS)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["𠮷", "䶮", "㐀"])
def test_a_rare_name_has_its_own_shape_and_not_a_box(name: str, mode: Mode) -> None:
    """Each is drawn unlike a missing glyph, unlike the geta mark, and unlike its look-alike."""

    def drawn(text: str) -> bytes:
        return pictures(encode((TextLine(text, 2), Cut()), 384, mode), 384)[0].tobytes()

    assert fonts.regular().has(name)
    assert len({drawn(name), drawn("〓"), drawn("\U0010fffd"), drawn("吉"), drawn("龚"), drawn("北")}) >= 5
    assert drawn(name) != drawn("〓")


def test_a_name_no_font_holds_is_marked() -> None:
    missing = "\U000e0fff"
    assert not fonts.regular().has(missing)
    drawn = [pictures(encode((TextLine(text), Cut()), 384), 384)[0].tobytes() for text in (missing, "〓")]
    assert drawn[0] == drawn[1]


def test_nothing_is_drawn_beyond_the_print_head() -> None:
    long = replace(sample_slip("zh"), errand="企业" * 60, hall="示例县" * 20, windows=("综合服务窗口",) * 9)
    for width in WIDTHS:
        picture = pictures(slip_job(long, width, "raster"), width)[0].convert("L")
        margins = [
            picture.crop((0, 0, 32, picture.height)),
            picture.crop((32 + width, 0, picture.width, picture.height)),
        ]
        assert [margin.getextrema() for margin in margins] == [(255, 255), (255, 255)]
