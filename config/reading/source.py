"""The bytes of a hall's files: read, decoded and parsed, with a line to point at for whatever is wrong.

Windows editors put a BOM before UTF-8, spreadsheets save GBK; the first is tolerated, the second is
explained. What the file means is not known here.
"""

import csv
import io
import re
import tomllib
from pathlib import Path
from typing import Any

from config.reading.errors import Mistake

FILE_BYTES_MAX = 4 * 1024 * 1024  # the largest hall known has 502 items, under 0.5 MiB

SourceLines = dict[tuple[str, int], dict[str, int]]  # (table, row) → key → line

_AT = re.compile(r"\(at line (\d+), column (\d+)\)")
_HEADER = re.compile(r"^\s*(\[\[?)\s*\"?([\w-]+)\"?\s*\]\]?")
_KEY = re.compile(r"^\s*\"?([\w-]+)\"?\s*[=.]")
# A table whose rows stand one on a line: `name = [`
_ROWS = re.compile(r"^\s*\"?([\w-]+)\"?\s*=\s*\[\s*(?:#.*)?\Z")
_BARE_TIME = re.compile(r"[=\[,]\s*(\d{1,2}:\d\d)\s*(?:\Z|[,\]#])")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_PYTHON_WORD = re.compile(r"[=\[,]\s*(True|False|TRUE|FALSE)\b")
LOOKALIKES = {"“": '"', "”": '"', "＂": '"', "‘": "'", "’": "'", "＝": "=", "，": ",", "、": ",", "［": "[", "］": "]",
              "【": "[", "】": "]", "｛": "{", "｝": "}", "：": ":", "＃": "#", "「": '"', "」": '"', "『": '"', "』": '"',
              "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"', "＇": "'", "‚": "'", "′": "'", "`": "'", "；": ","}  # fmt: skip
# What a line looks like where TOML gives no sensible cause → what to say; {} is the first group.
_HABITS = (
    (re.compile(r"^\s*(//|;|--|/\*|<!--|rem )"), "注释以 # 开头，不是 {}", "a comment begins with #, not {}"),
    (re.compile(r"[=\[,]\s*(0\d+)\s*(?:\Z|[,\]#])"), '以 0 开头的编号要加引号，写作 "{0}"', 'an id that begins with 0 needs quotes: write "{0}"'),
    (re.compile(r"=\s*(yes|no|on|off|是|否|有|无|null|none|nil)\s*(?:\Z|#)", re.IGNORECASE), "开关写 true 或 false，不是 {}", "write true or false, not {}"),
    (re.compile(r"=\s*(?:\"[^\"]*\"|'[^']*'|[\w.]+|\[.*\])\s*([;,])\s*(?:\Z|#)"), "行尾多了 {}，请删去", "delete the {} at the end of the line"),
)  # fmt: skip
_KINDS = (  # how a file of another kind begins, and what it is
    (b"PK\x03\x04", "Excel（xlsx）或压缩", "an Excel (xlsx) or zip"), (b"\xd0\xcf\x11\xe0", "旧版 Excel 或 Word", "an old Excel or Word"),
    (b"%PDF", "PDF", "a PDF"), (b"{\\rtf", "RTF", "an RTF"), (b"<!DOCTYPE", "网页", "a web page's"), (b"<html", "网页", "a web page's"), (b"<?xml", "XML", "an XML"),
)  # fmt: skip
_SYNTAX = {  # what tomllib says, in Chinese; the beginning of its sentence is enough
    "Expected '=' after a key": "键名后面应有等号 =",
    "Invalid value": "值的写法不对（文字要加引号）",
    "Unterminated string": "引号没有成对",
    "Cannot overwrite a value": "同一个键写了两次",
    "Cannot declare": "同一个表写了两次（多行的表要写 [[...]]）",
    "Cannot mutate": "不能再改写已写完的表",
    "Unclosed array": "方括号 ] 没有写完",
    "Unclosed inline table": "花括号 } 没有写完",
    "Duplicate inline table key": "花括号里同一个键写了两次",
    "Invalid initial character for a key": "键名的第一个字符不对",
    "Invalid statement": "这一行既不是表头也不是“键 = 值”",
    "Expected newline or end of document": "一行只能写一条“键 = 值”",
    "Expected ']' at the end of a table": "表头缺少 ]",
    "Expected ']]' at the end of an array": "表头缺少 ]]",
    "Illegal character '\\n'": "引号没有闭合",
    "Found invalid character '\\n'": "引号没有闭合",
    'Expected "\'"': "引号没有闭合",
    "Illegal character": "有不允许的控制字符",
    "Found invalid character": "有不允许的字符",
    "Unescaped '\\'": "反斜杠 \\ 要写成 \\\\，或改用单引号",
    "Invalid date or datetime": "日期不对",
}


_UTF_16 = "文件是 UTF-16 编码（“Unicode”），请另存为 UTF-8", "UTF-16 ('Unicode'); save it again as UTF-8"


class Unreadable(Exception):
    """The file as a whole cannot be used; carries the one mistake that says why."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(str(mistake))
        self.mistake = mistake


def load_text(path: Path) -> str:
    """Return the file as text, without a BOM."""
    return decoded(path, _load(path))


def parse_toml(path: Path, text: str) -> dict[str, Any]:
    """Return the tables of a TOML text. Raises `Unreadable` with the line and column of a syntax error."""
    if "\r" in text.replace("\r\n", ""):
        zh, en = (
            "行尾是单独的 CR（旧 Mac 格式），请另存为 LF 或 CRLF",
            "Lines end in a bare CR; save with LF or CRLF",
        )
        raise _wrong(path, zh, en, 1)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _wrong(path, "括号嵌套太深", "Brackets are nested too deep") from None
    except (ValueError, OverflowError) as error:
        raise _syntax(path, text, str(error)) from None


def parse_csv(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """Return the rows with the line each ends on; blank rows are left out. Raises `Unreadable`."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        zh, en = f"CSV 写法不对（{error}），请检查引号", f"Bad CSV: {error}; check the quotes"
        raise _wrong(path, zh, en, reader.line_num) from None


def lines_of(text: str) -> SourceLines:
    """Return where things stand; key "" is the header's line. A hint for the eye only."""
    rows: dict[str, int] = {}
    own: dict[str, int] = {}
    found: SourceLines = {("", 0): own}
    within = ""  # the table whose rows stand one on a line
    for number, line in enumerate(text.splitlines(), 1):
        if within and line.lstrip().startswith("{"):
            rows[within] = rows.get(within, -1) + 1
            found[within, rows[within]] = {"": number}
        elif header := _HEADER.match(line):
            table = header[2]
            rows[table] = rows.get(table, -1) + 1
            own = found[table, rows[table]] = {"": number}
        elif key := _KEY.match(line):
            own.setdefault(key[1], number)
            within = key[1] if _ROWS.match(line) else ""
        elif line.startswith("]"):
            within = ""
    return found


def line_of(lines: SourceLines, name: str) -> int:
    """Return where a table, or else a key above the first table, begins; 0 if nowhere."""
    return lines.get((name, 0), {}).get("", 0) or lines[("", 0)].get(name, 0)


def _load(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        raise _wrong(path, "没有这个文件，请核对路径", "No such file; check the path") from None
    except IsADirectoryError:
        zh = "这是一个文件夹；请写出里面的文件，如 大厅.toml"
        raise _wrong(path, zh, "This is a folder; name the file in it, such as hall.toml") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", "") or error
        zh, en = (
            f"文件读不了（{why}），请核对路径和权限",
            f"The file cannot be read ({why}); check the path and its permissions",
        )
        raise _wrong(path, zh, en) from None
    if len(data) > FILE_BYTES_MAX:
        mib = FILE_BYTES_MAX // (1024 * 1024)
        raise _wrong(path, f"文件超过 {mib} MiB，不像大厅配置", f"Over {mib} MiB: this is no hall's settings")
    return data


def decoded(path: Path, data: bytes) -> str:
    """Return the text in the bytes of a file, without a BOM. Raises `Unreadable`."""
    for start, zh, en in _KINDS:
        if data.startswith(start):
            raise _wrong(
                path,
                f"这是{zh}文件，请另存为 UTF-8 文本（CSV UTF-8）",
                f"This is {en} file; save it as text in UTF-8",
            )
    if 0 in data[:64] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        halves = data[0:64:2].count(0), data[1:64:2].count(0)
        if max(halves) >= 24:  # of 32: every other byte is zero
            raise _wrong(path, *_UTF_16, 1, 1)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise _wrong(path, *_UTF_16, 1, 1) from None
        good = data[: error.start].decode("utf-8", "replace")
        line, column = good.count("\n") + 1, len(good) - good.rfind("\n")
        zh = "文件不是 UTF-8 编码" + ("（看来是 GBK）" if _looks_gbk(data) else "") + "，请另存为 UTF-8"
        en = "Not UTF-8" + (" (it looks like GBK)" if _looks_gbk(data) else "") + "; save it again as UTF-8"
        raise _wrong(path, zh, en, line, column) from None


def _looks_gbk(data: bytes) -> bool:
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def _syntax(path: Path, text: str, said: str) -> Unreadable:
    at = _AT.search(said)
    line, column = (int(at[1]), int(at[2])) if at else (0, 0)
    cause = said.split(" (at ")[0]
    lines = text.split("\n")
    if line and (bare := _BARE_TIME.search(lines[line - 1])):
        zh, en = f'时间要加引号，写作 "{bare[1]}"', f'A time needs quotes: write "{bare[1]}"'
        return _wrong(path, zh, en, line, bare.start(1) + 1)
    if line and (strange := _strange_sign(lines[line - 1])):
        found, zh, en = strange
        return _wrong(path, zh, en, line, found)
    if line and (habit := _habit(lines[line - 1])):
        return _wrong(path, *habit, line, column)
    if line and _HEADER.match(lines[line - 1]) and cause.startswith("Cannot"):
        name = _HEADER.match(lines[line - 1])
        zh = f"表 {name and name[2]} 写了两次；有多行的表每处都写 [[{name and name[2]}]]，其余只写一次"
        return _wrong(
            path,
            zh,
            f"This table is there twice; one with rows is [[{name and name[2]}]] each time",
            line,
            column,
        )
    zh = next((words for start, words in _SYNTAX.items() if cause.startswith(start)), "写法不合 TOML 规则")
    where = "" if at else "（到文件末尾）"
    return _wrong(path, zh + where, f"TOML syntax: {said}", line, column)


def _habit(line: str) -> tuple[str, str] | None:
    """Return the words for what other formats write so, and TOML does not."""
    for pattern, zh, en in _HABITS:
        if found := pattern.search(line):
            return zh.format(found[1].strip()), en.format(found[1].strip())
    return None


def _strange_sign(line: str) -> tuple[int, str, str] | None:
    """Return the column (1-based) and the words of a sign that only looks like the one TOML wants."""
    outside = _QUOTED.sub(lambda text: " " * len(text[0]), line.split("#")[0])
    if word := _PYTHON_WORD.search(outside):
        small = word[1].lower()
        return word.start(1) + 1, f"要小写，写作 {small}", f"in small letters: write {small}"
    for column, sign in enumerate(outside, 1):
        if sign in LOOKALIKES or "\uff01" <= sign <= "\uff5e":  # the full-width twin of an ASCII sign
            right = LOOKALIKES.get(sign) or chr(ord(sign) - 0xFEE0)
            return (
                column,
                f"“{sign}”是中文符号，应写作 {right}",
                f"{sign!r} is not the sign {right} that TOML wants",
            )
        if sign != "\t" and (not sign.isprintable() or (sign.isspace() and sign != " ")):
            code = f"U+{ord(sign):04X}"
            return (
                column,
                f"这里有看不见的字符 {code}，请删去",
                f"an invisible character {code} stands here; delete it",
            )
    return None


def _wrong(path: Path, zh: str, en: str, line: int = 0, column: int = 0) -> Unreadable:
    return Unreadable(Mistake("", "", zh, en, file=str(path), line=line, column=column))
