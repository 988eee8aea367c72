"""A hall whose clock the test moves: a real caller (log, loop, server) and the real web application, in one thread.

Days pass in an instant, as they pass for a PC that sleeps. Pages open as in a hall; what they show is the calendar's.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import uvicorn

from caller import views
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.eventlog import LOG_NAME, EventLog
from caller.identity.enrolment import Stations
from caller.identity.keys import slip_key
from caller.protocol.frames import Done, RefusedFrame
from caller.service.clock import Clock, elapsed_micros
from caller.service.loop import Loop
from caller.service.server import Server
from config.instants import instant
from config.reading.reader import read
from config.settings import Settings
from display.web.app import application
from tests.instruments.running_hall import DEADLINE, until

T = TypeVar("T")
HOST = "127.0.0.1"
HALL = """
[hall]
site = "test-calendar"
zone = "{zone}"
name = "示例县政务服务大厅"
name_en = "Sample County Service Hall"
opens = "09:00"
closes = "17:00"
last_ticket = "16:30"

[calendar]
open_on = "{open_on}"

[[hours]]
days = ["market"]
bands = [["08:00", "12:00"]]

[[day]]
date = 2026-10-12
name = "半天盘点"
name_en = "Half a day of stocktaking"
bands = [["09:00", "10:30"], ["11:00", "12:00"]]

[[day]]
date = 2026-10-18
name = "逢场"
name_en = "Market day"
market = true

[[class]]
id = "ordinary"
name = "普通"
target_minutes = 30

[[queue]]
id = "A"
name = "综合业务"
name_en = "General"

[[item]]
id = "T001"
name = "开业登记"
name_en = "Business registration"
department = "tax"
queue = "A"
papers = ["营业执照副本"]
papers_en = ["Business licence"]

[[department]]
id = "tax"
name = "税务局"
name_en = "Tax office"

[[window]]
id = "1"
name = "综合窗口"
name_en = "General"
queues = ["A"]

[[kiosk]]
id = "k1"
"""


def calendar_hall(folder: Path, zone: str = "Asia/Shanghai", open_on: str = "working-days") -> Path:
    """A hall with a half day, market days and the national notices that are known."""
    path = folder / "calendar.toml"
    path.write_text(HALL.format(zone=zone, open_on=open_on), encoding="utf-8")
    return path


class HallInTime:
    """A hall that began at a date and time of its own zone."""

    def __init__(
        self,
        folder: Path,
        hall: Path,
        day: str,
        clock: str,
        without: Callable[[Settings], Settings] = lambda whole: whole,
    ) -> None:
        """`without` takes something out of the settings, for a twin."""
        self.folder, self.settings = folder, without(read(hall))
        self._elapsed, self._sent = elapsed_micros(), 0
        self._wall = self._at(day, clock)
        self._aio = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._aio.run_forever, daemon=True)

    def _at(self, day: str, clock: str) -> int:
        return instant(day, clock, self.settings.hall.zone)

    def __enter__(self) -> "HallInTime":
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._stop())
        self._aio.call_soon_threadsafe(self._aio.stop)
        self._thread.join(DEADLINE)
        self._aio.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._aio).result(DEADLINE)

    async def _start(self) -> None:
        self._log = EventLog(self.folder / LOG_NAME, self.settings.hall.site)
        self.loop = Loop(self.settings, self._log, Clock(lambda: self._wall, lambda: self._elapsed))
        self._stations = Stations(self.folder / "stations.db")
        self._server = Server(self.loop, self._stations, slip_key(self.folder))
        self.loop.start()
        self._port = await self._server.start(HOST, 0)
        self._token = self._stations.enrol("board", "b1", "now")
        pages = application(self.settings, self.folder, f"ws://{HOST}:{self._port}", "")
        self._http = uvicorn.Server(uvicorn.Config(pages, log_config=None, lifespan="off"))
        self._listener = socket.create_server((HOST, 0))
        self._serving = asyncio.create_task(self._http.serve([self._listener]))

    async def _stop(self) -> None:
        self._http.should_exit = True
        await self._serving
        self._listener.close()
        self._server.close()
        await self.loop.stop()
        await self._server.stop()
        await self._server.run()
        self._log.close()
        self._stations.close()

    def move(self, day: str, clock: str) -> None:
        """Let time pass to a later instant, and the caller do all that is due then."""
        later = self._at(day, clock) - self._wall
        assert later >= 0, "time does not go back"

        async def pass_() -> None:
            self._wall += later
            self._elapsed += later

        self._run(pass_())
        for _ in range(3):  # a day left open is closed first, then the next is opened

            async def tick() -> None:
                self.loop.tick()

            self._run(tick())
            until(lambda: self.loop.settled, "what the tick ordered is saved")

    def do(self, command: AnyCommand) -> Done | RefusedFrame:
        """Let a manager send a command, and return the answer once it is saved."""
        answered: list[Done | RefusedFrame] = []

        async def send() -> None:
            self._sent += 1
            self.loop.submit(CommandEnvelope(f"test-{self._sent}", command), answered.append)

        self._run(send())
        until(lambda: bool(answered), "the command is answered")
        return answered[0]

    def board(self) -> str:
        return self.page("board?voice=off")

    def page(self, path: str) -> str:
        """Return the address of a public page, with a board's token."""
        return f"http://{HOST}:{self._listener.getsockname()[1]}/{path}#token={self._token}"

    def desk(self, window: str) -> str:
        """Return the address of a window's desk, with its token."""

        async def enrolled() -> str:
            return self._stations.enrol("window", window, "now")

        return f"http://{HOST}:{self._listener.getsockname()[1]}/desk?window={window}#token={self._run(enrolled())}"

    def tablet(self, window: str) -> str:
        """Return the address of a window's rating page, with its token."""

        async def enrolled() -> str:
            return self._stations.enrol("evaluator", window, "now")

        return f"http://{HOST}:{self._listener.getsockname()[1]}/rate?window={window}#token={self._run(enrolled())}"

    def view(self, topic: str) -> dict[str, Any]:
        """A topic's document, now."""

        async def built() -> dict[str, Any]:
            return dict(views.build(self.loop.hall, topic, self.loop.clock.now()))

        return self._run(built())
