"""Keys by purpose: made once, rotated by an explicit call only, destroyed when no look-up needs them any more."""

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest

from caller.identity import keys
from caller.identity.id_hash import hashed, person_keys
from caller.identity.keys import FOLDER, PERSON, keys_of, rotate, secrets_of
from config import owner_only
from config.owner_only import KEY_BYTES, BadKey, make_key
from devices.simulators.reader import number_for

TODAY = date(2026, 9, 21)
YEAR = timedelta(days=365)
LOOKUP = timedelta(days=70)


def names(data: Path) -> list[str]:
    return sorted(path.name for path in (data / FOLDER).iterdir())


def rotated(data: Path, today: date) -> list[str]:
    return rotate(data, PERSON, today, LOOKUP)


# --- made


def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path):
    (key,) = keys_of(tmp_path / "data", PERSON, TODAY)
    assert (key.generation, key.since, len(key.secret)) == (1, TODAY, KEY_BYTES)
    assert keys_of(tmp_path / "data", PERSON) == [key]
    folder = tmp_path / "data" / FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert names(tmp_path / "data") == ["person-0001.key"]
    assert stat.S_IMODE(key.path.stat().st_mode) == 0o600


def test_each_purpose_and_each_site_has_its_own(tmp_path: Path):
    found = {keys_of(tmp_path / site, purpose)[0].secret for site in "ab" for purpose in (PERSON, "slip")}
    assert len(found) == 4


def start_at_once(data: Path) -> set[bytes]:
    with ThreadPoolExecutor(8) as many:
        return set(many.map(lambda _: keys_of(data, PERSON, TODAY)[0].secret, range(32)))


def test_processes_that_start_at_once_end_with_the_same_key(tmp_path: Path):
    for n in range(10):
        assert len(start_at_once(tmp_path / str(n))) == 1


def test_twin_a_rename_would_replace_the_key_that_others_have_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    first: list[bytes] = []

    def replaces(path: Path, content: bytes) -> bool:
        """Another process is quicker by a moment."""
        make_key(path, content)
        first.append(keys_of(tmp_path, PERSON)[0].secret)
        path.write_bytes(content[:11] + b"ab" * KEY_BYTES + b"\n")
        return True

    monkeypatch.setattr(keys, "make_key", replaces)
    assert [key.secret for key in keys_of(tmp_path, PERSON, TODAY)] != first


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (b"", 0o600, "no key"),
        (b"2026-09-21 abcdef\n", 0o600, "no key"),
        (b"2026-13-40 " + b"ab" * 32 + b"\n", 0o600, "date is wrong"),
        (b"2026-09-21 " + b"ab" * 32 + b"\n", 0o644, "chmod 600"),
    ],
)
def test_a_key_cut_off_or_open_to_others_is_not_used(tmp_path: Path, content: bytes, mode: int, words: str):
    (key,) = keys_of(tmp_path, PERSON, TODAY)
    key.path.write_bytes(content)
    key.path.chmod(mode)
    with pytest.raises(BadKey, match=words):
        keys_of(tmp_path, PERSON)


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(BadKey, match="cannot be used"):
        keys_of(tmp_path / "data", PERSON)


# --- taken over


def test_the_key_of_an_older_version_is_taken_over_and_its_file_destroyed(tmp_path: Path):
    old = tmp_path / "person.key"
    make_key(old, b"k" * 32)
    (key,) = keys_of(tmp_path, PERSON)
    assert (key.secret, key.generation) == (b"k" * 32, 1)
    assert not old.exists()
    assert start_at_once(tmp_path) == {b"k" * 32}


def test_processes_that_take_it_over_at_once_end_with_it(tmp_path: Path):
    for n in range(10):
        make_key(tmp_path / str(n) / "person.key", b"k" * 32)
        assert start_at_once(tmp_path / str(n)) == {b"k" * 32}


def test_another_old_key_beside_the_new_ones_is_a_mistake_that_is_named(tmp_path: Path):
    keys_of(tmp_path, PERSON)
    make_key(tmp_path / "person.key", b"k" * 32)
    with pytest.raises(BadKey, match="another key"):
        keys_of(tmp_path, PERSON)
    assert (tmp_path / "person.key").exists()


@pytest.mark.parametrize(("content", "mode"), [(b"short", 0o600), (b"k" * 32, 0o644)])
def test_an_old_key_that_is_no_good_is_not_taken_over(tmp_path: Path, content: bytes, mode: int):
    make_key(tmp_path / "person.key", content)
    (tmp_path / "person.key").chmod(mode)
    with pytest.raises(BadKey):
        keys_of(tmp_path, PERSON)


# --- rotated


def test_a_year_passes_key_by_key(tmp_path: Path):
    (first,) = keys_of(tmp_path, PERSON, TODAY)
    assert rotated(tmp_path, TODAY + YEAR - timedelta(days=1)) == []
    assert rotated(tmp_path, TODAY + YEAR) == ["person-0002.key is the current key"]
    current, previous = keys_of(tmp_path, PERSON)
    assert (previous, current.since) == (first, TODAY + YEAR)
    assert current.secret != first.secret
    assert rotated(tmp_path, TODAY + YEAR + LOOKUP - timedelta(days=1)) == []
    assert rotated(tmp_path, TODAY + YEAR + LOOKUP) == ["person-0001.key is destroyed"]
    assert keys_of(tmp_path, PERSON) == [current]
    assert names(tmp_path) == ["person-0002.key"]


def test_a_copy_on_another_pc_comes_to_the_same_keys_by_itself(tmp_path: Path):
    (key,) = keys_of(tmp_path / "caller", PERSON, TODAY)
    copied = tmp_path / "kiosk" / FOLDER / key.path.name
    make_key(copied, key.path.read_bytes())
    rotated(tmp_path / "caller", TODAY + YEAR)
    rotated(tmp_path / "kiosk", TODAY + YEAR + timedelta(days=9))
    one, other = (keys_of(tmp_path / pc, PERSON)[0] for pc in ("caller", "kiosk"))
    assert (one.secret, one.since) == (other.secret, other.since)


def test_a_hall_that_was_shut_for_years_makes_up_for_them(tmp_path: Path):
    keys_of(tmp_path, PERSON, TODAY)
    rotated(tmp_path, TODAY + 3 * YEAR)
    current, previous = keys_of(tmp_path, PERSON)
    assert (current.generation, previous.generation) == (4, 3)
    assert names(tmp_path) == ["person-0003.key", "person-0004.key"]


@pytest.mark.parametrize("since", [date(2000, 1, 1), date(2099, 1, 1)])
def test_a_key_made_while_the_date_was_wrong_counts_from_now_and_stays_the_same(tmp_path: Path, since: date):
    (key,) = keys_of(tmp_path, PERSON, since)
    assert rotated(tmp_path, TODAY) == [f"person-0001.key counts from {TODAY}"]
    assert keys_of(tmp_path, PERSON) == [key._replace(since=TODAY)]
    assert rotated(tmp_path, TODAY) == []


def test_only_the_explicit_call_rotates(tmp_path: Path):
    """A key far older than a year stays, whatever the computer's date is."""
    (key,) = keys_of(tmp_path, PERSON, date(2025, 1, 2))
    assert keys_of(tmp_path, PERSON, TODAY + 10 * YEAR) == [key]


def test_a_destroyed_key_is_nowhere_in_the_folder_and_cannot_be_made_again(tmp_path: Path):
    (first,) = keys_of(tmp_path, PERSON, TODAY)
    rotated(tmp_path, TODAY + YEAR)
    assert first.secret.hex() in content(tmp_path)
    rotated(tmp_path, TODAY + YEAR + LOOKUP)
    assert first.secret.hex() not in content(tmp_path)


def content(data: Path) -> str:
    return "".join(path.read_text() for path in (data / FOLDER).iterdir())


def test_a_kill_while_a_key_is_destroyed_leaves_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (first,) = keys_of(tmp_path, PERSON, TODAY)
    rotated(tmp_path, TODAY + YEAR)

    def killed(_path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(owner_only, "_erase", killed)
        with pytest.raises(KeyboardInterrupt):
            rotated(tmp_path, TODAY + YEAR + LOOKUP)
    assert len(keys_of(tmp_path, PERSON)) == 1
    assert first.secret.hex() in content(tmp_path)
    rotated(tmp_path, TODAY + YEAR + LOOKUP)
    assert first.secret.hex() not in content(tmp_path)


# --- used


def test_a_process_that_runs_through_a_rotation_uses_both_keys_and_then_one(tmp_path: Path):
    keys_of(tmp_path, PERSON, TODAY)
    key, number = person_keys(tmp_path), number_for(1)
    old = hashed(number, key)
    rotated(tmp_path, TODAY + YEAR)
    new, _, previous = hashed(number, key).partition(".")
    assert (previous, len(new)) == (old, 64)
    rotated(tmp_path, TODAY + YEAR + LOOKUP)
    assert hashed(number, key) == new


def test_twin_a_process_that_reads_its_key_once_misses_the_rotation(tmp_path: Path):
    (key,) = keys_of(tmp_path, PERSON, TODAY)
    rotated(tmp_path, TODAY + YEAR)
    assert (
        hashed(number_for(1), key.secret) not in hashed(number_for(1), person_keys(tmp_path)).split(".")[:1]
    )


def test_a_key_that_becomes_unreadable_still_serves_who_has_read_it(tmp_path: Path):
    (key,) = keys_of(tmp_path, PERSON, TODAY)
    read: Callable[[], tuple[bytes, ...]] = secrets_of(tmp_path, PERSON)
    key.path.unlink()
    (tmp_path / FOLDER / "person-0002.key").write_text("rubbish")
    assert read() == (key.secret,)
    with pytest.raises(BadKey):
        secrets_of(tmp_path, PERSON)
