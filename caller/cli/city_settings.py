"""`hallcall settings city`: what the city settles for its halls, where this hall differs, and taking it over.

Looking changes nothing. `--apply` goes the way of `hallcall settings apply`: the same checks, the same next version, which can be
taken back.
"""

from pathlib import Path

import click

from caller.cli.check import checked_version
from caller.cli.settings import (
    Kept,
    manager_of,
    name_option,
    say_changes,
    send,
    settings,
    under_city,
    yes_option,
)
from caller.engine.commands import ChangeSettings
from config import city_bundles
from config.city_bundles import CityOffer, CitySettingsError
from config.city_merge import Differing, differences
from config.process.options import Unable, caller_option, data_option, token_option
from config.process.running import VERSION
from config.reading.errors import shown
from config.settings import Settings
from config.text_safety import lines_for_terminal
from config.versions import contents

SAID_MAX = 100


@settings.command()
@data_option
@click.option(
    "--apply", "is_wanted", is_flag=True, help="采用：成为下一版设置 / adopt them: they make the next version"
)
@name_option
@caller_option
@token_option
@yes_option
def city(data: Path, is_wanted: bool, name: str, url: str, token: str | None, yes: bool) -> None:
    """市级设置：有无新版、本厅有何不同、采用 / the city's settings: what is new, where this hall differs, adopt."""
    kept, ours = under_city(data)
    try:
        found = city_bundles.offer(data, ours)
    except CitySettingsError as error:
        raise Unable(str(error.message)) from None
    if found is None:
        _say_in_force(data, ours)
        return
    _take_over(kept, ours, found, data, name if is_wanted else "", url, token, yes)


def _say_in_force(data: Path, ours: Settings) -> None:
    """Say which settings of the city are in force, and where the hall differs from them."""
    number = ours.centre.adopted
    if not number:
        click.echo("还没有收到市级设置 / no settings of the city have come yet")
        return
    click.echo(
        f"市级设置第 {number} 版已采用，没有更新的 / the city's settings {number} are adopted, nothing is newer"
    )
    found = city_bundles.adopted(data, ours)
    if found is None:
        click.echo("本机没有这一版的原文，比较不了 / their text is not here: they cannot be compared")
        return
    _say_release(found.city.release)
    _say_differing(differences(ours, found))


def _take_over(
    kept: Kept, ours: Settings, found: CityOffer, data: Path, manager: str, url: str, token: str | None, yes: bool
) -> None:  # fmt: skip
    """Say what adopting would change and what the hall keeps; carry it out where a manager's name is given."""
    number = found.version.number
    click.echo(f"市级设置第 {number} 版 / the city's settings {number}")
    if found.city.city.note:
        click.echo(lines_for_terminal(found.city.city.note))
    _say_release(found.city.city.release)
    taken = found.into(contents(kept.version(kept.in_force.version)), ours)
    hash = kept.store.put_draft(taken.given)
    draft = kept.store.draft(hash)
    reading = checked_version(draft) if draft else None
    if reading is None or reading.settings is None:
        lines = "\n".join(str(each) for each in reading.mistakes) if reading else ""
        raise Unable(
            f"采用后本厅设置有错误，没有采用\nWith them this hall's settings have mistakes; not adopted\n{lines}"
        )
    _say_differing(taken.differing)
    if not manager:
        say_changes(kept, reading.settings)
        click.echo("采用：加 --apply / to adopt them: --apply")
        return
    command = ChangeSettings(hash, kept.in_force.version)
    send(kept, reading.settings, command, manager_of(kept, data, manager, url, token), yes)


def _say_release(release: str) -> None:
    if release and release != VERSION:
        click.echo(
            f"全市使用版本 {release}，本机是 {VERSION} / the city runs version {release}, this PC has {VERSION}"
        )


def _say_differing(found: list[Differing]) -> None:
    if not found:
        click.echo("与市级设置没有不同 / nothing differs from the city's")
    for each in found[:SAID_MAX]:
        here, there = (shown(str(value)) for value in (each.here, each.there))
        stays = "以市级为准 the city's holds" if each.gives_way else "本厅保留 the hall's stays"
        click.echo(lines_for_terminal(f"≠ {each.place}: {here} | {there} ({stays})"))
    if len(found) > SAID_MAX:
        click.echo(f"… 共 {len(found)} 处 / {len(found)} in all")
