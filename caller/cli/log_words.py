"""What the commands on a log tell a person: its trouble with an exit code, and that it is whole."""

import sys
from collections.abc import Generator
from contextlib import contextmanager

import click

from caller.eventlog import LogError, VerifyResult
from config.process.options import BAD_INPUT
from config.text_safety import lines_for_terminal

DAMAGED = 1
DAMAGE = frozenset({"damaged", "corrupt", "behind", "emptied", "edited-checkpoint", "no-wal"}) | {
    "receipt-changed", "receipt-other-root", "list-differs", "root-unknown",
}  # fmt: skip


@contextmanager
def told() -> Generator[None]:
    """Print a log's trouble in words and exit: 1 where the log is damaged, 2 where what was asked for cannot be read.

    A reader that closes the pipe early, as `head` does, is no trouble.
    """
    try:
        yield
    except LogError as error:
        click.echo(lines_for_terminal(str(error.message)), err=True)
        sys.exit(DAMAGED if error.code in DAMAGE else BAD_INPUT)
    except BrokenPipeError:
        sys.exit(0)


def words(verdict: VerifyResult) -> str:
    """Return a verdict in both languages. The last hash noted on paper proves later that nothing was rewritten."""
    digest = verdict.head.hash.hex()
    lines = [
        f"完好：站点 {verdict.site}，共 {verdict.events} 条，末条校验值 {digest}",
        f"whole: site {verdict.site}, {verdict.events} events, hash of the last {digest}",
    ]
    if verdict.roots:
        lines.append(f"每日根值 {verdict.roots} 个，全部相符 / {verdict.roots} daily roots, all right")
    if verdict.bad_checkpoints:
        seqs = ", ".join(map(str, verdict.bad_checkpoints))
        lines.append(
            f"检查点 {seqs} 已损坏，启动时自动跳过 / checkpoints {seqs} are damaged; a start passes them over"
        )
    return "\n".join(lines)
