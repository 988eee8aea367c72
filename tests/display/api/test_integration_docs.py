"""docs/integrate.md is true: its acceptance system works a window as a process of its own, its addresses and scopes are ours."""

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from caller.engine import commands as cmd
from caller.protocol.key_scopes import SCOPES
from display.api.calls import BURST, PER_SECOND
from display.api.event_stream import OF_KEY_MAX
from display.api.operations import OPERATIONS, PREFIX
from display.api.reads import LIMIT_MAX
from tests.instruments.api_hall import ApiHall, api_hall
from tests.instruments.caller_fixture import run, until

TEXT = (Path(__file__).parents[3] / "docs" / "integrate.md").read_text("utf-8")
PROGRAM = next(
    each for each in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if "acceptance.py" in each
)


async def rated(hall: ApiHall, level: int) -> None:
    """The applicant presses as soon as the evaluator of window 4 asks."""
    visits = hall.room.loop.hall.register.visits
    window = hall.room.loop.hall.state.windows["4"]
    await until(lambda: window.last and not visits[window.last].level, "the evaluator asks")
    await hall.room.order(cmd.Rate(ticket=window.last, level=level), "evaluator", "4")


def test_the_acceptance_system_of_the_docs_works_a_window_from_sign_in_to_the_last_case(
    tmp_path: Path,
) -> None:
    program = tmp_path / "acceptance.py"
    program.write_text(PROGRAM, "utf-8")

    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            key = hall.add_key("acceptance", "windows", "cases", "events")
            first = await hall.post("/tickets", {"items": ["i1"]})
            arguments = (str(program), f"http://127.0.0.1:{hall.site.port}", key, "4", "C001", "2")
            process = await asyncio.create_subprocess_exec(
                sys.executable, *arguments, stdout=asyncio.subprocess.PIPE
            )
            assert process.stdout
            await rated(hall, 5)
            done: list[Any] = [json.loads(await process.stdout.readline())]
            second = await hall.post("/tickets", {"items": ["i1"]})  # while it listens
            await rated(hall, 3)
            done.append(json.loads(await process.stdout.readline()))
            assert await process.wait() == 0
            assert [each["number"] for each in done] == [first["number"], second["number"]]
            assert [each["level"] for each in done] == [5, 3]
            assert {each["state"] for each in done} == {"closed"}
            case = await hall.get(f"/cases/{done[1]['case']}")
            assert (case["project"], case["state"]) == ("330100-2026-000002", "closed")
            assert (await hall.get("/windows/4"))["state"] == "closed"

    run(test())


def test_the_curls_of_the_docs_are_answered(tmp_path: Path) -> None:
    """Each address and body is sent as written, without a content type, as curl -d sends it."""
    found = re.findall(r"curl -X POST http://HALL:9301(\S+).*?-d '(.*?)'", TEXT, re.DOTALL)
    assert found

    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            await hall.post("/tickets", {"queue": "A"})
            await hall.post("/windows/3/call-next")
            await hall.post("/windows/3/start")
            form = {
                "Authorization": f"Bearer {hall.key}",
                "Content-Type": "application/x-www-form-urlencoded",
            }
            form["Idempotency-Key"] = "0190f7c2-once"
            for path, body in found:
                body = body.replace('"wait": 30', '"wait": 0')
                answer: httpx.Response = await hall.http.post(path, content=body, headers=form)
                assert answer.status_code == 200, answer.text

    run(test())


def test_the_figures_and_scopes_of_the_docs_are_those_of_the_code() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)) == set(SCOPES)
    assert f"每秒 {PER_SECOND:g} 次，瞬时 {BURST:g} 次" in TEXT
    assert f"至多 {LIMIT_MAX}" in TEXT
    assert f"至多 {OF_KEY_MAX} 条" in TEXT


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_every_address_is_in_the_docs(operation: Any) -> None:
    """By its last fixed part: the table writes parts in capitals."""
    fixed = [each for each in operation.path.split("/") if each and not each.startswith("{")]
    assert f"/{fixed[-1]}" in TEXT.partition("### 常用地址")[2], PREFIX + operation.path
