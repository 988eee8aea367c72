"""Templates a hall edits: every mistake is told with its line, and a bad file never stops the paper."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import structs
from PIL import Image

from caller.cli.check import checked
from config.paper import template_files
from config.paper.document import Cut, Feed, Logo, QrCode, Rule, TextLine
from config.paper.samples import sample_slip
from config.paper.slip import values
from config.paper.template import Template, TemplateMistakes, fill, parse
from config.paper.template_files import FIELDS, OURS, TITLES, TemplateFolder, load
from config.reading.reader import HALLS
from config.reading.reader import read as read_hall
from config.setting_types import PaperTemplate
from config.settings import Settings
from devices.cli.slip import slip
from tests.instruments.papers import slip_sheet

NAMES = {"hall": "大厅", "papers": "材料", "url": "网址", "number": "号码"}


def mistakes(text: str) -> list[tuple[int, str]]:
    with pytest.raises(TemplateMistakes) as found:
        parse(text, "slip.zh.txt", NAMES)
    return [(mistake.line, mistake.zh) for mistake in found.value.mistakes]


def test_each_kind_of_line() -> None:
    text = "# c\n居中 2倍 加粗 一行 | {大厅}\n@横线\n@qr {url} 30\n@feed 3\nright x1.5 | {n}. {papers}\n@cut"
    template = parse(text, "f", NAMES)
    filled = fill(template, {"hall": "示例", "url": "https://x", "papers": ("甲", "乙")})
    assert filled == (
        TextLine("示例", 2, "center", bold=True, fit=True),
        Rule(),
        QrCode("https://x", 30),
        Feed(3),
        TextLine("1. 甲", 1.5, "right"),
        TextLine("2. 乙", 1.5, "right"),
        Cut(),
    )


def test_conditions_and_empty_fields_leave_no_empty_lines() -> None:
    text = "left ?papers | 请备好\nleft !papers | 不用材料\nleft | {papers}\nleft | 厅:{hall}\n@qr {url}\nleft | 完"
    template = parse(text, "f", NAMES)
    assert [str(getattr(block, "text", "")) for block in fill(template, {})] == ["不用材料", "完", ""]


def test_every_mistake_at_once_each_with_its_line_and_the_nearest_name() -> None:
    text = "\n".join([
        "中间 | {hall}", "left x9 | a", "left | {numbr}", "left | {hall", "居中 没有竖线", "@qrr {url}", "@qr {url} 5",
        "@feed 99", "@rule 3", "left ?paper | x", "left | ok",
    ])  # fmt: skip
    found = mistakes(text)
    assert [line for line, _ in found] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert "number" in found[2][1]
    assert "qr" in found[5][1]


def test_an_empty_file_is_a_mistake() -> None:
    assert mistakes("")
    assert mistakes("# 只有注释\n@rule\n")


def test_mistakes_are_told_in_both_languages() -> None:
    with pytest.raises(TemplateMistakes, match=r"slip.zh.txt:1: .*不认识的字段.* / unknown field"):
        parse("left | {nmae}", "slip.zh.txt", NAMES)


@pytest.mark.parametrize("path", sorted(OURS.glob("*.txt")), ids=lambda path: path.name)
def test_our_templates_have_no_mistake_and_end_with_a_cut(path: Path) -> None:
    assert isinstance(load(path, path.name.split(".")[0])[-1].block, Cut)


def test_every_kind_has_both_languages_a_title_and_chinese_names_for_all_fields() -> None:
    for kind, fields in FIELDS.items():
        assert {(OURS / f"{kind}.{language}.txt").is_file() for language in ("zh", "en")} == {True}
        assert TITLES[kind]
        assert len(set(fields.values())) == len(fields)
    assert set(values(sample_slip("zh"))) == set(FIELDS["slip"])


def test_a_halls_own_template_comes_first_and_the_rest_stay_ours(tmp_path: Path) -> None:
    (tmp_path / "slip.zh.txt").write_text("center | 我们自己的 {号码}")
    folder = TemplateFolder(tmp_path)
    assert slip_sheet(sample_slip("zh"), folder)[0] == TextLine("我们自己的 A042", align="center")
    assert len(slip_sheet(sample_slip("en"), folder)) > 5


def worded(*papers: PaperTemplate) -> Settings:
    return structs.replace(read_hall(HALLS / "village.toml"), papers=papers)


def test_the_halls_own_wording_stands_before_ours_and_a_file_of_the_pc_before_it(tmp_path: Path) -> None:
    folder = TemplateFolder(tmp_path).following(worded(PaperTemplate("slip", "left | 大厅的 {号码}")))
    assert slip_sheet(sample_slip("zh"), folder)[0] == TextLine("大厅的 A042")
    assert len(slip_sheet(sample_slip("en"), folder)) > 5, "ours in the other language"
    (tmp_path / "slip.zh.txt").write_text("left | 这台电脑的 {号码}")
    assert slip_sheet(sample_slip("zh"), folder)[0] == TextLine("这台电脑的 A042")
    (tmp_path / "slip.zh.txt").unlink()
    assert slip_sheet(sample_slip("zh"), folder)[0] == TextLine("大厅的 A042")
    folder.following(worded())
    assert len(slip_sheet(sample_slip("zh"), folder)) > 5


def test_a_hall_that_must_writes_a_paper_of_a_case_in_two_languages() -> None:
    """Such a paper has one text, in Chinese: a second language stands beside it in the template, and not instead of it."""
    paper = PaperTemplate("acceptance", "center | 受理通知书\nright | قوبۇل ئۇقتۇرۇشى: {办件号}")
    folder = TemplateFolder().following(worded(paper))
    for language in ("zh", "ug"):
        sheet = fill(folder.get("acceptance", language), {"case": "B2026-000001"})
        assert [each.text for each in sheet if isinstance(each, TextLine)] == [
            "受理通知书", "قوبۇل ئۇقتۇرۇشى: B2026-000001",
        ]  # fmt: skip


def test_a_wording_for_a4_is_for_a4_alone() -> None:
    paper = PaperTemplate("acceptance", "left | 大厅的 {办件号}", medium="a4")
    folder = TemplateFolder().following(worded(paper))
    found = folder.a4("acceptance", "zh")
    assert found is not None
    assert found[0].block == TextLine("大厅的 {case}")
    assert folder.get("acceptance", "zh") == TemplateFolder().get("acceptance", "zh")


def test_a_wording_that_this_program_cannot_read_is_ours() -> None:
    folder = TemplateFolder().following(worded(PaperTemplate("slip", "left | {从未有过}")))
    assert len(slip_sheet(sample_slip("zh"), folder)) > 5


@pytest.mark.parametrize(
    ("rows", "zh"),
    [
        ('[[paper]]\nkind = "slip"\ntemplate = "left | {号码}\\nleft | {号马}"', "模板第 2 行"),
        ('[[paper]]\nkind = "slip"\ntemplate = "left | {号码}\\n@logo a.png"', "图片"),
        ('[[paper]]\nkind = "slip"\ntemplate = "left | 一"\n[[paper]]\nkind = "slip"\ntemplate = "left | 二"', "写了两次"),
        ('[[paper]]\nkind = "slipp"\ntemplate = "left | 一"', "slipp"),
    ],
)  # fmt: skip
def test_check_tells_what_is_wrong_with_a_wording(rows: str, zh: str, tmp_path: Path) -> None:
    path = tmp_path / "hall.toml"
    path.write_text((HALLS / "village.toml").read_text("utf-8") + "\n" + rows, "utf-8")
    found = [f"{each.zh} {each.nearest}" for each in checked(path).mistakes]
    assert len(found) == 1, found
    assert zh in found[0] or zh in path.read_text("utf-8")


def test_a_template_edited_badly_goes_on_with_the_last_good_one(tmp_path: Path) -> None:
    path = tmp_path / "slip.zh.txt"
    path.write_text("left | 好 {号码}")
    folder = TemplateFolder(tmp_path)
    assert slip_sheet(sample_slip("zh"), folder)[0] == TextLine("好 A042")
    path.write_text("left | {坏")
    os.utime(path, ns=(1, 1))
    assert slip_sheet(sample_slip("zh"), folder)[0] == TextLine("好 A042")
    assert folder.mistakes[0].line == 1
    path.write_text("left | 又好 {号码}")
    os.utime(path, ns=(2, 2))
    assert slip_sheet(sample_slip("zh"), folder)[0] == TextLine("又好 A042")
    assert folder.mistakes == []


def test_a_template_bad_from_the_start_falls_back_to_ours(tmp_path: Path) -> None:
    (tmp_path / "slip.zh.txt").write_bytes("left | 您好".encode("gbk"))
    folder = TemplateFolder(tmp_path)
    assert len(slip_sheet(sample_slip("zh"), folder)) > 5
    assert "UTF-8" in folder.mistakes[0].zh


def test_a_logo_is_found_beside_its_template_or_reported(tmp_path: Path) -> None:
    path = tmp_path / "slip.zh.txt"
    path.write_text("left | a\n@logo emblem.png 30\n")
    with pytest.raises(TemplateMistakes, match=r":2: .*emblem.png"):
        load(path, "slip")
    Image.new("RGBA", (300, 300), (200, 0, 0, 255)).save(tmp_path / "emblem.png")
    assert load(path, "slip")[1].block == Logo(str(tmp_path / "emblem.png"), 0.3)


# --- the commands


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(slip, list(words))
    return result.exit_code, result.output


def test_a_preview_is_as_wide_as_the_paper(tmp_path: Path) -> None:
    for width, paper in ((576, 640), (384, 448)):
        out = tmp_path / f"{width}.png"
        assert run("preview", "slip", "--width", str(width), "--out", str(out))[0] == 0
        assert Image.open(out).width == paper


def test_a_halls_file_is_previewed_and_its_mistakes_are_told(tmp_path: Path) -> None:
    code, said = run("copy", str(tmp_path))
    assert (code, len(said.split())) == (0, len(list(OURS.glob("*.txt"))))
    assert run("check", str(tmp_path))[0] == 0
    mine = tmp_path / "slip.zh.txt"
    assert run("preview", str(mine), "--out", str(tmp_path / "a.png"))[0] == 0
    mine.write_text("left | {numer}\nmiddel | x")
    code, said = run("check", str(tmp_path))
    assert code == 2
    assert "slip.zh.txt:1:" in said
    assert "slip.zh.txt:2:" in said
    assert run("preview", str(mine))[0] == 2
    assert run("copy", str(tmp_path)) == (0, "")
    assert mine.read_text().startswith("left | {numer}")


@pytest.mark.parametrize("name", ["slp", "/no/such/slip.zh.txt", "README.md"])
def test_an_unknown_template_names_the_known_ones(name: str) -> None:
    code, said = run("preview", name)
    assert code == 2
    assert "一次性告知单" in said


def test_a_file_that_cannot_be_read_leaves_the_last_good_one_in_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = TemplateFolder(tmp_path)
    (tmp_path / "slip.zh.txt").write_text("center | {number}\n", encoding="utf-8")
    good = folder.get("slip", "zh")

    def refused(*_: object) -> Template:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(template_files, "load", refused)
    (tmp_path / "slip.zh.txt").write_text("center | {queue} {number}\n", encoding="utf-8")
    os.utime(tmp_path / "slip.zh.txt", (1, 1))
    assert folder.get("slip", "zh") == good
    assert "Permission denied" in folder.mistakes[0].en
