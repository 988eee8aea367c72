"""`hallcall pair`: the second PC gets what lies in no database, once, within ten minutes, and from no one but the hall."""

import asyncio
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from caller.cli.enrol import remember_hall
from caller.cli.pair import pair
from caller.engine.settings_change import in_force
from caller.identity import keys, pairing
from caller.identity.enrolment_sheet import PAIRING_MINUTES, find, write_pairing, write_sheet
from caller.identity.tokens import keep_token
from caller.protocol import frames
from caller.protocol.frames import Bye, Hello
from config import owner_only
from config.process import certificates
from config.process.tls import AUTO, ServerTls, hall_ca
from config.settings import Listen
from config.versions import Bundle, bundle
from tests.caller.service.test_station_enrolment import acts
from tests.instruments.caller_fixture import Room, hear, room, run
from tests.instruments.settings_hall import settings_room

HALL = Path(__file__).parents[3] / "config" / "halls" / "town.toml"


def ask(*line: str) -> Result:
    return CliRunner().invoke(pair, list(line))


def prepared(data: Path) -> None:
    """Give the PC that calls what there is to hand over."""
    remember_hall(data, HALL)
    for purpose in (keys.SLIP, keys.PERSON):
        keys.keys_of(data, purpose)
    owner_only.make_folder(data / "secrets")
    owner_only.write_whole(data / "secrets/sms", b"password")
    keep_token(data, "web", "web", "t" * 40)
    keep_token(data, "kiosk", "K1", "of this PC alone")


def code_made(hall: Room, ca: bytes = b"", *, at: int | None = None) -> str:
    now = hall.loop.clock.now() if at is None else at
    return pairing.bound(write_pairing(hall.stations.path, "second", b"r" * 32, "1001", now), ca).grouped


def test_the_second_pc_has_the_same_once_and_says_so_in_the_log(tmp_path: Path) -> None:
    async def test() -> None:
        data, second = tmp_path / "a", tmp_path / "b"
        data.mkdir()
        async with room(data) as hall:
            prepared(data)
            made = await asyncio.to_thread(ask, "--data", str(data))
            code = next(line.split()[-1] for line in made.output.splitlines() if line.startswith("配对码"))
            keys.keys_of(second, keys.SLIP)
            own = (second / "keys/slip-0001.key").read_bytes()
            typed = (code.lower(), "--data", str(second), "--caller", hall.url)
            done = await asyncio.to_thread(ask, *typed)
            assert done.exit_code == 0, done.output
            assert pairing.sums(second) == pairing.sums(data)
            assert (second / "keys/slip-0001.key.before").read_bytes() == own, "nothing is lost"
            assert not (second / "tokens/kiosk-K1").exists()
            for path in second.rglob("*.*"):
                assert path.is_dir() or stat.S_IMODE(path.stat().st_mode) == 0o600
            again = await asyncio.to_thread(ask, *typed)
            assert (again.exit_code, "once more" in again.output) == (2, True)
            assert [act[:2] for act in acts(hall)] == [("pc-paired", "pc/second")]

    run(test())


def test_the_second_pc_gets_the_halls_file_in_force_over_nothing_of_its_own(tmp_path: Path) -> None:
    async def test() -> None:
        data, second = tmp_path / "a", tmp_path / "b"
        async with settings_room(data) as hall:
            keys.keys_of(data, keys.SLIP)
            where = ("--data", str(second), "--caller", hall.url)
            done = await asyncio.to_thread(ask, code_made(hall), *where)
            assert done.exit_code == 0, done.output
            written = second / "hall/hall.toml"
            assert bundle(written).hash == in_force(hall.loop.hall).hash, "with the files that it names"
            assert f"hallcall caller {written}" in done.output
            written.write_text("# its own\n", "utf-8")
            again = await asyncio.to_thread(ask, code_made(hall), *where)
            assert (again.exit_code, "it stays" in again.output) == (0, True)
            assert written.read_text("utf-8") == "# its own\n"

    run(test())


@pytest.mark.parametrize("name", ["../x", "/etc/x", ""])
def test_a_file_of_the_hall_leads_out_of_no_folder(name: str) -> None:
    whole = pairing.packed(Bundle(b"[hall]", {"items.csv": b"id"}))
    assert pairing.unpacked(whole).files == {"items.csv": b"id"}
    with pytest.raises(pairing.PairingError):
        pairing.unpacked(pairing.packed(Bundle(b"[hall]", {name: b""})))
    with pytest.raises(pairing.PairingError):
        pairing.unpacked(whole[:-8])


def test_a_code_is_good_for_ten_minutes_and_a_sheet_does_not_void_it(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall:
            now, path = hall.loop.clock.now(), hall.stations.path
            secret = write_pairing(path, "second", b"r" * 32, "", now)
            write_sheet(path, [("board", "hall")], b"s" * 32, "", now)
            life = PAIRING_MINUTES * 60_000_000
            assert find(path, secret, now + life - 1)
            assert find(path, secret, now + life) is None
            newer = write_pairing(path, "second", b"n" * 32, "", now)
            assert (find(path, secret, now), bool(find(path, newer, now))) == (None, True)

    run(test())


def test_keys_leave_on_no_connection_that_others_can_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall:
            prepared(tmp_path)
            secret = write_pairing(hall.stations.path, "second", b"r" * 32, "", hall.loop.clock.now())
            monkeypatch.setattr("caller.service.connection.Connection.is_private", property(lambda _: False))
            async with hall.connect() as line:
                await line.send(frames.encode(Hello("", [], enrol="pc/second", code=secret)))
                assert (await hear(line, Bye)).code == "not-private"
            assert find(hall.stations.path, secret, hall.loop.clock.now()), "the code is not used up"
            async with hall.connect() as line:
                await line.send(frames.encode(Hello("", [], enrol="pc/second")))
                assert (await hear(line, Bye)).code == "bad-frame"

    run(test())


def test_over_tls_the_code_tells_the_halls_ca_from_another(tmp_path: Path) -> None:
    """Who stands between shows a CA of their own; the second PC then sends nothing."""
    data, second, other = tmp_path / "a", tmp_path / "b", tmp_path / "other"
    listen = Listen(tls=AUTO)

    async def test() -> None:
        data.mkdir()
        served = ServerTls(listen, tmp_path, data)
        ServerTls(listen, tmp_path, other)
        async with room(data, tls=served) as hall:
            prepared(data)
            where = ("--data", str(second), "--caller", hall.url)
            wrong = await asyncio.to_thread(ask, code_made(hall, hall_ca(other)), *where)
            assert (wrong.exit_code, "Nothing was sent" in wrong.output) == (2, True)
            done = await asyncio.to_thread(ask, code_made(hall, hall_ca(data)), *where)
            assert done.exit_code == 0, done.output
            assert hall_ca(second) == hall_ca(data)
            own = certificates.ensure(second, ["localhost"], hall_time(hall))
            assert hall_ca(data).strip() in own.read_bytes(), "its own certificate is of the same CA"

    run(test())


def hall_time(hall: Room) -> datetime:
    return datetime.fromtimestamp(hall.loop.clock.now() / 1e6, UTC)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("ABCDE-FGHJK-MNPQ", "--caller", "ws://127.0.0.1:1"), "no pairing code"),
        (("ABCDE-FGHJK-MNPQR",), "--caller wss://HOST:9300"),
        ((), "run this on the PC that calls"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, line: tuple[str, ...], said: str) -> None:
    done = ask(*line, "--data", str(tmp_path))
    assert done.exit_code == 2
    assert said in done.output


def test_a_code_typed_on_the_pc_that_calls_changes_nothing(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall:
            prepared(tmp_path)
            before = pairing.sums(tmp_path)
            done = await asyncio.to_thread(
                ask, code_made(hall), "--data", str(tmp_path), "--caller", hall.url
            )
            assert (done.exit_code, "on the other PC" in done.output) == (2, True)
            assert pairing.sums(tmp_path) == before

    run(test())


@pytest.mark.parametrize(
    "files", [{}, {"keys/slip-0001.key": "AA==", "../x": "AA=="}, {"keys/slip-0001.key": "no base64"}]
)
def test_what_is_nothing_that_is_paired_changes_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    with pytest.raises(pairing.PairingError):
        pairing.install(tmp_path, files)
    assert list(tmp_path.iterdir()) == []


def test_the_sums_name_what_differs_and_hold_no_password(tmp_path: Path) -> None:
    one, two = tmp_path / "a", tmp_path / "b"
    prepared(one)
    pairing.install(two, pairing.files_of(one))
    assert pairing.differing(pairing.sums(one), pairing.sums(two)) == []
    owner_only.write_whole(two / "secrets/sms", b"another")
    keep_token(two, "web", "web", "u" * 40)
    assert pairing.differing(pairing.sums(one), pairing.sums(two)) == ["secrets", "tokens"]
    keys.keys_of(two, "webhook")
    assert pairing.differing(pairing.sums(one), pairing.sums(two)) == ["keys"]
