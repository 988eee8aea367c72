"""Every setting has a field with its words; every value of a shipped hall goes into its field and comes out the same."""

from typing import Any

import pytest
from msgspec import structs

from config.form_fields import (
    BadText,
    FormField,
    fields_of,
    hint_of,
    label_of,
    shown,
    table_words,
    value_of,
    values_of,
)
from config.reading.reader import HALLS, LAYOUT, PLURAL
from config.reading.reader import read as read_hall

COUNTY = read_hall(HALLS / "county.toml")


def field(table: str, name: str) -> FormField:
    return next(each for each in fields_of(table, COUNTY) if each.name == name)


@pytest.mark.parametrize("name", ["county", "village", "town", "tax"])
def test_every_value_of_a_hall_goes_in_and_comes_out(name: str):
    settings = read_hall(HALLS / f"{name}.toml")
    for table in (*LAYOUT.one, *LAYOUT.many):
        assert table_words(table).zh
        fields = fields_of(table, settings)
        rows = [getattr(settings, table)] if table in LAYOUT.one else getattr(settings, PLURAL[table])
        assert [each.name for each in fields] == [each.name for each in structs.fields(LAYOUT.kind(table))]
        for row in rows:
            given = {each.name: shown(getattr(row, each.name), each) for each in fields}
            values, bad = values_of(given, fields)
            assert bad == []
            assert values == {each.name: getattr(row, each.name) for each in fields}, (table, row)


def test_fields_have_the_kind_that_fits():
    kinds = {
        ("hall", "automatic_day"): "switch", ("hall", "breaks"): "pairs", ("item", "papers"): "entries", ("item", "refusals"): "lines", ("notices", "notices"): "entries",
        ("item", "case_type"): "choice", ("item", "queue"): "choice", ("window", "queues"): "choices",
        ("window", "helps"): "minutes", ("day", "date"): "date", ("hours", "days"): "choices", ("queue", "name"): "line",
        ("item", "basis"): "text", ("roster", "first"): "date",
    }  # fmt: skip
    assert {place: field(*place).kind for place in kinds} == kinds
    assert field("window", "queues").options["A"].startswith("A ")
    assert field("item", "case_type").options["promised"] == "承诺件"
    assert field("roster", "weekdays").options_en["sat"] == "Saturday"
    assert field("window", "queues").read_as(["A", "B"], "zh").count("、") == 1
    assert field("window", "kind").read_as("pay", "en") == "Payments"
    assert label_of(field("window", "kind")).zh == "类型"
    assert "加引号" not in hint_of(field("hall", "opens")).zh
    assert hint_of(field("hall", "breaks")).zh
    assert hint_of(field("kiosk", "pad_keys")) == ("按此顺序，如 F13=up", "in this order, such as F13=up")
    assert hint_of(field("kiosk", "printers")).zh == "每行一条"


@pytest.mark.parametrize(
    ("table", "name", "text", "value"),
    [
        ("hall", "breaks", "12:00-13:30\n 9:00 – 9:15 ", [("12:00", "13:30"), ("09:00", "09:15")]),
        ("window", "helps", "b = 15\nC：7.5", {"B": 15.0, "C": 7.5}),
        ("rules", "recall_max", " 7 ", 7),
        ("rules", "recall_max", "", 5),
        ("item", "papers", ["身份证", " ", " 申请书 "], ["身份证", "申请书"]),
        ("notices", "notices", [], []),
        ("announcement", "at", "09:00\n\n 15:30 ", ["09:00", "15:30"]),
        ("item", "promised_days", "", None),
        ("roster", "first", "", None),
    ],
)
def test_what_a_person_types(table: str, name: str, text: Any, value: Any):
    assert value_of(text, field(table, name)) == value


@pytest.mark.parametrize(
    ("table", "name", "text"),
    [
        ("hall", "opens", "25:00"), ("hall", "breaks", "12:00"), ("window", "helps", "15"), ("rules", "recall_max", "many"),
        ("rules", "recall_max", "-1"), ("queue", "name", ""), ("queue", "id", "a"), ("day", "date", "2026-02-30"),
        ("item", "case_type", "slow"), ("notices", "notices", ["x" * 2001]), ("window", "breaks", "12:00-25:00"),
    ],
)  # fmt: skip
def test_what_is_none_is_named_with_its_field(table: str, name: str, text: Any):
    with pytest.raises(BadText) as error:
        value_of(text, field(table, name))
    assert error.value.field.meaning.zh
    assert error.value.field.meaning.en
    assert values_of({name: text}, [field(table, name)]) == ({}, [field(table, name)])
