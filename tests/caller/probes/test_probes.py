"""Each thing that can be wrong is found, under its code, and a hall that is well has none of them."""

import os
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from caller.cli import doctor as doctor_command
from caller.cli.doctor import doctor, probes, status, status_lines
from caller.client import media_copies, media_files
from caller.client.media_copies import OfferedFile
from caller.delivery.outbox import OUTBOX_NAME, Delivery, Outbox
from caller.delivery.runner import only_process
from caller.engine.commands import ReportDevice
from caller.engine.register import DeviceStatus, VersionInForce
from caller.eventlog import LOG_NAME, Head, Record
from caller.identity import account_file, keys
from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account
from caller.identity.enrolment import STATIONS_NAME, Stations
from caller.identity.tokens import keep_token
from caller.probes import data_probes, process_probes, setup_probes
from caller.probes.setup_probes import UPDATE_NAME
from caller.records import bring_up_to_date
from caller.service.backups import TRIAL_NAME, Trial, make
from caller.service.device_presence import StationPresence
from caller.service.upkeep import note_missing
from config import city_bundles
from config.catalogue import both, codes
from config.instants import MINUTE, SECOND, Micros
from config.probe import Examined, examine, wrong
from config.process.certificates import SERVER_DAYS, ensure
from config.process.tables import folded
from config.setting_types import MediaEntry
from config.settings import AccountsTable, Device, Webhook
from config.setup.choices import RECORD_NAME, Choices
from config.setup.writing import SetupRecord, write
from config.versions import Bundle, VersionNote, VersionStore, bundle
from devices.printer import fonts
from display.voice import speech_audio
from kiosk.faces import voice as kiosk_voice
from tests.instruments.played_media import picture
from tests.instruments.recorded_days import write_history
from tests.instruments.small_settings import GOOD, put

ZONE = ZoneInfo("Asia/Shanghai")
NOW = round(datetime(2026, 9, 21, 10, tzinfo=ZONE).timestamp() * 1e6)


class Usage(NamedTuple):
    """As `shutil.disk_usage` tells it, in bytes."""

    total: int
    used: int
    free: int


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("history")
    write_history(data, 5, 60)
    bring_up_to_date(data)
    return data


@pytest.fixture
def hall(history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Examined]:
    """A hall that is well: caller and deliver run, everything is enrolled, the clock is kept right."""
    from config.reading.reader import read

    data = tmp_path / "data"
    shutil.copytree(history, data)
    path = put(tmp_path, GOOD)
    settings = read(path)
    with ExitStack() as stack:
        caller = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        stack.enter_context(only_process(data))
        stations = Stations(data / STATIONS_NAME)
        for role, names in (("kiosk", settings.kiosks), ("window", settings.windows)):
            for each in names:
                stations.enrol(role, each.id, "now")
        stations.close()
        keys.keys_of(data, "person")
        for file in data.rglob("*"):
            file.chmod(0o700 if file.is_dir() else 0o600)
        monkeypatch.setattr(process_probes, "synchronised", lambda: True)
        monkeypatch.setattr(data_probes.shutil, "disk_usage", lambda _: Usage(0, 0, 50 << 30))
        monkeypatch.setattr(speech_audio, "espeak_found", lambda: True)
        settings = replace(settings, hall=replace(settings.hall, site="county"))
        url = f"ws://127.0.0.1:{caller.getsockname()[1]}"
        yield Examined(path, settings, data, url, NOW)


def found(hall: Examined) -> dict[str, str]:
    """What the probes find: code → grade."""
    return {each.code: each.grade for _, findings in examine(hall, probes()) for each in findings}


def test_a_hall_that_is_well_has_nothing(hall: Examined):
    assert found(hall) == {}


def shapes(data: Path) -> dict[str, int]:
    """The versions of a data folder's databases, by their names."""
    found: dict[str, int] = {}
    for path in sorted(data.glob("*.db")):
        with closing(sqlite3.connect(path)) as file:
            found[path.name] = file.execute("pragma user_version").fetchone()[0]
    return found


@pytest.mark.parametrize("guarded", [True, False], ids=["", "twin"])
def test_a_new_versions_doctor_leaves_each_file_in_the_shape_of_the_version_that_runs(
    hall: Examined, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    with Outbox(hall.data), closing(AccountStore(hall.data)):
        pass
    before = shapes(hall.data)
    assert {"accounts.db", "delivery.db", "stations.db"} <= before.keys()
    monkeypatch.setattr(account_file, "VERSION", account_file.VERSION + 1)
    if not guarded:
        monkeypatch.setattr(process_probes, "copied", lambda data, _: nullcontext(data))
    found(hall)
    assert (shapes(hall.data) == before) == guarded


Break = Callable[[Examined, pytest.MonkeyPatch], "Examined | None"]


def settings_with(hall: Examined, /, **changes: object) -> Examined:
    return hall._replace(settings=replace(hall.settings, **changes))


def listening(hall: Examined, /, **changes: object) -> Examined:
    return settings_with(hall, listen=replace(hall.settings.listen, **changes))


def certificate_made(days: int) -> Break:
    """A hall whose own certificate was made so many days from now."""

    def made(hall: Examined, _: pytest.MonkeyPatch) -> Examined:
        now = datetime.fromtimestamp(hall.now / 1e6, UTC) + timedelta(days=days)
        path = ensure(hall.data, ["localhost"], now)
        shutil.copy(path, hall.hall.parent / "own.pem")
        return listening(hall, tls="own.pem")

    return made


def device(hall: Examined, port: str) -> Examined:
    return settings_with(hall, devices=(Device("e1", "evaluator", port),))._replace(pc="pc-1")


def at(hall: Examined, year: int, month: int, day: int) -> Examined:
    return hall._replace(now=round(datetime(year, month, day, tzinfo=ZONE).timestamp() * 1e6))


def version_lost(hall: Examined, patch: pytest.MonkeyPatch) -> None:
    hash = bundle(hall.hall).hash
    patch.setattr(data_probes, "noted_in", lambda _: VersionInForce(3, hash, NOW))


def file_differs(hall: Examined, patch: pytest.MonkeyPatch) -> None:
    given = bundle(hall.hall)
    other = Bundle(given.main + b"# another\n", given.files)
    VersionStore(hall.data).put(3, other, VersionNote(other.hash))
    patch.setattr(data_probes, "noted_in", lambda _: VersionInForce(3, other.hash, NOW))


def city_wants(version: str) -> Break:
    """A hall that runs 1.0, and has been sent a file of its city that names this version."""

    def sent(hall: Examined, patch: pytest.MonkeyPatch) -> Examined:
        patch.setattr(data_probes, "VERSION", "1.0")
        key = city_bundles.public_key(hall.hall.parent)
        main = f'[city]\nrelease = "{version}"\n'.encode()
        file = city_bundles.signed(hall.hall.parent, 1, NOW, Bundle(main))
        city_bundles.keep(hall.data, city_bundles.encoded(file), key)
        return settings_with(hall, centre=replace(hall.settings.centre, settings_key=key))

    return sent


def test_the_release_that_the_city_wants_is_well(hall: Examined, monkeypatch: pytest.MonkeyPatch):
    changed = city_wants("1.0")(hall, monkeypatch)
    assert isinstance(changed, Examined)
    assert found(changed) == {}


def disk(free_mib: int) -> Break:
    def full(_: Examined, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(data_probes.shutil, "disk_usage", lambda _: Usage(0, 0, free_mib << 20))

    return full


def edited(file: str, text: bytes) -> Break:
    def edit(hall: Examined, _: pytest.MonkeyPatch) -> None:
        path = hall.data / file
        path.touch(0o600)
        path.write_bytes(text)

    return edit


def cut_log(hall: Examined, _: pytest.MonkeyPatch) -> None:
    """The newest events are gone, as after a wrong backup was put back."""
    with sqlite3.connect(hall.data / LOG_NAME) as log:
        last = log.execute("select max(seq) from event").fetchone()[0] - 3
        log.execute("delete from event where seq > ?", (last,))
    log.close()


def outbox(change: Callable[[Outbox], object]) -> Break:
    def broken(hall: Examined, _: pytest.MonkeyPatch) -> None:
        with Outbox(hall.data) as box:
            box.begin("city", "county", Head(0, b""))
            change(box)

    return broken


GIVEN_UP = Delivery("city", 1, "id", b"", "hall", "Test", "{}")


def gave_up(box: Outbox) -> None:
    box.add("city", Head(1, b""), [GIVEN_UP])
    box.dead(GIVEN_UP, "HTTP 400", NOW)


def not_followed(hall: Examined, _: pytest.MonkeyPatch) -> Examined:
    """Another folder with the same content, from which no process delivers."""
    other = hall.data.with_name("other")
    shutil.copytree(hall.data, other)
    return hall._replace(data=other)


def locked_away(hall: Examined, patch: pytest.MonkeyPatch) -> None:
    real = data_probes.os.access
    patch.setattr(data_probes.os, "access", lambda path, mode: path != hall.data and real(path, mode))


def port_of_another(hall: Examined, patch: pytest.MonkeyPatch) -> Examined:
    from devices import inventory

    (hall.data / "tty").touch()
    real = inventory.os.access
    patch.setattr(inventory.os, "access", lambda path, mode: Path(path).name != "tty" and real(path, mode))
    return device(hall, f"serial://{hall.data / 'tty'}")


def offers(*languages: str) -> Break:
    """A hall whose kiosks offer these languages."""

    def made(hall: Examined, _: pytest.MonkeyPatch) -> Examined:
        return settings_with(hall, hall=replace(hall.settings.hall, languages=languages))

    return made


def without_letters(shaping: bool) -> Break:
    def made(hall: Examined, patch: pytest.MonkeyPatch) -> Examined | None:
        patch.setattr(fonts, "_fallbacks", tuple)
        patch.setattr(fonts.features, "check", lambda name: shaping or name != "raqm")
        return offers("zh", "ug")(hall, patch)

    return made


def voice_of_others(hall: Examined, patch: pytest.MonkeyPatch) -> Examined | None:
    patch.setattr(kiosk_voice, "_has_voice", lambda name: name != "ug")
    return offers("zh", "ug")(hall, patch)


def no_voice_of_prompts(hall: Examined, patch: pytest.MonkeyPatch) -> Examined | None:
    patch.setattr(kiosk_voice, "_has_voice", lambda _name: False)
    return offers("zh")(hall, patch)


def without_paper(hall: Examined, _: pytest.MonkeyPatch) -> Examined:
    """A printer of the hall's file was told to be out of paper; one that the file knows no more is nobody's trouble."""
    told = {name: DeviceStatus("printer", "paper-out", "装纸 / put paper in", NOW) for name in ("p9", "gone")}
    with closing(sqlite3.connect(hall.data / LOG_NAME)) as log, log:
        for name, status in told.items():
            log.execute(
                "insert into register values ('device', ?, ?)", (name, msgspec.msgpack.encode(status))
            )
    printer = Device("p9", "printer", "tcp://127.0.0.1:9100")
    return hall._replace(settings=replace(hall.settings, devices=(*hall.settings.devices, printer)))


def kiosk_killed(hall: Examined, _: pytest.MonkeyPatch) -> Examined:
    """The caller has missed the kiosk that looks after a printer and told so, as it does of any station."""
    printer = Device("p9", "printer", "tcp://127.0.0.1:9100")
    kiosk = replace(hall.settings.kiosks[0], printers=["p9"])
    hall = settings_with(hall, devices=(*hall.settings.devices, printer), kiosks=(kiosk,))
    presence = StationPresence(hall.settings, seconds=10, monotonic=0)
    ready = DeviceStatus("printer", "ready", "", NOW)
    [(order, _answer)] = presence.orders({"p9": ready}, [], monotonic=11)
    assert isinstance(order.command, ReportDevice)
    told = DeviceStatus("printer", order.command.state, order.command.detail, NOW)
    with closing(sqlite3.connect(hall.data / LOG_NAME)) as log, log:
        log.execute("insert into register values ('device', 'p9', ?)", (msgspec.msgpack.encode(told),))
    return hall


def machine_missed(hall: Examined, _: pytest.MonkeyPatch) -> None:
    """The caller at work has noted that a kiosk without any device is not connected."""
    note_missing(hall.data, [("kiosk", "k9")], NOW - 5 * SECOND)


def nobody_writes(hall: Examined, patch: pytest.MonkeyPatch) -> Examined:
    """The log lies in a database in which the last beat is an hour old."""
    return in_database(hall, patch, seconds=3_600.0)


def of_another_pc(hall: Examined, patch: pytest.MonkeyPatch) -> Examined:
    """The caller that writes has other keys."""
    return in_database(hall, patch, keys="keys=ffffffffffffffff secrets=- tls=- tokens=-")


def of_two_versions(hall: Examined, patch: pytest.MonkeyPatch) -> Examined:
    """The other PC has had its update."""
    return in_database(hall, patch, pcs={"b": ("hall-b", "99.0")})


def outrun(hall: Examined, patch: pytest.MonkeyPatch) -> Examined:
    """The other PC, of a version to come, calls."""
    return in_database(hall, patch, newest="CeilingPainted")


def nameless(hall: Examined, patch: pytest.MonkeyPatch) -> Examined:
    """A hall of two PCs whose pages go by the address of one."""
    return in_database(hall, patch, name="")


def played_otherwise(hall: Examined, patch: pytest.MonkeyPatch) -> Examined:
    """The web process of the other PC has another picture."""
    path = hall.data / "media/a.png"
    path.parent.mkdir()
    picture(path, (64, 36))
    other = OfferedFile(1, "0" * 64)
    patch.setattr(media_copies, "noted_address", lambda _: "postgresql:///hall")
    patch.setattr(media_copies, "_offered", lambda addresses: (addresses[0], {"a.png": other}))
    return settings_with(hall, media=(MediaEntry(file="a.png"),))


def in_database(
    hall: Examined,
    patch: pytest.MonkeyPatch,
    seconds: float = 0.1,
    keys: str = "",
    name: str = "https://hall.example.cn",
    pcs: Mapping[str, tuple[str, str]] = MappingProxyType({}),
    newest: str = "",
) -> Examined:
    """The log lies in a database where a caller beat so long ago. `name`: of the hall's pages; `newest`: kind of its last event."""
    records = [Record(1, 1, "c", "caller", "", newest, f'{{"type":"{newest}"}}', b"")] if newest else []
    copy = SimpleNamespace(
        site=hall.settings.hall.site, silent_seconds=lambda: seconds, noted_sums=lambda: keys,
        pcs=lambda: pcs, last=1, piece=lambda *_: records,
    )  # fmt: skip
    patch.setattr(data_probes, "noted_address", lambda _: "postgresql:///hall")
    patch.setattr("caller.eventlog.stores.postgres.PostgresCopy", lambda _, **__: nullcontext(copy))
    return settings_with(hall, listen=replace(hall.settings.listen, public_url=name))


def silent(_: Examined, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(speech_audio, "espeak_found", lambda: False)


def unsynchronised(_: Examined, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(process_probes, "synchronised", lambda: False)


def revoked(hall: Examined, _: pytest.MonkeyPatch) -> None:
    stations = Stations(hall.data / STATIONS_NAME)
    stations.revoke("window", hall.settings.windows[0].id)
    stations.close()


def accounts(*roles: str, noted: bool = True, done: Micros = NOW - MINUTE) -> Break:
    """A hall that requires accounts and has one with these roles, added at this instant."""

    def made(hall: Examined, _: pytest.MonkeyPatch) -> Examined:
        store = AccountStore(hall.data)
        act = Act("a", "account-added", "account/1001", "uid:0", "shell", done)
        store.add(Account("1001", roles=roles), "kuaile-zaochen", act)
        if noted:
            store.file.drop_act("a")
        store.close()
        return settings_with(hall, accounts=AccountsTable(required=True))

    return made


def plays(name: str, make: Callable[[Path], object] | None = None) -> Break:
    """A hall that plays this file of DATA/media, which `make` has put there."""

    def made(hall: Examined, _: pytest.MonkeyPatch) -> Examined:
        path = hall.data / "media" / name
        path.parent.mkdir(exist_ok=True)
        if make:
            make(path)
        return settings_with(hall, media=(MediaEntry(file=name),))

    return made


def cut_picture(path: Path) -> None:
    whole = picture(path, (64, 36)).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def linked_out(path: Path) -> None:
    outside = path.parent.parent / "outside.png"
    picture(outside, (8, 8))
    path.symlink_to(outside)


def cannot_open(hall: Examined, patch: pytest.MonkeyPatch) -> Examined | None:
    real = Path.open

    def refuses(path: Path, *given: Any, **options: Any) -> Any:
        if path.name == "a.png":
            raise PermissionError(13, "Permission denied")
        return real(path, *given, **options)

    made = plays("a.png", lambda path: picture(path, (8, 8)))(hall, patch)
    patch.setattr(Path, "open", refuses)
    return made


def large_picture(hall: Examined, patch: pytest.MonkeyPatch) -> Examined | None:
    patch.setattr(media_files, "PICTURE_BYTES_MAX", 10)
    return plays("a.png", lambda path: picture(path, (64, 36)))(hall, patch)


UNIT = "Id={}\nLoadState={}\nActiveState={}\nResult={}\n"
TRIED = Trial(NOW, "20260920T183000Z", 60)


def set_up(
    units: list[tuple[str, str, str, str]] | None = None,
    trial: Trial | None = TRIED,
    age: int = 0,
    processes: tuple[str, ...] = ("caller",),
) -> Break:
    """A PC that `hallcall setup` set up, its newest backup `age` days old; the service manager says `units` of it.

    The manager is a program in the PATH: systemd runs on no machine that tests run on.
    """

    def made(hall: Examined, patch: pytest.MonkeyPatch) -> None:
        choices = Choices(
            processes=list(processes), program=["hallcall"], backups=str(hall.data.parent / "backups")
        )
        made_now = make(hall.data, Path(choices.backups), NOW - age * 86_400_000_000, 14)
        if trial:
            (made_now.parent / TRIAL_NAME).write_bytes(msgspec.json.encode(trial))
        write(hall.hall.parent, [], SetupRecord(choices, units=["hallcall-caller.service"]))
        (hall.hall.parent / "etc/hallcall" / RECORD_NAME).rename(hall.hall.parent / RECORD_NAME)
        states = units or [("hallcall-caller.service", "loaded", "active", "success")]
        answer = "\n".join(UNIT.format(*each) for each in states)
        manager = hall.data.parent / "bin" / "systemctl"
        manager.parent.mkdir()
        manager.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}END\n")
        manager.chmod(0o755)
        patch.setenv("PATH", str(manager.parent), prepend=os.pathsep)

    return made


def caller_unit(load: str, active: str, result: str = "success") -> Break:
    return set_up([("hallcall-caller.service", load, active, result)])


def web_token(token: str) -> Break:
    """A PC with a web process whose token is this one, "" for a good one; None of it is there for "none"."""

    def made(hall: Examined, patch: pytest.MonkeyPatch) -> None:
        stations = Stations(hall.data / STATIONS_NAME)
        good = stations.enrol("web", "web", "now")
        stations.close()
        if token != "none":
            keep_token(hall.data, "web", "web", token or good)
        set_up(processes=("caller", "web"))(hall, patch)

    return made


def update_note(outcome: str) -> Break:
    """What an update leaves that did not work."""
    note = {"outcome": outcome, "tried": "9.9", "before": "0.1.0", "why": "exit 1"}

    def made(hall: Examined, _: pytest.MonkeyPatch) -> None:
        (hall.data / UPDATE_NAME).write_bytes(msgspec.json.encode(note))

    return made


def without_backups(hours: float) -> Break:
    """A PC that was set up so many hours ago and has made no backup."""

    def made(hall: Examined, patch: pytest.MonkeyPatch) -> None:
        set_up()(hall, patch)
        shutil.rmtree(hall.data.parent / "backups")
        at = NOW / 1e6 - hours * 3600
        os.utime(hall.hall.parent / RECORD_NAME, (at, at))

    return made


def no_manager(hall: Examined, patch: pytest.MonkeyPatch) -> None:
    set_up()(hall, patch)
    (hall.data.parent / "bin" / "systemctl").write_text("#!/bin/sh\necho offline >&2\nexit 1\n")


FAULTS: dict[str, tuple[str, Break]] = {
    "setup-unreadable": ("wrong", lambda hall, _: put(hall.hall.parent, "{", "setup.json") and None),
    "services-unknown": ("doubtful", no_manager),
    "unit-missing": ("wrong", caller_unit("not-found", "inactive")),
    "unit-failed": ("wrong", caller_unit("loaded", "failed", "watchdog")),
    "unit-stopped": ("wrong", caller_unit("loaded", "inactive")),
    "token-lost": ("wrong", web_token("none")),
    "token-void": ("wrong", web_token("of-an-earlier-time")),
    "station-away": ("doubtful", kiosk_killed),
    "machine-away": ("doubtful", machine_missed),
    "update-taken-back": ("wrong", update_note("back")),
    "update-unwell": ("wrong", update_note("stays")),
    "backup-none": ("wrong", without_backups(30)),  # a night has passed in any zone
    "backup-not-yet": ("doubtful", without_backups(0.01)),
    "backup-old": ("wrong", set_up(age=4)),
    "restore-failed": ("wrong", set_up(trial=Trial(NOW, "20260920T183000Z", 0, "damaged"))),
    "restore-untried": ("doubtful", set_up(trial=Trial(NOW - 41 * 86_400_000_000, "20260801T183000Z", 60))),
    "media-missing": ("doubtful", plays("a.png")),
    "media-differs": ("doubtful", played_otherwise),
    "media-outside": ("doubtful", plays("a.png", linked_out)),
    "media-unreadable": ("doubtful", cannot_open),
    "media-kind": ("doubtful", plays("a.png", lambda path: path.write_text("<p>"))),
    "media-large": ("doubtful", large_picture),
    "media-damaged": ("doubtful", plays("a.png", cut_picture)),
    "no-manager-account": ("wrong", accounts("clerk")),
    "no-clerk-account": ("doubtful", accounts("manager")),
    "accounts-unreadable": ("wrong", edited("accounts.db", b"no database" * 500)),
    "acts-not-noted": ("doubtful", accounts("manager", "clerk", noted=False)),
    "no-data": ("wrong", lambda hall, _: hall._replace(data=hall.data / "nowhere")),
    "data-read-only": ("wrong", locked_away),
    "open-to-others": ("doubtful", lambda hall, _: (hall.data / LOG_NAME).chmod(0o644)),
    "disk-full": ("wrong", disk(99)),
    "disk-low": ("doubtful", disk(999)),
    "bad-key": ("wrong", edited("keys/person-0001.key", b"short")),
    "no-log": ("doubtful", lambda hall, _: (hall.data / LOG_NAME).unlink()),
    "other-site": (
        "wrong",
        lambda hall, _: settings_with(hall, hall=replace(hall.settings.hall, site="elsewhere")),
    ),
    "log-behind": ("wrong", cut_log),
    "log-unreadable": ("wrong", edited(LOG_NAME, b"no database" * 999)),
    "records-behind": ("doubtful", lambda _, patch: patch.setattr(data_probes, "RECORDS_BEHIND", -1)),
    "caller-away": ("wrong", lambda hall, _: hall._replace(caller="ws://127.0.0.1:1")),
    "plain-network": ("doubtful", lambda hall, _: listening(hall, host="192.168.1.10")),
    "certificate-unreadable": ("wrong", lambda hall, _: listening(hall, tls="none.pem")),
    "certificate-over": ("wrong", certificate_made(-SERVER_DAYS - 2)),
    "certificate-ends": ("doubtful", certificate_made(20 - SERVER_DAYS)),
    "records-not-followed": ("doubtful", not_followed),
    "deliver-away": (
        "wrong",
        lambda hall, patch: settings_with(
            not_followed(hall, patch), webhooks=(Webhook("city", "http://example.org"),)
        ),
    ),
    "deliveries-given-up": ("wrong", outbox(gave_up)),
    "receiver-troubled": ("doubtful", outbox(lambda box: box.note("city", "HTTP 503", NOW))),
    "receiver-paused": ("doubtful", outbox(lambda box: box.pause("city", True))),
    "outbox-unreadable": ("wrong", edited(OUTBOX_NAME, b"no database" * 999)),
    "no-stations": ("wrong", lambda hall, _: (hall.data / STATIONS_NAME).unlink()),
    "stations-unreadable": ("wrong", edited(STATIONS_NAME, b"no database" * 999)),
    "not-enrolled": ("doubtful", revoked),
    "clock-impossible": ("wrong", lambda hall, _: at(hall, 2000, 1, 1)),
    "clock-free": ("doubtful", unsynchronised),
    "no-notice": ("doubtful", lambda hall, _: at(hall, 2026, 12, 1)),
    "bad-port": ("wrong", lambda hall, _: device(hall, "tpc://x")),
    "not-plugged-in": ("wrong", lambda hall, _: device(hall, "serial:///dev/serial/by-id/usb-none")),
    "no-permission": ("wrong", port_of_another),
    "no-voice": ("wrong", silent),
    "no-letters": ("doubtful", without_letters(shaping=True)),
    "no-shaping": ("doubtful", without_letters(shaping=False)),
    "borrowed-voice": ("doubtful", voice_of_others),
    "mute-prompts": ("doubtful", no_voice_of_prompts),
    "device-troubled": ("doubtful", without_paper),
    "no-writer": ("wrong", nobody_writes),
    "log-newer": ("wrong", outrun),
    "pc-other-version": ("doubtful", of_two_versions),
    "slips-name-a-pc": ("doubtful", nameless),
    "other-keys": ("wrong", of_another_pc),
    "other-release": ("doubtful", city_wants("1.1")),
    "version-lost": ("wrong", version_lost),
    "file-differs": ("doubtful", file_differs),
}


def test_every_finding_that_has_words_has_a_fault_here():
    assert set(codes("finding")) == set(FAULTS)
    assert set(codes("probe")) == set(probes())


@pytest.mark.parametrize("code", FAULTS)
def test_what_is_wrong_is_found(code: str, hall: Examined, monkeypatch: pytest.MonkeyPatch):
    grade, fault = FAULTS[code]
    changed = fault(hall, monkeypatch)
    got = found(changed if isinstance(changed, Examined) else hall)
    assert got.get(code) == grade
    own = {"no-data", "log-unreadable", "clock-impossible", "log-behind"}  # these lead to others
    assert len(got) == 1 or code in own, got


@pytest.mark.parametrize(
    ("age", "codes"), [(3 * SECOND, {}), (-SECOND, {"acts-not-noted": "doubtful"})], ids=["just-now", "ahead"]
)
def test_an_act_of_a_moment_ago_is_not_late(
    age: int, codes: dict[str, str], hall: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller looks for acts once a second; the twin: one whose instant is still to come."""
    fault = accounts("manager", "clerk", noted=False, done=NOW - age)
    changed = fault(hall, monkeypatch)
    assert isinstance(changed, Examined)
    assert found(changed) == codes


def test_a_pc_that_was_set_up_and_is_well_has_nothing(hall: Examined, monkeypatch: pytest.MonkeyPatch):
    set_up()(hall, monkeypatch)
    assert found(hall) == {}


def test_the_first_backup_is_told_before_its_night(hall: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hint that says when; an hour after that time without a backup it is wrong."""
    nights = [setup_probes.first_backup(datetime(2026, 9, 21, hour)) for hour in (1, 10)]
    assert nights == [datetime(2026, 9, 21, 2, 30), datetime(2026, 9, 22, 2, 30)]
    without_backups(0.01)(hall, monkeypatch)
    first = setup_probes.first_backup(datetime.fromtimestamp(NOW / 1e6 - 36))
    (finding,) = setup_probes.backups(hall)
    at = f"{first:%Y-%m-%d %H:%M}"
    assert (at in finding.message.zh, at in finding.message.en) == (True, True)
    for hours, grade in ((0.9, "doubtful"), (1.1, "wrong")):
        later = hall._replace(now=round((first.timestamp() + hours * 3600) * 1e6))
        assert {each.grade for each in setup_probes.backups(later)} == {grade}


def test_a_copy_of_the_log_that_is_a_moment_behind_is_well(
    hall: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the log is a database's, the file beside it is written after its witness; the twin stays behind."""
    whole = (hall.data / LOG_NAME).read_bytes()
    cut_log(hall, monkeypatch)
    monkeypatch.setattr(data_probes, "noted_address", lambda _data: "postgresql://db/hall")
    monkeypatch.setattr(data_probes, "COPY_SECONDS", 0.05)
    monkeypatch.setattr(data_probes, "_rest", lambda: None)
    assert {each.code for each in data_probes.log_file(hall)} == {"log-behind"}
    monkeypatch.setattr(data_probes, "COPY_SECONDS", 60.0)
    monkeypatch.setattr(data_probes, "_rest", lambda: (hall.data / LOG_NAME).write_bytes(whole))
    assert list(data_probes.log_file(hall)) == []


def test_a_missing_machine_is_told_once_and_by_a_caller_at_work(
    hall: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that looks after devices is told with them; what a caller noted that stands by since is no news."""
    machine_missed(hall, monkeypatch)
    assert found(hall) == {"machine-away": "doubtful"}
    note_missing(hall.data, [("kiosk", "k9")], NOW - 120 * SECOND)
    assert found(hall) == {}
    owner = hall.settings.kiosks[0].id
    with_devices = kiosk_killed(hall, monkeypatch)
    note_missing(hall.data, [("kiosk", owner)], NOW)
    assert found(with_devices) == {"station-away": "doubtful"}


def test_a_token_that_the_caller_knows_is_well(hall: Examined, monkeypatch: pytest.MonkeyPatch):
    web_token("")(hall, monkeypatch)
    assert found(hall) == {}


def test_a_backup_that_failed_is_found_while_its_timer_is_well(
    hall: Examined, monkeypatch: pytest.MonkeyPatch
):
    caller = ("hallcall-caller.service", "loaded", "active", "success")
    resting = ("hallcall-backup.service", "loaded", "inactive", "success")
    failed = ("hallcall-backup-test.service", "loaded", "failed", "exit-code")
    set_up([caller, resting, failed])(hall, monkeypatch)
    assert found(hall) == {"unit-failed": "wrong"}


def test_the_next_years_notice_is_asked_for_when_it_can_be_had(hall: Examined):
    assert "no-notice" not in found(at(hall, 2026, 11, 1))


def test_devices_of_another_pc_are_not_looked_at(hall: Examined):
    missing = device(hall, "serial:///dev/serial/by-id/usb-none")
    assert found(missing._replace(pc="pc-2")) == {}
    assert found(missing._replace(pc="")) == {}


# --- the command


def run(hall: Examined, *options: str) -> Result:
    words = [str(hall.hall), "--data", str(hall.data), "--caller", hall.caller, *options]
    return CliRunner().invoke(doctor, words)


def test_the_command_names_what_is_wrong_and_what_to_do(hall: Examined, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor_command, "wall_micros", lambda: NOW)
    path = put(hall.hall.parent, GOOD.replace('site = "small"', 'site = "county"'))
    hall = hall._replace(hall=path)
    well = run(hall)
    assert well.exit_code == 0, well.output
    assert "✓ 叫号服务" in well.output
    assert "✗" not in well.output
    ill = run(hall._replace(caller="ws://127.0.0.1:1"))
    assert ill.exit_code == 1
    assert "✗ 叫号服务" in ill.output
    assert "请启动 hallcall caller" in ill.output
    assert "Start hallcall caller" in ill.output
    document = run(hall._replace(caller="ws://127.0.0.1:1"), "--json")
    assert '"code":"caller-away"' in document.output


def test_a_hall_whose_file_is_wrong_is_told_so(tmp_path: Path):
    (tmp_path / "hall.toml").write_text("x = 1\n", encoding="utf-8")
    result = CliRunner().invoke(doctor, [str(tmp_path / "hall.toml"), "--data", str(tmp_path)])
    assert result.exit_code == 2


def test_looking_changes_nothing(hall: Examined):
    before = {path: path.read_bytes() for path in hall.data.rglob("*") if path.is_file()}
    found(hall)
    after = {path: path.read_bytes() for path in hall.data.rglob("*") if path.is_file()}
    assert {path.name for path in set(before) ^ set(after)} == set()
    assert before == after


def test_status_is_one_screen_that_begins_with_what_is_wrong_and_ends_as_doctor_does(
    hall: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_command, "wall_micros", lambda: NOW)
    path = put(hall.hall.parent, GOOD.replace('site = "small"', 'site = "county"'))
    hall = hall._replace(hall=path)
    ill = hall._replace(caller="ws://127.0.0.1:1")
    for examined, code in ((hall, 0), (ill, 1)):
        told = CliRunner().invoke(
            status, [str(examined.hall), "--data", str(examined.data), "--caller", examined.caller]
        )
        assert (told.exit_code, run(examined).exit_code) == (code, code)
        assert all(both("probe", name)[0] in told.output for name in probes())
        assert sum(len(folded(line, 80).splitlines()) for line in told.output.splitlines()) < 24
    away = wrong("caller-away", url=ill.caller, detail="Connection refused")
    assert away.message.zh in told.output.splitlines()[1]
    unsure = replace(away, grade="doubtful")
    lines = status_lines("厅", [("clock", []), ("disk", [unsure]), ("caller", [unsure, away])])
    assert [line[:1] for line in lines] == ["厅", "✗", "!", "✓", "✓"]
    assert lines[1].endswith("(+1)")
