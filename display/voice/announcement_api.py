"""Sound for the boards: renders each call as soon as it is on the board, and decides which page plays it.

A page asks `POST /announce/CALL?zone=Z` with its own token and plays `/voice/CALL.wav` when the answer is to speak.
Only calls that are on the board exist here: a request for a file makes the hall say nothing else.
"""

import asyncio
from collections import OrderedDict
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.client.page_files import NEVER
from config.instants import Micros
from config.settings import Settings
from display.http.caller_connections import CallerAwayError, CallerConnections, KeyRefusedError
from display.http.responses import answer, bearer
from display.voice.announcement_queue import AnnouncementQueue, Grant, Silent, Wait
from display.voice.announcement_text import Destination
from display.voice.phrase_cache import CACHE_NAME, PhraseCache, wanted
from display.voice.speech_audio import Announcements, chime, espeak_found, seconds

MAY_SPEAK = frozenset({"board", "evaluator", "web", "manager"})  # stations with a loudspeaker
ANNOUNCED_NAME = "announced.json"  # in DATA: what each zone has announced within the last half minute
KEPT_MAX = 24  # rendered calls; a board shows twelve
ZONE_CHARS_MAX = 64
SPOKEN = ("calls", "said", "suspended")  # parts of the board's document that a loudspeaker says


class AnnouncementApi:
    """Renders calls and keeps each zone's queue; what is in `data` outlives a restart."""

    def __init__(self, settings: Settings, connections: CallerConnections, data: Path) -> None:
        memory = data / ANNOUNCED_NAME
        self._pieces = PhraseCache(data / CACHE_NAME)
        self.adopt(settings)
        self._connections, self._memory = connections, memory
        self._announcer = AnnouncementQueue.load(memory.read_bytes() if memory.is_file() else b"{}")
        self._sounds: OrderedDict[tuple[int, int], asyncio.Task[bytes]] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()
        self._learning = asyncio.Lock()  # what a start began, new settings go on with

    def adopt(self, settings: Settings) -> None:
        """Speak by these settings from now on."""
        self._windows = {
            window.id: Destination(window.id, window.name, window.name_en) for window in settings.windows
        }
        self._wanted = wanted(settings) if settings.voice.enabled else []
        self._announcements = Announcements(settings.voice, self._pieces.say)

    async def learn(self) -> None:
        """Render every phrase of this hall once, one after another, so that a stop of the process need not wait."""
        async with self._learning:
            await asyncio.to_thread(chime)
            for piece in self._wanted:
                if not await asyncio.to_thread(self._pieces.learn, piece) and not espeak_found():
                    return  # the log says so once, and not for each piece

    async def run(self) -> None:
        """Render ahead: the sound is ready when the first page asks for it."""
        async for _ in self._connections.own.changes():
            for call in reversed(self._connections.board.get("calls", [])):
                self.sound(call)

    def sound(self, call: dict[str, Any]) -> asyncio.Task[bytes]:
        """Return the WAV of a call, being rendered or done."""
        key = call["call"], called_at(call)  # a hall begun anew counts its calls anew
        known = self._sounds.get(key)
        if known is None or (known.done() and known.exception()):
            known = self._sounds[key] = asyncio.create_task(self._render(call))
            while len(self._sounds) > KEPT_MAX:
                self._sounds.popitem(last=False)
        return known

    async def _render(self, call: dict[str, Any]) -> bytes:
        if "number" not in call:
            zh, en = _told(call)
            async with self._one_at_a_time:
                return await asyncio.to_thread(self._announcements.tell, zh, en)
        window = self._windows.get(call["window"], Destination(call["window"], call["window_name"]))
        async with self._one_at_a_time:
            return await asyncio.to_thread(
                self._announcements.render, call["number"], window, recall=call["times"] > 1
            )

    def find(self, request: Request) -> dict[str, Any] | None:
        """Return the call, message or suspension that a request names, if it is on the board."""
        wanted, board = request.path_params["call"], self._connections.board
        spoken = (call for part in SPOKEN for call in board.get(part, ()))
        return next((call for call in spoken if call["call"] == wanted), None)

    def decide(self, zone: str, call: dict[str, Any], length: float) -> Grant | Wait | Silent:
        now = self._connections.now()
        decision = self._announcer.ask(zone, call["call"], called_at(call), now, round(length * 1e6))
        if isinstance(decision, Grant):
            self._keep_queue()
        return decision

    def _keep_queue(self) -> None:
        """Write the queue without fsync: after a power cut longer than the memory, every call is too old anyway."""
        draft = self._memory.with_suffix(".new")
        draft.write_bytes(self._announcer.dump())
        draft.replace(self._memory)


def called_at(call: dict[str, Any]) -> Micros:
    """Return the instant of a call or a message, or since when something is suspended."""
    return call["at"] if "at" in call else call["since"]


def _told(call: dict[str, Any]) -> tuple[str, str]:
    """Return a message, or a suspension with its reason, as a sentence in Chinese and English."""
    if "zh" in call:
        return call["zh"], call["en"]
    return f"{call['name']}暂停办理，{call['reason']}", f"{call['name_en']} is suspended. {call['reason_en']}."


def routes(speaker: AnnouncementApi, connections: CallerConnections) -> list[BaseRoute]:
    async def announce(request: Request) -> Response:
        refusal = await _may_speak(request, connections)
        if refusal:
            return refusal
        call = speaker.find(request)
        if call is None:
            return answer({"speak": False, "why": "unknown"}, 404)
        length = seconds(await speaker.sound(call))
        zone = request.query_params.get("zone", "hall")[:ZONE_CHARS_MAX]
        return answer(_document(speaker.decide(zone, call, length), call, length))

    async def voice(request: Request) -> Response:
        call = speaker.find(request)
        if call is None:
            return answer({"code": "no-call", "zh": "没有这次叫号", "en": "There is no such call"}, 404)
        body = await speaker.sound(call)
        return Response(body, media_type="audio/wav", headers={"Cache-Control": NEVER})

    return [
        Route("/announce/{call:int}", announce, methods=["POST"]),
        Route("/voice/{call:int}.wav", voice),
    ]


def _document(decision: Grant | Wait | Silent, call: dict[str, Any], length: float) -> dict[str, Any]:
    match decision:
        case Grant():
            return {"speak": True, "url": f"/voice/{call['call']}.wav", "seconds": round(length, 2)}
        case Wait(micros):
            return {"speak": False, "why": "busy", "wait_ms": micros // 1000 + 1}
        case Silent(why):
            return {"speak": False, "why": why}


async def _may_speak(request: Request, connections: CallerConnections) -> Response | None:
    """Return None if the station that asks has a loudspeaker, else the answer that explains why not."""
    try:
        allowed = await connections.keyed(bearer(request), MAY_SPEAK)
    except KeyRefusedError as error:
        return answer({"speak": False, "why": error.bye.code}, 401)
    except CallerAwayError:
        return answer({"speak": False, "why": "caller-away"}, 503)
    return None if allowed else answer({"speak": False, "why": "not-allowed"}, 403)
