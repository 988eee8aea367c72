"""A program outside that receives webhooks: a real HTTP server whose manners a test decides."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import msgspec

HANG_SECONDS = 60.0  # longer than any sender waits


class Received(NamedTuple):
    """One request: its headers in small letters, its body, and what it was answered."""

    path: str
    headers: dict[str, str]
    body: str
    status: int

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def raw(self) -> bytes:
        """The body as it came, where it is no text."""
        return self.body.encode(errors="surrogateescape")

    @property
    def seq(self) -> int:
        return msgspec.json.decode(self.body)["data"]["seq"]


# The path, the id and the body → the status, or 0 to hang, or -1 to close without an answer.
Manners = Callable[[str, str, str], int]


class WebhookReceiver:
    """Listens on a free port; `received` holds each request that was answered or hung on."""

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.received: list[Received] = []
        self.headers: dict[str, str] = {}  # of each answer
        self.says = b""  # the body of each answer; empty: "no" to what is refused
        self._let_go = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        length = int(headers["content-length"])
        raw = request.rfile.read(length)
        if len(raw) < length:  # who sent it was killed in the middle: nobody takes half a request
            return
        body = raw.decode(errors="surrogateescape")
        status = self.manners(request.path, headers.get("webhook-id", ""), body)
        self.received.append(Received(request.path, headers, body, status))
        if status == 0:
            self._let_go.wait(HANG_SECONDS)
        if status <= 0:
            return
        request.send_response(status)
        for name, value in self.headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(self.says or (b"no" if status >= 400 else b""))

    @property
    def taken(self) -> list[Received]:
        """What was answered with 2xx."""
        return [each for each in self.received if 200 <= each.status < 300]

    def close(self) -> None:
        self._let_go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def receiving(manners: Manners = lambda *_: 204) -> Generator[WebhookReceiver]:
    """Run a receiver; `manners` decides each answer (204 without)."""
    receiver = WebhookReceiver(manners)
    try:
        yield receiver
    finally:
        receiver.close()
