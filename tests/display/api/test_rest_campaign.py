"""Schemathesis asks the REST interface ten thousand times what its description allows, and what it does not.

Needs the extra `campaign`. The pace is below the one the caller allows a line, so that most questions reach the engine.
"""

import asyncio
import importlib.util
import re
import sys
from pathlib import Path

import pytest

from display.api import calls
from display.api.operations import OPERATIONS
from tests.instruments.api_hall import api_hall
from tests.instruments.caller_fixture import run

CASES = 10_000
SECONDS = 3600.0
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.mark.campaign
def test_ten_thousand_questions_find_no_answer_that_is_not_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not importlib.util.find_spec("schemathesis"):
        pytest.fail("This campaign needs the extra `campaign`: pip install '.[campaign]'")
    monkeypatch.setattr(calls.KeyPace, "limits", lambda _: (1e9, 1e9))

    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            taken = {"ticket": ""}
            for _ in range(20):
                taken = await hall.post("/tickets", {"queue": "A"})
            known = {"window": "3", "queue": "A", "item": "i1", "ticket": taken["ticket"]}
            rows = [f'"path.{name}" = "{value}"' for name, value in known.items()]
            (tmp_path / "schemathesis.toml").write_text("\n".join(["[parameters]", *rows, ""]), "utf-8")
            arguments = (
                "run", f"http://127.0.0.1:{hall.site.port}/openapi.json", "-H", f"Authorization: Bearer {hall.key}",
                "--checks", CHECKS, "--phases", "fuzzing", "--max-examples", str(1 + CASES // len(OPERATIONS)),
                "--rate-limit", "40/s", "--request-timeout", "90", "--exclude-path", "/api/v1/events", "--seed", "15",
                "--continue-on-failure", "--no-color",
            )  # fmt: skip
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "schemathesis.cli",
                *arguments,
                cwd=tmp_path,
                stdout=asyncio.subprocess.PIPE,
            )
            said = (await process.communicate())[0].decode()
            print(said)
            assert process.returncode == 0, said[-6000:]
            asked = re.search(r"(\d[\d,]*) generated", said)
            assert asked, said[-2000:]
            assert int(asked[1].replace(",", "")) >= CASES

    run(test(), SECONDS)
