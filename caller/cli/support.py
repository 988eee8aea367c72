"""`hallcall support`: one file for who helps from elsewhere: versions, what the doctor finds, settings, lines of programs; no persons.

What is in it and what is not: `caller.probes.support`, and READ-ME.txt in the file itself. Nothing is sent anywhere.
"""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import click

from caller.cli.doctor import probes
from caller.probes import support as bundle
from caller.service.clock import wall_micros
from config import owner_only
from config.probe import Examined, examine
from config.process.options import (
    Unable,
    caller_address,
    caller_option,
    data_option,
    hall_argument,
    settings_of,
)
from config.text_safety import for_terminal

STAMP = "%Y%m%dT%H%M%SZ"


@click.command()
@hall_argument
@data_option
@caller_option
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    default=Path(),
    help="写到哪个文件夹 / into which folder",
)
@click.option(
    "--lines",
    "logs",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="程序的日志文件，可多个；系统日志里的自动取 / files with lines of programs; the journal's come by themselves",
)
def support(hall: Path, data: Path, url: str, folder: Path, logs: tuple[Path, ...]) -> None:
    """做一个支持包交给技术支持，其中没有个人信息 / make a bundle for who helps, without personal data."""
    settings = settings_of(hall)
    examined = Examined(hall, settings, data, caller_address(settings, url), wall_micros())
    parts = bundle.parts(examined, dict(examine(examined, probes())), logs)
    path = folder / f"hallcall-support-{datetime.now(UTC).strftime(STAMP)}.zip"
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        owner_only.write_whole(path, body.getvalue())
    except OSError as error:
        raise Unable(
            f"{path} 写不了：{error.strerror}。请换一个文件夹（--to）\n{path} cannot be written: {error.strerror}. Give another folder (--to)"
        ) from None
    for name in parts:
        click.echo(f"  {for_terminal(name)}")
    click.echo(f"已写到 {path}，请先打开看看再交出 / written to {path}; look into it before you hand it on")
