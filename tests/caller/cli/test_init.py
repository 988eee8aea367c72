"""`hallcall init` and what `[accounts]` means: a new hall requires accounts, an older one goes on."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from caller.cli.check import check
from caller.cli.init import init
from config.reading.errors import Mistakes
from config.reading.reader import HALLS, read


@pytest.mark.parametrize("like", ["county", "village", "city", "safety"])
def test_a_new_hall_requires_accounts_and_passes_its_check(tmp_path: Path, like: str):
    hall = tmp_path / "new" / "hall.toml"
    done = CliRunner().invoke(init, [str(hall), "--like", like])
    assert done.exit_code == 0, done.output
    assert "hallcall account add" in done.output
    made, sample = read(hall), read(HALLS / f"{like}.toml")
    assert made.accounts.required
    assert not sample.accounts.required
    assert [each.id for each in made.items] == [each.id for each in sample.items]
    assert CliRunner().invoke(check, [str(hall)]).exit_code == 0


def test_a_village_may_turn_it_off(tmp_path: Path):
    CliRunner().invoke(init, [str(tmp_path / "hall.toml"), "--like", "village", "--no-accounts"])
    assert not read(tmp_path / "hall.toml").accounts.required


def test_nothing_is_written_over(tmp_path: Path):
    hall = tmp_path / "hall.toml"
    hall.write_text("# mine\n")
    done = CliRunner().invoke(init, [str(hall), "--like", "village"])
    assert done.exit_code == 2
    assert hall.read_text() == "# mine\n"


@pytest.mark.parametrize(
    "line",
    ['required = "yes"', "require = true", "idle_minutes = -1", "idle_minutes = 1441", 'idle_minutes = "x"'],
)
def test_a_mistake_in_accounts_is_found(tmp_path: Path, line: str):
    hall = tmp_path / "hall.toml"
    CliRunner().invoke(init, [str(hall), "--like", "village"])
    text = hall.read_text("utf-8").replace("required = true", line)
    hall.write_text(text, "utf-8")
    with pytest.raises(Mistakes) as found:
        read(hall)
    assert "accounts" in str(found.value)
