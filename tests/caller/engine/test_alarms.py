"""A clerk calls for help without a sound; supervision shows it, the public screens never do, and somebody acknowledges it."""

from typing import Any

import pytest
from msgspec import structs

from caller import views
from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine.envelope import CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.hall_events import AlarmAcknowledged, AlarmRaised
from caller.views import public
from tests.instruments.engine_fixture import Stage
from tests.instruments.hall_image import from_image, image


def quiet() -> Stage:
    """A stage where somebody waits and windows 1 and 2 are open."""
    stage = Stage().open("1", "2")
    stage.take("A")
    return stage


def raised(kind: desk_cmd.AlarmKind = "manager") -> Stage:
    stage = quiet()
    stage.do(desk_cmd.RaiseAlarm("1", kind))
    return stage


def alerts(stage: Stage) -> list[tuple[str, str]]:
    """The code and window of each alert, in order."""
    document: Any = views.build(stage.hall, "supervise", stage.now)
    return [(alert["code"], alert["about"].removeprefix("window/")) for alert in document["alerts"]]


def public_words(stage: Stage) -> str:
    """What every public document of the hall says."""
    ticket = next(iter(stage.hall.state.tickets))
    return repr(
        [views.build(stage.hall, topic, stage.now) for topic in ("board", "kiosk", f"ticket/{ticket}")]
    )


def acknowledged(stage: Stage, account: str = "", station: str = "office") -> AlarmAcknowledged:
    alarm = stage.hall.state.windows["1"].alarm
    assert alarm
    command = desk_cmd.AcknowledgeAlarm("1", alarm.raised)
    [event] = stage.hall.decide(CommandEnvelope("ack", command, "manager", station, account), stage.now)
    stage.hall.apply(event, stage.now, stage.hall.seq + 1)
    assert isinstance(event, AlarmAcknowledged)
    return event


@pytest.mark.parametrize("kind", ["manager", "security"])
def test_supervision_shows_it_first_and_in_red_and_the_clerk_sees_that_it_is_out(
    kind: desk_cmd.AlarmKind,
) -> None:
    stage = raised(kind)
    assert alerts(stage)[0] == (f"help-{kind}", "1")
    document: Any = views.build(stage.hall, "supervise", stage.now)
    assert document["windows"]["1"]["light"] == "red"
    assert document["windows"]["2"]["light"] == "green"
    desk: Any = views.build(stage.hall, "window/1", stage.now)
    assert desk["alarm"] == {"kind": kind, "raised": stage.now, "acknowledged": 0}
    assert "alarm" not in views.build(stage.hall, "window/2", stage.now)


def test_no_public_document_knows_of_it() -> None:
    assert public_words(raised("security")) == public_words(quiet())


def test_twin_an_alarm_in_the_windows_public_line_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    line = public.window_line

    def open_line(hall: Hall, id: str, now: int) -> Any:
        alarm = hall.state.windows[id].alarm
        return {**line(hall, id, now), "reason": alarm.kind if alarm else ""}

    monkeypatch.setattr(public, "window_line", open_line)
    assert public_words(raised("security")) != public_words(quiet())


def test_it_is_acknowledged_once_by_who_saw_this_very_one_and_the_clerk_sees_when() -> None:
    stage = raised()
    assert stage.refused(desk_cmd.AcknowledgeAlarm("1", stage.now - 1)) == "no-alarm"
    seen = desk_cmd.AcknowledgeAlarm("1", stage.now)
    stage.later(2)
    assert acknowledged(stage, account="2001").by == "2001"
    desk: Any = views.build(stage.hall, "window/1", stage.now)
    assert desk["alarm"]["acknowledged"] == stage.now
    assert alerts(stage) == []
    assert stage.refused(seen) == "no-alarm"
    assert stage.refused(desk_cmd.AcknowledgeAlarm("2", 0)) == "no-alarm"


def test_who_acknowledged_is_the_station_where_nobody_is_signed_in() -> None:
    assert acknowledged(raised(), station="office").by == "office"


def test_again_does_nothing_but_security_takes_the_managers_place() -> None:
    stage = raised("manager")
    before = len(stage.events)
    stage.later(1).do(desk_cmd.RaiseAlarm("1", "manager"))
    assert len(stage.events) == before
    stage.do(desk_cmd.RaiseAlarm("1", "security"))
    assert isinstance(stage.events[-1][2], AlarmRaised)
    stage.do(desk_cmd.RaiseAlarm("1", "manager"))
    assert alerts(stage) == [("help-security", "1")]
    acknowledged(stage)
    stage.do(desk_cmd.RaiseAlarm("1", "manager"))
    assert alerts(stage) == [("help-manager", "1")]


def test_it_burns_no_press_on_its_way_and_needs_a_clerk() -> None:
    stage = Stage().open("1")
    stage.take("A")
    version = stage.hall.state.windows["1"].version
    stage.do(desk_cmd.RaiseAlarm("1"))
    stage.do(cmd.CallNext("1", version))
    assert stage.refused(desk_cmd.RaiseAlarm("3")) == "window-not-open"


def test_it_outlives_the_day_and_folds_to_the_same() -> None:
    stage = raised()
    again = Hall(stage.hall.settings)
    for seq, at, event in stage.events:
        again.apply(event, at, seq)
    assert image(again) == image(stage.hall)
    stage.do(cmd.CloseDay(expire=True))
    stage.later(24 * 60).do(cmd.OpenDay("2026-09-22"))
    assert alerts(stage) == [("help-manager", "1")]
    alarm = from_image(stage.hall.settings, image(stage.hall)).state.windows["1"].alarm
    assert alarm == stage.hall.state.windows["1"].alarm
    assert alarm is not None
    assert structs.asdict(alarm)["kind"] == "manager"
