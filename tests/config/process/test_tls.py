"""The hall's own certificates: made once, renewed by themselves, verified by stations, refused in words where they are wrong."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.process import certificates, tls
from config.process.certificates import RENEW_DAYS, SERVER_DAYS, ensure, validity
from config.process.tls import ServerTls, client_context, explained, fingerprint
from config.settings import Listen

NAMES = ("127.0.0.1", "::1", "localhost")
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_trusted", [])
    monkeypatch.delenv(tls.CA_ENV, raising=False)


def openssl(*line: str) -> str:
    return subprocess.run(["openssl", *line], capture_output=True, text=True, check=True).stdout


def test_openssl_takes_the_certificate_for_the_halls_own(tmp_path: Path) -> None:
    path = ensure(tmp_path, NAMES, NOW)
    ca = tmp_path / "tls" / "ca.pem"
    said = openssl(
        "verify",
        "-x509_strict",
        "-CAfile",
        str(ca),
        "-purpose",
        "sslserver",
        "-verify_ip",
        "127.0.0.1",
        str(path),
    )
    assert said.strip().endswith("OK")
    assert "CA:TRUE, pathlen:0" in openssl("x509", "-in", str(ca), "-noout", "-ext", "basicConstraints")
    text = openssl("x509", "-in", str(path), "-noout", "-ext", "subjectAltName")
    assert "IP Address:127.0.0.1" in text
    assert "DNS:localhost" in text
    for file in ("ca.key", "ca.pem", "server.pem"):
        assert (tmp_path / "tls" / file).stat().st_mode & 0o077 == 0
    shown = (
        openssl("x509", "-in", str(ca), "-noout", "-fingerprint", "-sha256").split("=")[1].replace(":", "")
    )
    assert shown.startswith(fingerprint(ca.read_bytes()).replace(" ", ""))


def test_a_certificate_stays_until_it_ends_soon_or_the_pc_has_other_names(tmp_path: Path) -> None:
    path = ensure(tmp_path, NAMES, NOW)
    first, ca = path.read_bytes(), (tmp_path / "tls" / "ca.pem").read_bytes()
    late = NOW + timedelta(days=SERVER_DAYS - RENEW_DAYS - 1)
    assert ensure(tmp_path, NAMES, late).read_bytes() == first
    assert ensure(tmp_path, NAMES, late + timedelta(days=2)).read_bytes() != first
    second = path.read_bytes()
    assert ensure(tmp_path, [*NAMES, "192.168.1.10"], late + timedelta(days=2)).read_bytes() != second
    assert (tmp_path / "tls" / "ca.pem").read_bytes() == ca, "no screen has to trust another CA"


def test_a_pc_that_wakes_up_with_a_dead_clock_makes_nothing_that_has_ended_when_it_is_set(
    tmp_path: Path,
) -> None:
    ensure(tmp_path, NAMES, datetime(2000, 1, 1, tzinfo=UTC))
    assert validity(tmp_path / "tls" / "ca.pem").ends > certificates.FIRST + timedelta(days=3600)
    ensure(tmp_path, NAMES, NOW)
    assert validity(tmp_path / "tls" / "server.pem").ends > NOW + timedelta(days=RENEW_DAYS)


def test_processes_that_start_at_once_end_with_one_ca(tmp_path: Path) -> None:
    async def test() -> None:
        await asyncio.gather(*(asyncio.to_thread(ensure, tmp_path, NAMES, NOW) for _ in range(8)))

    asyncio.run(test())
    found = openssl(
        "verify", "-CAfile", str(tmp_path / "tls" / "ca.pem"), str(tmp_path / "tls" / "server.pem")
    )
    assert found.strip().endswith("OK")


# --- over sockets


@asynccontextmanager
async def listening(server: ServerTls) -> AsyncGenerator[int]:
    """A server that closes each connection once it stands."""
    made = await asyncio.start_server(lambda _r, writer: writer.close(), "127.0.0.1", 0, ssl=server.context)
    async with made:
        yield made.sockets[0].getsockname()[1]


async def seen(port: int, context: ssl.SSLContext | None, host: str = "127.0.0.1") -> bytes:
    """The certificate that a client of this context is shown, who takes the server for `host`."""
    async with asyncio.timeout(60):
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host)
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
    return der


def server(data: Path) -> ServerTls:
    return ServerTls(Listen(tls="auto"), data, data)


def test_a_station_that_trusts_the_halls_ca_connects_and_another_is_refused_in_words(tmp_path: Path) -> None:
    async def test() -> None:
        async with listening(server(tmp_path / "hall")) as port:
            tls.trust(tmp_path / "hall")
            assert await seen(port, client_context("wss://127.0.0.1"))
            ensure(tmp_path / "other", NAMES, NOW)
            tls.trust(tmp_path / "other")
            with pytest.raises(ssl.SSLCertVerificationError) as wrong:
                await seen(port, client_context("wss://127.0.0.1"))
            assert "不认识对方的证书" in explained(wrong.value)
            assert "--enrol" in explained(wrong.value)

    asyncio.run(test())


def test_an_expired_certificate_and_another_name_are_refused_in_words(tmp_path: Path) -> None:
    async def test() -> None:
        old = NOW - timedelta(days=SERVER_DAYS + 1)
        path = ensure(tmp_path, NAMES, old)
        tls.trust(tmp_path)
        context = client_context("wss://127.0.0.1")
        async with listening(ServerTls(Listen(tls=path.name), path.parent, tmp_path)) as port:
            with pytest.raises(ssl.SSLCertVerificationError) as wrong:
                await seen(port, context)
            assert "已过期" in explained(wrong.value)
        async with listening(server(tmp_path)) as port:
            assert await seen(port, context, "127.0.0.1")
            with pytest.raises(ssl.SSLCertVerificationError) as wrong:
                await seen(port, context, "127.0.0.2")
            assert "不是这个地址的" in explained(wrong.value)

    asyncio.run(test())


def test_a_renewed_certificate_is_shown_to_new_connections_and_a_broken_file_changes_nothing(
    tmp_path: Path,
) -> None:
    async def test() -> None:
        pem = ensure(tmp_path, NAMES, NOW).read_bytes()
        given = tmp_path / "own.pem"
        given.write_bytes(pem)
        tls.trust(tmp_path)
        context = client_context("wss://127.0.0.1")
        own = ServerTls(Listen(tls="own.pem"), tmp_path, tmp_path)
        async with listening(own) as port:
            first = await seen(port, context)
            given.write_bytes(b"-----BEGIN CERTIFICATE-----\nhalf")
            own.look()
            assert await seen(port, context) == first
            ensure(tmp_path, [*NAMES, "hall.local"], NOW)
            given.write_bytes((tmp_path / "tls" / "server.pem").read_bytes())
            assert await seen(port, context) == first
            own.look()
            assert await seen(port, context) != first

    asyncio.run(test())


def test_twin_without_verification_any_certificate_would_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        async with listening(server(tmp_path)) as port:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            monkeypatch.setattr(tls, "client_context", lambda _url: context)
            assert await seen(port, tls.client_context("wss://127.0.0.1"))

    asyncio.run(test())


@pytest.mark.parametrize(
    "text", ["", "no certificate", "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"]
)
def test_a_given_file_that_is_no_certificate_is_refused_at_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.pem").write_text(text)
    with pytest.raises((OSError, ValueError)):
        ServerTls(Listen(tls="own.pem"), tmp_path, tmp_path)


def test_a_key_with_a_pass_phrase_is_refused_and_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = str(ensure(tmp_path, NAMES, NOW))
    locked = openssl("pkey", "-in", good, "-aes256", "-passout", "pass:abcd")
    (tmp_path / "own.pem").write_text(locked + openssl("x509", "-in", good))
    with pytest.raises(ssl.SSLError):
        ServerTls(Listen(tls="own.pem"), tmp_path, tmp_path)
    # The twin: the pass phrase is all that it lacks.
    monkeypatch.setattr(
        tls, "_load_chain", lambda context, path: context.load_cert_chain(path, password="abcd")
    )
    ServerTls(Listen(tls="own.pem"), tmp_path, tmp_path)


def test_the_halls_ca_is_trusted_from_the_file_that_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        async with listening(server(tmp_path)) as port:
            with pytest.raises(ssl.SSLCertVerificationError):
                await seen(port, client_context("wss://127.0.0.1"))
            monkeypatch.setenv(tls.CA_ENV, str(tmp_path / "tls" / "ca.pem"))
            assert await seen(port, client_context("wss://127.0.0.1"))

    asyncio.run(test())


def test_the_names_are_those_under_which_screens_open_this_pc() -> None:
    found = certificates.own_names(Listen(host="192.168.1.10", public_url="https://hall.example:9301"))
    assert {"192.168.1.10", "hall.example", "localhost", "127.0.0.1", "::1"} <= set(found)
    assert set(certificates.own_addresses()) <= set(certificates.own_names(Listen(host="0.0.0.0")))
    assert client_context("ws://127.0.0.1:9300") is None
