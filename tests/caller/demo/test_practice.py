"""The practice hall: the real hall's window among simulated applicants, and nothing of it reaches the real one."""

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from caller.client.client import Client
from caller.demo import practice
from caller.demo.practice import LINES, practice_settings, running
from caller.engine import commands as cmd
from config.hall_lists import find
from config.reading.reader import HALLS, read
from config.settings import AccountsTable, Settings, Webhook
from tests.instruments.caller_fixture import until

COUNTY = read(HALLS / "county.toml")


def real() -> Settings:
    """A hall with all that must not come along."""
    hook = Webhook(id="city", url="https://city.example/in")
    return structs.replace(COUNTY, webhooks=(hook,), accounts=AccountsTable(required=True))


def test_it_has_the_windows_and_words_of_the_hall_and_nothing_that_reaches_outside(tmp_path: Path) -> None:
    made = practice_settings(real(), tmp_path)
    assert [each.id for each in made.windows] == [each.id for each in COUNTY.windows]
    assert (made.queues[0].name, len(made.items)) == (COUNTY.queues[0].name, len(COUNTY.items))
    assert (made.devices, made.kiosks, made.webhooks, made.accounts.required) == ((), (), (), False)
    assert made.listen.caller != COUNTY.listen.caller
    assert made.hall.name.startswith("练习")
    assert not made.hall.automatic_day
    for code, (zh, _) in LINES.items():
        reason = find(made, "message", f"practice-{code}")
        assert reason
        assert reason.name == zh


@pytest.mark.parametrize(("state", "second"), [("called", False), ("serving", False), ("serving", True)])
def test_what_an_applicant_does_is_one_of_the_lines(state: str, second: bool) -> None:
    found = {practice._line(random.Random(seed), state, second) for seed in range(200)}
    assert found <= LINES.keys()
    assert found == ({"second"} if second else found)
    assert second or len(found) > 1


def test_a_clerk_is_told_at_the_desk_what_the_applicant_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real caller as a process; the pace of its applicants is hurried."""
    for name in ("ARRIVAL_SECONDS", "WALK_SECONDS", "TALK_SECONDS"):
        monkeypatch.setattr(practice, name, 0.01)
    monkeypatch.setattr(practice, "COLLEAGUES", 0)
    monkeypatch.setattr(practice.tempfile, "tempdir", str(tmp_path))
    window, folders = "1", list[Path]()

    async def test() -> None:
        async with running(real(), window, False, 1) as hall:
            token = hall.setup.tokens[f"window-{window}"]
            async with Client(hall.setup.caller, token, [f"window/{window}"], "practice") as desk:
                await desk.until("current")

                def told() -> bool:
                    return any(each["code"].startswith("practice-") for each in seen()["messages"])

                def seen() -> dict[str, Any]:
                    return desk.views[f"window/{window}"]

                await desk.send(cmd.OpenWindow(window, "2001"))
                await until(lambda: seen()["verbs"]["CallNext"]["live"], "an applicant has come")
                await desk.send(cmd.CallNext(window, seen()["version"]))
                await until(told, "what the applicant does stands on the desk")
                first = seen()["messages"]
                await desk.send(cmd.StartService(window, seen()["version"]))
                await until(lambda: told() and seen()["messages"] != first, "and what comes next")
                folders.append(hall.setup.data)

    asyncio.run(test())
    assert [each.parent for each in folders] == [tmp_path]
    assert list(tmp_path.iterdir()) == []  # nothing is left
