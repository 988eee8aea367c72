"""Items from what spreadsheet programs save: every encoding and separator, Chinese headings, all mistakes at once."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from config.item_sheets import CASE_TYPES, FIELDS, HEADINGS, ItemSheet, joined, read, unwritable, with_items
from config.reading.reader import HALLS, inspect
from config.reading.reader import read as read_hall
from config.settings import CaseType, Item
from config.versions import Bundle, bundle

COUNTY = read_hall(HALLS / "county.toml")
DEPARTMENT, QUEUE = COUNTY.departments[0], COUNTY.queues[0]
CHINESE = "事项编号,事项名称,部门,队列,办件类型,承诺办结时限,申请材料\r\n"
ROW = f'new-1,开办企业,{DEPARTMENT.name},{QUEUE.name},承诺件,3,"身份证；申请书\n委托书"\r\n'
WANTED = {
    "id": "new-1", "name": "开办企业", "department": DEPARTMENT.id, "queue": QUEUE.id, "case_type": "promised",
    "promised_days": "3", "papers": "身份证;申请书;委托书",
}  # fmt: skip


def rows(data: bytes) -> list[dict[str, str]]:
    sheet = read(data, COUNTY, "事项.csv")
    assert sheet.mistakes == []
    return [row for _, row in sheet.rows]


@pytest.mark.parametrize(("encoding", "saved_as"), [
    ("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("gbk", "GB18030"), ("gb18030", "GB18030"), ("utf-16", "UTF-16"),
])  # fmt: skip
def test_text_in_any_encoding_that_excel_writes(encoding: str, saved_as: str):
    data = (CHINESE + ROW).encode(encoding)
    assert rows(data) == [WANTED]
    assert read(data, COUNTY, "f").saved_as == saved_as


@pytest.mark.parametrize("sign", ["\t", ";"])
def test_other_separators(sign: str):
    text = (
        sign.join(CHINESE.strip().split(","))
        + "\n"
        + sign.join(["new-1", "开办企业", DEPARTMENT.id, QUEUE.id, "承诺", "3", "身份证"])
    )
    assert rows(text.encode())[0]["papers"] == "身份证"
    assert rows(b"sep=" + sign.encode() + b"\n" + text.encode())[0]["id"] == "new-1"


def test_a_spreadsheet_itself(tmp_path: Path):
    book = Workbook()
    page: Any = book.active
    page.append(["编号", "名称", "部门", "队列", "承诺时限", None])
    page.append(["new-1", "开办企业", DEPARTMENT.id, QUEUE.id, 3])
    page.append([None] * 6)
    page.append([12, "事项", DEPARTMENT.name, QUEUE.name, 2.0])
    data = io.BytesIO()
    book.save(data)
    assert [row["id"] for row in rows(data.getvalue())] == ["new-1", "12"]
    assert rows(data.getvalue())[1]["promised_days"] == "2"
    broken = read(data.getvalue()[:200], COUNTY, "f.xlsx")
    assert broken.mistakes


def test_every_heading_and_case_type_names_something_there_is():
    assert set(HEADINGS.values()) <= set(FIELDS)
    assert set(HEADINGS.values()) == set(FIELDS), "every field has a Chinese heading"
    assert set(CASE_TYPES.values()) == set(CaseType.__args__)


def test_all_mistakes_at_once_with_their_lines():
    text = (
        "编号,名称,部门,队列,颜色\r\n"
        f"a,甲,{DEPARTMENT.id},{QUEUE.id},\r\n"
        f"a,乙,{DEPARTMENT.id},{QUEUE.id},\r\n"
        f"b,=1+1,{DEPARTMENT.id},#N/A,\r\n"
    )
    found = read(text.encode(), COUNTY, "f.csv").mistakes
    assert [(each.line, each.key) for each in found] == [(1, ""), (3, "id"), (4, "name"), (4, "queue")]
    assert all(each.zh and each.en for each in found)


@pytest.mark.parametrize("data", [
    b"", b"\x00\x01\x02\x03", b"PK\x03\x04nothing", "编号，名称，部门，队列\n".encode(), b"id,name\nx", b'id,name,department,queue\n"a\n',
    b"\xff\xfe\x00", b"\xff\xfe\xff\xff\xff",
])  # fmt: skip
def test_what_is_no_table_is_a_mistake_in_words(data: bytes):
    found = read(data, COUNTY, "f.csv").mistakes
    assert found
    assert all(each.zh and each.en for each in found)


def _reread(given: Bundle, folder: Path) -> Any:
    folder.mkdir()
    (folder / "hall.toml").write_bytes(given.main)
    for name, data in given.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return inspect(folder / "hall.toml")


@pytest.mark.parametrize("name", ["county", "village", "town", "tax"])
def test_a_round_trip_changes_no_item_of_a_shipped_hall(name: str, tmp_path: Path):
    file = HALLS / f"{name}.toml"
    before = read_hall(file)
    assert unwritable(before.items) == []
    text, lines = joined(ItemSheet("", [], []), before, only=False)
    assert set(lines) <= {0}
    after = _reread(with_items(bundle(file), text), tmp_path / "hall")
    assert after.mistakes == []
    assert {each.id: each for each in after.settings.items} == {each.id: each for each in before.items}
    assert after.settings.windows == before.windows
    again = read(text, before, "f.csv")
    assert again.mistakes == []
    assert {row["id"] for _, row in again.rows} == {each.id for each in before.items}


def test_joined_by_id_or_alone(tmp_path: Path):
    first = COUNTY.items[0]
    text = f"id,name,department,queue\r\n{first.id},改名,{first.department},{first.queue}\r\nnew-1,新,{first.department},{first.queue}\r\n"
    sheet = read(text.encode(), COUNTY, "f")
    merged, lines = joined(sheet, COUNTY, only=False)
    assert len(lines) == len(COUNTY.items) + 1
    assert (lines[0], lines[1], lines[-1]) == (2, 0, 3)
    names = {row["id"]: row["name"] for row in csv.DictReader(io.StringIO(merged.decode("utf-8-sig")))}
    assert (names[first.id], names["new-1"], names[COUNTY.items[1].id]) == (
        "改名",
        "新",
        COUNTY.items[1].name,
    )
    alone, _ = joined(sheet, COUNTY, only=True)
    after = _reread(with_items(bundle(HALLS / "county.toml"), alone), tmp_path / "hall")
    assert [each.id for each in after.settings.items] == [first.id, "new-1"]
    assert after.settings.items[0].papers == []  # the row is the item as a whole


def test_an_entry_with_the_sign_that_parts_entries_is_named():
    found = unwritable(
        [Item("x", "甲", "d", "A", papers=["一；二"]), Item("y", "乙", "d", "A", papers=["三"])]
    )
    assert [(each.table, each.key) for each in found] == [("item x", "papers")]


# --- a province's list

PROVINCE = "事项编码,业务办理项编码,事项名称,实施主体名称,实施主体编码,承诺办结时限\r\n"


def with_codes() -> Any:
    from msgspec import structs

    first, second = COUNTY.items[:2]
    items = (
        structs.replace(first, task_code="330106000000000000001000100001", handle_code="01", phone="0000-1"),
        structs.replace(second, task_code="330106000000000000001000100002"),
    )
    return structs.replace(COUNTY, items=items)


def listed(text: str, queue: str = "") -> ItemSheet:
    return read((PROVINCE + text).encode(), with_codes(), "省清单.csv", queue)


def test_a_provinces_list_is_known_by_its_codes_and_keeps_what_it_does_not_say():
    hall = with_codes()
    known, code = hall.items[0], hall.items[0].task_code
    sheet = listed(
        f"{code},01,改了名,{DEPARTMENT.name},,2\r\n{code},02,另一办理项,{DEPARTMENT.name},,\r\n", "B"
    )
    assert sheet.mistakes == []
    (_, first), (_, second) = sheet.rows
    assert (first["id"], first["name"], first["phone"], first["queue"]) == (
        known.id,
        "改了名",
        "0000-1",
        known.queue,
    )
    assert second["id"].startswith("N")  # its codes are longer than an id may be
    assert (second["queue"], second["handle_code"]) == ("B", "02")
    assert listed(f"{code},02,另一办理项,{DEPARTMENT.name},,\r\n").rows[0][1]["id"] == second["id"]


def test_duplicate_codes_are_told_all_at_once_each_with_its_line():
    line = f"330106000000000000001000100009,,事项,{DEPARTMENT.name},,\r\n"
    found = listed(line * 3).mistakes
    assert [each.line for each in found] == [3, 4]
    assert all("第 2 行" in each.zh for each in found)


def test_a_departments_credit_code_is_looked_at():
    sheet = listed("1,,事项,91330106MA27XL0U2X,,\r\n")
    assert ["统一社会信用代码" in each.zh for each in sheet.mistakes] == [True]


def test_what_differs_is_said_item_by_item():
    from msgspec import structs

    from config.item_differences import counted, differences

    old = with_codes()
    changed = structs.replace(old.items[0], name="改了名", papers=["一", "二"])
    new = structs.replace(old, items=(changed, Item("new", "新事项", DEPARTMENT.id, QUEUE.id)))
    found = differences(old, new)
    assert [(each.kind, each.id) for each in found] == [
        ("removed", old.items[1].id),
        ("changed", changed.id),
        ("added", "new"),
    ]
    assert counted(found) == {"added": 1, "removed": 1, "changed": 1}
    facts = {each.field: each.after for each in found[1].facts}
    assert facts == {"name": "改了名", "papers": "一；二"}
    assert found[1].lines()[0] == f"~ {changed.id} 改了名"
    assert differences(old, old) == []
