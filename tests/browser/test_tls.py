"""A hall with `tls = "auto"`: every screen over https and wss, for whoever trusts its CA, and for nobody else."""

import asyncio
import http.client
import json
import ssl
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, Playwright, expect, sync_playwright

from caller.client.client import Client
from caller.client.enrolment_request import EnrolmentRequest, EnrolmentState
from caller.engine.envelope import EnrolStation
from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account
from config.process import tls
from config.process.certificates import ensure
from config.process.tls import fingerprint
from tests.instruments.browser import ARGS, CHROMIUM
from tests.instruments.caller_fixture import run, soon, until
from tests.instruments.office_hall import SECRET, sign_in
from tests.instruments.running_hall import DEADLINE, REPO, Process, RunningHall
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


@pytest.fixture(scope="module")
def home(hall: RunningHall, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a browser whose user trusts the hall's CA."""
    return {**trusting_home(tmp_path_factory.mktemp("user") / "home", hall.data / "tls" / "ca.pem")}


@pytest.fixture
def playwright() -> Iterator[Playwright]:
    """For one test: it keeps an event loop running in this thread, and other tests here run loops of their own."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; sudo apt install chromium")
    with sync_playwright() as made:
        yield made


def test_a_chromium_that_trusts_the_ca_shows_the_board_and_another_refuses(
    hall: RunningHall, playwright: Playwright, home: dict[str, str | float | bool], tmp_path: Path
) -> None:
    assert hall.web.address.startswith("https://")
    assert hall.caller.address.startswith("wss://")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGS, env=home)
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


@pytest.fixture
def beyond_loopback(hall: RunningHall) -> Iterator[Callable[..., str]]:
    """Starts a process whose page is open to other PCs, and so encrypted; its address as one here opens it."""
    started: list[Process] = []

    def start(role: str, name: str, *words: str) -> str:
        hall._enrol((role, name))
        line = [role, str(hall.hall), "--data", str(hall.data), "--host", "0.0.0.0", "--port", "0", *words]
        line += ["--caller", hall.caller.address, "--token", hall.tokens[role, name]]
        started.append(Process(*line, output=hall.folder / f"{role}.txt"))
        return started[-1].address.replace("0.0.0.0", "127.0.0.1")

    yield start
    for each in started:
        each.stop()


def test_the_office_and_the_kiosks_page_are_encrypted_for_other_pcs(
    hall: RunningHall,
    playwright: Playwright,
    home: dict[str, str | float | bool],
    beyond_loopback: Callable[..., str],
) -> None:
    """Signing in, the live page over wss, and a number from the kiosk; the session's cookie never goes in the clear."""
    accounts = AccountStore(hall.data)
    accounts.add(
        Account("1001", roles=("manager",)),
        SECRET,
        Act("1", "account-added", "account/1001", "test", "test", 1),
    )
    accounts.close()
    office, kiosk = beyond_loopback("office", "office"), beyond_loopback("kiosk", "k1", "--name", "k1")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGS, env=home)
    page, wires = browser.new_page(viewport={"width": 1366, "height": 768}), list[str]()
    page.on("websocket", lambda socket: wires.append(urlsplit(socket.url).scheme))
    page.goto(f"{office}/live")
    assert urlsplit(page.url).scheme == "https"
    sign_in(page, "1001")
    expect(page.locator("h1")).to_have_text("实时")
    expect(page.locator(".figures")).to_contain_text("等候")
    (session,) = [
        each for each in page.context.cookies() if each.get("name", "").startswith("hallcall-office-")
    ]
    assert (session.get("secure"), session.get("httpOnly"), session.get("sameSite")) == (True, True, "Strict")
    page.goto(kiosk)
    expect(page.locator('[data-target="start"]')).to_be_visible()  # drawn from what came over its websocket
    assert set(wires) == {"wss"}
    assert len(wires) >= 2
    browser.close()
    for address in (office, kiosk):
        line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=DEADLINE)
        line.request("GET", "/sign-in")
        with pytest.raises((http.client.HTTPException, OSError)):  # nothing is served in the clear
            line.getresponse()
        line.close()


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
