"""`hallcall scores`: the scores of a month, each explained down to its rows.

Folds the log up to its end first, as `hallcall report` does, and changes nothing. Publishing is the office's.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from caller.cli.report import errors_explained, staff_names
from config.process.options import BadValue, Unable, data_option, json_option, settings_of
from config.text_safety import for_json, for_terminal

if TYPE_CHECKING:
    from caller.reports.scores import FigurePoints, MonthScores, Score


def _check_month(_context: click.Context, _argument: click.Parameter, month: str) -> str:
    from caller.reports.spans import span_of

    span = span_of(month)
    if span is None or span.kind != "month":
        raise BadValue(f"{month} 请写成月份，如 2026-11", f"{month}: write a month such as 2026-11")
    return month


@click.command()
@click.argument("month", callback=_check_month)
@data_option
@click.option(
    "--hall", type=click.Path(path_type=Path), required=True,
    help="大厅文件，公式和班次在里面 / the hall's file, which has the formula and the shifts",
)  # fmt: skip
@click.option(
    "--explain",
    "who",
    default="",
    help="某人（工号）或某窗口的分怎么来的 / how the points of a person or a window came about",
)
@click.option(
    "--names", "with_names", is_flag=True, help="工号旁写姓名 / names beside staff numbers (accounts.db)"
)
@json_option
def scores(month: str, data: Path, hall: Path, who: str, with_names: bool, as_json: bool) -> None:
    """月度评分：名次、五星级窗口、流动红旗 / monthly scores: places, five-star windows, red flags."""
    from caller.records import SqliteStore, readable_records
    from caller.reports.paper import as_text
    from caller.reports.score_sheets import explained, score_sheets
    from caller.reports.scores import read_scores
    from caller.reports.spans import span_of
    from config.hall_names import names_of

    settings = settings_of(hall)
    if not settings.scores:
        raise Unable(
            "这个大厅没有评分公式，请写 [[score]]（docs/performance.md）\nThis hall has no formula: write [[score]] (docs/performance.md)"
        )
    span = span_of(month)
    assert span, "checked by the argument"
    with errors_explained(data), readable_records(data) as records, SqliteStore(records) as store:
        found = read_scores(store, span, settings)
    if who:
        mine = found.score(who)
        if not mine:
            known = " ".join(each.id for kind in found.scores for each in found.scores[kind][:12])
            raise Unable(
                f"{month} 没有 {who} 的评分，有 {known}\nThere is no score of {who} in {month}; there are {known}"
            )
        if not as_json:
            for each in mine:
                click.echo(
                    "\n".join(for_terminal(line) for lang in (True, False) for line in explained(each, lang))
                )
            return
        found = found._replace(scores={each.kind: [each] for each in mine})
    if as_json:
        click.echo(for_json(_document(found)))
        return
    staff = staff_names(data) if with_names else []
    sheets = [sheet for sheet in score_sheets(found, names_of(settings, staff)) if sheet.rows]
    click.echo(as_text(sheets) if sheets else f"{month} 没有可评的数字 / no figure in {month}")


def _document(found: "MonthScores") -> str:
    """Return the scores as one JSON document: every line with its value, its points and the rows behind it."""
    import msgspec

    document = {
        "month": found.month, "five_star": found.five_star, "red_flag": found.red_flag,
        "scores": {kind: [_score(each) for each in scores] for kind, scores in found.scores.items()},
    }  # fmt: skip
    return msgspec.json.encode(document).decode()


def _score(each: "Score") -> dict[str, Any]:
    return {
        "id": each.id, "place": each.place, "total": each.total, "base": each.base, "bonus": each.bonus,
        "weight": each.weight, "lines": [_line(line) for line in each.lines],
    }  # fmt: skip


def _line(line: "FigurePoints") -> dict[str, Any]:
    facts = [
        {"day": each.day, "zh": each.zh, "en": each.en, "value": each.value, "of": each.of, "seq": each.seq}
        for each in line.figure.facts
    ]
    return {
        "figure": line.row.figure, "weight": line.row.weight, "value": line.figure.value, "count": line.figure.of,
        "points": line.points, "facts": facts,
    }  # fmt: skip
