"""A file that cannot be used says why, and where."""

from pathlib import Path

import pytest

from config.reading import source
from config.reading.reader import inspect, read
from tests.instruments.small_settings import GOOD, put


def test_a_missing_file_is_a_mistake(tmp_path: Path) -> None:
    (found,) = inspect(tmp_path / "none.toml").mistakes
    assert "No such file" in found.en


def test_a_folder_is_no_hall(tmp_path: Path) -> None:
    (found,) = inspect(tmp_path).mistakes
    assert "文件夹" in found.zh
    assert "folder" in found.en


def test_a_file_that_cannot_be_read_says_what_to_look_at(tmp_path: Path) -> None:
    (found,) = inspect(tmp_path / ("long" * 100)).mistakes
    assert "cannot be read" in found.en
    assert "请核对路径和权限" in found.zh
    assert "Errno" not in found.zh


def test_a_bom_and_windows_line_ends_are_tolerated(tmp_path: Path) -> None:
    assert read(put(tmp_path, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())) == read(
        put(tmp_path, GOOD)
    )


def test_bad_utf8_has_its_line_and_column(tmp_path: Path) -> None:
    (found,) = inspect(put(tmp_path, b'[hall]\nname = "\xe5\xb0\x8f\xff"\n')).mistakes
    assert (found.line, found.column) == (2, 10)


@pytest.mark.parametrize(
    ("text", "line", "column", "zh"),
    [
        ("[hall]\nname = 小厅\n", 2, 8, "引号"),
        ("[hall]\nname 小厅\n", 2, 6, "等号"),
        ('[hall]\nname = "小厅\n', 2, 11, "引号没有闭合"),
        ("[hall]\nname = '小厅\nsite = 'x'\n", 2, 11, "引号没有闭合"),
        ("[hall]\nname = '小厅\nsite = 1\n", 0, 0, "引号没有闭合"),
        ("[hall]\ncloses = 17:30\n", 2, 10, '时间要加引号，写作 "17:30"'),
        ("[[queue]]\nhours = [09:00, 11:30]\n", 2, 10, "时间要加引号"),
        ("[hall]\n[hall]\n", 2, 6, "两次"),
        ('a = "x" b = 1\n', 1, 9, "一行"),
        ("[hall]\nautomatic_day = yes\n", 2, 17, "写 true 或 false"),
        ("[hall]\nautomatic_day = 是\n", 2, 17, "写 true 或 false"),
        ("[[window]]\nid = 01\n", 2, 7, '写作 "01"'),
        ("[hall]\nname = '小厅';\n", 2, 12, "行尾多了 ;"),
        ("[hall]\nname = '小厅',\n", 2, 12, "行尾多了 ,"),
        ("// 大厅\n[hall]\n", 1, 1, "注释以 # 开头"),
        ("[class]\nid = 'a'\n[class]\nid = 'b'\n", 3, 7, "[[class]]"),
        ("[hall]\rname = '小厅'\r", 1, 0, "CR"),
    ],
)
def test_a_syntax_error_has_its_line_and_column(
    text: str, line: int, column: int, zh: str, tmp_path: Path
) -> None:
    (found,) = inspect(put(tmp_path, text)).mistakes
    assert (found.line, found.column) == (line, column)
    assert zh in found.zh


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 100_000, "a = " + "9" * 5000, "a = 0x" + "f" * 9 + "\n", "a = 1e999\n"]
)
def test_values_made_to_break_a_parser_are_mistakes(text: str, tmp_path: Path) -> None:
    assert inspect(put(tmp_path, text)).mistakes


def test_a_file_too_large_for_a_hall_is_not_read(tmp_path: Path) -> None:
    (found,) = inspect(put(tmp_path, b"#" * (source.FILE_BYTES_MAX + 1))).mistakes
    assert "MiB" in found.zh


def test_twin_without_the_limit_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, GOOD + "#" * source.FILE_BYTES_MAX)
    monkeypatch.setattr(source, "FILE_BYTES_MAX", 2 * source.FILE_BYTES_MAX)
    assert read(path)


@pytest.mark.parametrize(
    ("text", "column", "zh", "en"),
    [
        ("[hall]\nname = “小厅”\n", 8, "中文符号", 'sign "'),
        ("[hall]\nname ＝ '小厅'\n", 6, "中文符号", "sign ="),
        ("[[queue]]\nhours = ['a'，'b']\n", 13, "中文符号", "sign ,"),
        ("[hall]\nname\u00a0= '小厅'\n", 5, "看不见的字符 U+00A0", "invisible character U+00A0"),
        ("[hall]\nautomatic_day = True\n", 17, "写作 true", "write true"),
        ("[hall]\nname = 「小厅」\n", 8, "中文符号", 'sign "'),
        ("[[class]]\ntarget_minutes = ３０\n", 18, "写作 3", "sign 3"),
    ],
)
def test_a_sign_that_only_looks_right_is_named(
    text: str, column: int, zh: str, en: str, tmp_path: Path
) -> None:
    (found,) = inspect(put(tmp_path, text)).mistakes
    assert (found.line, found.column) == (2, column)
    assert zh in found.zh
    assert en in found.en


def test_twin_signs_inside_quotes_are_meant(tmp_path: Path) -> None:
    (found,) = inspect(put(tmp_path, "[hall]\nname = '“小厅”，＝' oops\n")).mistakes
    assert "中文符号" not in found.zh


def test_utf_16_is_named(tmp_path: Path) -> None:
    (found,) = inspect(put(tmp_path, GOOD.encode("utf-16"))).mistakes
    assert "UTF-16" in found.zh
    assert "UTF-16" in found.en


@pytest.mark.parametrize(
    ("data", "zh"),
    [
        (GOOD.encode("utf-16-le"), "UTF-16"), (GOOD.encode("utf-16-be"), "UTF-16"), (b"PK\x03\x04" + bytes(99), "xlsx"),
        (b"\xd0\xcf\x11\xe0" + bytes(99), "Excel"), (b"<html><table>", "网页"), (b"%PDF-1.7\n", "PDF"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_named(data: bytes, zh: str, tmp_path: Path) -> None:
    (found,) = inspect(put(tmp_path, data)).mistakes
    assert zh in found.zh


def test_a_mistake_in_a_row_of_one_line_has_that_line(tmp_path: Path) -> None:
    """`shift = [ { … }, … ]` says the same as `[[shift]]`, and a mistake in it is found as fast."""
    rows = (
        'shift = [  # 班次\n    { name = "甲", staff = ["1"] },\n\n    { nmae = "乙", staff = ["2"] },\n]\n'
    )
    found = inspect(put(tmp_path, rows + GOOD)).mistakes
    assert [(each.line, each.nearest) for each in found] == [(4, "name")]
    assert source.lines_of("a = [\n  1,\n]\n{\n") == {("", 0): {"a": 1}}, "no row after its end"
