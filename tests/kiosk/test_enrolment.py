"""A kiosk without a token shows its code on its own page, and becomes the kiosk once a manager has entered it."""

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

from playwright.sync_api import expect

from caller.engine.envelope import EnrolStation
from caller.identity.tokens import find_token
from tests.instruments.browser import OpenPage, chromium, contexts, county, open_page, watched
from tests.instruments.running_hall import DEADLINE, READY, REPO, RunningHall, until

__all__ = ["chromium", "contexts", "county", "open_page", "watched"]
WAITS = re.compile(r"kiosk not enrolled (\S+)")


def said(line: re.Pattern[str], output: Path) -> str:
    found = line.search(output.read_text())
    return found[1] if found else ""


def test_a_kiosk_shows_its_code_and_then_itself_at_the_same_address(
    county: RunningHall, open_page: OpenPage, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    line = [
        sys.executable, "-m", "caller.cli", "kiosk", str(county.hall), "--data", str(tmp_path / "pc"), "--name", "k1",
        "--port", "0", "--caller", county.caller.address,
    ]  # fmt: skip
    with output.open("wb") as file:
        process = subprocess.Popen(
            line, cwd=REPO, stdout=file, stderr=subprocess.STDOUT, env={"PYTHONUNBUFFERED": "1"}
        )
    try:
        address = until(lambda: said(WAITS, output), "the page is there")
        page = open_page(address, 1080, 1920)
        code = page.locator("#code")
        expect(code).to_have_text(re.compile(r"\w{3} \w{3}"))
        with urllib.request.urlopen(f"{address.partition('#')[0]}enrol.json", timeout=DEADLINE) as answer:
            shown = json.load(answer)
        assert shown["command"].endswith("--role kiosk --name k1 --data DATA")
        county.send(EnrolStation(shown["code"], "kiosk", "k1"))
        assert until(lambda: said(READY, output), "the kiosk is ready") == address
        expect(page.locator("#kiosk")).not_to_have_attribute("data-screen", "start")
        expect(page.locator("#cover")).to_be_hidden()
        assert find_token(tmp_path / "pc", "kiosk", "k1")
    finally:
        process.terminate()
        process.wait(DEADLINE)
