"""What others make of `/openapi.json`: a linter finds nothing in it, and the TypeScript client that is generated from it runs a visit.

Needs node and npm, and npm's registry or a mirror of it: `pytest -m campaign tests/display/api/test_openapi_campaign.py`. The
program of the visit is the one of docs/integrate.md, compiled in TypeScript's strict mode and run as it stands there.
"""

import asyncio
import copy
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from display.api import openapi
from tests.display.api.test_integration_docs import TEXT, rated
from tests.instruments.api_hall import api_hall
from tests.instruments.caller_fixture import run

pytestmark = pytest.mark.campaign
TOOLS = ("@redocly/cli@2", "openapi-typescript@7", "openapi-fetch@0.17", "typescript@5")
OPTIONAL = "--default-non-nullable=false"  # a field with a default need not be sent
INSTALL_SECONDS, TOOL_SECONDS = 600.0, 120.0
NEEDS = "This campaign needs node 20 or newer and npm (Debian: nodejs npm), and npm's registry"
RULES = (
    "extends: [recommended]\nrules: {info-license: off}\n"  # the program's licence is not the hall's matter
)
COMPILED = (
    "--strict",
    "--target",
    "es2022",
    "--module",
    "nodenext",
    "--moduleResolution",
    "nodenext",
    "--lib",
    "es2022,dom",
)
PROGRAM = next(each for each in re.findall(r"```ts\n(.*?)```", TEXT, re.DOTALL) if "visit.ts" in each)


def ran(folder: Path, *words: str, seconds: float = TOOL_SECONDS) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=seconds)


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tools in it, and the description as `openapi.json`."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.fail(NEEDS)
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text('{"type": "module", "private": true}', "utf-8")
    (folder / "redocly.yaml").write_text(RULES, "utf-8")
    done = ran(folder, "npm", "install", "--no-audit", "--no-fund", *TOOLS, seconds=INSTALL_SECONDS)
    assert done.returncode == 0, f"{NEEDS}\n{done.stderr}"
    return folder


def found_by_linter(folder: Path, document: dict[str, Any]) -> list[str]:
    """What the linter says of a description, errors and warnings alike."""
    (folder / "openapi.json").write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    done = ran(
        folder, "npx", "redocly", "lint", "openapi.json", "--config", "redocly.yaml", "--format", "json"
    )
    said = json.loads(done.stdout[done.stdout.index("{") :])
    return [f"{each['severity']} {each['ruleId']}: {each['message']}" for each in said["problems"]]


def test_a_linter_finds_neither_errors_nor_warnings(tools: Path) -> None:
    assert found_by_linter(tools, openapi.document("测试大厅")) == []


def test_twin_it_finds_a_part_of_a_path_that_is_not_described_and_a_pattern_that_only_python_knows(
    tools: Path,
) -> None:
    broken = copy.deepcopy(openapi.document("测试大厅"))
    broken["paths"]["/api/v1/windows/{window}"]["get"]["parameters"] = []
    assert any(each.startswith("error") for each in found_by_linter(tools, broken))
    broken = copy.deepcopy(openapi.document("测试大厅"))
    broken["components"]["schemas"]["OpenCase"]["properties"]["item"]["pattern"] = r"^a\Z"
    assert any("regular expression" in each for each in found_by_linter(tools, broken))


def test_the_generated_client_runs_a_visit_from_number_to_rating(tools: Path, tmp_path: Path) -> None:
    (tools / "openapi.json").write_text(json.dumps(openapi.document("测试大厅")), "utf-8")
    made = ran(tools, "npx", "openapi-typescript", "openapi.json", "-o", "hallcall.d.ts", OPTIONAL)
    assert made.returncode == 0, made.stderr
    (tools / "visit.ts").write_text(PROGRAM, "utf-8")
    compiled = ran(tools, "npx", "tsc", *COMPILED, "visit.ts")
    assert compiled.returncode == 0, compiled.stdout

    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            key = hall.add_key("typescript", "tickets", "windows")
            words = ("node", "visit.js", f"http://127.0.0.1:{hall.site.port}", key, "4", "C001", "i1")
            process = await asyncio.create_subprocess_exec(
                *words, cwd=tools, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
            pressed = asyncio.create_task(rated(hall, 5))
            out, error = await process.communicate()
            assert process.returncode == 0, error.decode()
            await pressed
            said = json.loads(out)
            assert (said["state"], said["level"]) == ("answered", 5)
            assert said["number"].startswith("A")
            assert (await hall.get(f"/tickets/{said['ticket']}"))["state"] == "served"

    run(test(), INSTALL_SECONDS)
