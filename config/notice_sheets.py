"""A national notice of holidays from a table that a spreadsheet program saved, as the CSV that a hall is read with. Pure.

1. Taken is what `config.item_sheets` reads: .xlsx, and text in UTF-8, GB18030 or UTF-16. The columns are date, kind and name,
   by these names or in Chinese; others are left out. A date may stand as 2027-01-01, 2027/1/1 or 2027年1月1日.
2. The lines of the CSV are those of the sheet, so that a mistake names the line that a person sees.
3. Years that the sheet has replace those of the notice of before; its other years follow behind.
"""

import csv
import io
import re

from config import item_sheets
from config.reading.errors import Mistake
from config.reading.notices import COLUMNS

HEADINGS = {
    "日期": "date", "类型": "kind", "种类": "kind", "安排": "kind", "名称": "name", "节日": "name", "假日": "name",
}  # fmt: skip
KINDS = {"放假": "holiday", "节假日": "holiday", "上班": "workday", "调休": "workday", "补班": "workday"}
DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?( 00:00:00)?")
YEAR_CHARS = 4


def notice_csv(data: bytes, name: str, before: bytes = b"") -> tuple[bytes, list[Mistake]]:
    """Return the notice's CSV, or why the table cannot be one. What its rows say is checked where a hall is read.

    before: the notice of before, as CSV; empty where there is none.
    """
    _, lines, mistakes = item_sheets.lines_of(data, name)
    if mistakes:
        return b"", mistakes
    heads = [_head(cell) for cell in lines[0][1]] if lines else []
    if missing := [each for each in COLUMNS if each not in heads]:
        zh = f"第一行要有这几列：日期、类型、名称；缺少 {'、'.join(missing)}"
        en = f"The first row names the columns date, kind, name; missing: {', '.join(missing)}"
        return b"", [Mistake("notice", missing[0], zh, en, "", name, 1)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    years = set[str]()
    text.write("\n" * (lines[0][0] - 1))
    writer.writerow(COLUMNS)
    written = lines[0][0]
    for line, cells in lines[1:]:
        row = dict(zip(heads, (cell.strip() for cell in cells), strict=False))
        text.write("\n" * (line - written - 1))  # rule 2
        written = line
        day = _day(row.get("date", ""))
        years.add(day[:YEAR_CHARS])
        writer.writerow([day, _kind(row.get("kind", "")), row.get("name", "")])
    kept = list(csv.reader(io.StringIO(before.decode("utf-8-sig", "replace"))))[1:]
    writer.writerows(row for row in kept if row and row[0][:YEAR_CHARS] not in years)
    return text.getvalue().encode(), []


def _head(cell: str) -> str:
    plain = cell.strip()
    return HEADINGS.get(plain, plain.lower())


def _day(cell: str) -> str:
    """Return a date as the reader takes it; what is none stays as it is, for its mistake."""
    found = DATE.fullmatch(cell)
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else cell


def _kind(cell: str) -> str:
    return KINDS.get(cell, cell.lower())
