"""What no test may leave behind for the next one in its process."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def umask_kept() -> Iterator[None]:
    """`hallcall`'s `main` makes a process's files its owner's only; a test that calls it must not change the others."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)
