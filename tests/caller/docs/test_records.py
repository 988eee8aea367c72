"""docs/records.md is current, every column has words, and its examples run."""

import re
import sqlite3
from pathlib import Path

from caller.docs.records import render
from caller.records import RECORDS_NAME, bring_up_to_date
from caller.records.columns import columns
from caller.records.rows import TABLES
from tests.instruments.recorded_days import write_history

PAGE = Path(__file__).parents[3] / "docs" / "records.md"


def test_the_page_is_current():
    assert PAGE.read_text("utf-8") == render(), "run: python -m caller.docs.records > docs/records.md"


def test_every_column_says_what_it_means_in_both_languages():
    for table in TABLES:
        assert " | " in (table.__doc__ or "")
        for column in columns(table):
            assert re.search("[\u4e00-\u9fff]", column.zh), column
            assert column.en.replace("…", "").replace("–", "").isascii(), column


def test_the_tables_on_disk_are_those_of_the_page_and_the_examples_run(tmp_path: Path):
    write_history(tmp_path, 4, 300)
    bring_up_to_date(tmp_path)
    connection = sqlite3.connect(tmp_path / RECORDS_NAME)
    for table in TABLES:
        told = connection.execute(
            f"select name, upper(type) from pragma_table_info('{table.table}')"
        ).fetchall()
        kinds = {int: "INTEGER", str: "TEXT", bytes: "BLOB"}
        assert told == [(column.name, kinds[column.kind]) for column in columns(table)]
    (examples,) = re.findall("```sql\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    queries = [query for query in examples.split(";") if query.strip()]
    assert len(queries) == 4
    assert all(connection.execute(query) for query in queries)
    connection.close()
