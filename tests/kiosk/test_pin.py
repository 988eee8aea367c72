"""The staff PIN: kept as a slow salted hash only."""

from pathlib import Path

import pytest

from kiosk import pin


def test_only_the_right_pin_fits(tmp_path: Path):
    pin.keep(tmp_path, "2580")
    assert pin.fits(tmp_path, "2580")
    assert not pin.fits(tmp_path, "2581")


def test_the_pin_itself_is_nowhere_on_disk_and_the_file_is_the_owners(tmp_path: Path):
    pin.keep(tmp_path, "25802580")
    kept = tmp_path / pin.PIN_FILE
    assert b"2580" not in kept.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("bad", ["", "123", "abcd", "1" * 13])
def test_a_bad_pin_is_not_kept(tmp_path: Path, bad: str):
    with pytest.raises(ValueError):
        pin.keep(tmp_path, bad)
    assert pin.fits(tmp_path, "2580") is None


def test_a_new_pin_counts_at_once_for_who_asked_before(tmp_path: Path):
    assert pin.fits(tmp_path, "2580") is None
    pin.keep(tmp_path, "2580")
    assert pin.fits(tmp_path, "2580")
    pin.keep(tmp_path, "1379")
    assert [pin.fits(tmp_path, "2580"), pin.fits(tmp_path, "1379")] == [False, True]
