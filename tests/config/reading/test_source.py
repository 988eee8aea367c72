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
