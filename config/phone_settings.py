"""What a hall sets about the applicant's own phone: taking a number with it, and booking. Below `config.settings`.

A hall without a `[phone]` table gives no number to a phone and has no booking page, as before.
"""

from typing import Annotated, Literal

from msgspec import Meta

from config.setting_types import Count, Table


class PhoneTable(Table, frozen=True):
    """What the pages /take and /book may do."""

    take: Literal["", "here"] = ""  # "here": with the code on the hall's screens; empty: not at all
    per_day: Count = 2  # numbers that one phone may take on a day; 0: as many as it likes
    book: bool = False
    no_shows: Count = 2  # so many bookings not come to within `no_show_days` and one may not book; 0: never
    no_show_days: Annotated[int, Meta(ge=1, le=366)] = 30


# Their words in Chinese and English, for `config.setting_descriptions`.
TABLES: dict[str, tuple[str, str]] = {
    "phone": ("手机取号和预约（docs/phone.md）；不写为都不开通", "numbers and bookings by phone (docs/phone.md); absent: neither"),
}  # fmt: skip
FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "phone": {
        "take": ("here：扫取号机或综合屏上每分钟变化的二维码，在手机上取号；不写为不开通", "here: a number is taken on a phone that has scanned the code of the minute at a kiosk or board; absent: none"),
        "per_day": ("一部手机一天最多取几个号；0 不限", "numbers that one phone may take on a day; 0: no limit"),
        "book": ("开通预约页面 /book", "the booking page /book is open"),
        "no_shows": ("no_show_days 天内几次预约不到，暂停预约（仍可取号）；0 不设", "so many bookings not come to within no_show_days, and one may not book (but always take a number); 0: never"),
        "no_show_days": ("爽约记多少天", "days for which a booking not come to counts"),
    },
}  # fmt: skip
