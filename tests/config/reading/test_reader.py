"""The reader takes nothing silently and tells everything at once."""

from pathlib import Path

import pytest

from config.reading.errors import Mistakes
from config.reading.reader import ROWS_MAX, inspect, read
from config.settings import PAUSES, Pause
from tests.instruments.small_settings import GOOD, broken, put

MANY_WRONG = """\
notice = ["x"]
[hall]
site = "x y"
nam = "测试"
zone = "Asia/Shanhai"
opens = 09:00:00
[rules]
recal_max = 5
away_minutes = -1
[[class]]
id = "ordinry"
name = "普通"
target_minutes = 45
[[queue]]
id = "A"
name = "登记"
[[window]]
id = "1"
name = "一号"
queues = ["A", "登记"]
kind = "integratd"
helps = ["B"]
[[devices]]
name = "p"
"""


def test_all_mistakes_are_told_in_one_run(tmp_path: Path) -> None:
    found = inspect(put(tmp_path, MANY_WRONG)).mistakes
    assert [(each.line, each.key or each.table, each.nearest) for each in found] == [
        (1, "notice", "notices"),
        (3, "site", ""),
        (4, "nam", "name"),
        (5, "zone", "Asia/Shanghai"),
        (6, "opens", ""),
        (8, "recal_max", "recall_max"),
        (9, "away_minutes", ""),
        (11, "id", "ordinary"),
        (20, "queues", "A"),
        (21, "kind", "integrated"),
        (22, "helps", ""),
        (23, "devices", "[[device]]"),
    ]


def test_mistakes_are_printed_in_chinese_first(tmp_path: Path) -> None:
    with pytest.raises(Mistakes) as caught:
        read(put(tmp_path, MANY_WRONG))
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("配置有 12 处错误")
    assert lines[1].startswith("12 mistake(s)")
    at = lines.index("hall.toml:8 [rules] · recal_max")
    assert lines[at + 1].strip() == "没有“recal_max”这个设置；最接近的是“recall_max”"
    assert lines[at + 2].strip() == "No setting 'recal_max'; the nearest is 'recall_max'"


def test_a_good_hall_is_read_whole(tmp_path: Path) -> None:
    settings = read(put(tmp_path, GOOD))
    assert settings.hall.name == "小厅"
    assert [window.id for window in settings.windows] == ["1", "2"]
    assert settings.items[0].promised_days == 5
    assert settings.notices == ("欢迎",)


def test_helps_without_minutes_takes_the_halls(tmp_path: Path) -> None:
    one, two = read(put(tmp_path, GOOD)).windows
    assert (one.helps, two.helps) == ({"B": 12.0}, {"A": 7.0})


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (broken("[[window]]", "[window]").replace("[[window]]", "[[kiosk]]"), "[[window]]"),
        (broken("[hall]", "[[hall]]"), "[hall]"),
        ("rules = 3\n" + broken("[rules]\nhelping_minutes = 12", ""), "[rules]"),
    ],
)
def test_wrong_brackets_say_the_right_ones(text: str, right: str, tmp_path: Path) -> None:
    assert right in [each.nearest for each in inspect(put(tmp_path, text)).mistakes]


@pytest.mark.parametrize("table", ["hall", "class", "queue", "window"])
def test_a_missing_table_is_told(table: str, tmp_path: Path) -> None:
    found = inspect(put(tmp_path, "")).mistakes
    assert any(f"[{table}]" in each.zh for each in found)


@pytest.mark.parametrize("end", ["\\n", "\\u0000", "\\u001b"])
def test_ids_and_names_hold_no_control_characters(end: str, tmp_path: Path) -> None:
    for old in ('site = "small"', 'name = "一号"'):
        found = inspect(put(tmp_path, broken(old, old[:-1] + end + '"'))).mistakes
        assert len(found) == 1, old


def test_more_rows_than_any_hall_has_are_refused(tmp_path: Path) -> None:
    rows = "".join(f'[[department]]\nid = "d{n}"\nname = "d"\n' for n in range(ROWS_MAX))
    found = inspect(put(tmp_path, GOOD + rows)).mistakes
    assert [each.en for each in found] == [f"More than {ROWS_MAX} rows"]


# --- the CSV of items

COLUMNS = "id,name,department,queue,papers,promised_days\n"


def with_csv(folder: Path, csv: str | bytes) -> Path:
    put(folder, csv, "items.csv")
    return put(folder, 'items = "items.csv"\n' + GOOD)


def test_items_may_stand_in_a_csv(tmp_path: Path) -> None:
    csv = "\ufeff" + COLUMNS + 'T3,"注销,登记",tax,A,身份证; 户口簿；照片,5\nT4,验证,tax,B,,\n'
    settings = read(with_csv(tmp_path, csv))
    assert [item.id for item in settings.items] == ["T1", "T2", "T3", "T4"]
    third = settings.items[2]
    assert (third.name, third.papers, third.promised_days) == ("注销,登记", ["身份证", "户口簿", "照片"], 5)
    assert settings.items[3].promised_days is None


def test_mistakes_in_the_csv_have_their_line(tmp_path: Path) -> None:
    csv = COLUMNS + "T1,甲,tax,A\nT5,乙,tax,C\nT6,丙,tox,A,,五\nT7,丁,tax,A,,1,多\n"
    found = inspect(with_csv(tmp_path, csv)).mistakes
    told = [(each.line, each.key, each.nearest) for each in found]
    assert told == [
        (2, "id", ""),
        (3, "queue", ""),
        (4, "promised_days", ""),
        (4, "department", "tax"),
        (5, "", ""),
    ]
    assert {each.file for each in found} == {"items.csv"}


def test_a_wrong_column_is_told_once(tmp_path: Path) -> None:
    csv = "id,name,departement,queue\n" + "T3,甲,tax,A\nT4,乙,tax,A\n"
    found = inspect(with_csv(tmp_path, csv)).mistakes
    assert [(each.key, each.nearest) for each in found] == [("departement", "department"), ("department", "")]


def test_empty_columns_a_spreadsheet_leaves_are_nothing(tmp_path: Path) -> None:
    assert len(read(with_csv(tmp_path, "id,name,department,queue,,\nT3,甲,tax,A,,\n,,,,,\n")).items) == 3


def test_a_csv_saved_as_gbk_is_explained(tmp_path: Path) -> None:
    (found,) = inspect(with_csv(tmp_path, (COLUMNS + "T3,甲,tax,A\n").encode("gb18030"))).mistakes
    assert "GBK" in found.zh
    assert found.line == 2


def test_items_as_tables_under_a_plural_name_are_understood(tmp_path: Path) -> None:
    found = inspect(put(tmp_path, GOOD.replace("[[item]]", "[[items]]"))).mistakes
    assert [each.nearest for each in found] == ["[[item]]"]


# --- reasons to pause


def test_a_hall_that_writes_no_reasons_to_pause_has_the_usual_ones(tmp_path: Path) -> None:
    assert read(put(tmp_path, GOOD)).pauses == PAUSES
    own = '\n[[pause]]\nid = "drill"\nname = "消防演习"\nname_en = "Fire drill"\n'
    assert read(put(tmp_path, GOOD + own)).pauses == (Pause("drill", "消防演习", "Fire drill"),)
    with pytest.raises(Mistakes, match="drill"):
        read(put(tmp_path, GOOD + own + own))


@pytest.mark.parametrize(
    ("old", "new", "zh", "en"),
    [
        ('id = "1"\nname = "一号"', 'id = 1\nname = "一号"', '写作 "1"', 'write "1"'),
        ("[rules]", '[voice]\nenabled = "True"\n[rules]', "写作 true", "write true"),
        ("target_minutes = 30", 'target_minutes = "30"', "写作 30", "write 30"),
        ('id = "1"\nname = "一号"', 'id = "１"\nname = "一号"', "全角，应为半角 1", "full width; write 1"),
        ('id = "1"\nname = "一号"', 'id = "1\u200b"\nname = "一号"', "U+200B", "U+200B"),
        (
            'id = "1"\nname = "一号"',
            'id = "1 "\nname = "一号"',
            "末尾有空格",
            "a space at its beginning or end",
        ),
        ('name = "一号"', 'name = "一\u202e号"', "U+202E", "U+202E"),
    ],
)
def test_what_cannot_be_seen_is_named(old: str, new: str, zh: str, en: str, tmp_path: Path) -> None:
    found = inspect(put(tmp_path, broken(old, new))).mistakes
    assert any(zh in each.zh and en in each.en for each in found), found


@pytest.mark.parametrize(("sign", "zh"), [(";", "分号"), ("\t", "制表符"), ("，", "全角逗号"), ("|", "竖线")])
def test_a_csv_parted_by_another_sign_is_explained(sign: str, zh: str, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(
        sign.join(("id", "name", "queue")) + "\n" + sign.join(("T3", "甲", "A")) + "\n", "utf-8"
    )
    found = inspect(put(tmp_path, 'items = "items.csv"\n' + GOOD)).mistakes
    assert any(zh in each.zh for each in found)


@pytest.mark.parametrize("cell", ["#REF!", "#SPILL!", "#CALC!", "########", "Err:502", "=A1", "#错误!"])
def test_an_error_value_of_a_spreadsheet_is_no_name(cell: str, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(f"id,name,department,queue\nT3,{cell},tax,A\n", "utf-8")
    found = inspect(put(tmp_path, 'items = "items.csv"\n' + GOOD)).mistakes
    assert any(cell in each.zh for each in found)


@pytest.mark.parametrize("first", ["sep=,", "2026年事项表,,,"])
def test_a_row_before_the_names_of_the_columns_is_named(first: str, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(f"{first}\nid,name,department,queue\nT3,甲,tax,A\n", "utf-8")
    found = inspect(put(tmp_path, 'items = "items.csv"\n' + GOOD)).mistakes
    assert ["列名" in each.zh for each in found] == [True]


@pytest.mark.parametrize(
    ("cell", "right"), [("20", True), ("20.0", True), ("２０", True), ("20.5", False), ("-1", False)]
)
def test_a_number_as_a_spreadsheet_writes_it(cell: str, right: bool, tmp_path: Path) -> None:
    head = "id,name,department,queue,case_type,statutory_days,promised_days"
    (tmp_path / "items.csv").write_text(f"{head}\nT3,甲,tax,A,limited,{cell},5\n", "utf-8")
    found = inspect(put(tmp_path, 'items = "items.csv"\n' + GOOD)).mistakes
    assert not any("引号" in each.zh for each in found), found
    assert (found == []) == right
