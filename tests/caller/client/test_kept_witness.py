"""A station keeps the newest witness on disk, cheaply, and believes no damaged file."""

import logging
import os
import stat
from pathlib import Path

import pytest

from caller.client import kept_witness
from caller.client.kept_witness import LINE_BYTES, KeptWitness, kept_witnesses, witness_path


class Elapsed:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def text(seq: int) -> str:
    return f"1.{seq}.{'a' * 32}.2026-09-21.{seq}.0.{'b' * 32}"


def kept(path: Path, *seqs: int) -> Path:
    witness = KeptWitness(path)
    for seq in seqs:
        witness.hear(text(seq))
    witness.close()
    return path


def test_the_newest_witness_outlives_the_process_and_is_for_its_owner_only(tmp_path: Path):
    before = os.umask(0)
    try:
        path = kept(witness_path(tmp_path, "kiosk", "k1"), 9, 100, 7)
    finally:
        os.umask(before)
    assert KeptWitness(path).text == text(7)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path.parent, path)] == [0o700, 0o600]
    assert kept_witnesses(tmp_path) == [text(7)]


def test_without_a_path_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    witness = KeptWitness()
    witness.hear(text(1))
    witness.close()
    assert witness.text == text(1)
    assert list(tmp_path.iterdir()) == []


def writes_of(monkeypatch: pytest.MonkeyPatch, path: Path, count: int, step: float) -> int:
    """How often the file is written while `count` witnesses come, `step` seconds apart."""
    made: list[bytes] = []
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda *given: made.append(given[1]) or pwrite(*given))
    elapsed = Elapsed()
    witness = KeptWitness(path, elapsed)
    for seq in range(count):
        witness.hear(text(seq))
        witness.hear("")
        elapsed.seconds += step
    witness.close()
    assert KeptWitness(path).text == text(count - 1)
    return len(made)


def test_a_thousand_changes_in_ten_seconds_are_written_at_most_once_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert writes_of(monkeypatch, tmp_path / "k1", 1_000, 0.01) <= 11


def test_twin_without_the_bound_each_change_is_a_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept_witness, "WRITE_SECONDS", 0.0)
    assert writes_of(monkeypatch, tmp_path / "k1", 1_000, 0.01) == 1_000


def test_a_witness_that_did_not_change_is_not_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = kept(tmp_path / "k1", 5)
    monkeypatch.setattr(os, "pwrite", lambda *_: pytest.fail("written again"))
    assert kept(path, 5, 5, 5)


def test_any_damaged_file_is_ignored_with_a_line(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    path = kept(tmp_path / "k1", 5)
    whole = path.read_bytes()
    assert len(whole) == LINE_BYTES
    damages = [
        b"",
        whole[:100],
        whole + b"x",
        bytes(LINE_BYTES),
        b"\xff" * LINE_BYTES,
        whole.replace(b"5", b"6"),
    ]
    damages += [
        whole[:n] + bytes([whole[n] ^ bit]) + whole[n + 1 :] for n in range(LINE_BYTES) for bit in (1, 128)
    ]
    for damage in damages:
        path.write_bytes(damage)
        caplog.clear()
        assert KeptWitness(path).text == ""
        assert "已损坏" in caplog.text
    path.write_bytes(whole)
    assert KeptWitness(path).text == text(5)


def test_twin_without_the_checksum_a_flipped_bit_is_shown_to_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(kept_witness.zlib, "crc32", lambda _: 0)
    path = kept(tmp_path / "k1", 5)
    path.write_bytes(path.read_bytes().replace(b"1.5.", b"1.7."))
    assert KeptWitness(path).text.startswith("1.7.")


def test_a_disk_that_cannot_take_it_costs_one_line_and_no_station(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "file").write_text("in the way")
    elapsed = Elapsed()
    witness = KeptWitness(tmp_path / "file" / "k1", elapsed)
    for seq in range(5):
        witness.hear(text(seq))
        elapsed.seconds += 2
    witness.close()
    assert witness.text == text(4)
    assert [record.levelno for record in caplog.records if "不能写入" in record.message] == [logging.WARNING]
