"""The card of who serves, for window signs and rating tablets: `/clerks/NUMBER.json`, and the photo it names.

1. Shown is what `[accounts] card` names of the account, and nothing of a disabled one: without it the staff number alone.
2. A hall that put `NUMBER.json` and a photo into DATA/clerks, as was done before accounts had portraits, still shows them: what
   the account says goes first, the file fills in the rest.
3. A portrait is named by its own bytes, so a screen keeps it for ever; it is served only while an account shows it. A file
   of DATA/clerks is asked for anew.

No answer says whether there is such an account: both are 204.
"""

import asyncio
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.client.page_files import ASK_AGAIN, FOR_EVER, MEDIA, NEVER
from caller.identity.account_file import ACCOUNTS_NAME
from caller.identity.account_store import AccountStore
from caller.identity.accounts import AccountError
from caller.identity.portraits import NAME as PORTRAIT_NAME
from config.settings import Settings
from config.text_safety import DECODE_ERRORS

FOLDER = "clerks"
FILE_BYTES_MAX = 300_000  # a photo at twice the card's size; more delays the tablet
KINDS = {".jpg": "image/jpeg", ".png": "image/png", ".json": MEDIA["json"]}


class ClerkCards:
    """The cards of one hall. Its methods block."""

    def __init__(self, data: Path, settings: Callable[[], Settings]) -> None:
        self._data, self._folder, self._settings = data, data / FOLDER, settings

    def card(self, staff: str) -> bytes:
        """Return the card of a staff number as JSON (rules 1 and 2); empty where there is nothing to show."""
        text = self.file(f"{staff}.json")
        try:
            given = msgspec.json.decode(text, type=dict[str, Any]) if text else {}
        except DECODE_ERRORS:
            given = {}
        found = given | self._of_account(staff)
        return msgspec.json.encode(found) if found else b""

    def _of_account(self, staff: str) -> dict[str, Any]:
        shown = self._settings().accounts.card
        with self._accounts(bool(shown)) as store:
            account = store.get(staff) if store else None
            if account is None or account.disabled or account.kind != "person":
                return {}
            return {part: value for part in shown if (value := getattr(account, part))}

    def portrait(self, name: str) -> bytes:
        """Return a portrait that some account shows (rule 3); empty where none does."""
        with self._accounts("photo" in self._settings().accounts.card) as store:
            if store is None or not any(each.photo == name and not each.disabled for each in store.all()):
                return b""
            return store.portrait(name) or b""

    @contextmanager
    def _accounts(self, wanted: bool) -> Generator[AccountStore | None]:
        """Open the accounts for one look; None where none are wanted, or this PC has none. One that cannot be read shows
        nothing: a sign without a face is no reason to fail."""
        if not wanted or not (self._data / ACCOUNTS_NAME).exists():
            yield None
            return
        try:
            store = AccountStore(self._data)
        except AccountError:
            yield None
            return
        with closing(store):
            yield store

    def file(self, name: str) -> bytes:
        """Return a file that the hall put into DATA/clerks; empty where there is none that can be shown."""
        path = self._folder / Path(name).name
        try:
            small = path.suffix in KINDS and path.is_file() and path.stat().st_size <= FILE_BYTES_MAX
            return path.read_bytes() if small else b""
        except (
            OSError,
            ValueError,
        ):  # a name longer than a file may have, one that went meanwhile, a bad disk
            return b""


def routes(cards: ClerkCards) -> list[BaseRoute]:
    """Return the route of cards and photos."""

    async def found(request: Request) -> Response:
        name = str(request.path_params["file"])
        stem, dot, kind = name.rpartition(".")
        if kind == "json":
            return _answer(await asyncio.to_thread(cards.card, stem), MEDIA["json"], ASK_AGAIN)
        if PORTRAIT_NAME.fullmatch(name) and (body := await asyncio.to_thread(cards.portrait, name)):
            return _answer(body, KINDS[".jpg"], FOR_EVER)
        return _answer(await asyncio.to_thread(cards.file, name), KINDS.get(dot + kind, ""), ASK_AGAIN)

    return [Route(f"/{FOLDER}/{{file}}", found)]


def _answer(body: bytes, media: str, cache: str) -> Response:
    if not body:
        return Response(status_code=204, headers={"Cache-Control": NEVER})
    return Response(body, media_type=media, headers={"Cache-Control": cache})
