"""What a hall sets about complaints and the like. Below `config.settings`, which takes it into its tables."""

from typing import Annotated

from msgspec import Meta, field

from config.setting_types import SettingId, Table


class FeedbackTable(Table, frozen=True):
    """Complaints, reports, suggestions, praise and consultations with a receipt, a due date and an answer."""

    enabled: bool = False  # off: the opinion box keeps letters, and a complaint about a visit is followed up
    days: Annotated[int, Meta(ge=1, le=90)] = 5  # working days to answer
    windows: list[SettingId] = field(default_factory=list)  # of "cannot get it done" (办不成事)
