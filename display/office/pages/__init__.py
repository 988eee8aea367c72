"""The pages of the office, in the order of its navigation. A new page is one module of `pages/` and one line here."""

from display.office.pages import accounts, audit, day, live, reports, stations
from display.office.screen import OfficePage

PAGES: tuple[OfficePage, ...] = (
    live.PAGE,
    day.PAGE,
    stations.PAGE,
    reports.PAGE,
    accounts.PAGE,
    audit.PAGE,
)  # fmt: skip
