"""`hallcall slip`: see papers as a printer would make them, check a hall's own templates, copy ours.

The preview goes through the very bytes a printer gets, so a picture that is right is a paper that is right.
"""

import shutil
import sys
from pathlib import Path
from typing import Literal, NoReturn

import click

from config.paper.samples import sample_sheet
from config.paper.template import Template, TemplateMistakes
from config.paper.template_files import FIELDS, OURS, TITLES, TemplateFolder, load
from config.process.options import BAD_INPUT, Unable, lang_option
from devices.printer import PAPERS, TextLine, encode, fonts
from devices.printer.receipt_renderer import pictures

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def slip() -> None:
    """号票和通知书：预览、检查、复制模板 / slips and notices: preview, check, copy templates."""


@slip.command()
@click.argument("template", default="slip")
@click.option(
    "--width",
    type=click.IntRange(256, 832),
    default=576,
    show_default=True,
    help="打印点数：80毫米纸 576，58毫米纸 384 / dots",
)
@lang_option
@click.option(
    "--mode",
    type=click.Choice(["raster", "text"]),
    default="raster",
    show_default=True,
    help="图形或打印机字库 / drawn or printer's letters",
)
@click.option("--templates", type=_FOLDER, default=None, help="本大厅的模板文件夹 / the hall's own templates")
@click.option("--reprint", is_flag=True, help="带“补打”标记 / marked as a reprint")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="PNG 文件 / the picture; TEMPLATE-LANG-WIDTH.png",
)
def preview(
    template: str,
    width: int,
    lang: Literal["zh", "en"],
    mode: Literal["raster", "text"],
    templates: Path | None,
    reprint: bool,
    out: Path | None,
) -> None:
    """把模板画成图片，不用打印机。TEMPLATE 是名称或文件 / draw a template, no printer needed."""
    kind, rows = _template(template, lang, templates)
    sheet = sample_sheet(kind, lang, rows, reprint=reprint)
    job = encode(sheet, width, mode)
    target = out or Path(f"{kind}-{lang}-{width}.png")
    try:
        pictures(job, width)[0].save(target, format="PNG")
    except OSError as error:
        _stop(f"写不了 {target}：{error} / cannot write {target}")
    lacking = "".join(fonts.missing(block.text) for block in sheet if isinstance(block, TextLine))
    if lacking:
        click.echo(
            f"没有字体含有这些字：{lacking}，所在的行不打印；可安装 fonts-noto-core / no font has these: their lines are left out",
            err=True,
        )
    if not fonts.found():
        click.echo("没有汉字字体，汉字显示为方框：apt install fonts-noto-cjk / no hanzi font", err=True)
    paper = next((f"{mm} mm" for mm, dots in PAPERS.items() if dots == width), f"{width} dots")
    click.echo(f"{target}  {TITLES[kind]} {lang} {paper} {mode}  {len(job)} bytes")


@slip.command()
@click.argument("folder", type=_FOLDER)
def check(folder: Path) -> None:
    """检查一个文件夹里的全部模板 / check all templates of a folder."""
    files = sorted(folder.glob("*.txt"))
    mistakes = [words for path in files for words in _mistakes(path)]
    for words in mistakes:
        click.echo(words, err=True)
    if not files:
        _stop(f"{folder} 里没有 .txt 模板；先用 hallcall slip copy {folder} / no templates there yet")
    if mistakes:
        sys.exit(BAD_INPUT)
    click.echo(f"{len(files)} 个模板没有错误 / {len(files)} templates, no mistakes")


@slip.command()
@click.argument("folder", type=_FOLDER)
def copy(folder: Path) -> None:
    """把我们的模板复制到文件夹，以便修改；已有的文件不动 / copy our templates there to edit; keeps yours."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(OURS.glob("*.txt")):
        if not (folder / path.name).exists():
            shutil.copy(path, folder)
            click.echo(str(folder / path.name))


def _template(name: str, lang: str, folder: Path | None) -> tuple[str, Template]:
    """Return a kind's template from the folders, or one file: its kind is the first part of its name."""
    path = Path(name)
    kind = name if name in FIELDS else path.name.split(".")[0]
    if kind not in FIELDS or not (name in FIELDS or path.is_file()):
        known = "  ".join(f"{each} {zh}" for each, zh in TITLES.items())
        _stop(f"没有模板“{name}”。可用：{known} / no such template or file; known are those")
    try:
        return kind, load(path if name not in FIELDS else TemplateFolder(folder).paths(kind, lang)[0], kind)
    except TemplateMistakes as found:
        _stop(str(found))


def _mistakes(path: Path) -> list[str]:
    kind = path.name.split(".")[0]
    if kind not in FIELDS:
        return [f"{path}:1: 文件名应是 {'|'.join(FIELDS)}.zh.txt 或 .en.txt / not the name of a template"]
    try:
        load(path, kind)
    except TemplateMistakes as found:
        return [str(found)]
    return []


def _stop(words: str) -> NoReturn:
    raise Unable(words)
