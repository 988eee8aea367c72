"""`hallcall check HALL.toml`: is this hall right, and what is in it. Exit code 0 or 2.

The checks of the floors above are named as text, as their commands are in the command line's own table, and
imported when the command runs.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path

import click
import msgspec

from caller.engine.case_types import TYPES
from config.case_settings import CaseType, limit_days
from config.catalogue import word
from config.process.options import BAD_INPUT, hall_argument, json_option
from config.reading.checks import CrossCheck
from config.reading.draft_rows import Draft
from config.reading.errors import Mistake, Mistakes
from config.reading.reader import Reading, inspect
from config.settings import Settings
from config.text_safety import for_json, lines_for_terminal
from config.versions import Version

CHECKS_ABOVE = (
    "devices.profiles.check:profiles",
    "caller.delivery.webhooks:known_kinds",
    "config.reading.province_mapping:mappings",
    "config.paper.template_files:wordings",
)
WARNINGS_ABOVE = (
    "devices.printer.fonts:lacking",
    "caller.cli.check:without_days",
    "caller.delivery.staff_messages:known_addresses",
    "config.process.tls:own_certificate",
)


def check_named(name: str, folder: Path) -> CrossCheck:
    """Return a check by its name, made for the hall whose files lie in this folder."""
    module, _, function = name.partition(":")
    return partial(getattr(import_module(module), function), folder=folder)


@click.command()
@hall_argument
@json_option
def check(hall: Path, as_json: bool) -> None:
    """检查大厅配置，一次列出全部错误 / check a hall's settings and list every mistake at once."""
    reading = checked(hall, [check_named(name, hall.parent) for name in WARNINGS_ABOVE])
    click.echo(_json(reading) if as_json else lines_for_terminal(_text(reading, hall)))
    sys.exit(BAD_INPUT if reading.mistakes else 0)


def checked(hall: Path, warn: Iterable[CrossCheck] = (), beside: Mapping[str, Path] | None = None) -> Reading:
    """Return what comes of reading a hall with all checks: what `check` says, and what the caller puts in force by.

    beside: see `config.reading.reader.inspect`.
    """
    return inspect(hall, [check_named(name, hall.parent) for name in CHECKS_ABOVE], warn, beside)


def checked_version(version: Version) -> Reading:
    """Return what comes of reading a kept version."""
    return checked(version.main, (), version.beside)


def without_days(draft: Draft, folder: Path) -> Iterable[Mistake]:
    """Warn of items whose cases need a limit and have none: where cases are enabled, none of theirs can be opened."""
    del folder
    if not any(row.get("enabled", False) for row in draft.rows["cases"]):
        return
    for row in draft.rows["item"]:
        kind: CaseType = row.get("case_type", "unspecified")
        if (
            TYPES[kind].limit
            and limit_days(row.get("statutory_days", None), row.get("promised_days", None)) is None
        ):
            zh = f"{word('case-type', kind)}没有设承诺或法定工作日，启用办件后不能受理"
            en = f"A case of type {word('case-type', kind, 'en')} needs promised or statutory days: none is accepted without"
            yield row.mistake("promised_days", zh, en)


def counts(settings: Settings) -> dict[str, int]:
    """Return how much there is of everything; paying windows are counted apart, as halls do."""
    pay = sum(window.kind == "pay" for window in settings.windows)
    return {
        "departments": len(settings.departments),
        "windows": len(settings.windows) - pay,
        "pay_windows": pay,
        "items": len(settings.items),
        "queues": len(settings.queues),
        "classes": len(settings.classes),
        "devices": len(settings.devices),
        "kiosks": len(settings.kiosks),
    }


def summary(settings: Settings) -> str:
    """Return the hall on one screen."""
    hall, count = settings.hall, counts(settings)
    kinds = Counter(window.kind for window in settings.windows)
    classes = ", ".join(f"{each.name} {each.target_minutes:g}" for each in settings.classes)
    lines = [
        f"{hall.name}  {hall.name_en}".rstrip(),
        f"  站点 site {hall.site} · {hall.zone} · {hall.opens}–{hall.closes} · 取号至 last ticket {hall.last_ticket}",
        f"  部门 departments {count['departments']} · 窗口 windows {count['windows']}"
        f" + 缴费 pay {count['pay_windows']} · 事项 items {count['items']} · 队列 queues {count['queues']}",
        f"  取号机 kiosks {count['kiosks']} · 设备 devices {count['devices']}",
        "  窗口类型 kinds: " + ", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items())),
        f"  目标等候（分钟）target minutes: {classes}",
    ]
    if settings.accounts.required:
        idle = settings.accounts.idle_minutes
        lines.append(
            f"  人员须登录 accounts required · 空闲退出 idle minutes: {idle:g}"
            if idle
            else "  人员须登录 accounts required"
        )
    return "\n".join([*lines, "", *(_queue(settings, queue.id) for queue in settings.queues)])


def _queue(settings: Settings, queue: str) -> str:
    name = next(each.name for each in settings.queues if each.id == queue)
    items = sum(item.queue == queue for item in settings.items)
    own = [window.id for window in settings.windows if queue in window.queues]
    helped = [window.id for window in settings.windows if queue in window.helps]
    help_words = f" · 支援 helped by {' '.join(helped)}" if helped else ""
    return f"  {queue:<2} {name}: 事项 items {items} · 窗口 windows {' '.join(own)}{help_words}"


def _text(reading: Reading, hall: Path) -> str:
    warned = [f"提醒 warning: {warning}" for warning in reading.warnings]
    if reading.settings is None:
        return "\n".join([str(Mistakes(reading.mistakes)), *warned])
    return "\n".join([f"配置正确 / no mistakes: {hall}", summary(reading.settings), *warned])


def _json(reading: Reading) -> str:
    found = reading.settings
    document = {
        "ok": found is not None,
        "mistakes": reading.mistakes,
        "warnings": reading.warnings,
        "hall": {"site": found.hall.site, "name": found.hall.name} if found else {},
        "counts": counts(found) if found else {},
    }
    return msgspec.json.format(for_json(msgspec.json.encode(document).decode()), indent=2)


if __name__ == "__main__":
    check()
