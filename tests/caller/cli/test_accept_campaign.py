"""Campaign: every step of `hallcall accept`, on real machines, in a hall with accounts and in one without.

`pytest -m campaign -s tests/caller/cli/test_accept_campaign.py`, as root, about ten minutes; prints what the steps measured.
`HALLCALL_PICTURES_TO=FOLDER` keeps the report.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from caller.cli.accept import RECORD_NAME
from caller.probes.acceptance_steps import STEPS
from caller.reports.acceptance_paper import AcceptanceRecord
from tests.instruments.accepted_hall import FAKETIME, AcceptedHall
from tests.instruments.running_hall import until

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(os.geteuid() != 0 or not FAKETIME.exists(), reason="needs root and libfaketime"),
]


@pytest.fixture(params=[True, False], ids=["accounts", "no-accounts"])
def hall(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AcceptedHall]:
    """With accounts sessions end after six idle seconds."""
    made = AcceptedHall(tmp_path, accounts=request.param)
    yield made
    made.close()


def test_every_step_of_the_hour_is_played(hall: AcceptedHall, tmp_path: Path) -> None:
    kept = Path(os.environ.get("HALLCALL_PICTURES_TO", tmp_path))
    page = kept / f"acceptance-{'accounts' if hall.accounts else 'plain'}.html"
    going = hall.accept("--anew", "--html", str(page))
    code = going.played(hall.hands())
    print(going.text)
    record = msgspec.json.decode((hall.folder / "a" / RECORD_NAME).read_bytes(), type=AcceptanceRecord)
    verdicts = {step: each.verdict for step, each in record.results.items()}
    assert verdicts == dict.fromkeys(STEPS, "passed"), going.text
    assert code == 0


def at_rest(hall: AcceptedHall) -> bool:
    """Return whether nobody waits and every window is closed, as a window's own station sees it."""
    board = hall.watched("board")
    waiting = sum(each["waiting"] for each in board["queues"].values())
    return not waiting and all(each["state"] == "closed" for each in board["windows"].values())


def test_an_hour_that_ends_in_the_middle_leaves_nothing(hall: AcceptedHall) -> None:
    """Ctrl-C at a question; a terminal that is closed; this program killed with numbers out and clerks at their windows; a
    power cut that takes it along with both callers."""
    hands = hall.hands()
    for sign in (signal.SIGINT, signal.SIGHUP):
        going = hall.accept("--anew", "--only", "fail-over")
        going.until("leave it out")
        assert (going.ended(sign), "大厅已恢复原样" in going.text) == (130, True), going.text
        until(lambda: at_rest(hall), "the hall is as it was")
    if hall.accounts:
        going = hall.accept("--anew", "--only", "two-windows")
        going.until("leave it out")
        hall.clerks()
        assert going.ended(signal.SIGKILL) == -signal.SIGKILL
        assert not at_rest(hall)
        going = hall.accept("--only", "numbers")
        assert (going.played(hands), "中断" in going.text) == (0, True), going.text
        until(lambda: at_rest(hall), "the hall is as it was")
    going = hall.accept("--anew", "--only", "caller-power")
    going.until("leave it out")
    hands["cut the power of both"]()
    assert going.ended(signal.SIGKILL) == -signal.SIGKILL
    hands["switch it on"]()
    going = hall.accept("--only", "caller-power")
    assert (going.played(hands), "接着断电之前" in going.text) == (0, True), going.text
    until(lambda: at_rest(hall), "the hall is as it was")
