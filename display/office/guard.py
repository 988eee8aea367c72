"""Who gets in: nothing of the office but the sign-in goes out without a session, over HTTP or over its websocket.

1. The session's key is a cookie that no script can read and no other site's page brings along (HttpOnly, SameSite
   strict; Secure behind TLS). Cookies do not know ports, so its name holds ours.
2. What changes something, and the websocket of the pages, is taken from our own origin only: another page on this host
   (the hall's web process, say) has another port.
3. A page without a session leads to the sign-in and back again; anything else without one is 401, and a websocket is
   refused.
4. NiceGUI's pages compile their templates in the browser: they need 'unsafe-inline' and 'unsafe-eval', and so the
   office has an origin of its own. Nothing comes from outside the host, and no frame may hold a page. The sign-in has a
   policy without any script.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from display.http.responses import cookies_of, is_own_origin, with_policy
from display.http.sign_in_form import SIGN_IN
from display.office.sessions import CallerSilentError, OfficeSessions
from display.office.words import OfficeLang

OPEN = frozenset(
    {
        SIGN_IN,
        "/sign-out",
        "/lang",
        "/office.css",
        "/parts.css",
        "/sheets.css",
        "/way-in.css",
        "/icon.svg",
        "/favicon.ico",
    }
)
LANG_COOKIE = "hallcall-office-lang"
SESSION_SCOPE = "office_session"  # where the scope of a request holds the session
SAFE = frozenset({"GET", "HEAD"})
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; media-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
FORM_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
LANG: ContextVar[OfficeLang] = ContextVar("office_lang", default="zh")  # of the request in hand


def lang_of(cookies: Mapping[str, str]) -> OfficeLang:
    return "en" if cookies.get(LANG_COOKIE) == "en" else "zh"


class Guard:
    """The outermost layer of the office."""

    def __init__(self, app: ASGIApp, sessions: OfficeSessions, cookie: str) -> None:
        self.app, self._sessions, self._cookie = app, sessions, cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        cookies = cookies_of(headers)
        LANG.set(lang_of(cookies))
        is_open = scope["type"] == "http" and scope["path"] in OPEN
        send = with_policy(send, FORM_POLICY if is_open else PAGE_POLICY)
        refusal = self._foreign(scope, headers)
        if refusal is None and not is_open:
            try:
                scope[SESSION_SCOPE] = session = await self._sessions.find(cookies.get(self._cookie, ""))
            except CallerSilentError:
                session, refusal = None, _to_sign_in(scope, "caller-away")
            if refusal is None and session is None:
                refusal = _to_sign_in(scope, "")
        if refusal is None:
            return await self.app(scope, receive, send)
        if scope["type"] == "websocket":
            await receive()
            return await send({"type": "websocket.close", "code": 1008})
        await refusal(scope, receive, send)
        return None

    def _foreign(self, scope: Scope, headers: Headers) -> Response | None:
        """Return the refusal of what another origin's page asks for (rule 2)."""
        if scope["type"] == "http" and scope["method"] in SAFE:
            return None
        return None if is_own_origin(headers) else PlainTextResponse("another origin", 403)


def _to_sign_in(scope: Scope, why: str) -> Response:
    path = scope["path"]
    if scope["type"] != "http" or scope["method"] != "GET" or path.startswith("/_nicegui"):
        return PlainTextResponse("sign in first", 401)
    return RedirectResponse(f"{SIGN_IN}?next={quote(path)}&why={why}", 303)
