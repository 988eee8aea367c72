"""Made for the owner only from the first instant, under any umask."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from config import owner_only


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Generator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def rights(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.usefixtures("umask")
def test_folders_and_the_missing_ones_above_them(tmp_path: Path):
    owner_only.make_folder(tmp_path / "a" / "b")
    assert rights(tmp_path / "a") == rights(tmp_path / "a" / "b") == 0o700
    owner_only.make_folder(tmp_path / "a" / "b")


@pytest.mark.usefixtures("umask")
def test_files(tmp_path: Path):
    owner_only.make_file(tmp_path / "x")
    with owner_only.new_file(tmp_path / "y") as file:
        file.write(b"1")
    assert rights(tmp_path / "x") == rights(tmp_path / "y") == 0o600
    with pytest.raises(FileExistsError):
        owner_only.new_file(tmp_path / "y")


def test_a_file_that_others_could_open_is_taken_from_them_and_keeps_its_content(tmp_path: Path):
    (tmp_path / "x").write_text("old")
    (tmp_path / "x").chmod(0o644)
    owner_only.make_file(tmp_path / "x")
    assert (tmp_path / "x").read_text() == "old"
    assert rights(tmp_path / "x") == 0o600


def test_a_folder_of_the_owners_choice_keeps_its_rights(tmp_path: Path):
    tmp_path.chmod(0o755)
    owner_only.make_folder(tmp_path)
    assert rights(tmp_path) == 0o755
