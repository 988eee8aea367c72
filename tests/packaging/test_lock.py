"""The lock covers what pyproject.toml asks for, on every Python and platform that is promised, and names no address."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parents[2] / "packaging"


@pytest.fixture(scope="module")
def lock() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hallcall_lock", SCRIPTS / "lock.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def normal(name: str) -> str:
    """Return a package's name as every tool compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(lock: ModuleType, python: str, platform: str) -> dict[str, str]:
    """Return name → version of what one target is given."""
    lines = lock.lines_for(lock.LOCK.read_text("utf-8"), lock.Target(python, platform))
    return {normal(line.split("==")[0]): line.split("==")[1].split()[0] for line in lines}


def lacks(lock: ModuleType) -> list[str]:
    """Return what a target is asked for and not given, or in a version out of its range."""
    return [
        f"{target.python} {target.platform} {wanted}"
        for target in lock.TARGETS
        for given in [pinned(lock, *target)]
        for wanted in lock.wanted()
        for version in [given.get(normal(wanted.name), "")]
        if not version or not wanted.specifier.contains(version)
    ]


def test_every_target_is_given_what_the_project_asks_for(lock: ModuleType) -> None:
    assert len(lock.TARGETS) == 9
    assert lacks(lock) == []


def test_twin_a_range_that_moved_on_is_seen(lock: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [lock.Requirement("click>=99"), lock.Requirement("no-such-package")]
    monkeypatch.setattr(lock, "wanted", lambda: wanted)
    assert len(lacks(lock)) == 18


def test_every_file_has_its_hash_and_no_address(lock: ModuleType) -> None:
    text = lock.LOCK.read_text("utf-8")
    for each, hashes in lock.blocks(text):
        assert hashes, each
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), each
    assert "://" not in text + lock.PLATFORMS.read_text("utf-8")


def test_each_package_of_each_target_has_a_wheel(lock: ModuleType) -> None:
    """By the list that `make lock` took from the registry: nothing is compiled at a hall."""
    text = lock.PLATFORMS.read_text("utf-8")
    pure = {
        (normal(name), version) for name, version in re.findall(r"^(\S+) (\S+): pure$", text, re.MULTILINE)
    }
    files: dict[tuple[str, str], dict[tuple[str, str], str]] = {}
    for block in re.findall(r"^(\S+) (\S+):\n((?:  .+\n)+)", text, re.MULTILINE):
        rows = [line.split(" ", 2) for line in block[2].replace("  ", "").splitlines()]
        files[normal(block[0]), block[1]] = {(row[0], row[1]): row[2] for row in rows}
    for target in lock.TARGETS:
        for name, version in pinned(lock, *target).items():
            if (name, version) not in pure:
                assert files[name, version][tuple(target)] != "not needed", (name, target)
