"""`hallcall ratings`: is this rating counted, unchanged, and do the published counts follow from the log? Reads only.

What a giver of a rating holds, what the hall publishes and what the proof is: `caller.eventlog.rating_proofs`,
docs/ratings.md. Exit code 0: proven; 1: the log is another than was published; 2: bad input.
"""

from pathlib import Path

import click
import msgspec

from caller.cli.log import log_options, opened
from caller.eventlog import LogError, Reader
from caller.eventlog.daily_roots import DayRoot, roots_in
from caller.eventlog.rating_proofs import (
    RatingProof,
    Receipt,
    RootedRatings,
    counted,
    holds,
    parse_receipt,
    prove,
    receipt_at,
    root_seen,
    rooted_ratings,
)
from caller.reports.published_ratings import share_of
from caller.reports.rating_cards import FIELDS, TEMPLATE, BadTemplate, card_sheet, rated_windows
from config import owner_only
from config.process import print_view
from config.process.options import Unable, hall_argument, json_option, settings_of
from config.process.tables import columns_of, text_table
from config.rating_settings import LEVELS
from config.text_safety import DECODE_ERRORS

HEAD = (
    "日 day",
    "对象 of",
    "次数 count",
    "评价 ratings",
    "5",
    "4",
    "3",
    "2",
    "1",
    "好评率 good",
    "根值 root",
)
KINDS = {"": "全部 all", "visit": "接待 receptions", "case": "办件 cases"}
RATED = (
    {"": "评价", "visit": "接待评价", "case": "办件评价"},
    {"": "rating", "visit": "rating of a reception", "case": "rating of a case"},
)
root_option = click.option(
    "--root",
    "seen",
    multiple=True,
    help="在屏上、号票上或网页上抄下的根值 / a root noted from a board, a slip or the page",
)


@click.group()
def ratings() -> None:
    """可核对的评价：证明一条、核对全部 / ratings one can check: prove one, verify all."""


@ratings.command("prove")
@log_options
@click.argument("receipt")
@root_option
@json_option
def prove_one(data: Path, file: Path | None, receipt: str, seen: tuple[str, ...], as_json: bool) -> None:
    """证明回执上的评价原样计入 / prove that the rating of a receipt is counted, unchanged."""
    with opened(data, file) as reader:
        held = parse_receipt(receipt)
        proof = prove(reader, held)
        for root in seen:
            if root_seen(reader, root).root != proof.root:
                raise LogError("receipt-other-root", held.seq, root=root, day=proof.day)
    if not holds(proof, held, proof.root):  # what anybody can do with the proof alone
        raise LogError("receipt-changed", held.seq, day=held.day)
    if as_json:
        click.echo(msgspec.json.encode(proof).decode())
        return
    click.echo(_proven(held, proof))


def _proven(held: Receipt, proof: RatingProof) -> str:
    place = proof.place + 1
    return (
        f"已计入：{held.day} 的 {held.level} 分{RATED[0][proof.kind]}，原样，是 {proof.day} 根值下 {proof.size} 条评价中的第 {place} 条\n"
        f"Counted: the {RATED[1][proof.kind]} of {held.day}, level {held.level}, unchanged, is number {place} of {proof.size} "
        f"under the root of {proof.day}\n根值 root {proof.root}"
    )


@ratings.command()
@log_options
@root_option
@click.option(
    "--list",
    "saved",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="从公开页存下的清单 / a list saved from the page",
)
@click.option("--receipt", "held", multiple=True, help="应在其中的回执 / a receipt that must be among them")
def verify(
    data: Path, file: Path | None, seen: tuple[str, ...], saved: Path | None, held: tuple[str, ...]
) -> None:
    """核对整份日志、每个根值和公布的数 / check the whole log, every root, and what was published."""
    with opened(data, file) as reader:
        reader.verify()
        found = list(roots_in(reader))
        for root in seen:
            root_seen(reader, root)
        for each in held:
            prove(reader, parse_receipt(each))
        if saved:
            _compare(reader, found, saved)
        levelled = [root for root in found if root.levels]
        rows = [row for root in levelled for row in _rows(reader, root)]
    if not rows:
        click.echo("还没有根值，营业日结束后生成 / No root yet; one is made after a day has closed")
        return
    click.echo("\n".join(text_table([HEAD, *rows], columns_of(len(HEAD), *range(len(HEAD))))))
    count = len(levelled)
    click.echo(f"相符：{count} 个根值都由日志重新算出 / All well: {count} roots follow from the log")


def _rows(reader: Reader, root: DayRoot) -> list[tuple[str, ...]]:
    """Return the counts under a root, computed from the rows and not from the event: of each kind. Raises `LogError`."""
    listed = rooted_ratings(reader, root)
    if not root.case_levels:
        return [_row(root, "", "", listed.levels)]
    visits = [both - case for both, case in zip(listed.levels, listed.case_levels, strict=True)]
    rows = [_row(root, "visit", str(root.receptions), visits)]
    if root.decided or any(listed.case_levels):
        rows.append(_row(root, "case", str(root.decided), listed.case_levels))
    return rows


def _row(root: DayRoot, kind: str, count: str, levels: list[int]) -> tuple[str, ...]:
    counts = [str(levels[level - 1]) for level in range(LEVELS, 0, -1)]
    return (root.day, KINDS[kind], count, str(sum(levels)), *counts, share_of(levels), root.root)


def _compare(reader: Reader, found: list[DayRoot], saved: Path) -> None:
    """Compare a list saved from the page with the log. Raises `LogError` with what differs."""
    try:
        listed = msgspec.json.decode(saved.read_bytes(), type=RootedRatings)
    except (OSError, *DECODE_ERRORS):
        raise LogError("list-unreadable", path=saved) from None
    if listed.site != reader.site:
        raise LogError("receipt-other-hall", site=listed.site, here=reader.site)
    root = next((each for each in found if each.last == listed.last), None)
    if not counted(listed) or root is None or rooted_ratings(reader, root) != listed:
        raise LogError("list-differs", listed.last, day=listed.day)


@ratings.command()
@log_options
@click.argument("seq", type=click.IntRange(1))
def receipt(data: Path, file: Path | None, seq: int) -> None:
    """补发回执 / the receipt of the rating in event SEQ."""
    with opened(data, file) as reader:
        click.echo(str(receipt_at(reader, seq)))


@ratings.command()
@hall_argument
@click.option("--window", "only", multiple=True, help="只打印这些窗口 / of these windows only")
@click.option(
    "--template",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="按规定格式的一张卡（HTML，字段见 docs/ratings.md） / one card in a prescribed form",
)
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="写成网页 / as a page")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="写成 PDF / as a PDF")
def cards(
    hall: Path, only: tuple[str, ...], template: Path | None, html: Path | None, pdf: Path | None
) -> None:
    """打印各窗口的评价码 / print the code of each window, one card a page."""
    settings = settings_of(hall)
    windows = [each for each in rated_windows(settings) if not only or each.id in only]
    if lacking := set(only) - {each.id for each in windows}:
        raise Unable(f"没有窗口 {'、'.join(sorted(lacking))} / There is no such window")
    if not html and not pdf:
        raise Unable("请写明写到哪里：--html 或 --pdf / Say where it goes: --html FILE or --pdf FILE")
    try:
        page = card_sheet(settings, windows, template.read_text("utf-8") if template else TEMPLATE)
    except BadTemplate as error:
        raise Unable(
            f"模板里不认识或缺少：{error}。可用的字段 / Unknown or lacking in the template; the fields are: {', '.join(FIELDS)}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Unable(f"读不了模板 / The template cannot be read: {error}") from None
    if html:
        owner_only.write_whole(html, page.encode())
    if pdf:
        print_view.write_pdf(page, pdf)
    click.echo(f"已写 {len(windows)} 张 / {len(windows)} cards written")
