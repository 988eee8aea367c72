"""Test instrument: records.db as plain data, so that two of them can be compared row by row."""

import sqlite3
from collections.abc import Container
from pathlib import Path
from typing import Any

from caller.records import RECORDS_NAME
from caller.records.columns import Row, key_columns
from caller.records.projection import Projection
from caller.records.rows import TABLES
from tests.instruments.engine_fixture import Stage

Tables = dict[str, list[dict[str, Any]]]


class NoRows:
    """Saved rows of a log that was never folded: there is none."""

    def ticket(self, ticket: str) -> None:
        del ticket

    def has_slip(self, visit: int, copy: int) -> bool:
        del visit, copy
        return False

    def ended_service(self, visit: int, window: str) -> None:
        del visit, window

    def row(self, table: type[Any], key: tuple[Any, ...]) -> None:
        del table, key


def folded(stage: Stage) -> list[Row]:
    """The rows that a stage's events make, by the projection alone."""
    fold = Projection(stage.hall.settings.hall.site, NoRows())
    for seq, at, event in stage.events:
        fold.read(event, at, seq)
    return fold.take()


def dump(data: Path) -> Tables:
    """Every table, every row, by the order of the keys; and how far it was folded."""
    connection = sqlite3.connect(data / RECORDS_NAME)
    connection.row_factory = sqlite3.Row
    try:
        tables = {
            table.table: f"select * from {table.table} order by {','.join(key_columns(table))}"
            for table in TABLES
        }
        tables["folded"] = "select * from folded"
        return {name: [dict(row) for row in connection.execute(query)] for name, query in tables.items()}
    finally:
        connection.close()


def untiled(tables: Tables, restored: Container[int] = ()) -> list[str]:
    """What is wrong with the states: gaps, overlaps, negative lengths, ends that are not the ticket's. Visits that
    were `restored` with a day have a gap while it was closed, and are looked at elsewhere."""
    wrong: list[str] = []
    states: dict[int, list[dict[str, Any]]] = {}
    for state in tables["states"]:
        states.setdefault(state["visit"], []).append(state)
    for ticket in tables["tickets"]:
        mine = states.pop(ticket["visit"], [])
        if ticket["visit"] in restored:
            continue
        edges = [ticket["issued"], *(state["ended"] for state in mine)]
        if [state["began"] for state in mine] != edges[:-1] or edges[-1] != ticket["ended"]:
            wrong.append(f"{ticket['number']}: {edges} against {[state['began'] for state in mine]}")
        known = [edge for edge in edges if edge is not None]
        if known != sorted(known):
            wrong.append(f"{ticket['number']}: backwards {known}")
    return wrong + [f"states of no ticket: {visit}" for visit in states]
