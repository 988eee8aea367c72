"""`hallcall update`: what the city wants, what is here, and how to install it, by the real command."""

import random
from pathlib import Path

import pytest

from config import city_bundles, city_packages
from config.city_packages import FETCHED, Machine, Package
from config.versions import Bundle
from tests.instruments.caller_fixture import run
from tests.instruments.running_hall import hallcall
from tests.instruments.settings_hall import PLAIN, settings_room

PC = ("--system", "debian-12", "--machine", "amd64")


def row_of(package: Package) -> str:
    return (
        f'[[package]]\nfile = "{package.file}"\nsystem = "{package.system}"\nmachine = "{package.machine}"\n'
        f'bytes = {package.bytes}\nsha256 = "{package.sha256}"\n'
    )


@pytest.fixture
def hall(tmp_path: Path) -> Path:
    """A hall that takes its city's settings; the city has one package, by the centre's own copy."""
    key = city_bundles.public_key(tmp_path / "city")

    async def once() -> None:
        async with settings_room(tmp_path, f'{PLAIN}\n[centre]\nsettings_key = "{key}"\n'):
            pass

    run(once())
    return tmp_path


def sent(hall: Path, text: str) -> None:
    number = city_bundles.newest_number(hall) + 1
    version = city_bundles.signed(hall / "city", number, 1, Bundle(text.encode()))
    assert city_bundles.keep(hall, city_bundles.encoded(version), city_bundles.public_key(hall / "city"))


def update(hall: Path, *words: str) -> str:
    code, said = hallcall("update", "--data", str(hall), *words)
    assert code == 0, said
    return said


def test_each_state_of_an_update_is_told_with_what_to_do_next(hall: Path) -> None:
    assert "市级还没有指定版本" in update(hall)
    path = hall / "hallcall_9.9_amd64.deb"
    path.write_bytes(random.Random(3).randbytes(5000))
    package = city_packages.keep(hall / "city", path, Machine("debian-12", "amd64"))
    sent(hall, f'[city]\nrelease = "9.9"\n{row_of(package)}')
    said = update(hall, *PC)
    assert all(each in said for each in ("全市使用版本 9.9", path.name, package.sha256, "--fetch"))
    assert "debian-12 amd64" in update(hall, "--system", "debian-13", "--machine", "amd64")  # what there is
    here = hall / FETCHED / path.name
    here.parent.mkdir()
    here.write_bytes(path.read_bytes()[:-1] + b"x")
    assert "sudo apt install" not in update(hall, *PC)  # of the right length, and not the city's
    path.replace(here)
    assert f"sudo apt install {here}" in update(hall, *PC)


def test_a_centre_that_is_away_is_said(hall: Path) -> None:
    sent(hall, f'[city]\nrelease = "9.9"\n{row_of(Package("a.deb", "debian-12", "amd64", 4, "0" * 64))}')
    code, said = hallcall("update", "--data", str(hall), *PC, "--fetch")
    assert (code, "市级中心连不上" in said) == (2, True), said
