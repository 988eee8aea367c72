"""A notice that a window's printer is asked for: the very bytes, drawn, with the code read back and every paper on it."""

from typing import Any

import pytest
from PIL import Image

from caller import views
from caller.engine import desk_commands as desk_cmd
from caller.engine.case_messages import MoveCase
from caller.engine.commands import CheckIn
from config.settings import Device
from devices.agent.jobs import paper_of
from devices.inventory import BuildContext
from devices.printer.receipt_renderer import pictures
from tests.config.paper.test_slip_picture import codes
from tests.instruments.case_fixture import case_stage, visit, wrong
from tests.instruments.engine_fixture import Stage

PRINTER = Device("p1", "printer", "tcp://127.0.0.1:9100", agent="pc-1", window="1")


class Paper:
    """The width and mode of a printer; `paper_of` asks no more of it."""

    width_px, mode = 576, "raster"


def printed(stage: Stage) -> tuple[dict[str, Any], Image.Image]:
    """The newest job of the agent, and the paper it makes."""
    jobs = views.build(stage.hall, "jobs/pc-1", stage.now)["jobs"]  # type: ignore[typeddict-item]
    job = [*jobs.values()][-1]
    context = BuildContext(settings=stage.hall.settings)
    return job, pictures(paper_of(context, job, Paper(), ""), 576)[0].convert("L")  # type: ignore[arg-type]


def test_the_notice_of_missing_papers_carries_the_way_back() -> None:
    stage = case_stage(devices=(PRINTER,))
    asked = visit(stage, "incomplete", papers=[wrong("照片", "unclear"), wrong("身份证", "expired")])
    job, picture = printed(stage)
    assert (job["kind"], job["device"]) == ("print-notice", "p1")
    assert codes(picture) == [asked["code"]]
    assert stage.do(CheckIn(codes(picture)[0]))["number"] == "A002"


def test_a_receipt_carries_the_page_of_its_case() -> None:
    stage = case_stage(devices=(PRINTER,))
    made = visit(stage, "accepted")
    _, picture = printed(stage)
    (address,) = codes(picture)
    assert address.endswith(f"/case#{made['code']}")


def test_a_job_whose_case_is_gone_says_so_and_prints_nothing() -> None:
    stage = case_stage(devices=(PRINTER,))
    made = visit(stage, "incomplete", papers=[wrong("照片")])
    stage.hall.register.vouchers.drop(made["about"])
    with pytest.raises(ValueError, match="已不在"):
        printed(stage)


def test_a_pause_is_told_on_paper_with_the_page_of_its_case() -> None:
    stage = case_stage(devices=(PRINTER,))
    made = visit(stage, "accepted")
    stage.do(MoveCase(made["about"], "pause", 0, window="1", staff="7", code="survey"))
    job, picture = printed(stage)
    assert (job["notice"]["kind"], job["notice"]["reason"], job["notice"]["nth"]) == ("pause", "现场勘查", 1)
    (address,) = codes(picture)
    assert address.endswith(f"/case#{made['code']}")


def test_a_void_paper_carries_no_code_that_could_be_used() -> None:
    stage = case_stage(devices=(PRINTER,))
    visit(stage, "incomplete", papers=[wrong("照片")])
    ticket = stage.hall.state.receptions["clerk-1"][-1].ticket
    stage.do(desk_cmd.CorrectOutcome("1", ticket, "advice"))
    job, picture = printed(stage)
    assert (job["notice"]["kind"], job["notice"]["voids"]) == ("void", "missing")
    assert codes(picture) == []
