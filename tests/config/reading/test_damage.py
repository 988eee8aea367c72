"""Whatever happens to a hall's files, the reader answers with a hall or with mistakes, never with a crash."""

import os
from pathlib import Path
from typing import Any

import tomlkit
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from config.reading.errors import Mistakes
from config.reading.reader import LAYOUT, read
from config.settings import Settings
from tests.instruments.small_settings import GOOD, put

DATA = GOOD.encode()
CSV = "id,name,department,queue,papers\nT3,甲,tax,A,身份证;照片\nT4,乙,tax,B,\n".encode()
SCALARS = st.one_of(
    st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.text(max_size=12)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["id", "name", "queues", "helps", "kind", "port", "hours", "papers", "target_minutes", "x"]
)
EXAMPLES = int(os.environ.get("HALLCALL_EXAMPLES", "60"))  # raise it for a campaign
relaxed = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def answer(path: Path) -> Settings | Mistakes:
    """The hall, or mistakes that each say something; any other exception is the failure looked for."""
    try:
        return read(path)
    except Mistakes as mistakes:
        told = mistakes
    assert told.found
    assert all(each.zh and each.en for each in told.found)
    assert str(told)
    return told


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Some bytes cut out and others put in, at a few places."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        cut = draw(st.integers(0, 40))
        data = (
            data[:at]
            + draw(st.binary(max_size=8) | st.sampled_from([b'"', b"[", b"]]", b"=", b"\n"]))
            + data[at + cut :]
        )
    return data


@given(damaged(DATA))
@relaxed
def test_damaged_toml_is_a_hall_or_mistakes(tmp_path: Path, data: bytes) -> None:
    answer(put(tmp_path, data))


@given(damaged(CSV))
@example(b"")
@example(b"\n")
@example(b'id,name\n"')
@example(CSV + b"\x00")
@relaxed
def test_a_damaged_csv_is_a_hall_or_mistakes(tmp_path: Path, data: bytes) -> None:
    put(tmp_path, data, "items.csv")
    answer(put(tmp_path, 'items = "items.csv"\n' + GOOD))


@given(table=st.sampled_from([*LAYOUT.one, *LAYOUT.many, "items", "notices", "zzz"]), value=VALUES)
@relaxed
def test_any_value_in_place_of_a_table(tmp_path: Path, table: str, value: Any) -> None:
    answer(put(tmp_path, f"{table} = {tomlkit.item(value).as_string()}\n" + GOOD))
    answer(put(tmp_path, f"{table} = {tomlkit.item(value).as_string()}\n"))


@given(table=st.sampled_from(list(LAYOUT.many)), row=st.dictionaries(KEYS, VALUES, max_size=5))
@relaxed
def test_any_row_in_any_table(tmp_path: Path, table: str, row: dict[str, Any]) -> None:
    lines = "".join(f"{key} = {tomlkit.item(value).as_string()}\n" for key, value in row.items())
    answer(put(tmp_path, f"{GOOD}\n[[{table}]]\n{lines}"))


@given(st.integers(0, len(DATA)))
@relaxed
def test_a_file_cut_short_is_a_hall_or_mistakes(tmp_path: Path, end: int) -> None:
    answer(put(tmp_path, DATA[:end]))


def test_the_undamaged_hall_is_a_hall(tmp_path: Path) -> None:
    assert isinstance(answer(put(tmp_path, GOOD)), Settings)
