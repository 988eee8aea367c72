"""A hall with `tls = "auto"`: every screen over https and wss, for whoever trusts its CA, and for nobody else."""

import asyncio
import http.client
import json
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, Playwright, expect, sync_playwright

from caller.client.client import Client
from caller.client.enrolment_request import EnrolmentRequest, EnrolmentState
from caller.engine.envelope import EnrolStation
from config.process import tls
from config.process.certificates import ensure
from config.process.tls import fingerprint
from tests.instruments.browser import ARGS, CHROMIUM
from tests.instruments.caller_fixture import run, soon, until
from tests.instruments.running_hall import DEADLINE, REPO, RunningHall
from tests.instruments.trusted_ca import trusting_home

VILLAGE = REPO / "config" / "halls" / "village.toml"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    """A hall whose processes speak TLS; the driver trusts its CA as a station does."""
    folder, before = tmp_path_factory.mktemp("tls"), list(tls._trusted)
    (folder / "own").mkdir()
    text = VILLAGE.read_text()
    assert "[listen]" not in text
    (folder / "own" / "village.toml").write_text(f'{text}\n[listen]\ntls = "auto"\n')
    for items in VILLAGE.parent.glob("*.csv"):
        (folder / "own" / items.name).write_bytes(items.read_bytes())
    tls.trust(folder / "data")
    running = RunningHall(folder, folder / "own" / "village.toml").start()
    yield running
    running.close()
    tls._trusted[:] = before


@pytest.fixture
def playwright() -> Iterator[Playwright]:
    """For one test: it keeps an event loop running in this thread, and other tests here run loops of their own."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; sudo apt install chromium")
    with sync_playwright() as made:
        yield made


def test_a_chromium_that_trusts_the_ca_shows_the_board_and_another_refuses(
    hall: RunningHall, playwright: Playwright, tmp_path: Path
) -> None:
    assert hall.web.address.startswith("https://")
    assert hall.caller.address.startswith("wss://")
    trusting = trusting_home(tmp_path / "home", hall.data / "tls" / "ca.pem")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGS, env={**trusting})
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    wires: list[str] = []
    page.on("websocket", lambda socket: wires.append(socket.url))
    page.goto(hall.page("/board", "board", "b1"))
    expect(page.locator("body")).to_have_attribute("data-wire", "current")
    assert [urlsplit(each).scheme for each in wires] == ["wss"]
    browser.close()
    stranger = playwright.chromium.launch(
        executable_path=CHROMIUM, headless=True, args=ARGS, env={"HOME": str(tmp_path / "nobody")}
    )
    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        stranger.new_page().goto(hall.page("/board", "board", "b1"))
    stranger.close()


def test_openssl_verifies_caller_and_web_by_the_ca(hall: RunningHall) -> None:
    for address in (hall.web.address, hall.caller.address):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", urlsplit(address).netloc, "-CAfile", str(hall.data / "tls" / "ca.pem"),
             "-verify_return_error", "-verify_ip", "127.0.0.1", "-brief"],
            input=b"", capture_output=True, timeout=DEADLINE, check=True,
        )  # fmt: skip
        assert b"Verification: OK" in done.stderr
        assert b"TLSv1.3" in done.stderr


def test_rest_and_the_ca_are_served_over_https(hall: RunningHall) -> None:
    context = tls.client_context(hall.web.address)
    line = http.client.HTTPSConnection(urlsplit(hall.web.address).netloc, timeout=DEADLINE, context=context)
    key = {"Authorization": f"Bearer {hall.tokens['web', 'web']}"}
    line.request("POST", "/api/v1/tickets", json.dumps({"queue": hall.settings.queues[0].id}), key)
    answer = line.getresponse()
    assert answer.status == 200, answer.read()
    assert json.load(answer)["number"]
    line.request("GET", "/ca.crt")
    answer = line.getresponse()
    assert answer.getheader("content-type") == "application/x-x509-ca-cert"
    assert answer.read() == (hall.data / "tls" / "ca.pem").read_bytes()
    line.close()


def test_a_station_learns_the_ca_at_enrolment_shows_its_fingerprint_and_then_verifies(
    hall: RunningHall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        seen: list[EnrolmentState] = []
        request = EnrolmentRequest(hall.caller.address, "board", "east", tmp_path)
        waiting = asyncio.create_task(request.answered(seen.append))
        await until(lambda: seen and seen[-1].code, "a code")
        own = (hall.data / "tls" / "ca.pem").read_bytes()
        assert seen[-1].fingerprint == fingerprint(own)
        await asyncio.to_thread(hall.send, EnrolStation(seen[-1].code, "board", "east"))
        assert await soon(waiting)
        assert (tmp_path / "tls" / "ca.pem").read_bytes() == own

    monkeypatch.setattr(tls, "_trusted", [])
    run(test())


def test_a_station_that_knows_another_ca_is_told_in_words_and_sends_no_token(
    hall: RunningHall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:

    ensure(tmp_path, ["127.0.0.1"], datetime.now(UTC))
    monkeypatch.setattr(tls, "_trusted", [tmp_path / "tls" / "ca.pem"])

    async def test() -> None:
        async with Client(hall.caller.address, "a-token", ["board"]) as client:
            await until(lambda: client.state == "waiting", "it cannot connect")
            assert client.welcome is None
            assert client.bye is None, "the caller was never greeted"

    run(test())
    assert "不认识对方的证书" in caplog.text


def test_a_station_with_a_plain_address_is_told_to_use_wss(
    hall: RunningHall, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        async with Client(f"ws://127.0.0.1:{hall.port}", "a-token", ["board"]) as client:
            await until(lambda: client.state == "waiting", "it cannot connect")

    run(test())
    assert "wss://" in caplog.text


def test_twin_an_unverified_connection_reaches_the_caller(hall: RunningHall) -> None:
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    line = http.client.HTTPSConnection(
        urlsplit(hall.caller.address).netloc, timeout=DEADLINE, context=unverified
    )
    line.request("GET", "/ca.pem")
    assert fingerprint(line.getresponse().read())
    line.close()
