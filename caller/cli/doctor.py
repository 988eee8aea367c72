"""`hallcall doctor` and `hallcall status`: everything that is wrong with a hall on this PC, each with its next step, or all on
one screen.

Both ask the same probes; they look and change nothing. Exit code 0: nothing wrong; 1: something does not work now; 2: bad input.
"""

import sys
from importlib import import_module
from pathlib import Path

import click
import msgspec

from caller.cli.check import WARNINGS_ABOVE, check_named
from caller.service.clock import wall_micros
from config.catalogue import both, both_words
from config.probe import Examined, Finding, Grade, Probe, examine
from config.process.options import (
    caller_address,
    caller_option,
    data_option,
    hall_argument,
    json_option,
    settings_of,
)
from config.process.tables import folded
from config.reading.reader import inspect
from config.text_safety import for_json, for_terminal

WRONG = 1  # exit code
# Probes of the floors above, imported when the command runs: name → module:function.
PROBES_ABOVE = {
    "ports": "devices.inventory:missing_ports",
    "voice": "display.voice.speech_audio:silent_calls",
    "letters": "devices.printer.fonts:unreadable",
    "prompts": "kiosk.faces.voice:borrowed_voices",
}
SIGNS: dict[Grade, str] = {"wrong": "✗", "doubtful": "!"}


@click.command()
@hall_argument
@data_option
@caller_option
@click.option(
    "--pc",
    default="",
    help="本机在配置中的名称，检查它的设备 / this PC's name in the hall's file: its devices too",
)
@json_option
def doctor(hall: Path, data: Path, url: str, pc: str, as_json: bool) -> None:
    """检查本机的大厅运行情况，逐条说明怎么办 / look for all that is wrong here, and say what to do."""
    settings = settings_of(hall)
    examined = Examined(hall, settings, data, caller_address(settings, url), wall_micros(), pc)
    found = list(examine(examined, probes()))
    texts = [
        str(each)
        for each in inspect(hall, warn=[check_named(name, hall.parent) for name in WARNINGS_ABOVE]).warnings
    ]
    click.echo(_json(found, texts) if as_json else _text(found, texts))
    sys.exit(WRONG if any(each.grade == "wrong" for _, findings in found for each in findings) else 0)


@click.command()
@hall_argument
@data_option
@caller_option
def status(hall: Path, data: Path, url: str) -> None:
    """一屏看完：不正常的一行一项，正常的并在一起 / on one screen: a line for what is not well, the rest together."""
    settings = settings_of(hall)
    examined = Examined(hall, settings, data, caller_address(settings, url), wall_micros())
    found = list(examine(examined, probes()))
    for line in status_lines(settings.hall.name, found):
        click.echo(folded(for_terminal(line)))
    sys.exit(WRONG if any(each.grade == "wrong" for _, findings in found for each in findings) else 0)


def status_lines(hall: str, found: list[tuple[str, list[Finding]]]) -> list[str]:
    """Return how a hall stands: what does not work first, then what is doubtful, then what is well in a line each language."""
    wrong = {name: min(findings, key=_gravity) for name, findings in found if findings}
    well = [both("probe", name) for name, findings in found if not findings]
    counts = dict(found)
    lines = [hall]
    for name, worst in sorted(wrong.items(), key=lambda each: _gravity(each[1])):
        more = f" (+{len(counts[name]) - 1})" if len(counts[name]) > 1 else ""
        words = f"{worst.message.zh} / {worst.message.en}"
        lines.append(f"{SIGNS[worst.grade]} {both_words('probe', name)}：{words}{more}")
    if well:
        lines.append(f"✓ 正常：{'、'.join(zh for zh, _ in well)}")
        lines.append(f"✓ Well: {', '.join(en[:1].lower() + en[1:] for _, en in well)}")
    return lines


def _gravity(finding: Finding) -> bool:
    return finding.grade != "wrong"


def probes() -> dict[str, Probe]:
    """Return every probe by its name, those of the floors above too."""
    from caller.probes import ALL

    above = {name: where.partition(":") for name, where in PROBES_ABOVE.items()}
    return ALL | {
        name: getattr(import_module(module), function) for name, (module, _, function) in above.items()
    }


def _text(found: list[tuple[str, list[Finding]]], texts: list[str]) -> str:
    lines: list[str] = []
    for name, findings in found:
        if not findings:
            lines.append(f"✓ {both_words('probe', name)}")
        for each in findings:
            zh, en = each.message.with_next_step
            lines += [f"{SIGNS[each.grade]} {both_words('probe', name)}", f"    {zh}。", f"    {en}."]
    lines += [f"! {text}" for text in texts]
    return "\n".join(folded(for_terminal(line)) for line in lines)


def _json(found: list[tuple[str, list[Finding]]], texts: list[str]) -> str:
    document = {"probes": dict(found), "warnings": texts}
    return for_json(msgspec.json.encode(document).decode())
