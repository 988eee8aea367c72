"""Items from a table that a spreadsheet program saved: read whatever it was saved as, and joined to a hall's own items.

1. Taken are .xlsx, and text in UTF-8, GB18030 (what Excel in Chinese calls CSV) or UTF-16 (what it calls Unicode text),
   parted by commas, semicolons or tabs. The first row names the columns, by the setting's name or in Chinese (`HEADINGS`).
2. What comes out is the one CSV that the reader of halls knows (`config.reading.reader`): so a wrong department, a queue
   that does not exist and an id that is there twice are found by the same checks as everywhere, all of them at once, with
   the line of the sheet.
3. A province's list has no ids of ours: its rows are known by their codes (事项编码, 业务办理项). One that the hall has keeps
   its id and whatever the list has no column for; a new one is named by its codes.
4. Joined by id: a row of the sheet replaces the item of its id as a whole, a new one is added; others stay, or go where
   the sheet is to be all there is.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple
from zipfile import BadZipFile

import tomlkit
from msgspec import structs
from stdnum.cn import uscc

from config.reading import type_descriptions
from config.reading.errors import Mistake
from config.reading.reader import SHEET_ERROR
from config.settings import Item, Settings
from config.versions import Bundle

ITEMS_FILE = "items.csv"  # for a hall whose items stood in its TOML
XLSX = b"PK\x03\x04"
ROWS_MAX = 5_000
NEEDED = ("id", "name", "department", "queue")
ID_CHARS = 32  # of a setting's id
CREDIT_CODE = re.compile(r"[0-9A-Z]{18}")
SIGNS = (",", "\t", ";", "，", "；")
FIELDS = tuple(field.name for field in structs.fields(Item))
_LISTS = frozenset(field.name for field in structs.fields(Item) if type_descriptions.is_list(field.type))
SWITCHES = {"是": "true", "否": "false"}
HEADINGS: dict[str, str] = {
    "编号": "id", "事项编号": "id", "事项编码": "task_code", "实施编码": "task_code", "业务办理项编码": "handle_code",
    "业务办理项": "handle_code", "实施主体": "department", "实施主体名称": "department", "实施主体编码": "department", "名称": "name", "事项名称": "name", "事项": "name",
    "部门": "department", "部门编号": "department", "队列": "queue", "英文名称": "name_en", "分类": "category",
    "英文分类": "category_en", "办件类型": "case_type", "法定时限": "statutory_days", "法定办结时限": "statutory_days",
    "承诺时限": "promised_days", "承诺办结时限": "promised_days", "收费": "fee", "英文收费": "fee_en",
    "依据": "basis", "法律依据": "basis", "英文依据": "basis_en", "条件": "conditions", "办理条件": "conditions",
    "英文条件": "conditions_en", "材料": "papers", "申请材料": "papers", "英文材料": "papers_en", "步骤": "steps",
    "办理步骤": "steps", "办理流程": "steps", "英文步骤": "steps_en", "电话": "phone", "咨询电话": "phone",
    "结果": "outcomes", "办理结果": "outcomes", "须选结果": "outcome_required", "不予受理原因": "refusals", "分送部门": "parts", "可容缺材料": "later",
    "单价": "price_fen", "单价（分）": "price_fen", "计价单位": "price_unit", "英文计价单位": "price_unit_en", "步骤时限": "step_days",
    "收费依据": "fee_basis", "英文收费依据": "fee_basis_en",
    "人生大事": "life_event", "英文人生大事": "life_event_en", "日子": "days", "取号日": "days",
}  # fmt: skip
CASE_TYPES = {
    "即办": "immediate", "即办件": "immediate", "限时": "limited", "限时办结": "limited", "承诺": "promised",
    "承诺件": "promised", "并联": "parallel", "并联件": "parallel", "上报": "reported-up", "上报件": "reported-up",
    "协办": "assisted", "代办": "agency", "代办件": "agency", "答复": "answered", "答复件": "answered", "退回": "returned", "退回件": "returned", "补办": "supplement",
    "补办件": "supplement", "容缺": "conditional", "容缺件": "conditional", "未定": "unspecified",
}  # fmt: skip


class ItemSheet(NamedTuple):
    """A table as read: how it was saved, its rows by column, each with its line; or why it cannot be read."""

    saved_as: str
    rows: list[tuple[int, dict[str, str]]]
    mistakes: list[Mistake]


def read(
    data: bytes, settings: Settings, name: str, queue: str = "", needed: Sequence[str] = NEEDED
) -> ItemSheet:
    """Return the rows of a table of items. `settings`: the hall's, for departments and queues written by their names.

    queue: of the new items of a province's list, which names none. needed: the columns without which a table is refused.
    """
    saved_as, lines, mistakes = lines_of(data, name)
    if mistakes:
        return ItemSheet(saved_as, [], mistakes)
    if not lines:
        return ItemSheet(saved_as, [], [_wrong(name, 1, "表是空的", "The table is empty")])
    columns, mistakes = _columns(lines[0][1], name, needed)
    by_codes = _Codes(settings, queue) if "id" not in columns and "task_code" in columns else None
    rows: list[tuple[int, dict[str, str]]] = []
    seen: dict[str, int] = {}
    ids = _ids_by_name(settings)
    for line, cells in lines[1 : ROWS_MAX + 1]:
        row = {
            column: _meant(column, cell.strip(), ids)
            for column, cell in zip(columns, cells, strict=False)
            if column and cell.strip()
        }
        if not row:
            continue
        if by_codes:
            row = by_codes.complete(row)
        mistakes += _row_mistakes(row, line, name, seen)
        rows.append((line, row))
    if len(lines) > ROWS_MAX + 1:
        mistakes.append(_wrong(name, ROWS_MAX + 2, f"超过 {ROWS_MAX} 行", f"More than {ROWS_MAX} rows"))
    return ItemSheet(saved_as, rows, mistakes)


def joined(sheet: ItemSheet, settings: Settings, *, only: bool) -> tuple[bytes, list[int]]:
    """Return the CSV of a hall's items with those of the sheet, and for each of its lines from 2 on the line of the
    sheet, 0 for an item the hall had. `only`: those of the sheet are all there are."""
    new = {row.get("id", f"\0{line}"): (line, row) for line, row in sheet.rows}
    rows: list[tuple[int, dict[str, str]]] = []
    if not only:
        for item in settings.items:
            rows.append(new.pop(item.id, None) or (0, written(item)))
    rows += new.values()
    columns = [name for name in FIELDS if any(name in row for _, row in rows)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([row.get(name, "") for name in columns] for _, row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode(), [line for line, _ in rows]


def written(item: Item) -> dict[str, str]:
    """Return an item as the cells of a row, without those that hold the default."""
    cells: dict[str, str] = {}
    for field in structs.fields(Item):
        value: Any = getattr(item, field.name)
        if value not in (None, "", []) and (field.required or value != field.default):
            cells[field.name] = (
                ";".join(map(str, value))
                if isinstance(value, list)
                else str(value).lower()
                if isinstance(value, bool)
                else str(value)
            )
    return cells


def placed(mistake: Mistake, name: str, lines: list[int]) -> Mistake:
    """Return a mistake of the joined CSV at its line of the sheet `name`, where it is about one of its rows."""
    at = mistake.line - 2
    is_of_sheet = mistake.file.endswith(".csv") and 0 <= at < len(lines) and lines[at] > 0
    return structs.replace(mistake, file=name, line=lines[at]) if is_of_sheet else mistake


def unwritable(items: Iterable[Item]) -> list[Mistake]:
    """Return the items whose lists cannot stand in a cell, because an entry holds the sign that parts them."""
    return [
        Mistake(f"item {item.id}", name, f"“{entry}”中有分号，写不进表格", f"'{entry}' holds a semicolon")
        for item in items
        for name in _LISTS
        for entry in getattr(item, name)
        if {";", "；"} & set(str(entry))
    ]


def with_items(given: Bundle, items: bytes) -> Bundle:
    """Return a hall's settings with this CSV as all its items; everything else of its TOML stays as it was written."""
    document = tomlkit.parse(given.main.decode("utf-8-sig"))
    file = document.get("items")
    if not isinstance(file, str):
        file = ITEMS_FILE
        whole = tomlkit.dumps(document)
        document = tomlkit.parse(f'items = "{file}"  # 事项 / the items\n{whole}')
    document.pop("item", None)
    return Bundle(tomlkit.dumps(document).encode(), {**given.files, file: items})


class _Codes:
    """The hall's items by their national codes, for rows that have no id of ours."""

    def __init__(self, settings: Settings, queue: str) -> None:
        self._queue = queue
        self._known = {(each.task_code, each.handle_code): each for each in settings.items if each.task_code}
        self._by_id = {each.id: each for each in settings.items}

    def complete(self, row: dict[str, str]) -> dict[str, str]:
        """Return a row with its id, and with what the hall's own item has and the list does not say."""
        codes = row.get("task_code", ""), row.get("handle_code", "")
        item = self._known.get(codes) or self._by_id.get(_id_of(*codes))
        if item:
            return written(item) | row
        return {"id": _id_of(*codes)} | ({"queue": self._queue} if self._queue else {}) | row


def _id_of(task_code: str, handle_code: str) -> str:
    """Return the id of an item that the hall has no id for: its codes, or where they are too long a hash of them."""
    id = "-".join(each for each in (task_code, handle_code) if each)
    return id if len(id) <= ID_CHARS else f"N{sha256(id.encode()).hexdigest()[:12]}"


# --- reading


def _wrong(name: str, line: int, zh: str, en: str, key: str = "") -> Mistake:
    return Mistake("item", key, zh, en, file=name, line=line)


def lines_of(data: bytes, name: str) -> tuple[str, list[tuple[int, list[str]]], list[Mistake]]:
    """Return how a table was saved, its lines that are not empty, each with its number, and why it cannot be read."""
    return _xlsx(data, name) if data.startswith(XLSX) else _text(data, name)


def _xlsx(data: bytes, name: str) -> tuple[str, list[tuple[int, list[str]]], list[Mistake]]:
    from openpyxl import load_workbook

    try:
        book: Any = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        rows = book.worksheets[0].iter_rows(values_only=True, max_row=ROWS_MAX + 2)
        lines = [(line, [_cell_text(cell) for cell in row]) for line, row in enumerate(rows, 1)]
    except (BadZipFile, KeyError, ValueError, OSError, IndexError, TypeError) as error:
        zh, en = (
            f"表格文件打不开（{error}），请另存为 CSV",
            f"The spreadsheet cannot be opened ({error}); save it as CSV",
        )
        return "xlsx", [], [_wrong(name, 0, zh, en)]
    return "xlsx", [(line, row) for line, row in lines if any(cell.strip() for cell in row)], []


def _cell_text(cell: Any) -> str:
    if cell is None:
        return ""
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def _text(data: bytes, name: str) -> tuple[str, list[tuple[int, list[str]]], list[Mistake]]:
    saved_as, text = _decoded(data)
    if text is None:
        zh, en = "不是文本表格，请另存为 CSV 或 xlsx", "This is no table of text; save it as CSV or xlsx"
        return saved_as, [], [_wrong(name, 0, zh, en)]
    text = text.removeprefix("\ufeff")
    if text.lower().startswith("sep="):
        text = text.partition("\n")[2]
    head = text.partition("\n")[0]
    sign = max(SIGNS, key=head.count)
    if sign in "，；":
        zh, en = (
            f"各列用全角“{sign}”分隔，请另存为逗号分隔的 CSV",
            f"Columns are parted by {sign}; save it with commas",
        )
        return saved_as, [], [_wrong(name, 1, zh, en)]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    try:
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        zh, en = f"CSV 写法不对（{error}），请检查引号", f"Bad CSV: {error}; check the quotes"
        return saved_as, [], [_wrong(name, reader.line_num, zh, en)]
    return saved_as, lines, []


def _decoded(data: bytes) -> tuple[str, str | None]:
    """Return the name of an encoding, and the text; None where it is no text in any of them."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    else:
        encodings = ("utf-8", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding.upper(), None if "\0" in text else text
    return "?", None


def _columns(cells: list[str], name: str, needed: Sequence[str]) -> tuple[list[str], list[Mistake]]:
    """Return the field of each column, "" for one without a heading."""
    columns: list[str] = []
    mistakes: list[Mistake] = []
    for cell in cells:
        plain = cell.strip().partition("（")[0].partition("(")[0].strip()
        field = plain if plain in FIELDS else HEADINGS.get(plain, "")
        if plain and not field:
            known = "、".join(dict.fromkeys(HEADINGS))
            mistakes.append(
                _wrong(name, 1, f"不认识的列“{plain}”，可用：{known}", f"Unknown column '{plain}'; known: {', '.join(FIELDS)}")
            )  # fmt: skip
        elif field in columns and plain.startswith("实施主体"):
            field = ""  # a province's list says it by name and by code
        elif field in columns:
            mistakes.append(_wrong(name, 1, f"“{plain}”列写了两次", f"Column '{plain}' twice", field))
        columns.append(field)
    known_by_codes = "id" not in columns and "task_code" in columns
    for field in ("task_code", "name") if known_by_codes else needed:
        if field not in columns:
            mistakes.append(_wrong(name, 1, f"缺少“{field}”列", f"Column '{field}' is missing", field))
    return columns, mistakes


def _ids_by_name(settings: Settings) -> dict[str, dict[str, str]]:
    return {
        "department": {each.name: each.id for each in settings.departments}
        | {each.code: each.id for each in settings.departments if each.code},
        "queue": {each.name: each.id for each in settings.queues},
        "case_type": CASE_TYPES,
        "outcome_required": SWITCHES,
    }


def _meant(column: str, cell: str, ids: dict[str, dict[str, str]]) -> str:
    """Return a cell as the hall's own CSV has it: ids for names, one sign between the entries of a list."""
    if column in _LISTS:
        parts = cell.replace("\r", "").replace("\n", ";").replace("；", ";").split(";")
        return ";".join(part.strip() for part in parts if part.strip())
    return ids.get(column, {}).get(cell, cell)


def _row_mistakes(row: dict[str, str], line: int, name: str, seen: dict[str, int]) -> list[Mistake]:
    """Return what the checks of a hall cannot find any more once the sheet is joined to its items."""
    found: list[Mistake] = []
    id = row.get("id", "")
    if id in seen:
        found.append(
            _wrong(
                name, line, f"编号 {id} 与第 {seen[id]} 行相同", f"Id {id} is that of line {seen[id]}", "id"
            )
        )
    if id:
        seen.setdefault(id, line)
    if CREDIT_CODE.fullmatch(department := row.get("department", "")) and not uscc.is_valid(department):
        zh, en = (
            "不是统一社会信用代码，校验码不对",
            "is no unified social credit code: its check mark is wrong",
        )
        found.append(_wrong(name, line, f"“{department}”{zh}", f"'{department}' {en}", "department"))
    for column, cell in row.items():
        if SHEET_ERROR.fullmatch(cell):
            found.append(_wrong(name, line, f"“{cell[:20]}”是公式或错误值", f"'{cell[:20]}' is a formula or an error value", column))  # fmt: skip
    return found
