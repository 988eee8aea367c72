"""`hallcall backup`: make a backup of the data folder, list what there is, try whether the newest can be restored.

`hallcall setup` runs `make` each night and `test` each month. Exit code 0: well; 1: the backup cannot be restored; 2: none
could be made, or there is none.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from caller.cli.log_words import DAMAGED, told
from caller.service.backups import BackupError, backups_in, last_trial, made_at, make, try_restore
from caller.service.clock import wall_micros
from config.process.options import Unable, data_option
from config.setup.choices import DAYS_KEPT
from config.text_safety import for_terminal

target_argument = click.argument("target", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False))
KEYS_APART = "密钥不在备份中，请用 --keys 另存一处 / the keys are not in it: keep them elsewhere with --keys"


@contextmanager
def explained() -> Generator[None]:
    """Turn what is wrong with a backup or a log into words for a person."""
    try:
        with told():
            yield
    except BackupError as error:
        raise Unable(str(error.message)) from error


@click.group()
def backup() -> None:
    """数据目录的备份与恢复演练 / back up the data folder, try a restore."""


@backup.command("make")
@target_argument
@data_option
@click.option(
    "--days",
    type=click.IntRange(2, 400),
    default=DAYS_KEPT,
    show_default=True,
    help="保留几天，更早的每月留一份 / days kept; of older ones one a month",
)
@click.option(
    "--keys",
    "key_folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="密钥另存到此，不与备份同处 / copy the keys there, apart from the backups",
)
def make_backup(target: Path, data: Path, days: int, key_folder: Path | None) -> None:
    """营业中备份整个数据目录 / back up the whole data folder while the hall works."""
    with explained():
        made = make(data, target, wall_micros(), days, key_folder)
    size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
    click.echo(for_terminal(f"已备份 / backed up: {made} ({size / 1e6:.1f} MB)"))
    if key_folder is None:
        click.echo(KEYS_APART)


@backup.command("list")
@target_argument
def list_backups(target: Path) -> None:
    """列出备份和最近的演练 / list the backups and the last restore test."""
    for each in backups_in(target):
        at = datetime.fromtimestamp(made_at(each) / 1e6, UTC).astimezone()
        click.echo(for_terminal(f"{at.isoformat(' ', 'seconds')}  {each}"))
    if trial := last_trial(target):
        at = datetime.fromtimestamp(trial.at / 1e6, UTC).astimezone().isoformat(" ", "seconds")
        verdict = trial.detail or f"可以恢复，{trial.events} 条 / restorable, {trial.events} events"
        click.echo(for_terminal(f"演练 restore test {at}  {trial.backup}  {verdict}"))


@backup.command("test")
@target_argument
def test_backup(target: Path) -> None:
    """把最新的备份恢复到临时文件夹并核对 / restore the newest into a temporary folder and verify it."""
    with explained():
        trial = try_restore(target, wall_micros())
    if trial.detail:
        click.echo(for_terminal(f"备份 {trial.backup} 不能恢复：{trial.detail}"), err=True)
        click.echo(for_terminal(f"The backup {trial.backup} cannot be restored: {trial.detail}"), err=True)
        sys.exit(DAMAGED)
    click.echo(f"备份 {trial.backup} 已试恢复：{trial.events} 条，校验链完好")
    click.echo(f"The backup {trial.backup} was restored: {trial.events} events, the chain is whole")
