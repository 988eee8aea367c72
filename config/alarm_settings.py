"""From when on the hall tells its managers that something is unlike a day in order. Below `config.settings`.

Each number is a bound past which a supervisor's screen shows an alarm; 0 turns that alarm off. What is at rest in a
planned break raises none (`caller.views.alarms`).
"""

from typing import Annotated

from msgspec import Meta, Struct

from config.setting_types import Percent

AlarmMinutes = Annotated[float, Meta(ge=0, le=1440)]


class AlarmsTable(Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of the alarms that have no deadline of their own."""

    silent_minutes: AlarmMinutes = 3  # a kiosk, a PC or a screen that was here is gone for so long
    idle_minutes: AlarmMinutes = 5  # a window has no applicant for so long while some wait that it may call
    paused_percent: Percent = 50  # so many of the windows with a clerk are paused, and two at least
