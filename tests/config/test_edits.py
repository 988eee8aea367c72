"""One change to a hall's TOML: what was asked for changes, and not one sign of anything else."""

import difflib
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from config.changes import changes
from config.edits import row_count, with_new_row, with_row, without_row
from config.reading.reader import HALLS, LAYOUT, PLURAL, inspect
from config.reading.reader import read as read_hall
from config.settings import Settings
from config.versions import Bundle, bundle

COUNTY = HALLS / "county.toml"


def reread(given: Bundle, folder: Path) -> Settings:
    (folder / "hall.toml").write_bytes(given.main)
    for name, data in given.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    reading = inspect(folder / "hall.toml")
    assert reading.mistakes == [], [str(each) for each in reading.mistakes]
    assert reading.settings
    return reading.settings


def lines_changed(before: Bundle, after: Bundle) -> int:
    old, new = before.main.decode().splitlines(), after.main.decode().splitlines()
    return sum(line[:1] in "+-" for line in list(difflib.unified_diff(old, new, lineterm="", n=0))[2:])


def test_a_text_of_several_lines_is_written_as_lines(tmp_path: Path):
    given, settings = bundle(COUNTY), read_hall(COUNTY)
    template = 'center | {号码}\nleft | say "so" \\ and on\n@cut\n'
    after = with_new_row(given, "paper", {"kind": "slip", "template": template}, settings)
    assert '"""center | {号码}\nleft' in after.main.decode()
    again = reread(after, tmp_path)
    assert [each.template for each in again.papers] == [template]


def test_one_value_changes_one_line(tmp_path: Path):
    given, settings = bundle(COUNTY), read_hall(COUNTY)
    after = with_row(given, "queue", 1, {"name": "改名队列"}, settings)
    assert lines_changed(given, after) == 2
    found = changes(settings, reread(after, tmp_path))
    assert [(each.table, each.row, each.field, each.after) for each in found] == [
        ("queue", settings.queues[1].id, "name", "改名队列")
    ]


def test_rows_that_stand_one_on_a_line_are_changed_added_and_removed_there(tmp_path: Path):
    given, settings = bundle(HALLS / "safety.toml"), read_hall(HALLS / "safety.toml")
    after = with_row(given, "window", 0, {"name": "改名窗口", "helps": {"B": 7.0}}, settings)
    assert lines_changed(given, after) == 2
    changed = reread(after, tmp_path)
    assert (changed.windows[0].name, changed.windows[0].helps) == ("改名窗口", {"B": 7})
    more = with_new_row(after, "roster", {"role": "值守", "name": "某人", "weekdays": ["mon"]}, changed)
    assert lines_changed(after, more) == 1
    added = reread(more, tmp_path)
    assert (added.roster[-1].role, added.roster[-1].weekdays) == ("值守", ["mon"])
    less = without_row(more, "roster", len(added.roster) - 1, added)
    assert reread(less, tmp_path).roster == settings.roster


def test_the_same_values_change_nothing():
    """Every row of every table, written as it is read."""
    for name in ("county", "village", "town", "tax", "safety"):
        given, settings = bundle(HALLS / f"{name}.toml"), read_hall(HALLS / f"{name}.toml")
        for table in (*LAYOUT.one, *LAYOUT.many):
            if table == "item":
                continue  # items of a CSV have a test of their own
            rows = [getattr(settings, table)] if table in LAYOUT.one else getattr(settings, PLURAL[table])
            for place, row in enumerate(rows):
                values = {field.name: getattr(row, field.name) for field in structs.fields(row)}
                after = with_row(given, table, place, values, settings)
                assert after == given, (name, table, place)


def test_a_default_is_taken_out_of_the_file(tmp_path: Path):
    given, settings = bundle(COUNTY), read_hall(COUNTY)
    with_quota = with_row(given, "queue", 0, {"quota": 77}, settings)
    assert b"quota = 77" in with_quota.main
    now = reread(with_quota, tmp_path)
    assert now.queues[0].quota == 77
    back = with_row(with_quota, "queue", 0, {"quota": 0}, now)
    assert b"quota = 77" not in back.main


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (
            "window",
            {
                "id": "99",
                "name": "新窗口",
                "queues": ["A"],
                "helps": {"B": 15.0},
                "breaks": [("12:00", "12:30")],
            },
        ),
        ("reason", {"kind": "pause", "id": "tea", "name": "茶歇", "minutes": 5.0}),
        ("day", {"date": date(2026, 12, 31), "name": "盘点"}),
        ("roster", {"role": "带班领导", "name": "张三", "first": date(2026, 1, 1)}),
        ("department", {"id": "new", "name": "新部门"}),
    ],
)
def test_a_row_more_and_gone_again(table: str, values: dict[str, Any], tmp_path: Path):
    given, settings = bundle(COUNTY), read_hall(COUNTY)
    before = len(getattr(settings, PLURAL[table]))
    more = with_new_row(given, table, values, settings)
    after = reread(more, tmp_path)
    rows = getattr(after, PLURAL[table])
    mine = [
        place
        for place, row in enumerate(rows)
        if all(getattr(row, name) == value for name, value in values.items())
    ]
    assert len(rows) == before + 1 or table == "reason"
    assert len(mine) == 1
    back = without_row(more, table, mine[0], after)
    assert changes(settings, reread(back, tmp_path)) == []


def test_a_table_that_is_not_there_yet_is_made(tmp_path: Path):
    given, settings = bundle(HALLS / "village.toml"), read_hall(HALLS / "village.toml")
    after = reread(with_row(given, "rules", 0, {"recall_max": 2}, settings), tmp_path)
    assert after.rules.recall_max == 2
    accounts = reread(with_row(given, "accounts", 0, {"required": True}, settings), tmp_path)
    assert accounts.accounts.required


def test_items_of_a_csv_are_changed_in_the_csv(tmp_path: Path):
    given, settings = bundle(COUNTY), read_hall(COUNTY)
    inline = row_count(given, "item")
    assert inline < len(settings.items)
    last = len(settings.items) - 1
    after = with_row(given, "item", last, {"name": "改名事项"}, settings)
    assert after.main == given.main
    found = changes(settings, reread(after, tmp_path))
    assert [(each.row, each.field) for each in found] == [(settings.items[last].id, "name")]
    more = with_new_row(
        given,
        "item",
        {"id": "new-1", "name": "新", "department": settings.items[0].department, "queue": "A"},
        settings,
    )
    assert [each.name for each in changes(settings, reread(more, tmp_path))] == ["item new-1"]
    less = without_row(given, "item", last, settings)
    assert [(each.kind, each.row) for each in changes(settings, reread(less, tmp_path))] == [
        ("removed", settings.items[last].id)
    ]


def test_rows_of_a_tables_former_name_are_rows_of_it(tmp_path: Path):
    text = bundle(HALLS / "village.toml").main.decode()
    old = Bundle(
        (text + '\n[[pause]]\nid = "tea"\nname = "茶歇"\n').encode(), bundle(HALLS / "village.toml").files
    )
    settings = reread(old, tmp_path)
    place = next(place for place, each in enumerate(settings.reasons) if each.id == "tea")
    after = with_row(old, "reason", place, {"kind": "pause", "name": "歇一歇"}, settings)
    assert b'[[pause]]\nid = "tea"\nname = "\xe6\xad\x87' in after.main.replace(b"\r\n", b"\n")
    assert reread(after, tmp_path).reasons[place].name == "歇一歇"
    assert (
        len(reread(without_row(old, "reason", place, settings), tmp_path).reasons)
        == len(settings.reasons) - 1
    )


def test_notices_are_changed_or_made(tmp_path: Path):
    for name in ("county", "village"):
        given = bundle(HALLS / f"{name}.toml")
        folder = tmp_path / name
        folder.mkdir()
        settings = read_hall(HALLS / f"{name}.toml")
        told = ["今天盘点", "请勿吸烟"]
        after = with_row(given, "notices", 0, {"notices": told}, settings)
        assert reread(after, folder).notices == tuple(told)
        assert structs.replace(reread(after, folder), notices=settings.notices) == settings
        assert with_row(given, "notices", 0, {"notices": list(settings.notices)}, settings) is given


def test_no_such_row(tmp_path: Path):
    given, settings = bundle(COUNTY), read_hall(COUNTY)
    with pytest.raises(IndexError):
        with_row(given, "queue", 99, {"name": "x"}, settings)
    with pytest.raises(IndexError):
        without_row(given, "item", 9999, settings)
    assert msgspec.to_builtins(settings)
