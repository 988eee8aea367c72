"""In which order files run, and what no test may leave behind for the next one in its process."""

import gc
import logging
import os
import signal
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from caller.client.client import Client
from config.process.connection_limits import OncePerMinute
from tests.instruments.postgres_cluster import Cluster, running
from tests.instruments.running_hall import RunningHall

LAST_CHARS = 1_500  # of what a process of a failed test wrote
PATIENCE = 60.0  # seconds, on a machine that is busy with other things

# In the gate the same examples each time, and none too slow: a landing is no place for a discovery by chance. Others each
# time: `pytest --hypothesis-profile=explore`, as `make campaign` does.
BUSY = hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
hypothesis_settings.register_profile("gate", BUSY, derandomize=True)
hypothesis_settings.register_profile("explore", BUSY)
hypothesis_settings.load_profile("gate")

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


def pytest_configure() -> None:
    """Let processes be stopped by Ctrl+C as at a terminal: started in a script's background, they would inherit that it is
    ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no cycles while ten thousand tests are collected, which each of five processes does, and never among these
    again: they stay until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {f"tests/{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(LONGEST)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell with a failed test of pages what they showed then, and what the processes behind them wrote last."""
    report = yield
    given = getattr(item, "funcargs", {})
    if report.when == "call" and report.failed and "watched" in given:
        report.sections.append(("pages", given["watched"].told()))
        for hall in (each for each in given.values() if isinstance(each, RunningHall)):
            for file in sorted(hall.folder.glob("*.txt")):
                report.sections.append((file.name, file.read_text(errors="replace")[-LAST_CHARS:]))
    return report


@pytest.fixture(scope="session", autouse=True)
def patient_stations() -> Iterator[None]:
    """A station that a test plays waits longer for its answer than one in a hall, where a person would ask again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client.send, "__defaults__", (None, PATIENCE))
        patch.setattr(Client._ask, "__defaults__", (PATIENCE,))
        yield


@pytest.fixture(scope="session")
def one_cluster() -> Iterator[Cluster]:
    """A PostgreSQL for all tests of a process that neither stop nor fill it: each makes a database of its own there."""
    with running() as made:
        yield made


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """A PostgreSQL for a file whose tests stop it, pause it or change its settings."""
    with running() as made:
        yield made


@pytest.fixture
def empty_database(one_cluster: Cluster) -> str:
    """The address of a test's own database."""
    return one_cluster.database()


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
