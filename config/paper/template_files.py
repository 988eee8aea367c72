"""Where templates are: the folder of the PC that prints first, then the hall's settings (`[[paper]]`), ours behind them.

A file is named KIND.LANGUAGE.txt (slip.zh.txt), and KIND.a4.LANGUAGE.txt where a hall wants another A4 than ours. A
hall that wants another slip words it in its settings, which reach every PC, or copies ours into the folder of one PC and
edits the copy; it may leave the rest alone. A file that changes is read again at the next paper, and a mistake in it is
told at once while the last good version goes on printing; one in the settings keeps them from being put in force.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.catalogue import word
from config.languages import chain
from config.paper.document import Logo, Sheet
from config.paper.template import (
    Template,
    TemplateMistake,
    TemplateMistakes,
    TemplateRow,
    TemplateValue,
    fill,
    parse,
)
from config.reading.draft_rows import Draft
from config.reading.errors import Mistake
from config.setting_types import PaperTemplate
from config.settings import Settings

OURS = Path(__file__).parent / "templates"
FOLDER_NAME = "templates"  # of a hall's own, in the data folder of each PC that prints
A4 = "a4"  # in the name of a template for A4
FILE_BYTES_MAX = 64 * 1024  # a template is about 1 KB

_COMMON = {
    "hall": "大厅", "issued": "时间", "url": "网址", "phone": "电话", "reprint": "补打", "item": "事项",
}  # fmt: skip
_NOTICE = _COMMON | {
    "case": "办件号", "number": "号码", "department": "部门", "window": "窗口", "applicant": "申请人",
    "papers": "材料", "reason": "原因", "basis": "依据", "conditions": "条件", "steps": "流程", "fee": "收费",
    "statutory": "法定时限", "promised": "承诺时限", "due": "办结日期", "complaint": "投诉电话", "clerk": "经办人",
    "code": "凭证", "until": "有效期", "before": "原办结日期", "owed": "容缺材料", "owed_due": "补齐日期", "complete": "材料齐全", "voids": "作废文书",
    "nth": "次数", "left": "剩余时限", "contact": "联系电话", "address": "地址", "owner": "经办", "parts": "环节", "hands": "经手",
    "mark": "联次", "done": "已办结日期", "amount": "金额", "capital": "大写", "full": "应收", "price": "单价", "count": "数量",
    "discount": "减免", "way": "收款方式", "reference": "参考号", "first": "更正前",
    "fee_basis": "收费依据", "discount_basis": "减免依据",
}  # fmt: skip
FIELDS: dict[str, dict[str, str]] = {
    "slip": _COMMON
    | {
        "number": "号码", "queue": "队列", "windows": "窗口", "ahead": "前面人数", "band": "等候时间",
        "papers": "材料", "missed": "过号", "priority": "优先", "way": "路线", "appointed": "预约时间",
        "root": "根值", "alone": "离线", "visit": "顺序",
    },
    "acceptance": _NOTICE,
    "handling": _NOTICE,
    "missing": _NOTICE,
    "refusal": _NOTICE,
    "receipt": _NOTICE,
    "delay": _NOTICE,
    "pause": _NOTICE,
    "return": _NOTICE,
    "void": _NOTICE,
    "guide": _NOTICE,
    "feedback": _NOTICE,
    "promise": _NOTICE,
    "passing": _NOTICE,
    "parallel": _NOTICE,
    "parallel-handling": _NOTICE,
    "agency": _NOTICE,
    "task-report": _NOTICE,
    "denial": _NOTICE,
    "payment": _NOTICE,
}  # fmt: skip
TITLES = {kind: word("notice", kind) for kind in FIELDS}


@dataclass(slots=True)
class TemplateFolder:
    """Templates by kind and language; `folder` is this PC's own."""

    folder: Path | None = None
    mistakes: list[TemplateMistake] = field(default_factory=list)  # of the newest reading
    _good: dict[Path, tuple[int, Template]] = field(default_factory=dict)
    _papers: tuple[PaperTemplate, ...] = ()  # those of the settings that are followed
    _worded: dict[tuple[str, str, str], Template] = field(default_factory=dict)  # kind, medium, language

    def following(self, settings: Settings) -> "TemplateFolder":
        """Go by the hall's own wordings in these settings from now on; return these templates."""
        if settings.papers is not self._papers:
            self._papers = settings.papers
            self._worded = {
                (each.kind, each.medium, each.language): made
                for each in settings.papers
                if (made := _parsed(each)) is not None
            }
        return self

    def get(self, kind: str, language: str) -> Template:
        """Return the template to print with: this PC's, the hall's, or ours; ours also where one has a mistake and never
        was good."""
        for path in self.paths(kind, language):
            worded = self._worded.get((kind, "roll", path.name.split(".")[-2]))
            if path.parent == OURS and worded is not None:
                return worded
            try:
                return self._read(path, kind)
            except (TemplateMistakes, OSError) as found:
                self.mistakes = (
                    found.mistakes if isinstance(found, TemplateMistakes) else _unreadable(path, found)
                )
                if path in self._good:
                    return self._good[path][1]
        return load(OURS / f"{kind}.zh.txt", kind)

    def a4(self, kind: str, language: str) -> Template | None:
        """Return this PC's or the hall's own A4 template; None where there is none, or only one with a mistake that never
        was good."""
        names = [f"{kind}.{A4}.{each}.txt" for each in chain(language)]
        for path in (self.folder / name for name in names) if self.folder and kind in FIELDS else ():
            try:
                if path.is_file():
                    return self._read(path, kind)
            except TemplateMistakes as found:
                self.mistakes = found.mistakes
                if path in self._good:
                    return self._good[path][1]
        of_hall = [self._worded.get((kind, A4, each)) for each in chain(language)]
        return next((each for each in of_hall if each is not None), None)

    def sheet(self, kind: str, language: str, values: Mapping[str, TemplateValue]) -> Sheet:
        """Return the paper of these values, by the template of its kind and language."""
        return fill(self.get(kind, language), values)

    def paths(self, kind: str, language: str) -> list[Path]:
        """Return the existing files, best first: this PC's in this language, ours, then those of the next of its chain.

        Raises `KeyError`.
        """
        if kind not in FIELDS:
            raise KeyError(kind)
        folders = [self.folder, OURS] if self.folder else [OURS]
        names = [f"{kind}.{each}.txt" for each in chain(language)]
        return [path for name in names for folder in folders if (path := folder / name).is_file()]

    def _read(self, path: Path, kind: str) -> Template:
        changed = path.stat().st_mtime_ns
        if path in self._good and self._good[path][0] == changed:
            return self._good[path][1]
        template = load(path, kind)
        self._good[path] = (changed, template)
        self.mistakes = [mistake for mistake in self.mistakes if mistake.file != str(path)]
        return template


def wordings(draft: Draft, folder: Path) -> Iterable[Mistake]:
    """Check the templates that a hall's settings hold, for `hallcall check`: every mistake with its line of the template."""
    del folder
    seen: set[tuple[str, str, str]] = set()
    for row in draft.each("paper", "kind", "template"):
        key = row.good["kind"], row.get("medium", "roll"), row.get("language", "zh")
        if key in seen:
            yield row.mistake("kind", "这种文书写了两次", "this paper is there twice")
        seen.add(key)
        try:
            lines = parse(row.good["template"], "", FIELDS[key[0]])
        except TemplateMistakes as wrong:
            for each in wrong.mistakes:
                yield row.mistake(
                    "template", f"模板第 {each.line} 行：{each.zh}", f"line {each.line} of it: {each.en}"
                )
            continue
        if any(isinstance(line.block, Logo) for line in lines):
            zh = "图片只能放在打印那台电脑的 templates 文件夹里，这里的模板不能用 @logo"
            yield row.mistake(
                "template",
                zh,
                "a picture lies in the folder templates of the PC that prints: no @logo here",
            )


def _parsed(paper: PaperTemplate) -> Template | None:
    """Return a wording of the settings; None for one that this program, an older one say, cannot read."""
    try:
        return parse(paper.template, "", FIELDS[paper.kind])
    except TemplateMistakes:
        return None


def load(path: Path, kind: str) -> Template:
    """Read and check one file. Raises `TemplateMistakes` with all that is wrong with it."""
    if path.stat().st_size > FILE_BYTES_MAX:
        raise _only(path, 1, "文件太大,不是模板", "too large for a template")
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise _only(
            path, line, "不是 UTF-8 编码,请另存为 UTF-8", "not UTF-8: save the file as UTF-8"
        ) from error
    return tuple(_found(row, path) for row in parse(text, str(path), FIELDS[kind]))


def _found(row: TemplateRow, path: Path) -> TemplateRow:
    """Check that a logo's file lies beside the template: it must be there before the first paper."""
    if not isinstance(row.block, Logo):
        return row
    picture = path.parent / row.block.path
    if not picture.is_file():
        line = _line_of(path, row.block.path)
        raise _only(path, line, f"找不到图片 {picture}", f"no such picture: {picture}")
    return TemplateRow(Logo(str(picture), row.block.width), row.only_with, row.only_without)


def _line_of(path: Path, words: str) -> int:
    lines = path.read_text("utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if words in line), 1)


def _unreadable(path: Path, error: OSError) -> list[TemplateMistake]:
    why = error.strerror or str(error)
    return [
        TemplateMistake(
            str(path), 1, f"读不了这个文件（{why}），请核对权限", f"the file cannot be read: {why}"
        )
    ]


def _only(path: Path, line: int, zh: str, en: str) -> TemplateMistakes:
    return TemplateMistakes([TemplateMistake(str(path), line, zh, en)])
