"""In which order files run, and what no test may leave behind for the next one in its process."""

import logging
import os
from collections.abc import Iterator

import pytest

from config.process.connection_limits import OncePerMinute

# Files of more than ten seconds, browsers and others in turn. A file is run by one process; begun last, one of these
# would run on alone. The rest stays in the order of chance.
LONGEST = (
    "browser/test_media",
    "browser/test_board",
    "kiosk/visit/test_visits",
    "browser/test_office",
    "crash/test_kill",
    "browser/test_kiosk_visits",
    "browser/test_kiosk",
    "caller/cli/test_job",
    "browser/test_longest",
    "browser/test_kiosk_layout",
    "crash/test_update",
    "browser/test_access",
    "caller/demo/test_plugs",
    "browser/test_office_reports",
    "browser/test_office_performance",
    "caller/engine/test_exhaustive",
    "browser/test_office_feedback",
    "browser/test_ticket",
    "crash/test_promote",
    "browser/test_desk_cases",
    "browser/test_cases_seen",
    "browser/test_ratings",
    "browser/test_rate",
    "browser/test_guide",
    "caller/cli/test_locale",
    "browser/test_kiosk_cards",
    "browser/test_desk_aids",
    "caller/cli/test_main",
    "browser/test_feedback",
    "caller/simulate/test_days",
    "world/test_world",
    "browser/test_kiosk_long",
    "devices/printer/test_links",
    "browser/test_kiosk_keys",
    "browser/test_office_stations",
    "caller/delivery/test_runner",
    "browser/test_sign",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {f"tests/{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(LONGEST)))


@pytest.fixture(autouse=True)
def umask_kept() -> Iterator[None]:
    """`hallcall`'s `main` makes a process's files its owner's only; a test that calls it must not change the others."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


def loggers() -> list[logging.Logger]:
    return [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A line that an earlier test's strangers caused must not keep this test's line out of the log; nor must a command
    that keeps its own process quiet."""
    for each in (each for logger in loggers() for each in logger.filters):
        if isinstance(each, OncePerMinute):
            each.forget()
    before, disabled = {logger: logger.level for logger in loggers()}, logging.root.manager.disable
    yield
    logging.disable(disabled)
    for logger, level in before.items():
        logger.setLevel(level)
