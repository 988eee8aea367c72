"""The simulated printer's sockets: TCP as on port 9100, and a serial line as a pty.

A thread listens, another prints, so that questions are answered while paper moves. When the machine dies
its line goes with it: the peer sees what a pulled cable shows.
"""

import os
import pty
import select
import socket
import threading
import tty
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

from devices.simulators.printer import PrinterModel

PIECE_BYTES = 4096
LOOK_SECONDS = 0.05  # how soon a closed port, or paper put in, is noticed
STOP_SECONDS = 2.0


class _Port:
    """What both lines share: the printing thread and an orderly end."""

    def __init__(self, model: PrinterModel) -> None:
        self.model = model
        self._work = threading.Event()
        self._closed = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> Self:
        self._closed.clear()
        self._threads = [
            threading.Thread(target=run, name=f"simulated printer {run.__name__}", daemon=True)
            for run in (self._listen, self._print)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def close(self) -> None:
        self._closed.set()
        self._work.set()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(STOP_SECONDS)
        self._hang_up()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _listen(self) -> None:
        raise NotImplementedError

    def _say(self, data: bytes) -> None:
        raise NotImplementedError

    def _hang_up(self) -> None:
        raise NotImplementedError

    def _hear(self, data: bytes) -> None:
        self._say(self.model.hear(data))
        self._work.set()

    def _print(self) -> None:
        """Obey one command after another; paper takes time, answers do not wait for it."""
        while not self._closed.is_set():
            done = self.model.step()
            if done is None:
                self._work.wait(LOOK_SECONDS)
                self._work.clear()
                continue
            speed = self.model.faults.rows_per_second
            if speed and self._closed.wait(done.rows / speed):
                return
            self._say(done.said)


WhenBusy = Literal["queue", "refuse", "close"]


class TcpPrinter(_Port):
    """Listens on 127.0.0.1; `port` is the number it got.

    It serves one peer at a time. `busy` is what a second peer meets meanwhile: it waits unanswered, is refused,
    or is hung up on; network printers do all three.
    """

    def __init__(
        self, model: PrinterModel, port: int = 0, host: str = "127.0.0.1", busy: WhenBusy = "queue"
    ) -> None:
        super().__init__(model)
        self.busy: WhenBusy = busy
        self._server = self._listening(host, port)
        self.host, self.number = host, int(self._server.getsockname()[1])
        self._peer: socket.socket | None = None

    @property
    def port(self) -> str:
        return f"tcp://{self.host}:{self.number}"

    def unplug(self) -> None:
        """Take it off the network: its peer is cut off, and a connection is refused."""
        self.close()

    def plug(self) -> None:
        """Put it back under the same address, whatever socket of the switch it is on."""
        if self._closed.is_set():
            self._server = self._listening(self.host, self.number)
            self.start()

    @staticmethod
    def _listening(host: str, port: int) -> socket.socket:
        server = socket.create_server((host, port))
        server.settimeout(LOOK_SECONDS)
        return server

    def _listen(self) -> None:
        while not self._closed.is_set() and not self.model.dead:
            with suppress(TimeoutError):
                peer, _ = self._server.accept()
                self._serve(peer)
        self._hang_up()

    def _serve(self, peer: socket.socket) -> None:
        """Serve until the peer goes."""
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.settimeout(LOOK_SECONDS)
        self._peer = peer
        if self.busy == "refuse":
            self._server.close()
        with peer:
            self._say(self.model.connected())
            while not self._closed.is_set() and not self.model.dead and self._receive(peer):
                self._turn_away()
            self._peer = None
        if self.busy == "refuse" and not self._closed.is_set() and not self.model.dead:
            self._server = self._listening(self.host, self.number)

    def _turn_away(self) -> None:
        """Hang up on who came meanwhile."""
        while self.busy == "close" and select.select([self._server], [], [], 0)[0]:
            self._server.accept()[0].close()

    def _receive(self, peer: socket.socket) -> bool:
        try:
            data = peer.recv(PIECE_BYTES)
        except TimeoutError:
            return True
        except OSError:
            return False
        self._hear(data)
        return bool(data)

    def _say(self, data: bytes) -> None:
        peer = self._peer
        if data and peer is not None:
            with suppress(OSError):
                peer.sendall(data)

    def _hang_up(self) -> None:
        self._server.close()


class SerialPrinter(_Port):
    """A pty; `path` is the device to open. A real serial line's speed is not imitated."""

    def __init__(self, model: PrinterModel, baud: int = 19_200) -> None:
        super().__init__(model)
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.path, self._slave, self.baud = os.ttyname(slave), slave, baud

    @property
    def port(self) -> str:
        return f"serial://{self.path}?baud={self.baud}"

    def unplug(self) -> None:
        """Pull the adapter out: a program that holds the port sees it go."""
        self.close()

    def _listen(self) -> None:
        while not self._closed.is_set() and not self.model.dead:
            if not select.select([self._master], [], [], LOOK_SECONDS)[0]:
                continue
            try:
                self._hear(os.read(self._master, PIECE_BYTES))
            except OSError:
                break
        if self.model.dead:
            self._hang_up()

    def _say(self, data: bytes) -> None:
        with suppress(OSError):
            while data and self._master >= 0:
                data = data[os.write(self._master, data) :]

    def _hang_up(self) -> None:
        for end in (self._master, self._slave):
            with suppress(OSError):
                os.close(end)
        self._master = self._slave = -1
