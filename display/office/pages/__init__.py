"""The pages of the office, in the order of its navigation. A new page is one module of `pages/` and one line here."""

from display.office.pages import (
    accounts,
    audit,
    cases,
    day,
    deliveries,
    feedback,
    ledgers,
    live,
    papers,
    performance,
    rectifications,
    reports,
    settings,
    stations,
)
from display.office.screen import OfficePage

PAGES: tuple[OfficePage, ...] = (
    live.PAGE,
    day.PAGE,
    cases.PAGE,
    ledgers.PAGE,
    feedback.PAGE,
    stations.PAGE,
    deliveries.PAGE,
    rectifications.PAGE,
    reports.PAGE,
    performance.PAGE,
    papers.PAGE,
    settings.PAGE,
    accounts.PAGE,
    audit.PAGE,
)  # fmt: skip


def pages_for(roles: frozenset[str]) -> list[OfficePage]:
    """Return the pages that a person of these roles may open; the first is where they begin."""
    return [page for page in PAGES if page.roles & roles]
