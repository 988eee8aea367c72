"""docs/window.md names every key, every verb and every option; what it leaves out fails here."""

from pathlib import Path

import click
import pytest

from caller.cli.window import window
from caller.console import verbs
from caller.console.caller_link import PRESS_SECONDS
from caller.engine import commands as cmd
from config.catalogue import word

PAGE = (Path(__file__).parents[3] / "docs" / "window.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", verbs.VERBS)
def test_the_page_names_every_key_and_verb(verb: str) -> None:
    caps, names = verbs.VERBS[verb].cap, verbs.VERBS[verb].name
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{caps[0]}`"))
    assert names[0] in row
    assert names[1] in row


def test_the_page_names_every_option_and_every_outcome() -> None:
    options = [name for option in window.params if isinstance(option, click.Option) for name in option.opts]
    assert [name for name in options if f"`{name}`" not in PAGE] == []
    assert [each for each in cmd.OUTCOMES if word("outcome", each) not in PAGE] == []


def test_the_page_says_how_long_a_press_is_worth_waiting_for() -> None:
    assert f"{PRESS_SECONDS:g} 秒没有回答" in PAGE
