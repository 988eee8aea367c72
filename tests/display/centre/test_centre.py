"""A hall's log reaches the centre by the real ways: the sender of `hallcall deliver`, HTTP, `hallcall centre run`, PostgreSQL."""

import random
import select
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from caller.delivery import centre_copy, city_updates, trials
from caller.delivery.centre_copy import CentreSender
from caller.delivery.city_settings import CitySettingsFetcher
from caller.delivery.city_updates import UpdateError
from caller.delivery.notice_senders import keep_secret
from caller.delivery.outbox import DeliveryError, Outbox
from caller.engine import commands as cmd
from caller.eventlog import LOG_NAME, Reader, Record, row_batches
from caller.records.centre import folding, sites, thing_names
from caller.records.stores.postgres import PostgresStore
from config import city_bundles, city_packages, hall_names
from config.city_packages import Machine, Package
from config.delivery_settings import CENTRE, CentreTable
from config.process import certificates
from config.settings import HallTable, Settings
from tests.instruments.logged_stage import LoggedStage
from tests.instruments.postgres_cluster import Cluster
from tests.instruments.running_hall import Process, comes_to, hallcall

SITE = "stage"


@pytest.fixture(scope="module")
def database(one_cluster: Cluster) -> str:
    address = one_cluster.database()
    with sites.connected(address) as connection:
        sites.make_tables(connection)
    return address


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The centre's data folder."""
    return tmp_path_factory.mktemp("centre")


@pytest.fixture(scope="module")
def centre(database: str, folder: Path) -> Iterator[Process]:
    words = ("--db", database, "--port", "0", "--data", str(folder))
    process = Process("centre", "run", *words, output=folder / "out")
    yield process
    process.stop()


@pytest.fixture
def stage(centre: Process, database: str, tmp_path: Path) -> Iterator[LoggedStage]:
    hall = HallTable(site=SITE, name="舞台大厅")
    each = LoggedStage(tmp_path, hall=hall, centre=CentreTable(centre.address, private=True))
    each.open("1")
    with sites.connected(database) as connection:
        keep_secret(tmp_path, CENTRE, sites.add(connection, SITE, "舞台大厅", 1))
        sites.forget(connection, SITE, wholly=False)
    yield each
    each.close()


def sender(stage: LoggedStage) -> CentreSender:
    return CentreSender(stage.settings, stage.data, lambda: stage.now, lambda: 1.0)


def trouble(stage: LoggedStage) -> str:
    with Outbox(stage.data) as outbox:
        row = outbox.receiver(CENTRE)
        assert row is not None
        return row.trouble


def waiting(stage: LoggedStage) -> int:
    with Outbox(stage.data) as outbox:
        return outbox.backlog(CENTRE).waiting


def kept(database: str) -> list[Record]:
    with sites.connected(database) as connection:
        return folding.rows_after(connection, {SITE: 0})[SITE]


def written(stage: LoggedStage) -> list[Record]:
    with Reader(stage.data / LOG_NAME) as log:
        return list(log.after(0))


def busy_morning(stage: LoggedStage, count: int) -> None:
    for _ in range(count):
        stage.do(cmd.TakeTicket(queue="A"))


def test_the_whole_log_goes_out_in_order_and_the_centre_folds_it(
    stage: LoggedStage, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_batches, "ROWS_MAX", 10)  # of the sender alone: several batches
    busy_morning(stage, 25)
    each, stop = sender(stage), threading.Event()
    each.round(stop)
    assert kept(database) == written(stage)
    assert (trouble(stage), waiting(stage)) == ("", 0)
    busy_morning(stage, 1)
    each.round(stop)
    assert kept(database) == written(stage)
    with sites.connected(database) as connection:
        last = len(written(stage))
        comes_to(lambda: PostgresStore(connection, SITE).place.head.seq, last)


def test_the_centre_tells_a_monitoring_system_how_many_halls_are_heard_of(
    stage: LoggedStage, centre: Process, database: str
) -> None:
    def measured() -> dict[str, str]:
        with urllib.request.urlopen(f"{centre.address}/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        parted = [line.rpartition(" ") for line in lines if line[0] != "#"]
        return {name: value for name, _, value in parted}

    with sites.connected(database) as connection:
        halls = len(sites.all_sites(connection))
    before = int(measured()["hallcall_centre_events"])
    sender(stage).round(threading.Event())
    now = measured()
    assert int(now["hallcall_centre_events"]) - before == len(written(stage))
    assert now['hallcall_centre_halls{state="all"}'] == str(halls)
    assert int(now['hallcall_centre_halls{state="heard"}']) >= 1
    assert (now["hallcall_centre_database"], SITE in str(now)) == ("1", False)
    comes_to(lambda: measured()["hallcall_centre_unfolded"], "0")


def given(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Note of each batch from now on whether it brings names."""
    found, packed = list[bool](), row_batches.packed

    def noting(records: Sequence[Record], last: int, version: str, names: Any = None) -> tuple[bytes, bool]:
        found.append(names is not None)
        return packed(records, last, version, names)

    monkeypatch.setattr(row_batches, "packed", noting)
    return found


def test_the_names_of_queues_and_windows_go_out_once_and_again_where_they_are_others(
    stage: LoggedStage, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    each, stop, bring = sender(stage), threading.Event(), given(monkeypatch)
    each.round(stop)
    busy_morning(stage, 1)
    each.round(stop)
    assert bring.count(True) == 1
    with sites.connected(database) as connection:
        names = thing_names.of_site(connection, SITE, "zh")
        assert names == hall_names.of_hall(stage.settings)["zh"]
        assert (names["windows"]["1"], "clerks" in names) == (stage.settings.windows[0].name, False)
        sites.forget(connection, SITE, wholly=False)
        busy_morning(stage, 1)
        each.round(stop)
        assert thing_names.of_site(connection, SITE, "zh") == names
        renamed = structs.replace(stage.settings.windows[0], name="企业登记")
        settings = structs.replace(stage.settings, windows=[renamed, *stage.settings.windows[1:]])
        CentreSender(settings, stage.data, lambda: stage.now, lambda: 1.0).round(stop)
        assert thing_names.of_site(connection, SITE, "zh")["windows"]["1"] == "企业登记"
    assert bring.count(True) == 3


@pytest.mark.parametrize(("says", "times"), [(None, 0), ("", 1)])
def test_a_centre_that_keeps_no_names_is_given_none_and_one_that_does_not_take_them_no_second_time(
    stage: LoggedStage, monkeypatch: pytest.MonkeyPatch, says: str | None, times: int
) -> None:
    state_of = row_batches.state_of
    monkeypatch.setattr(row_batches, "state_of", lambda body: structs.replace(state_of(body), names=says))
    each, bring = sender(stage), given(monkeypatch)
    for _ in range(3):
        busy_morning(stage, 1)
        each.round(threading.Event())
    assert bring.count(True) == times
    assert (trouble(stage), waiting(stage)) == ("", 0)


def test_what_the_centre_lost_is_asked_for_again(stage: LoggedStage, database: str) -> None:
    each, stop = sender(stage), threading.Event()
    busy_morning(stage, 5)
    each.round(stop)
    with sites.connected(database) as connection:
        sites.forget(connection, SITE, wholly=False)
    busy_morning(stage, 1)
    each.round(stop)
    assert kept(database) == written(stage)


def test_a_centre_that_is_away_costs_tries_that_grow_rarer_and_nothing_is_lost(
    stage: LoggedStage, centre: Process, database: str
) -> None:
    settings = stage.settings
    away = CentreSender(
        type(settings)(**{
            **{name: getattr(settings, name) for name in settings.__struct_fields__},
            "centre": CentreTable("http://127.0.0.1:9", private=True),
        }),
        stage.data, lambda: stage.now, lambda: 1.0,
    )  # fmt: skip
    away.round(threading.Event())
    assert "refused" in trouble(stage)
    with Outbox(stage.data) as outbox:
        since = outbox.receivers()[0].since
    away.round(threading.Event())  # rests
    stage.later(1)
    away.round(threading.Event())  # tried again
    with Outbox(stage.data) as outbox:
        assert outbox.receivers()[0].since == since
    sender(stage).round(threading.Event())
    assert trouble(stage) == ""
    assert kept(database) == written(stage)


def test_a_week_without_the_centre_costs_few_tries_and_is_caught_up_in_batches_of_a_bound(
    stage: LoggedStage, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    each, stop, connected = sender(stage), threading.Event(), centre_copy.webhooks.connected
    each.round(stop)
    tries, sizes = list[int](), list[int]()

    def refused(*_: object) -> object:
        tries.append(stage.now)
        raise ConnectionRefusedError

    monkeypatch.setattr(centre_copy.webhooks, "connected", refused)
    for _ in range(7):
        for number in range(20):
            state = ("ready", "paper-out")[number % 2]
            stage.do(cmd.ReportDevice("k1-printer", "printer", state, ""), "kiosk", "k1")
        for _ in range(60):  # an hour of it
            each.round(stop)
            stage.later(1)
        stage.later(23 * 60)
    gaps = [after - before for before, after in pairwise(tries)]
    assert max(gaps[12:24]) >= centre_copy.LONGEST_REST  # as rare as they get
    assert len(tries) < 7 * 60 / 4
    assert "refused" in trouble(stage).lower()
    monkeypatch.setattr(centre_copy.webhooks, "connected", connected)
    packed = row_batches.packed

    def counted(records: Any, *rest: Any) -> tuple[bytes, bool]:
        sizes.append(len(records))
        return packed(records, *rest)

    monkeypatch.setattr(row_batches, "packed", counted)
    monkeypatch.setattr(row_batches, "ROWS_MAX", 50)
    each.round(stop)
    assert (kept(database), trouble(stage), waiting(stage)) == (written(stage), "", 0)
    assert (sizes[0], max(sizes), sum(sizes) <= len(written(stage))) == (
        0,
        50,
        True,
    )  # it asks first, and sends nothing twice


def test_a_key_that_does_not_fit_is_said_on_both_sides(stage: LoggedStage, centre: Process) -> None:
    answer = trials.trial(stage.settings, stage.data, CENTRE)
    assert answer is not None
    assert answer.verdict == "taken"
    keep_secret(stage.data, CENTRE, "another")
    answer = trials.trial(stage.settings, stage.data, CENTRE)
    assert answer is not None
    assert answer.verdict == "refused"
    assert "HTTP 401 站点 stage 的密钥不对" in answer.detail
    sender(stage).round(threading.Event())
    assert "The key of site stage does not fit" in trouble(stage)


def test_a_hall_that_lost_its_end_sends_nothing_and_says_so(
    stage: LoggedStage, database: str, tmp_path: Path
) -> None:
    before = (tmp_path / "kept.db", tmp_path / LOG_NAME)
    with Reader(before[1]) as log:
        log.backup(before[0])
    busy_morning(stage, 3)
    sender(stage).round(threading.Event())
    sent = kept(database)
    old = tmp_path / "restored"
    old.mkdir()
    before[0].rename(old / LOG_NAME)
    keep_secret(old, CENTRE, (tmp_path / "secrets" / CENTRE).read_text())
    each = CentreSender(stage.settings, old, lambda: stage.now, lambda: 1.0)
    with pytest.raises(DeliveryError) as caught:
        each.round(threading.Event())
    assert caught.value.code == "centre-differs"
    with Outbox(old) as outbox:
        assert "centre's event" in outbox.receivers()[0].trouble
    assert kept(database) == sent


def test_halls_are_listed_with_what_they_lack_and_what_is_wrong(stage: LoggedStage, database: str) -> None:
    sender(stage).round(threading.Event())
    code, said = hallcall("centre", "site", "list", "--db", database)
    assert (code, "舞台大厅" in said, "正常 well" in said) == (0, True, True)
    code, said = hallcall("centre", "site", "add", "--db", database, "no space")
    assert (code, "[hall] site" in said) == (2, True)
    code, said = hallcall("centre", "site", "again", "--db", database, "nobody")
    assert (code, "没有站点 nobody" in said) == (2, True)
    code, said = hallcall("centre", "site", "list", "--db", "postgresql://127.0.0.1:9/none")
    assert (code, "--db" in said) == (2, True)


def begun(centre: Process, site: str, secret: str, length: int) -> socket.socket:
    """Return a connection on which a request of a site has begun and its body has not."""
    host, port = centre.address.removeprefix("http://").split(":")
    line = socket.create_connection((host, int(port)), timeout=60)
    head = ("Host: centre", f"Authorization: Bearer {secret}", f"Content-Length: {length}")
    line.sendall("\r\n".join((f"POST /v1/log/{site} HTTP/1.1", *head, "", "")).encode())
    return line


def posted(centre: Process, site: str, secret: str, body: bytes) -> int:
    """Send a whole request; return its status."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(f"{centre.address}/v1/log/{site}", body, headers), timeout=60
        ) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_one_hall_has_one_batch_in_hand_whatever_it_sends(centre: Process, database: str) -> None:
    """Many requests of one hall at once: one is taken, the others are told to come again, and no place of another's is held."""
    with sites.connected(database) as connection:
        flood, other = (sites.add(connection, site, "", 1) for site in ("flood", "other"))
    body = row_batches.packed((), 0, "")[0]
    lines = [begun(centre, "flood", flood, len(body)) for _ in range(2)]
    (refused,) = select.select(lines, [], [], 60)[0]  # whichever came second
    answer = refused.recv(4096).lower()
    assert (answer[:12], b"retry-after: 2" in answer) == (b"http/1.1 429", True)
    assert posted(centre, "other", other, body) == 200
    taken = next(line for line in lines if line is not refused)
    taken.sendall(body)
    assert taken.recv(64).startswith(b"HTTP/1.1 200")
    for line in lines:
        line.close()
    assert posted(centre, "flood", flood, b"x" * (row_batches.PACKED_BYTES_MAX + 1)) == 413
    assert posted(centre, "flood", flood, b"x") == 422
    assert posted(centre, "flood", "", body) == 401


def test_who_has_no_key_holds_no_place_of_a_hall_and_sends_no_body(centre: Process, database: str) -> None:
    """A stranger's request that never brings its body is refused at once; the hall's own is taken beside it."""
    with sites.connected(database) as connection:
        key = sites.add(connection, "watched", "", 1)
    body = row_batches.packed((), 0, "")[0]
    with begun(centre, "watched", "guessed", 900) as stranger:
        assert stranger.recv(64).startswith(b"HTTP/1.1 401")
        assert posted(centre, "watched", key, body) == 200


def test_a_sign_of_life_comes_without_anything_new(stage: LoggedStage, database: str) -> None:
    each, stop = sender(stage), threading.Event()

    def seen() -> int:
        with sites.connected(database) as connection:
            row = sites.found(connection, SITE)
            assert row is not None
            return row.seen

    each.round(stop)
    first = seen()
    each.round(stop)
    assert seen() == first
    stage.now += centre_copy.SIGN_OF_LIFE
    each.round(stop)
    assert seen() > first


def test_with_tls_a_hall_that_trusts_the_certificate_brings_its_log_and_one_that_does_not_says_so(
    stage: LoggedStage, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--tls` with a certificate of a CA of one's own, named by SSL_CERT_FILE in the hall."""
    pem = certificates.ensure(tmp_path / "centre", ["127.0.0.1", "localhost"], datetime.now(UTC))
    words = ("--tls", str(pem), "--port", "0", "--data", str(tmp_path / "centre"))
    process = Process("centre", "run", "--db", database, *words, output=tmp_path / "out")
    try:
        assert process.address.startswith("https://127.0.0.1:")
        settings = {name: getattr(stage.settings, name) for name in stage.settings.__struct_fields__}
        settings["centre"] = CentreTable(process.address, private=True)
        hall = type(stage.settings)(**settings)
        each = CentreSender(hall, stage.data, lambda: stage.now, lambda: 1.0)
        each.round(threading.Event())
        assert "certificate" in trouble(stage)
        assert kept(database) == []
        monkeypatch.setenv("SSL_CERT_FILE", str(pem.with_name("ca.pem")))
        stage.later(10)
        each.round(threading.Event())
        assert (trouble(stage), kept(database)) == ("", written(stage))
        with urllib.request.urlopen(f"{process.address}/sign-in", timeout=60) as answer:
            assert "市级中心" in answer.read().decode()
    finally:
        process.stop()


# --- the program, from the city to a hall

DEBIAN = Machine("debian-12", "amd64")


def published(database: str, folder: Path, package: Path, release: str) -> Package:
    """Take a package in as the centre's people do, name it in the city's file, and publish that."""
    pc = ("--system", DEBIAN.system, "--machine", DEBIAN.machine)
    code, rows = hallcall("centre", "settings", "package", str(package), *pc, "--data", str(folder))
    assert code == 0, rows
    city = package.with_name("city.toml")
    city.write_text(f'[city]\nrelease = "{release}"\n{rows}\n')
    code, said = hallcall("centre", "settings", "publish", str(city), "--db", database, "--data", str(folder))
    assert (code, release in said) == (0, True), said
    [found] = city_packages.release_of(city.read_bytes()).packages
    return found


def told_by_the_city(stage: LoggedStage, centre: Process, folder: Path) -> Settings:
    """Return the settings of a hall that has asked its centre."""
    key = city_bundles.public_key(folder)
    table = CentreTable(centre.address, private=True, settings_key=key)
    settings = structs.replace(stage.settings, centre=table)
    CitySettingsFetcher(settings, stage.data).round(threading.Event())
    return settings


def test_the_program_comes_from_the_city_signed_resumed_and_checked(
    stage: LoggedStage, centre: Process, folder: Path, database: str, tmp_path: Path
) -> None:
    package = tmp_path / "hallcall_9.9_amd64.deb"
    package.write_bytes(random.Random(7).randbytes(300_000))
    row = published(database, folder, package, "9.9")
    settings = told_by_the_city(stage, centre, folder)
    assert city_updates.offered(stage.data, settings, DEBIAN) == (("9.9", (row,)), row)
    assert city_updates.offered(stage.data, settings, Machine("debian-13", "amd64")).package is None

    updates = stage.data / city_packages.FETCHED
    updates.mkdir()
    part = updates / f"{city_updates.PART}{row.sha256}"
    part.write_bytes(package.read_bytes()[:100_000])  # a line broke before
    assert city_updates.fetch(stage.data, settings, row).read_bytes() == package.read_bytes()
    assert [each.name for each in updates.iterdir()] == [package.name]


def test_a_package_that_is_not_what_the_city_signed_is_thrown_away_and_said(
    stage: LoggedStage, centre: Process, folder: Path, database: str, tmp_path: Path
) -> None:
    package = tmp_path / "hallcall_9.8_amd64.deb"
    package.write_bytes(b"right" * 1000)
    row = published(database, folder, package, "9.8")
    settings = told_by_the_city(stage, centre, folder)
    (folder / city_packages.FOLDER / row.sha256).write_bytes(b"wrong" * 1000)  # somebody at the centre's disk
    with pytest.raises(UpdateError, match="与市级签名不符"):
        city_updates.fetch(stage.data, settings, row)
    assert list((stage.data / city_packages.FETCHED).iterdir()) == []
    (folder / city_packages.FOLDER / row.sha256).unlink()
    with pytest.raises(UpdateError, match="HTTP 404"):
        city_updates.fetch(stage.data, settings, row)
    keep_secret(stage.data, CENTRE, "of-another-hall")
    with pytest.raises(UpdateError, match="HTTP 401"):
        city_updates.fetch(stage.data, settings, row)
