"""Campaign: every step of `hallcall accept`, on real machines, in a hall with accounts and in one without.

`pytest -m campaign -s tests/caller/cli/test_accept_campaign.py`, as root, about ten minutes; prints what the steps measured.
`HALLCALL_PICTURES_TO=FOLDER` keeps the report.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from caller.cli.accept import RECORD_NAME
from caller.probes.acceptance_steps import STEPS
from caller.reports.acceptance_paper import AcceptanceRecord
from tests.instruments.accepted_hall import FAKETIME, AcceptedHall

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(os.geteuid() != 0 or not FAKETIME.exists(), reason="needs root and libfaketime"),
]


@pytest.fixture(params=[True, False], ids=["accounts", "no-accounts"])
def hall(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AcceptedHall]:
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
