"""A city names the program for its halls; what an older hall cannot read of its file hides no update from it."""

from pathlib import Path

import pytest
from msgspec import structs

from config import city_file, city_packages
from config.city_packages import Machine, Package

PC = Machine("debian-12", "amd64")
SUM = "0" * 64
ROW = f'[[package]]\nfile = "a.deb"\nsystem = "debian-12"\nmachine = "amd64"\nbytes = 4\nsha256 = "{SUM}"\n'
CITY = f'[city]\nrelease = "1.4.0"\n{ROW}'


def mistakes(text: str) -> list[str]:
    return [each.in_a_line() for each in city_file.read(text.encode(), {})[1]]


def test_a_city_file_names_the_release_and_its_packages() -> None:
    found, _ = city_file.read(CITY.encode(), {})
    assert found
    [package] = found.packages
    assert (package.file, package.suits(PC), package.suits(PC._replace(machine="arm64"))) == (
        "a.deb",
        True,
        False,
    )
    assert city_packages.release_of(CITY.encode()) == ("1.4.0", (package,))


def test_a_hall_reads_the_release_of_a_file_that_is_too_new_for_it() -> None:
    more = CITY.replace("bytes = 4", "bytes = 4\nnews = true")
    newer = f"{more}[[later]]\nx = 1\n[city.more]\n"
    assert mistakes(newer)  # the twin: as a whole it cannot be read
    found = city_packages.release_of(newer.encode())
    assert (found.version, [each.file for each in found.packages]) == ("1.4.0", ["a.deb"])


@pytest.mark.parametrize(
    "main",
    [
        b"", b"\xff", b"city = 3", b'package = "x"', b"[[package]]\nfile = 3", b'[city]\nrelease = 3\n',
        CITY.replace(SUM, "no sum").replace("1.4.0", "").encode(),
        CITY.replace("a.deb", "../a.deb").replace("1.4.0", "").encode(),
    ],
)  # fmt: skip
def test_what_is_no_release_is_none(main: bytes) -> None:
    assert city_packages.release_of(main) == ("", ())


def test_mistakes_of_packages_are_said() -> None:
    assert "release" in mistakes(CITY.replace('release = "1.4.0"', ""))[0]
    assert "debian-12 amd64" in mistakes(CITY + ROW.replace("a.deb", "b.deb"))[0]
    assert mistakes(CITY.replace("a.deb", "../a.deb"))
    assert mistakes(CITY) == []


def test_a_centre_keeps_packages_by_their_sums_and_knows_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "a.deb"
    path.write_bytes(b"1234")
    package = city_packages.keep(tmp_path / "centre", path, PC)
    kept = city_packages.kept(tmp_path / "centre", package.sha256)
    assert kept
    assert (kept.read_bytes(), kept.stat().st_mode & 0o077) == (b"1234", 0)
    other = structs.replace(package, sha256=SUM)
    assert city_packages.missing(tmp_path / "centre", (package, other)) == [other]
    assert city_packages.kept(tmp_path / "centre", "../a.deb") is None
    with pytest.raises(ValueError, match="file"):
        city_packages.keep(tmp_path / "centre", path.rename(tmp_path / "a b.deb"), PC)


def test_what_lies_here_is_it_only_with_its_own_sum(tmp_path: Path) -> None:
    path = tmp_path / "a.deb"
    path.write_bytes(b"1234")
    package = city_packages.keep(tmp_path / "centre", path, PC)
    assert city_packages.fetched(tmp_path, package) is None
    here = tmp_path / city_packages.FETCHED / "a.deb"
    here.parent.mkdir()
    here.write_bytes(b"1234")
    assert city_packages.fetched(tmp_path, package) == here
    here.write_bytes(b"1235")
    assert city_packages.fetched(tmp_path, package) is None


def test_this_pc_has_names_as_packages_have() -> None:
    pc = city_packages.this_machine()
    assert Package("a", pc.system or "-", pc.machine, 1, SUM).suits(Machine(pc.system or "-", pc.machine))
    assert pc.machine not in city_packages.MACHINES
