"""Sound for the boards: renders each call as soon as it is on the board, and decides which page plays it.

A page asks `POST /announce/CALL?zone=Z` with its own token and plays `/voice/CALL.wav` when the answer is to speak, as
loud as the answer's `volume` (percent) says. A message to all who wait is asked for by `/announce/message/NUMBER` and
lies at `/voice/message/NUMBER.wav`. Only calls and messages that are on the board exist here: a request for a file makes
the hall say nothing else.
"""

import asyncio
from collections import OrderedDict
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.client.page_files import NEVER
from config import hall_lists
from config.instants import SECOND, Seconds
from config.media_plan import percent
from config.settings import Settings
from config.text_safety import for_page
from display.http.caller_connections import CallerAwayError, CallerConnections, KeyRefusedError
from display.http.responses import address_of, answer, bearer
from display.voice.announcement_queue import AnnouncementQueue, Grant, Silent, Wait
from display.voice.announcement_text import Destination
from display.voice.phrase_cache import CACHE_NAME, PhraseCache, wanted
from display.voice.speech_audio import Announcements, chime, espeak_found, seconds

MAY_SPEAK = frozenset({"board", "evaluator", "web", "manager"})  # stations with a loudspeaker
ANNOUNCED_NAME = "announced.json"  # in DATA: what each zone has announced within the last half minute
KINDS = {"call": "calls", "message": "said"}  # what is spoken → its list in the board's document
KEPT_MAX = 24  # rendered calls; a board shows twelve
ZONE_CHARS_MAX = 64


SpokenLine = dict[str, Any]  # a call or a message as the board's document has it
SpokenKey = tuple[str, int, int]  # which list it is of, its number, when it was made


class AnnouncementApi:
    """Renders calls and keeps each zone's queue; what is in `data` outlives a restart."""

    def __init__(self, settings: Settings, connections: CallerConnections, data: Path) -> None:
        memory = data / ANNOUNCED_NAME
        self._pieces, self._data = PhraseCache(data / CACHE_NAME), data
        self.adopt(settings)
        self._connections, self._memory = connections, memory
        self._announcer = AnnouncementQueue.load(memory.read_bytes() if memory.is_file() else b"{}")
        self._sounds: OrderedDict[SpokenKey, asyncio.Task[bytes]] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()
        self._learning = asyncio.Lock()  # what a start began, new settings go on with

    def adopt(self, settings: Settings) -> None:
        """Speak by these settings from now on."""
        self._settings = settings
        self._windows = {
            window.id: Destination(window.id, window.name, window.name_en) for window in settings.windows
        }
        self._codes = {for_page(each.name): each.id for each in hall_lists.reasons(settings, "notice")}
        self._wanted = wanted(settings) if settings.voice.enabled else []
        self._announcements = Announcements(settings.voice, self._pieces.say, self._data)

    async def learn(self) -> None:
        """Render every phrase of this hall once, one after another, so that a stop of the process need not wait."""
        async with self._learning:
            await asyncio.to_thread(chime)
            for piece in self._wanted:
                if not await asyncio.to_thread(self._pieces.learn, piece) and not espeak_found():
                    return  # the log says so once, and not for each piece

    async def run(self) -> None:
        """Render ahead: the sound is ready when the first page asks for it. Calls before messages."""
        async for _ in self._connections.own.changes():
            for kind in KINDS:
                for line in reversed(self._lines(kind)):
                    self.sound(kind, line)

    def _lines(self, kind: str) -> list[SpokenLine]:
        return self._connections.board.get(KINDS[kind], [])

    def sound(self, kind: str, line: SpokenLine) -> asyncio.Task[bytes]:
        """Return the WAV of a call or a message, being rendered or done."""
        key = kind, line["call"], line["at"]  # a hall begun anew counts its calls anew
        known = self._sounds.get(key)
        if known is None or (known.done() and known.exception()):
            known = self._sounds[key] = asyncio.create_task(self._render(kind, line))
            while len(self._sounds) > KEPT_MAX:
                self._sounds.popitem(last=False)
        return known

    async def _render(self, kind: str, line: SpokenLine) -> bytes:
        async with self._one_at_a_time:
            if kind == "message":
                code = self._codes.get(line["zh"], "")
                return await asyncio.to_thread(
                    self._announcements.render_message, code, line["zh"], line["en"]
                )
            window = self._windows.get(line["window"], Destination(line["window"], line["window_name"]))
            return await asyncio.to_thread(
                self._announcements.render, line["number"], window, recall=line["times"] > 1
            )

    def find(self, kind: str, number: int) -> SpokenLine | None:
        """Return the call or message of this number, if it is on the board."""
        return next((line for line in self._lines(kind) if line["call"] == number), None)

    def volume(self, zone: str) -> int:
        """Return how loud this zone is now, in percent."""
        return percent(self._settings, zone, self._connections.now())

    def decide(self, kind: str, zone: str, line: SpokenLine, length: Seconds) -> Grant | Wait | Silent:
        now, micros = self._connections.now(), round(length * SECOND)
        if not self.volume(zone):
            return Silent("quiet")
        if kind == "message":
            decision = self._announcer.ask_message(zone, line["call"], line["until"], now, micros)
        else:
            decision = self._announcer.ask(zone, line["call"], line["at"], now, micros)
        if isinstance(decision, Grant):
            self._keep_queue()
        return decision

    def _keep_queue(self) -> None:
        """Write the queue without fsync: after a power cut longer than the memory, every call is too old anyway."""
        draft = self._memory.with_suffix(".new")
        draft.write_bytes(self._announcer.dump())
        draft.replace(self._memory)


def routes(speaker: AnnouncementApi, connections: CallerConnections) -> list[BaseRoute]:
    def of(kind: str, path: str) -> list[BaseRoute]:
        async def announce(request: Request) -> Response:
            refusal = await _may_speak(request, connections)
            if refusal:
                return refusal
            line = speaker.find(kind, request.path_params["number"])
            if line is None:
                return answer({"speak": False, "why": "unknown"}, 404)
            length = seconds(await speaker.sound(kind, line))
            zone = request.query_params.get("zone", "hall")[:ZONE_CHARS_MAX]
            decision = speaker.decide(kind, zone, line, length)
            return answer(
                _document(decision, f"/voice/{path}{line['call']}.wav", length, speaker.volume(zone))
            )

        async def voice(request: Request) -> Response:
            line = speaker.find(kind, request.path_params["number"])
            if line is None:
                return answer({"code": "no-call", "zh": "没有这次叫号", "en": "There is no such call"}, 404)
            body = await speaker.sound(kind, line)
            return Response(body, media_type="audio/wav", headers={"Cache-Control": NEVER})

        return [
            Route(f"/announce/{path}{{number:int}}", announce, methods=["POST"]),
            Route(f"/voice/{path}{{number:int}}.wav", voice),
        ]

    return [*of("call", ""), *of("message", "message/")]


def _document(decision: Grant | Wait | Silent, url: str, length: Seconds, volume: int) -> dict[str, Any]:
    match decision:
        case Grant():
            return {"speak": True, "url": url, "seconds": round(length, 2), "volume": volume}
        case Wait(micros):
            return {"speak": False, "why": "busy", "wait_ms": micros // 1000 + 1}
        case Silent(why):
            return {"speak": False, "why": why}


async def _may_speak(request: Request, connections: CallerConnections) -> Response | None:
    """Return None if the station that asks has a loudspeaker, else the answer that explains why not."""
    try:
        allowed = await connections.keyed(bearer(request), MAY_SPEAK, address_of(request))
    except KeyRefusedError as error:
        return answer({"speak": False, "why": error.bye.code}, 401)
    except CallerAwayError:
        return answer({"speak": False, "why": "caller-away"}, 503)
    return None if allowed else answer({"speak": False, "why": "not-allowed"}, 403)
