"""A hall whose REST interface is on a real port: the caller in the test's own loop, the web process's pages in a thread."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
from msgspec.structs import replace

from caller.client.client import new_id
from caller.identity.account_file import Act
from caller.identity.accounts import Account
from config.case_settings import CasesTable
from config.feedback_settings import FeedbackTable
from config.settings import AccountsTable, Queue, Settings
from display.api.operations import PREFIX
from display.web.app import application
from tests.instruments.caller_fixture import PATIENCE, SETTINGS, Room, room
from tests.instruments.case_fixture import ITEMS
from tests.instruments.case_fixture import NOTICES as YEARS
from tests.instruments.site import Site

SECRET = "Zb7-0123456789-abcdefghij"
API_SETTINGS = replace(
    SETTINGS,
    queues=(Queue(id="A", name="综合", slot_quota=2), Queue(id="B", name="社保")),
    items=tuple(replace(each, department="") for each in ITEMS),
    cases=CasesTable(enabled=True),
    feedback=FeedbackTable(enabled=True),
    year_notices=YEARS,
)
WITH_ACCOUNTS = replace(API_SETTINGS, accounts=AccountsTable(required=True))
Found = tuple[int, Any]


class SentEvent(NamedTuple):
    """One event of a stream."""

    id: int
    kind: str
    body: dict[str, Any]


class ApiHall:
    """A caller, its REST interface, and a program that asks it with a key."""

    def __init__(self, hall: Room, site: Site, http: httpx.AsyncClient) -> None:
        self.room, self.site, self.http = hall, site, http
        self.key = self.add_key(
            "all", "read", "tickets", "appointments", "windows", "cases", "feedback", "events"
        )

    def add_key(self, number: str, *scopes: str) -> str:
        """Return the key of a new account of a program, as REST takes it."""
        act = Act(new_id(), "account-added", f"account/{number}", "uid:0", "test", 1)
        self.room.accounts.add(Account(number, roles=scopes, kind="key"), SECRET, act)
        return f"{number}:{SECRET}"

    async def ask(
        self, method: str, path: str, body: Any = None, key: str = "", **headers: str
    ) -> httpx.Response:
        """The answer to one request, as it is."""
        sent = {"Authorization": f"Bearer {key or self.key}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        if content is not None:
            sent = {"Content-Type": "application/json"} | sent
        return await self.http.request(method, PREFIX + path, content=content, headers=sent)

    async def get(self, path: str, **more: Any) -> Any:
        """What is read there; it must be found."""
        found = await self.ask("GET", path, **more)
        assert found.status_code == 200, found.text
        return found.json()

    async def post(self, path: str, body: Any = None, id: str = "", **more: Any) -> Any:
        """What a POST answers that must be done; under a new Idempotency-Key unless told otherwise."""
        found = await self.ask("POST", path, body or {}, Idempotency_Key=id or new_id(), **more)
        assert found.status_code == 200, found.text
        return found.json()

    async def refused(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str]:
        """The status and the code of a problem, which has all that RFC 9457 asks for."""
        found = await self.ask(method, path, body, **more)
        assert found.headers["content-type"] == "application/problem+json", found.text
        said = found.json()
        assert said["status"] == found.status_code
        assert said["type"] == f"urn:hallcall:problem:{said['code']}"
        assert all(said[name] for name in ("title", "detail", "code", "zh", "en"))
        return found.status_code, said["code"]

    async def refused_or_done(self, method: str, path: str, key: str) -> tuple[int, str]:
        """The status of an answer, and the code of its problem if it is one; a POST's body is one that nothing takes."""
        found = await self.ask(method, path, {"nothing": 1} if method == "POST" else None, key)
        return found.status_code, found.json().get("code", "")

    @contextlib.asynccontextmanager
    async def events(self, key: str = "", **query: str) -> AsyncGenerator[AsyncIterator[SentEvent]]:
        """The live events, until the block ends."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        async with self.http.stream("GET", f"{PREFIX}/events", params=query, headers=headers) as answer:
            assert answer.status_code == 200, await answer.aread()
            yield _events(answer)


async def _events(answer: httpx.Response) -> AsyncIterator[SentEvent]:
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        fields[name] = value
        if not line and "data" in fields:
            yield SentEvent(int(fields["id"]), fields["event"], msgspec.json.decode(fields["data"]))
            fields = {}


@contextlib.asynccontextmanager
async def api_hall(folder: Path, settings: Settings = API_SETTINGS) -> AsyncGenerator[ApiHall]:
    """A hall with an open day, a clerk at window 3, and its interface on a real port."""
    async with room(folder, settings=settings) as hall:
        site = Site(application(settings, folder, hall.url, hall.token("web", "web")))
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{site.port}", timeout=PATIENCE, trust_env=False
        ) as http:
            with contextlib.ExitStack() as stack:
                await asyncio.to_thread(stack.enter_context, site)
                try:
                    yield ApiHall(hall, site, http)
                finally:
                    await asyncio.to_thread(stack.close)
