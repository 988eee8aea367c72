"""`hallcall new HALL.toml`: a hall of one's own from a short dialogue, in Chinese or in English.

What an option says is not asked; `--yes` takes the usual answer for everything else, so that a script can run it. A wrong
answer is told, and asked again; a wrong option ends with exit code 2. The whole is checked before anything is written, and
nothing that is there already is written over. `caller.cli.hall_draft` makes the hall; here are the questions.
"""

import re
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click
import msgspec

from caller.cli.check import checked
from caller.cli.hall_draft import HallWishes, NewDepartment, departments_of, drafted, serving
from caller.cli.init import LIKE, write_new
from config import item_sheets
from config.process.options import Unable
from config.reading.errors import Mistakes
from config.reading.reader import HALLS, read
from config.setting_types import Name, SettingId
from config.settings import Department, Settings
from config.text_safety import for_terminal
from config.writer import render

Taken = TypeVar("Taken")
WINDOWS_MAX = 200
DEPARTMENTS_MAX = 200
LISTED = 3  # department's names that a question shows
SHARED = "county-large"  # the sample with most departments, and items for each
NEEDED = ("id", "name", "department")  # of a CSV: a queue is made for each department
HEAD = """# {name}：由 hallcall new 写成，底样是 {kind}。电话、设备端口和带“示例”字样的内容请按本地情况填写。
# Written by hallcall new, after {kind}: fill in phones, ports of devices, and whatever says 示例 (sample).
# 核对 / check:  hallcall check {file}        每项设置 / every setting: docs/settings.md

items = "{items}"
"""


class WrongAnswer(Exception):
    """An answer that will not do; says why, in Chinese and in English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


class Dialogue(NamedTuple):
    """How questions are put: in which language, and whether the usual answers are taken without asking."""

    english: bool
    silent: bool

    def say(self, zh: str, en: str) -> str:
        return en if self.english else zh

    def ask(
        self,
        option: str,
        given: str | None,
        question: tuple[str, str],
        usual: str,
        take: Callable[[str], Taken],
    ) -> Taken:
        """Return what `take` makes of the option's value, else of an answer; asks again while it will not do.

        Raises:
            Unable: the option's value, or the usual answer that is taken without asking, will not do.
        """
        if given is not None or self.silent:
            try:
                return take(usual if given is None else given)
            except WrongAnswer as wrong:
                raise Unable(f"{option}：{wrong.zh}\n{option}: {wrong.en}") from None
        while True:
            typed = str(click.prompt(f"{self.say(*question)}\n ", default=usual, show_default=bool(usual)))
            try:
                return take(typed.strip())
            except WrongAnswer as wrong:
                click.echo(f"  ✗ {self.say(wrong.zh, wrong.en)}")


@click.command("new")
@click.argument("hall", metavar="HALL.toml", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--kind", help=f"哪一种大厅 / kind of hall: {', '.join(LIKE)}")
@click.option("--name", help="名称 / name")
@click.option("--name-en", help="英文名称 / name in English")
@click.option("--departments", help="部门，逗号分开，英文写在 = 后 / departments: 税务局=Tax Bureau,公安局")
@click.option(
    "--items", help="事项表（CSV、xlsx）：编号、名称、部门 / the items' table: id, name, department"
)
@click.option("--windows", help="几个办事窗口 / how many windows")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="问答的语言 / language"
)
@click.option("--yes", is_flag=True, help="没写的取常用值，不问 / ask nothing: the usual answer for the rest")
def new(hall: Path, lang: str, yes: bool, **given: str | None) -> None:
    """问几句，写出一个大厅的配置 / a few questions, and a hall's file is written."""
    if hall.exists():
        raise Unable(f"{hall} 已存在，没有改动 / {hall} is there already; nothing was changed")
    dialogue = Dialogue(lang == "en", yes)
    kind, wished = _answers(dialogue, given, hall)
    settings, rows = drafted(_sample(kind), wished, _samples(kind))
    table = item_sheets.joined(
        item_sheets.ItemSheet("", list(enumerate(rows, 2)), []), settings, only=bool(rows)
    )[0]
    sheet = f"{hall.stem}-items.csv"
    head = HEAD.format(name=wished.name, kind=f"{kind}.toml", file=hall.name, items=sheet)
    text = f"{head}\n" + render(msgspec.structs.replace(settings, items=()))
    files = {hall.name: text.encode(), sheet: table}
    _check(files, hall.name)
    write_new(hall, files)


def _answers(dialogue: Dialogue, given: dict[str, str | None], hall: Path) -> tuple[str, HallWishes]:
    """Return the kind and the wishes. Raises `Unable` as `Dialogue.ask` does."""
    if not dialogue.silent and given["kind"] is None:
        click.echo(dialogue.say("有这些样例：", "These are the samples:"))
        for each in LIKE:
            one = _sample(each)
            click.echo(f"  {each:<13} {one.hall.name_en if dialogue.english else one.hall.name}")
    kind = dialogue.ask(
        "--kind", given["kind"], ("最像哪一种大厅", "Which is most like yours"), "county", _kind
    )
    sample = _sample(kind)
    name = dialogue.ask(
        "--name", given["name"], ("大厅的名称", "The hall's name (in Chinese)"), sample.hall.name, _name
    )
    english = sample.hall.name_en if name == sample.hall.name else ""
    name_en = dialogue.ask(
        "--name-en",
        given["name_en"],
        ("英文名称，可以不写", "Its name in English"),
        english or "-",
        _optional_name,
    )
    theirs = dialogue.say("、", ", ").join(
        (each.name_en if dialogue.english else each.name) for each in sample.departments[:LISTED]
    )
    departments = dialogue.ask(
        "--departments", given["departments"],
        (f"部门，逗号分开，英文写在 = 后（- 用样例的：{theirs}…）", f"Departments, parted by commas, English after = (-: the sample's: {theirs} ...)"),
        "-", _departments,
    )  # fmt: skip
    rows = dialogue.ask(
        "--items", given["items"],
        ("事项表的文件，须有编号、名称、部门（- 用样例的）", "The file of the items, with id, name, department (-: the sample's)"),
        "-", lambda path: _rows(path, departments),
    )  # fmt: skip
    own = departments or departments_of(rows, _known_departments(kind))
    usual = len(own) or len(serving(sample))
    windows = dialogue.ask(
        "--windows", given["windows"],
        ("几个办事窗口（缴费、出件、引导台另有）", "How many windows (pay, issuing and guide windows come besides)"), str(usual), _windows,
    )  # fmt: skip
    return kind, HallWishes(_site(hall.stem), name, name_en, windows, departments, rows)


def _site(stem: str) -> str:
    """Return a file's name as the site's id, where it can be one."""
    try:
        return msgspec.convert(stem, SettingId)
    except msgspec.ValidationError:
        return "hall"


@cache
def _sample(kind: str) -> Settings:
    return read(HALLS / f"{kind}.toml")


def _samples(kind: str) -> list[Settings]:
    """Return where departments and their items are looked for: the kind's own hall first."""
    return [_sample(kind), _sample(SHARED)]


def _known_departments(kind: str) -> list[Department]:
    return [each for one in _samples(kind) for each in one.departments]


# --- answers


def _kind(text: str) -> str:
    if text not in LIKE:
        raise WrongAnswer(
            f"没有“{for_terminal(text)}”这种样例，可写：{'、'.join(LIKE)}", f"There is no sample '{for_terminal(text)}'; write one of {', '.join(LIKE)}"
        )  # fmt: skip
    return text


def _name(text: str) -> str:
    try:
        return msgspec.convert(text, Name)
    except msgspec.ValidationError:
        raise WrongAnswer("名称是一行 1 至 80 个字", "A name is one line of 1 to 80 signs") from None


def _optional_name(text: str) -> str:
    return "" if text in ("", "-") else _name(text)


def _departments(text: str) -> list[NewDepartment]:
    if text in ("", "-"):
        return []
    parts = [part.strip() for part in re.split("[,，、;；\n]", text) if part.strip()]
    pairs = [re.split("[=＝]", part, maxsplit=1) for part in parts]
    found = [
        NewDepartment(_name(each[0].strip()), _optional_name(each[1].strip()) if each[1:] else "")
        for each in pairs
    ]
    names = [each.name for each in found]
    if twice := next((each for each in names if names.count(each) > 1), ""):
        raise WrongAnswer(f"“{twice}”写了两次", f"'{twice}' is there twice")
    if len(found) > DEPARTMENTS_MAX:
        raise WrongAnswer(f"最多 {DEPARTMENTS_MAX} 个部门", f"At most {DEPARTMENTS_MAX} departments")
    return found


def _windows(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= WINDOWS_MAX:
        raise WrongAnswer(f"写 1 至 {WINDOWS_MAX} 的整数", f"Write a whole number from 1 to {WINDOWS_MAX}")
    return int(text)


def _rows(text: str, departments: list[NewDepartment]) -> list[dict[str, str]]:
    """Return the rows of a table of items; each is of a department of the hall, where its departments are named."""
    if text in ("", "-"):
        return []
    path = Path(text).expanduser()
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", "") or error
        raise WrongAnswer(
            f"文件 {for_terminal(text)} 读不了（{why}）", f"{for_terminal(text)} cannot be read ({why})"
        ) from None
    nobody = msgspec.structs.replace(_sample("village"), departments=(), queues=())
    sheet = item_sheets.read(data, nobody, path.name, needed=NEEDED)
    if sheet.mistakes:
        first, more = sheet.mistakes[0], len(sheet.mistakes) - 1
        raise WrongAnswer(
            f"第 {first.line} 行：{first.zh}" + (f"（另有 {more} 处）" if more else ""), f"Line {first.line}: {first.en}" + (f" (and {more} more)" if more else "")
        )  # fmt: skip
    known = {each.name for each in departments}
    for line, row in sheet.rows:
        if known and row.get("department", "") not in known:
            name = row.get("department", "")
            raise WrongAnswer(
                f"第 {line} 行：没有部门“{name}”", f"Line {line}: there is no department '{name}'"
            )
    if not sheet.rows:
        raise WrongAnswer("表里没有事项", "There are no items in the table")
    return [row for _, row in sheet.rows]


def _check(files: dict[str, bytes], name: str) -> None:
    """Read the new hall as `hallcall check` does. Raises: Unable, with all mistakes; nothing has been written then."""
    with tempfile.TemporaryDirectory() as folder:
        for each, data in files.items():
            (Path(folder) / each).write_bytes(data)
        mistakes: list[Any] = checked(Path(folder) / name).mistakes
    if mistakes:
        raise Unable(f"{Mistakes(mistakes)}\n没有写任何文件 / Nothing was written")
