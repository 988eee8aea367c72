"""docs/integrate.md is true: its acceptance system works a window as a process of its own, its addresses and scopes are ours."""

import asyncio
import json
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from caller.cli.deliver import deliver, deliveries
from caller.delivery import webhooks
from caller.delivery.trials import trial
from caller.engine import commands as cmd
from caller.protocol.key_scopes import SCOPES
from config.settings import Webhook
from display.api.calls import BURST, PER_SECOND
from display.api.event_stream import OF_KEY_MAX
from display.api.operations import OPERATIONS, PREFIX
from display.api.reads import LIMIT_MAX
from tests.instruments.api_hall import ApiHall, api_hall
from tests.instruments.caller_fixture import run, until
from tests.instruments.small_settings import GOOD
from tests.instruments.webhook_receiver import receiving

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


# --- webhooks, notifications, the province


def blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    return [block for name, block in found if name == language]


def test_the_settings_of_the_docs_are_a_hall_without_a_mistake(tmp_path: Path) -> None:
    from caller.cli.check import checked

    hall = tmp_path / "hall.toml"
    hall.write_text(GOOD + "\n".join(blocks("toml")), "utf-8")
    reading = checked(hall)
    assert [str(each) for each in reading.mistakes] == []
    assert reading.settings
    assert {each.id for each in reading.settings.gateways} == {"sms"}


def test_the_receiver_of_the_docs_takes_what_the_hall_sends_once_and_nothing_forged_or_played_again(
    tmp_path: Path,
) -> None:
    """Run as it stands there; what the hall sends comes by the hall's own sender."""
    program = tmp_path / "receiver.py"
    program.write_text(next(each for each in blocks("python") if "is_ours" in each), "utf-8")
    secret = webhooks.secret(b"k" * 32, "city", 1)
    line = [sys.executable, str(program), "0", webhooks.written(secret)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        port = process.stdout.readline().split()[-1]
        webhook = Webhook("city", f"http://127.0.0.1:{port}/hook", private=True)
        now = time.time_ns() // 1000
        sent = webhooks.test_message("county", "city", now)
        other = sent._replace(id="county-test-2")

        def post(message: Any, secret: bytes = secret, at: int = now) -> str:
            return webhooks.post(webhook, message, [secret], at).verdict

        try:
            assert post(sent) == "taken"
            assert post(sent) == "taken", "the same again, as after an answer that was lost"
            assert post(other, webhooks.secret(b"x" * 32, "city", 1)) == "refused", "forged"
            assert post(other, at=now - 600_000_000) == "refused", "caught and played again later"
            assert post(other, at=now + 600_000_000) == "refused", "of a clock that is wrong"
            renewed = [webhooks.secret(b"k" * 32, "city", 2), secret]
            assert webhooks.post(webhook, other, renewed, now).verdict == "taken", (
                "the old secret signs along"
            )
        finally:
            process.terminate()
        said = process.stdout.read().splitlines()
    assert [json.loads(each)["type"] for each in said] == ["Test", "Test"], "each id once"


def test_twin_without_its_look_at_the_time_a_message_is_taken_for_ever() -> None:
    known: dict[str, Any] = {}
    exec(next(each for each in blocks("python") if "is_ours" in each), known)
    message, secret = (
        webhooks.test_message("county", "city", 1_790_000_000_000_000),
        webhooks.secret(b"k" * 32, "city", 1),
    )
    headers = {
        "webhook-id": message.id,
        "webhook-timestamp": "1790000000",
        "webhook-signature": webhooks.signature(secret, message.id, 1790000000, message.body),
    }
    given = (webhooks.written(secret), headers, message.body.encode())
    assert known["is_ours"](*given, 1790000000)
    assert not known["is_ours"](*given[:2], message.body.encode() + b" ", 1790000000)
    assert not known["is_ours"](*given, 1790000000 + 301)
    known["OLD_SECONDS"] = 10**9
    assert known["is_ours"](*given, 1790000000 + 10**8)
    for wrong in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        assert not known["is_ours"](given[0], headers | {wrong: "\xff"}, given[2], 1790000000)


def test_the_gateway_of_the_docs_sends_what_it_says(tmp_path: Path) -> None:
    """As written, but for its address: to a server of ours."""
    from msgspec import structs

    from caller.cli.check import checked

    hall = tmp_path / "hall.toml"
    hall.write_text(GOOD + next(each for each in blocks("toml") if "[[gateway]]" in each), "utf-8")
    settings = checked(hall).settings
    assert settings
    run_cli = CliRunner().invoke
    done = run_cli(deliveries, ["--data", str(tmp_path), "secret", "sms", "--set"], input="s3cret\n")
    assert done.exit_code == 0, done.output
    with receiving(lambda *_: 200) as receiver:
        receiver.says = b'{"code":0}'
        gateway = structs.replace(settings.gateways[0], url=receiver.url, private=True)
        answer = trial(structs.replace(settings, gateways=(gateway,)), tmp_path, "sms", "13800000000")
        assert answer == webhooks.Answer("taken", "")
        (got,) = receiver.received
    assert got.headers["authorization"] == "Bearer s3cret"
    said = json.loads(got.body)
    assert (said["mobile"], said["content"]) == ("13800000000", "【小厅】请 A000 号到1。")


def test_the_commands_of_the_docs_take_what_is_written() -> None:
    lines = [
        line for block in blocks("") for line in block.splitlines() if line.startswith("hallcall deliver")
    ]
    assert len(lines) > 6
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        command = deliver if words[0] == "deliver" else deliveries
        found = CliRunner().invoke(command, [*_existing(words[1:]), "--help"])
        assert found.exit_code == 0, (line, found.output)


def _existing(words: list[str]) -> list[str]:
    """A data folder that is there: what is asked is only how the command is written."""
    return [{"DATA": ".", "HALL.toml": "config/halls/village.toml"}.get(each, each) for each in words]
