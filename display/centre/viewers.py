"""Who looks at the city: the sign-in of the centre's pages, its sessions, and the guard before every page.

1. Nothing but the sign-in goes out without a session. The session's key is a cookie that no script can read and no other site's
   page brings along; the centre keeps its hash alone. It ends with the person's sign-out, after `IDLE` or `LONGEST`, and at
   once when the account is disabled or its level or password changes (`Account.rights`).
2. What changes something is taken from our own origin only.
3. Every page asks with the level of who is there, and no page takes a level from an address. What may not be seen is answered as
   what is not there.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from caller.engine.refusals import Refused
from caller.identity.account_file import Act, KeptSession, digest, new_session_key
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account, AccountError
from caller.protocol.frames import refusal_message
from caller.protocol.viewer_levels import ViewerLevel, level_of_roles
from config.instants import HOUR, MINUTE, Micros
from display.centre.words import CentreLang, centre_word
from display.http.responses import ProblemError, cookies_of, is_own_origin, with_policy
from display.http.sign_in_form import (
    FORM_WORDS,
    SIGN_IN,
    FormFace,
    filled,
    form_page,
    session_of,
    signed_out,
    spoken,
    welcomed,
)

LANG_COOKIE, PLACE = "hallcall-centre-lang", "centre"
FILES = frozenset(
    {
        "/base.css",
        "/centre.css",
        "/centre-wall.css",
        "/map.css",
        "/way-in.css",
        "/centre.js",
        "/icon.svg",
        "/favicon.ico",
    }
)
LOG_PATHS = (
    "/v1/",
    "/healthz",
    "/metrics",
)  # of the halls and of who watches the process; they have keys of their own, or tell nothing
IDLE: Micros = 60 * MINUTE
LONGEST: Micros = 16 * HOUR  # a wall is signed in each morning
KEEP: Micros = MINUTE  # so often it is kept when a session was used last
JUDGED_MAX = 16  # sign-ins that wait to be judged, one at a time; more come again
STYLES = ("/base.css", "/centre.css", "/way-in.css")
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
FORM_POLICY = PAGE_POLICY.replace("script-src 'self'; ", "").replace("connect-src 'self'; ", "")


class Viewer(NamedTuple):
    """A person who is signed in, and in which language."""

    staff: str
    name: str
    level: ViewerLevel
    lang: CentreLang = "zh"


ViewerEndpoint = Callable[[Request, Viewer], Awaitable[Response]]


def clock() -> Micros:
    return time.time_ns() // 1000


class ViewerSessions:
    """The sessions of one centre, kept beside its accounts in a data folder. Raises `AccountError`."""

    def __init__(self, data: Path) -> None:
        self.accounts = AccountStore(data)
        self._kept = self.accounts.file.sessions(clock() - LONGEST)

    def close(self) -> None:
        self.accounts.close()

    def sign_in(self, staff: str, secret: str, new: str, now: Micros) -> str:
        """Return the key of a new session. Blocks for a hash or two. Raises `Refused`, `AccountError`."""
        account = self.accounts.sign_in(staff, secret, now, new, uuid4().hex, PLACE)
        if _level(account) is None:
            raise Refused("no-role-here", account=staff, station=PLACE)
        key = new_session_key()
        kept = KeptSession(digest(key), staff, account.rights, PLACE, PLACE, "", now, now)
        self.accounts.file.keep_session(kept)
        self._kept[kept.hash] = kept
        return key

    def find(self, key: str, now: Micros) -> Viewer | None:
        """Return who a session is of; None where it is over."""
        kept = self._kept.get(digest(key)) if key else None
        if kept is None or kept.role != PLACE:
            return None
        self.accounts.refresh()
        account = self.accounts.get(kept.staff)
        level = _level(account) if account else None
        over = not (0 <= now - kept.began + MINUTE < LONGEST and now - kept.seen < IDLE)
        if account is None or level is None or account.rights != kept.rights or over:
            self._end(kept)
            return None
        if now - kept.seen > KEEP:
            self._kept[kept.hash] = kept = kept._replace(seen=now)
            self.accounts.file.note_seen([kept])
        return Viewer(account.staff, account.name, level)

    def sign_out(self, key: str) -> None:
        if kept := self._kept.get(digest(key)):
            self._end(kept)

    def note_export(self, viewer: Viewer, what: str) -> None:
        """Note that a person takes a file away, before it goes out. Blocks. Raises `AccountError`."""
        self.accounts.file.note(Act(uuid4().hex, "exported", f"centre/{what}", viewer.staff, PLACE, clock()))

    def _end(self, kept: KeptSession) -> None:
        self._kept.pop(kept.hash, None)
        self.accounts.file.end_session(kept.hash)


def _level(account: Account) -> ViewerLevel | None:
    return level_of_roles(account.roles) if account.kind == "viewer" and not account.disabled else None


def guarded(endpoint: ViewerEndpoint) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that hands over who asks, as the guard has found them."""

    async def known(request: Request) -> Response:
        return await endpoint(request, request.scope["viewer"])

    return known


class CentreGuard:
    """The outermost layer of the centre (rules 1 and 2)."""

    def __init__(self, app: ASGIApp, sessions: ViewerSessions, cookie: str) -> None:
        self.app, self._sessions, self._cookie = app, sessions, cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(LOG_PATHS):
            return await self.app(scope, receive, send)
        request = Request(scope)
        cookies = cookies_of(request.headers)
        lang: CentreLang = "en" if cookies.get(LANG_COOKIE) == "en" else "zh"
        scope["lang"] = lang
        path, is_form = scope["path"], scope["path"] in (SIGN_IN, "/sign-out")
        send = with_policy(send, FORM_POLICY if is_form else PAGE_POLICY)
        if scope["method"] not in ("GET", "HEAD") and not is_own_origin(request.headers):
            return await Response("another origin", 403)(scope, receive, send)
        if not is_form and path not in FILES and path != "/lang":
            found = self._sessions.find(cookies.get(self._cookie, ""), clock())
            if found is None:
                back = path + (f"?{request.url.query}" if request.url.query else "")
                return await RedirectResponse(f"{SIGN_IN}?next={quote(back)}", 303)(scope, receive, send)
            scope["viewer"] = found._replace(lang=lang)
        return await self.app(scope, receive, send)


class CentreSignIn:
    """The way in and out: plain forms without a script. A first sign-in changes the password."""

    def __init__(self, sessions: ViewerSessions, cookie: str) -> None:
        self._sessions, self._cookie = sessions, cookie
        self._waiting = 0

    async def show(self, request: Request) -> Response:
        self._sessions.accounts.refresh()
        none = not self._sessions.accounts.all()
        said = centre_word(request.scope["lang"], "no-accounts") if none else ""
        return _form(request, said, "", request.query_params.get("next", ""))

    async def judge(self, request: Request) -> Response:
        try:
            given = await filled(request)
        except ProblemError as error:
            return Response(status_code=error.status)
        lang: CentreLang = request.scope["lang"]
        staff, back = given.staff, given.back
        if given.new != given.again:
            return _form(request, centre_word(lang, "differ"), staff, back, wants_new=True)
        if self._waiting >= JUDGED_MAX:
            return _form(request, centre_word(lang, "busy"), staff, back, 503)
        self._waiting += 1
        try:
            key = await asyncio.to_thread(self._sessions.sign_in, staff, given.secret, given.new, clock())
        except (Refused, AccountError) as error:
            return _refused(request, error, staff, back)
        finally:
            self._waiting -= 1
        return welcomed(request, self._cookie, key, _own_path(back))

    async def sign_out(self, request: Request) -> Response:
        self._sessions.sign_out(session_of(request, self._cookie))
        return signed_out(self._cookie)


async def speak(request: Request) -> Response:
    """Take the language of the pages, and go back."""
    to = "en" if request.query_params.get("to") == "en" else "zh"
    return spoken(LANG_COOKIE, to, _own_path(request.query_params.get("back", "")))


def _own_path(path: str) -> str:
    """Return a path of ours to go back to: never another host's."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"


def _refused(request: Request, error: Refused | AccountError, staff: str, back: str) -> Response:
    lang: CentreLang = request.scope["lang"]
    if isinstance(error, Refused):
        if error.code == "no-role-here":
            return _form(request, centre_word(lang, "no-level"), staff, back, 403)
        pair = refusal_message(error).with_next_step
        wants_new = error.code in ("change-first", "weak-password")
        return _form(request, pair[lang == "en"], staff, back, 403, wants_new=wants_new)
    return _form(request, error.message.with_next_step[lang == "en"], staff, back, 503)


def _form(
    request: Request, said: str, staff: str, back: str, status: int = 200, *, wants_new: bool = False
) -> Response:
    lang: CentreLang = request.scope["lang"]
    here = SIGN_IN + (f"?next={quote(back)}" if back else "")
    words = {code: centre_word(lang, code) for code in FORM_WORDS}
    other = {"to": "zh" if lang == "en" else "en", "back": here}
    face = FormFace(lang, centre_word(lang, "centre"), "", words, STYLES, other)
    return form_page(face, said, staff, back, status, wants_new=wants_new)
