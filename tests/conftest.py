"""What no test may leave behind for the next one in its process."""

import logging
import os
from collections.abc import Iterator

import pytest

from config.process.connection_limits import OncePerMinute


@pytest.fixture(autouse=True)
def umask_kept() -> Iterator[None]:
    """`hallcall`'s `main` makes a process's files its owner's only; a test that calls it must not change the others."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture(autouse=True)
def every_line_is_the_first_of_its_minute() -> None:
    """A line that an earlier test's strangers caused must not keep this test's line out of the log."""
    for logger in list(logging.root.manager.loggerDict.values()):
        for each in logger.filters if isinstance(logger, logging.Logger) else ():
            if isinstance(each, OncePerMinute):
                each.forget()
