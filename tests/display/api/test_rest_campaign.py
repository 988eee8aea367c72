"""Schemathesis asks the REST interface ten thousand times what its description allows, and what it does not.

Needs the extra `campaign`. Two of three questions are about what there is, and can be done (`schemathesis_hooks`); what share of
the answers was 2xx is printed, by operation. No pace bounds it here, so that what is asked reaches the engine.
"""

import asyncio
import importlib.util
import json
import os
import re
import sys
from pathlib import Path

import pytest

from caller.service import session
from display.api import calls
from display.api.operations import OPERATIONS
from tests.instruments.api_hall import api_hall
from tests.instruments.caller_fixture import run

CASES = 10_000  # HALLCALL_CASES: another number, for a look in between
SHARE_DONE = 0.4  # of all answers; two of three questions are about what there is (`schemathesis_hooks`)
NEVER_DONE = {"CheckIn"}  # its bookings are for the days to come, and too early today
ROOT = Path(__file__).parents[3]
SECONDS = 3600.0
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.mark.campaign
def test_ten_thousand_questions_find_no_answer_that_is_not_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not importlib.util.find_spec("schemathesis"):
        pytest.fail("This campaign needs the extra `campaign`: pip install '.[campaign]'")
    cases = int(os.environ.get("HALLCALL_CASES", CASES))
    monkeypatch.setattr(calls.KeyPace, "limits", lambda _: (1e9, 1e9))
    monkeypatch.setattr(session, "COMMANDS_PER_SECOND", 1e6)  # a caller's own pace is tried elsewhere
    monkeypatch.setattr(session, "COMMANDS_BURST", 1e6)

    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            counted = tmp_path / "counted.json"
            arguments = (
                "run", f"http://127.0.0.1:{hall.site.port}/openapi.json", "-H", f"Authorization: Bearer {hall.key}",
                "--checks", CHECKS, "--phases", "fuzzing", "--max-examples", str(1 + cases // len(OPERATIONS)),
                "--request-timeout", "90", "--exclude-path", "/api/v1/events", "--seed", "15",
                "--continue-on-failure", "--no-color",
            )  # fmt: skip
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "schemathesis.cli",
                *arguments,
                cwd=tmp_path,
                stdout=asyncio.subprocess.PIPE,
                env=os.environ
                | {
                    "SCHEMATHESIS_HOOKS": "tests.instruments.schemathesis_hooks",
                    "PYTHONPATH": str(ROOT),
                    "HALLCALL_ADDRESS": f"http://127.0.0.1:{hall.site.port}",
                    "HALLCALL_KEY": hall.key,
                    "HALLCALL_COUNTED": str(counted),
                },
            )
            said = (await process.communicate())[0].decode()
            print(said)
            assert process.returncode == 0, said[-6000:]
            asked = re.search(r"(\d[\d,]*) generated", said)
            assert asked, said[-2000:]
            assert int(asked[1].replace(",", "")) >= cases
            answers: dict[str, dict[str, int]] = json.loads(counted.read_text("utf-8"))
            done = {name: each.get("2xx", 0) / sum(each.values()) for name, each in answers.items()}
            share = sum(each.get("2xx", 0) for each in answers.values()) / sum(
                sum(each.values()) for each in answers.values()
            )
            print(
                f"{share:.0%} done;",
                {name: f"{each:.0%}" for name, each in sorted(done.items(), key=lambda row: row[1])},
            )
            assert share >= SHARE_DONE, "most questions were refused before they came to anything"
            assert {name for name, each in done.items() if not each} <= NEVER_DONE

    run(test(), SECONDS)
