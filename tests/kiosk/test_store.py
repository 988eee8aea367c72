"""What the kiosk must not forget is on disk whole, or not at all."""

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import argon2
import msgspec
import pytest

from caller.engine.commands import CheckIn, RequeueTicket, TakeTicket
from kiosk import store
from kiosk.store import KEPT_FILE, KEY_FILE, PIN_FILE, UnreadableError, VisitStore
from kiosk.visit.effects import PendingVisit
from tests.instruments.undecodable import UNDECODABLE

KEPT = PendingVisit(
    "id-000001", TakeTicket(items=["T001"], priority="elderly"), items=["T001"], language="en"
)


@pytest.mark.parametrize(
    "kept",
    [
        KEPT,
        PendingVisit("id-000002", CheckIn("YY8842"), "printing", {"ticket": "id-000002", "number": "A001"}),
        PendingVisit("id-000003", RequeueTicket("id-000001")),
    ],
)
def test_what_was_saved_is_read_again(tmp_path: Path, kept: PendingVisit):
    VisitStore(tmp_path).save(kept)
    assert VisitStore(tmp_path).load() == kept


def test_forgetting_one_visit_leaves_a_newer_one(tmp_path: Path):
    memory = VisitStore(tmp_path)
    memory.save(KEPT)
    memory.forget("id-of-before")
    assert memory.load() == KEPT
    memory.forget(KEPT.id)
    assert memory.load() is None


def test_a_save_that_fails_leaves_the_old_record_and_nothing_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    memory = VisitStore(tmp_path)
    memory.save(KEPT)
    before = (tmp_path / KEPT_FILE).read_bytes()

    def fail(_: int) -> None:
        raise OSError("disk fault")

    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(OSError, match="disk fault"):
        memory.save(PendingVisit("id-000009", CheckIn("YY8842")))
    monkeypatch.undo()
    assert (memory.load(), (tmp_path / KEPT_FILE).read_bytes()) == (KEPT, before)


def test_a_disk_that_takes_half_a_record_has_not_saved_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    memory = VisitStore(tmp_path)
    memory.save(KEPT)
    whole = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: whole(handle, data[:30]))
    with pytest.raises(OSError, match="No space left"):
        memory.save(PendingVisit("id-000009", CheckIn("YY8842")))
    monkeypatch.undo()
    assert memory.load() == KEPT


def test_a_record_that_a_version_before_wrote_alone_is_read_and_followed(tmp_path: Path):
    (tmp_path / KEPT_FILE).write_bytes(msgspec.json.encode(KEPT))
    memory = VisitStore(tmp_path)
    assert memory.load() == KEPT
    memory.save(PendingVisit("id-000009", CheckIn("YY8842")))
    assert memory.load() == PendingVisit("id-000009", CheckIn("YY8842"))


def test_every_save_is_synced_and_the_folder_with_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    memory = VisitStore(tmp_path)
    synced: list[str] = []

    def watched(real: Callable[[int], None]) -> Callable[[int], None]:
        def sync(handle: int) -> None:
            synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
            real(handle)

        return sync

    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(store.os, name, watched(getattr(os, name)))
    memory.save(KEPT)
    memory.save(KEPT)
    memory.forget(KEPT.id)
    assert synced == [KEPT_FILE, tmp_path.name, KEPT_FILE, KEPT_FILE]


def test_nothing_of_a_forgotten_visit_is_in_the_file_and_the_file_is_the_owners(tmp_path: Path):
    memory = VisitStore(tmp_path)
    memory.save(KEPT)
    memory.forget(KEPT.id)
    kept = tmp_path / KEPT_FILE
    assert (kept.read_bytes(), kept.stat().st_mode & 0o077) == (b"", 0)


def test_an_unreadable_record_is_put_aside_and_told_once(tmp_path: Path):
    (tmp_path / KEPT_FILE).write_text("{")
    memory = VisitStore(tmp_path)
    with pytest.raises(UnreadableError) as told:
        memory.load()
    assert told.value.path.exists()
    assert memory.load() is None


# --- the PIN


def test_only_the_right_pin_fits(tmp_path: Path):
    VisitStore(tmp_path).set_pin("2580")
    assert VisitStore(tmp_path).pin_fits("2580")
    assert not VisitStore(tmp_path).pin_fits("2581")


def test_the_pin_itself_is_nowhere_on_disk_and_the_file_is_the_owners(tmp_path: Path):
    VisitStore(tmp_path).set_pin("25802580")
    kept = tmp_path / PIN_FILE
    assert b"2580" not in kept.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("bad", ["", "123", "abcd", "1" * 13])
def test_a_bad_pin_is_not_kept(tmp_path: Path, bad: str):
    with pytest.raises(ValueError):
        VisitStore(tmp_path).set_pin(bad)
    assert VisitStore(tmp_path).pin_fits("2580") is None


def test_a_new_pin_counts_at_once_for_who_asked_before(tmp_path: Path):
    assert VisitStore(tmp_path).pin_fits("2580") is None
    VisitStore(tmp_path).set_pin("2580")
    assert VisitStore(tmp_path).pin_fits("2580")
    VisitStore(tmp_path).set_pin("1379")
    assert [VisitStore(tmp_path).pin_fits("2580"), VisitStore(tmp_path).pin_fits("1379")] == [False, True]


SCRYPT_2580 = bytes.fromhex("000102030405060708090a0b0c0d0e0f") + hashlib.scrypt(
    b"2580", salt=bytes(range(16)), n=2**14, r=8, p=1, dklen=32
)  # as versions before argon2id kept it


def test_a_pin_kept_by_scrypt_still_fits_and_is_hashed_anew_when_it_is_typed(tmp_path: Path):
    folder, kept = VisitStore(tmp_path), tmp_path / PIN_FILE
    kept.write_bytes(SCRYPT_2580)
    assert not folder.pin_fits("2581")
    assert kept.read_bytes() == SCRYPT_2580, "a wrong one changes nothing"
    assert folder.pin_fits("2580")
    assert kept.read_text().startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert [folder.pin_fits("2580"), folder.pin_fits("2581")] == [True, False]


def test_twin_without_the_old_way_of_checking_the_staff_would_be_locked_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(store, "_fits_old", lambda *_: False)
    (tmp_path / PIN_FILE).write_bytes(SCRYPT_2580)
    assert VisitStore(tmp_path).pin_fits("2580") is False


def test_a_pin_hashed_with_weaker_parameters_is_hashed_anew(tmp_path: Path):
    folder, kept = VisitStore(tmp_path), tmp_path / PIN_FILE
    folder.set_pin("2580")
    kept.write_text(argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("2580"))
    assert folder.pin_fits("2580")
    once = kept.read_text()
    assert once.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert folder.pin_fits("2580")
    assert kept.read_text() == once, "and no more after that"


def test_a_disk_that_takes_no_new_hash_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / PIN_FILE).write_bytes(SCRYPT_2580)

    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store.owner_only, "write_whole", full)
    assert VisitStore(tmp_path).pin_fits("2580")
    assert (tmp_path / PIN_FILE).read_bytes() == SCRYPT_2580


@pytest.mark.parametrize(
    "damaged", [b"", b"\xff" * 48, b"$argon2id$v=19$", b"$argon2id$v=19$m=1,t=1,p=1$eA$eA"]
)
def test_a_damaged_pin_fits_nobody(tmp_path: Path, damaged: bytes):
    VisitStore(tmp_path)
    (tmp_path / PIN_FILE).write_bytes(damaged)
    assert VisitStore(tmp_path).pin_fits("2580") is False


# --- the page's key


def test_the_key_of_the_page_is_made_once_and_is_the_owners(tmp_path: Path):
    key = VisitStore(tmp_path).page_key()
    assert len(key) >= 20
    assert VisitStore(tmp_path).page_key() == key
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
    assert VisitStore(tmp_path / "another").page_key() != key


@pytest.mark.parametrize("damaged", [b"", b"\xff\xfe", b"short"])
def test_a_damaged_key_is_made_anew(tmp_path: Path, damaged: bytes):
    VisitStore(tmp_path)
    (tmp_path / KEY_FILE).write_bytes(damaged)
    assert len(VisitStore(tmp_path).page_key()) >= 20


@pytest.mark.parametrize("kept", UNDECODABLE.values(), ids=UNDECODABLE)
def test_a_kept_visit_of_any_damage_is_put_aside(tmp_path: Path, kept: bytes):
    (tmp_path / KEPT_FILE).write_bytes(kept)
    with pytest.raises(UnreadableError):
        VisitStore(tmp_path).load()
