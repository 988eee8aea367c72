"""The kiosk's page server against strangers: no frame stops the screen, nothing locks a page out, no key no tap."""

import http.client
import socket as sockets
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from kiosk.faces import clients, server
from kiosk.faces.clients import GREETING_MAX, GREETING_PER_ADDRESS, PAGES_MAX, UiClients
from kiosk.faces.server import FRAME_BYTES_MAX, is_own_host
from kiosk.visit.state import PIN_TRIES
from tests.instruments.kiosk_pages import Served, page, served
from tests.instruments.running_hall import DEADLINE, until

GARBAGE = [
    b"\x00\xff\x00", b"", "", "{", "[]", "null", '{"type":"tap"}', '{"type":"tap","target":7,"screen":"x"}', "x" * 9999,
    "[" * 500, '{"type":"tap","target":"text:\\ud800","screen":1}', '{"type":"tap","target":"' + "\x7f" * 400 + '","screen":1}',
    '{"type":"hello","token":"x"}', '{"type":"tap","target":"start","screen":1e99}',
]  # fmt: skip


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as running:
        yield running


@pytest.mark.parametrize("frame", GARBAGE, ids=range(len(GARBAGE)))
def test_no_frame_costs_the_page_that_sent_it_its_screen(kiosk: Served, frame: str | bytes):
    with page(kiosk.socket) as face:
        face.until("face", "screen", "idle")
        face.socket.send(frame)
        face.tap("staff", on="idle")
        face.until("face", "screen", "pin")
        assert face.topics["drive"]["drives"]


def test_a_huge_frame_ends_the_line_that_sent_it_and_no_other(kiosk: Served):
    with page(kiosk.socket) as face:
        with page(kiosk.socket, "face") as stranger:
            stranger.socket.send("x" * (FRAME_BYTES_MAX + 1))
            with pytest.raises(ConnectionClosed):
                stranger.drain()
        face.tap("staff", on="idle")
        face.until("face", "screen", "pin")


def test_twin_a_page_that_reads_text_only_dies_of_a_binary_frame(
    kiosk: Served, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clients.UiClient, "_receive", lambda self: self.socket.receive_text())
    with page(kiosk.socket) as face:
        face.socket.send(b"\x00")
        with pytest.raises(ConnectionClosed):
            face.drain()


def test_lines_that_never_greet_lock_nobody_out(kiosk: Served):
    with ExitStack() as stack:
        for _ in range(3 * GREETING_MAX):
            stack.enter_context(connect(kiosk.socket, proxy=None))
        with page(kiosk.socket) as face:
            face.tap("staff", on="idle")
            face.until("face", "screen", "pin")


def closed_in_time(socket: ClientConnection, seconds: float) -> bool:
    """Whether the kiosk closes a connection within this time."""
    try:
        socket.recv(timeout=seconds)
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False
    pytest.fail("a screen was sent to a line that did not greet")


def test_a_line_that_never_greets_is_closed_after_the_deadline(
    kiosk: Served, monkeypatch: pytest.MonkeyPatch
):
    with page(kiosk.socket) as face:  # has greeted before: it may be slow
        monkeypatch.setattr(clients, "HELLO_SECONDS", 0.2)
        with connect(kiosk.socket, proxy=None) as silent:
            assert closed_in_time(silent, DEADLINE)
        face.tap("staff", on="idle")
        face.until("face", "screen", "pin")


def test_twin_without_the_deadline_it_stays(kiosk: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clients, "HELLO_SECONDS", None)
    with connect(kiosk.socket, proxy=None) as silent:
        assert not closed_in_time(silent, 1.0)


def ends_in_time(kiosk: Served, seconds: float) -> bool:
    """Whether the kiosk lets go of a line that was closed for a wrong key and does not answer the close."""
    host, _, port = kiosk.host.partition(":")
    with sockets.create_connection((host, int(port))) as line:
        head = f"GET /face HTTP/1.1\r\nHost: {kiosk.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        line.sendall(f"{head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n\r\n".encode())
        line.sendall(b"\x81\x80\0\0\0\0")  # an empty text: no hello
        line.settimeout(seconds)
        try:
            while line.recv(4096):
                pass
        except TimeoutError:
            return False
        return True


def test_a_closed_line_that_does_not_answer_keeps_no_descriptor(
    kiosk: Served, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(server, "CLOSE_SECONDS", 0.1)
    assert ends_in_time(kiosk, DEADLINE)


def test_twin_with_the_library_s_patience_it_does(kiosk: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(server, "CLOSE_SECONDS", 10.0)
    assert not ends_in_time(kiosk, 1.0)


def test_one_address_holds_no_more_than_its_share_of_the_lines_that_have_not_greeted(
    kiosk: Served, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clients, "HELLO_SECONDS", None)  # only the share closes one
    with ExitStack() as stack:
        lines = [
            stack.enter_context(connect(kiosk.socket, proxy=None)) for _ in range(GREETING_PER_ADDRESS + 1)
        ]
        assert closed_in_time(lines[0], DEADLINE)
        assert not closed_in_time(lines[-1], 0.5)


def test_twin_without_the_share_it_holds_them_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clients, "GREETING_PER_ADDRESS", GREETING_MAX)
    with served(tmp_path) as kiosk, ExitStack() as stack:
        lines = [
            stack.enter_context(connect(kiosk.socket, proxy=None)) for _ in range(GREETING_PER_ADDRESS + 1)
        ]
        assert not closed_in_time(lines[0], 0.5)


def test_a_page_too_many_takes_the_place_of_the_oldest_that_only_watches(kiosk: Served):
    with ExitStack() as stack:
        watchers = [stack.enter_context(page(kiosk.socket, "face")) for _ in range(PAGES_MAX)]
        face = stack.enter_context(page(kiosk.socket))
        stack.enter_context(page(kiosk.socket, "face"))
        face.tap("staff", on="idle")
        face.until("face", "screen", "pin")
        with pytest.raises(ConnectionClosed):
            watchers[0].drain()


def test_twin_where_the_newest_is_turned_away_eight_watchers_lock_the_screen_out(
    kiosk: Served, monkeypatch: pytest.MonkeyPatch
):
    admit = UiClients.admit

    def full(self: UiClients, client: clients.UiClient) -> None:
        if len(self.open) >= PAGES_MAX:
            raise clients.WebSocketDisconnect
        admit(self, client)

    monkeypatch.setattr(UiClients, "admit", full)
    with ExitStack() as stack:
        for _ in range(PAGES_MAX):
            stack.enter_context(page(kiosk.socket, "face"))
        with pytest.raises(ConnectionClosed), page(kiosk.socket) as face:
            face.drain()


@pytest.mark.parametrize("key", ["", "x", "the-key-of-a-page-0002", "é"])
def test_without_the_key_no_page_sees_or_presses_anything(kiosk: Served, key: str):
    with page(kiosk.socket, key=key) as stranger:
        assert (stranger.first["type"], stranger.first["code"]) == ("bye", "bad-token")
        with pytest.raises(ConnectionClosed):
            stranger.receive()
    assert kiosk.station.state.screen == "idle"


def test_after_wrong_pins_the_corner_rests_and_longer_each_time(kiosk: Served):
    """Pressed as fast as a program can: the tries come to an end at once."""
    with page(kiosk.socket) as face:
        face.tap("staff", on="idle")
        for tries in range(3 * PIN_TRIES):
            for target in ("key:0", "key:0", "key:0", "key:0", "enter"):
                face.tap(target, on="pin")
            counted = min(tries + 1, PIN_TRIES)
            until(lambda counted=counted: kiosk.station.state.pin_misses == counted, "a wrong one is counted")
        face.until("face", "lead", {"key": "pin.resting"})
    assert kiosk.station.state.pin_misses == PIN_TRIES


# --- names a browser may be led by


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:9302", "[::1]:9302", "localhost:9302", "10.0.0.7", "K1:80"]
)
def test_an_address_or_an_own_name_is_this_kiosk(host: str):
    assert is_own_host(host, {"localhost", "k1"})


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "evil.example:9302", "127.0.0.1.evil.example", "localhost.evil.example", "::1", "[::1", "2130706433",
     "127.0.0.1:x", "127.0.0.1:9302:1", "localhost\n", "k1;x"],
)  # fmt: skip
def test_another_name_is_not(host: str):
    assert not is_own_host(host, {"localhost", "k1"})


def rebound(kiosk: Served) -> ClientConnection:
    """A page of evil.example, whose name now leads to this kiosk's address."""
    name, port = kiosk.host.split(":")
    line = sockets.create_connection((name, int(port)))
    return connect(f"ws://evil.example:{port}/face", sock=line, proxy=None)


def test_a_rebound_name_gets_neither_the_page_nor_its_socket(kiosk: Served):
    line = http.client.HTTPConnection(kiosk.host, timeout=DEADLINE)
    for host, status in (("evil.example", 421), (kiosk.host, 200)):
        line.request("GET", "/", headers={"Host": host})
        answer = line.getresponse()
        answer.read()
        assert answer.status == status
    line.close()
    with pytest.raises(InvalidStatus) as refused, rebound(kiosk):
        pass
    assert refused.value.response.status_code == 403


def test_twin_without_the_list_of_names_the_rebound_page_presses(
    kiosk: Served, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("kiosk.faces.server.is_own_host", lambda *_: True)
    with rebound(kiosk) as socket:
        socket.send("{}")
        assert '"bad-token"' in str(socket.recv(timeout=DEADLINE))
