"""A hall of real processes that gives receipts for complaints and the like, and how its staff deal with them."""

import http.client
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from caller.client.client import new_id
from caller.engine import commands as cmd
from caller.people.feedback_store import FeedbackStore
from tests.instruments.plain_halls import plain_text
from tests.instruments.running_hall import DEADLINE, REPO, RunningHall

SETTINGS = '\n[feedback]\nenabled = true\nwindows = ["2"]\n'


def with_receipts(folder: Path, hall: str = "county") -> Path:
    """A copy of a sample hall that gives receipts, and whose window 2 files what cannot be got done."""
    return with_settings(folder, hall, SETTINGS)


def with_settings(folder: Path, hall: str, settings: str) -> Path:
    """A copy of a sample hall with these settings besides."""
    source = REPO / f"config/halls/{hall}.toml"
    copy = folder / "source" / source.name
    copy.parent.mkdir(parents=True)
    copy.write_text(plain_text(source) + settings)
    for items in source.parent.glob("*.csv"):
        (copy.parent / items.name).write_bytes(items.read_bytes())
    return copy


class FeedbackHall(RunningHall):
    """Caller and web; `follow` reads the staff's list."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, with_receipts(folder))

    def http(
        self, method: str, path: str, document: Any = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Ask the web process as our page does, each call from an address of its own unless told otherwise."""
        site = urlsplit(self.web.address).netloc
        ours = {"Origin": f"http://{site}", "Content-Type": "application/json", "X-Real-IP": new_id()}
        line = http.client.HTTPConnection(site, timeout=DEADLINE)
        body = document if isinstance(document, bytes) or document is None else json.dumps(document).encode()
        line.request(
            method, path, body, ours | {name.replace("_", "-"): value for name, value in headers.items()}
        )
        answer = line.getresponse()
        found = answer.status, json.loads(answer.read())
        line.close()
        return found

    def submit(self, **form: Any) -> dict[str, Any]:
        """Send a form that must be taken; return its answer."""
        status, answer = self.http("POST", "/receipts", {"kind": "complaint"} | form)
        assert status == 200, answer
        return answer

    def receipt(self, code: str) -> dict[str, Any]:
        """What the holder of a code sees."""
        status, answer = self.http("GET", f"/receipts/{code}")
        assert status == 200, answer
        return answer

    def follow(self, number: str, staff: str = "") -> tuple[str, dict[str, Any]]:
        """One follow-up by its number, as this person sees it: its id and its line."""
        found = self.fresh(f"followups/{staff}" if staff else "followups")["followups"]
        return next((id, line) for id, line in found.items() if line["number"] == number)

    def move(self, number: str, move: Any, staff: str, **more: str) -> None:
        self.send(cmd.MoveFollowUp(self.follow(number)[0], move, staff, **more))

    def answer(self, number: str, words: str, owner: str = "ann", reviewer: str = "ben") -> None:
        """Take it, answer it and have the answer reviewed, as the staff do."""
        self.move(number, "assign", owner)
        FeedbackStore(self.data).answer(self.follow(number)[1]["subject"], words, datetime.now(UTC))
        self.move(number, "answer", owner, code="upheld")
        self.move(number, "approve", reviewer)
