"""An ASGI application on a real port, and requests to it as they are: no path is tidied on the way."""

import gzip
import http.client
import json
import socket
import threading
import time
from types import TracebackType
from typing import Any, NamedTuple, Self

import uvicorn
from starlette.types import ASGIApp

SECONDS = 60.0  # a bound for anything here


class Answer(NamedTuple):
    status_code: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()

    def json(self) -> Any:
        return json.loads(self.text)


class Site:
    """`with Site(app) as site: site.get("/board")`."""

    def __init__(self, app: ASGIApp, host: str = "") -> None:
        self._bound = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._bound.getsockname()[1]
        self._host = host or f"127.0.0.1:{self.port}"
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._bound]}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        end = time.monotonic() + SECONDS
        while not self._server.started:
            assert time.monotonic() < end, "the site did not start"
            time.sleep(0.005)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join(SECONDS)
        self._bound.close()

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self.ask("GET", path, headers)

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, document: Any = None
    ) -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        body = document if isinstance(document, bytes) or document is None else json.dumps(document).encode()
        try:
            line.request(method, path, body, {"Host": self._host} | (headers or {}))
            answer = line.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            line.close()
