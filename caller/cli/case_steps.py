"""`hallcall case`, what goes through other hands: departments' parts, joint steps, papers that follow; and the ledgers.

`hallcall case ledger` prints the agency ledger, the monthly report of projects or the ledger of major projects from the
records, and says of the agency cases where receipt, ledger and list do not match one to one (exit code 1).
"""

import json
import re
import sys
from pathlib import Path

import click

from caller.cli.case import case, move_case
from caller.cli.day import Manager
from caller.cli.followup import of_followed
from caller.engine.case_messages import Decision, PartWanted
from caller.engine.papers import code_of
from config.process.options import Unable, data_option, json_option, settings_of

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MONTH = re.compile(r"([0-9]{4}-[0-9]{2})?")
MISMATCH = 1


@case.command()
@of_followed
@click.option(
    "--to",
    "wanted",
    multiple=True,
    required=True,
    help="部门:工作日，如 tax:3，可写几个 / DEPARTMENT:DAYS, as often as needed",
)
def share(manager: Manager, number: str, staff: str, wanted: tuple[str, ...]) -> None:
    """联办件分送各部门，各计时限 / send a parallel case to departments, each with its own limit."""
    parts = [each.rpartition(":") for each in wanted]
    if any(
        not department or not days.isdecimal() or not 1 <= int(days) <= 365 for department, _, days in parts
    ):
        raise Unable("请写 部门:工作日，如 tax:3 / Write DEPARTMENT:DAYS, as tax:3")
    move_case(manager, number, "share", staff, parts=[PartWanted(id, int(days)) for id, _, days in parts])


@case.command()
@of_followed
@click.option("--department", required=True, help="哪个部门答复 / whose reply it is")
@click.option("--decision", type=click.Choice(["granted", "refused", "returned"]), required=True)
@click.option("--code", default="", help="不同意的理由，见大厅清单 / why not; a code of the hall's list")
def reply(manager: Manager, number: str, staff: str, department: str, decision: Decision, code: str) -> None:
    """记录部门答复 / note a department's reply."""
    move_case(manager, number, "reply", staff, department=department, decision=decision, code=code)


JOINT = click.option(
    "--step", "code", type=click.Choice(["survey", "review"]), required=True, help="勘查或评审 / which"
)


@case.command()
@of_followed
@JOINT
@click.option("--day", required=True, help="日期，如 2026-09-23 / its day")
def plan(manager: Manager, number: str, staff: str, code: str, day: str) -> None:
    """约定联合勘查或评审的日期 / set the day of a joint survey or review."""
    if not DAY.fullmatch(day):
        raise Unable("日期请写成 2026-09-23 / Write the day as 2026-09-23")
    move_case(manager, number, "plan", staff, code=code, day=day)


@case.command()
@of_followed
@JOINT
def held(manager: Manager, number: str, staff: str, code: str) -> None:
    """记录联合勘查或评审已做 / note that a joint survey or review was held."""
    move_case(manager, number, "held", staff, code=code)


@case.command()
@of_followed
@click.option(
    "--paper",
    "names",
    multiple=True,
    help="材料原名，可写几份；不写则全部 / by name, as often as needed; none: all",
)
def bring(manager: Manager, number: str, staff: str, names: tuple[str, ...]) -> None:
    """记录容缺材料补齐 / note that papers to follow were handed in."""
    move_case(manager, number, "bring", staff, papers=[code_of(each) for each in names])


@case.command()
@click.argument("hall", type=click.Path(path_type=Path))
@data_option
@click.option(
    "--of",
    "kind",
    type=click.Choice(["agency", "projects", "major"]),
    default="agency",
    show_default=True,
    help="代办台账、项目月报、重大项目台账 / agency cases, projects of a month, major projects",
)
@click.option("--month", default="", help="某月，如 2026-09；不写则全部 / of a month; none: all")
@json_option
def ledger(hall: Path, data: Path, kind: str, month: str, as_json: bool) -> None:
    """台账；代办的受理单、台账、清单逐一核对 / ledgers; of agency cases receipt, ledger and list are compared one to one."""
    from caller.cli.report import errors_explained
    from caller.reports import case_ledgers
    from caller.reports.paper import as_text

    if not MONTH.fullmatch(month):
        raise Unable("月份请写成 2026-09 / Write the month as 2026-09")
    settings = settings_of(hall)
    with errors_explained(data):
        sheet, wrong = case_ledgers.read_ledger(data, settings, kind, month)
    if as_json:
        found = {"rows": case_ledgers.as_rows(sheet), "mismatches": [each._asdict() for each in wrong]}
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        click.echo(as_text([sheet]))
        if kind == "agency":
            said = [f"{each.number}  {each.zh} / {each.en}" for each in wrong]
            click.echo(
                "\n".join(said) or "受理单、台账、清单逐一相符 / receipt, ledger and list match one to one"
            )
    if wrong:
        sys.exit(MISMATCH)
