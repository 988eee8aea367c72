"""Made for the owner only from the first instant, under any umask."""

import os
import threading
from collections.abc import Generator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

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


# --- whole files


def test_a_file_is_replaced_whole_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"old")
    path.chmod(0o644)
    owner_only.write_whole(path, b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", owner_only.FILE)
    assert list(tmp_path.iterdir()) == [path]


def half_written(opened: AbstractContextManager[IO[bytes]]) -> None:
    with opened as file:
        file.write(b"half")
        raise OSError("disk full")


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    owner_only.write_whole(path, b"old")
    with pytest.raises(OSError, match="disk"):
        half_written(owner_only.replaced(path))
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])


def test_twin_writing_in_place_would_leave_half_of_it(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="disk"):
        half_written(path.open("wb"))
    assert path.read_bytes() == b"half"


def test_what_a_killed_process_left_is_no_hindrance_and_two_processes_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.with_name(path.name + owner_only.PART).write_bytes(b"left by a kill")
    owner_only.write_whole(path, b"new")
    with owner_only.replaced(path, by_many=True) as mine:
        mine.write(b"mine")
        owner_only.write_whole(path, b"theirs")
        assert path.read_bytes() == b"theirs"
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"mine", [path])


def write_in_another_thread(path: Path, data: bytes) -> None:
    other = threading.Thread(target=owner_only.write_whole, args=(path, data), kwargs={"by_many": True})
    other.start()
    other.join()


def test_two_threads_do_not_meet_in_one_part(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    with owner_only.replaced(path, by_many=True) as mine:
        mine.write(b"half of mine")
        write_in_another_thread(path, b"theirs")
        assert path.read_bytes() == b"theirs"
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"half of mine", [path])


def test_twin_a_part_named_by_the_process_alone_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner_only, "get_ident", lambda: 0)
    with pytest.raises(FileNotFoundError), owner_only.replaced(tmp_path / "kept", by_many=True):
        write_in_another_thread(tmp_path / "kept", b"theirs")
