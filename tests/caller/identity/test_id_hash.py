"""The site's key is made once and stays; a bad one stops the reader rather than hash with it."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from caller.identity import id_hash
from caller.identity.id_hash import KEY_BYTES, NAME, BadKey


def test_it_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    key = id_hash.site_key(tmp_path / "data")
    assert len(key) == KEY_BYTES
    assert id_hash.site_key(tmp_path / "data") == key
    assert stat.S_IMODE((tmp_path / "data" / NAME).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == [NAME]


def test_two_sites_have_two_keys(tmp_path: Path) -> None:
    assert id_hash.site_key(tmp_path / "a") != id_hash.site_key(tmp_path / "b")


def test_processes_that_start_at_once_end_with_the_same_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has made its own; the first to put it there wins."""
    pids = iter(range(1, 100))
    monkeypatch.setattr("os.getpid", lambda: next(pids))
    with ThreadPoolExecutor(8) as many:
        keys = list(many.map(lambda _: id_hash.site_key(tmp_path), range(32)))
    assert len(set(keys)) == 1


def test_twin_a_rename_would_replace_the_key_that_others_have_read(tmp_path: Path) -> None:
    first = id_hash.site_key(tmp_path)
    (tmp_path / "fresh").write_bytes(b"another key made at the same time")
    (tmp_path / "fresh").replace(tmp_path / NAME)
    (tmp_path / NAME).chmod(0o600)
    assert id_hash.site_key(tmp_path) != first


@pytest.mark.parametrize(
    ("content", "mode", "words"), [(b"", 0o600, "no key"), (b"k" * 32, 0o644, "chmod 600")]
)
def test_a_key_cut_off_or_open_to_others_is_not_used(
    tmp_path: Path, content: bytes, mode: int, words: str
) -> None:
    (tmp_path / NAME).write_bytes(content)
    (tmp_path / NAME).chmod(mode)
    with pytest.raises(BadKey, match=words):
        id_hash.site_key(tmp_path)


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(BadKey, match="cannot be used"):
        id_hash.site_key(tmp_path / "data")


def test_a_typed_number_is_hashed_as_the_card_is() -> None:
    assert id_hash.as_on_card(" 110105 19491231 002x ") == "11010519491231002X"
    assert id_hash.valid("11010519491231002X")  # the example of GB 11643
    for wrong in ("110105194912310021", "11010519491231002", "１1010519491231002X", "", "X" * 18):
        assert not id_hash.valid(wrong)
