"""`hallcall kiosk` says what it cannot do before anything runs, and what to do instead."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result

from kiosk.cli.kiosk import kiosk
from kiosk.store import VisitStore
from tests.instruments.running_hall import Process

VILLAGE = Path(__file__).parents[2] / "config" / "halls" / "village.toml"


def run(data: Path, *more: str, typed: str = "") -> Result:
    return CliRunner().invoke(kiosk, [str(VILLAGE), "--data", str(data), "--token", "x", *more], input=typed)


def test_a_second_kiosk_of_the_same_name_is_refused(tmp_path: Path):
    first = VisitStore(tmp_path / "kiosk-k1")
    first.hold()
    done = run(tmp_path)
    assert done.exit_code == 2
    assert "取号机 k1 已在运行" in done.output
    assert "is running already" in done.output


def test_the_lock_is_of_one_kiosk_and_ends_with_it(tmp_path: Path):
    first, again = VisitStore(tmp_path / "kiosk-k1"), VisitStore(tmp_path / "kiosk-k1")
    first.hold()
    VisitStore(tmp_path / "kiosk-k2").hold()
    with pytest.raises(BlockingIOError):
        again.hold()
    first.release()
    again.hold()


def test_a_printer_this_kiosk_does_not_have_is_refused(tmp_path: Path):
    done = run(tmp_path, "--printer", "p9=tcp://127.0.0.1:9100")
    assert done.exit_code == 2
    assert "k1 没有这台打印机，已有：p1" in done.output
    assert "has no such printer; it has: p1" in done.output


def test_the_pin_is_asked_twice_in_both_languages_and_kept(tmp_path: Path):
    done = run(tmp_path, "--set-pin", typed="2580\n2580\n")
    assert done.exit_code == 0, done.output
    assert "请再输一次" in done.output
    assert "Repeat" not in done.output
    assert VisitStore(tmp_path / "kiosk-k1").pin_fits("2580")


def test_two_different_pins_set_none(tmp_path: Path):
    done = run(tmp_path, "--set-pin", typed="2580\n2581\n")
    assert done.exit_code == 2
    assert "两次输入不一样" in done.output
    assert VisitStore(tmp_path / "kiosk-k1").pin_fits("2580") is None


def test_a_pin_can_be_set_while_the_kiosk_runs(tmp_path: Path):
    VisitStore(tmp_path / "kiosk-k1").hold()
    assert run(tmp_path, "--set-pin", typed="2580\n2580\n").exit_code == 0


# --- where the page listens


@pytest.mark.parametrize(("setting", "host"), [("", "127.0.0.1"), ('kiosk_host = "0.0.0.0"', "0.0.0.0")])
def test_a_hall_that_listens_for_all_has_its_kiosk_page_on_this_pc_only_unless_asked_for(
    tmp_path: Path, setting: str, host: str
):
    """A kiosk runs without its caller; its page is there all the same."""
    text = VILLAGE.read_text()
    assert "[listen]" not in text
    hall = tmp_path / "hall.toml"
    hall.write_text(f'{text}\n[listen]\nhost = "0.0.0.0"\n{setting}\n')
    for items in VILLAGE.parent.glob("*.csv"):
        (tmp_path / items.name).write_bytes(items.read_bytes())
    process = Process(
        "kiosk", str(hall), "--data", str(tmp_path), "--port", "0", "--token", "x", output=tmp_path / "out"
    )
    try:
        address = urlsplit(process.address)
        assert address.hostname == host
        assert address.fragment == f"key={VisitStore(tmp_path / 'kiosk-k1').page_key()}"
    finally:
        process.stop()
