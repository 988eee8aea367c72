"""The guard alone: what is refused before any page is asked, and its twin without the guard."""

import asyncio
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from display.http.responses import is_https
from display.office import guard
from display.office.guard import SESSION_SCOPE, Guard, is_own_origin, lang_of
from display.office.sessions import CallerSilentError, OfficeSessions

HOST = "127.0.0.1:9303"


class Known:
    """Sessions by key; the caller is silent for "silent"."""

    async def find(self, key: str) -> object | None:
        if key == "silent":
            raise CallerSilentError
        return "session" if key == "good" else None


async def page(scope: Scope, _receive: Receive, send: Send) -> None:
    assert scope.get(SESSION_SCOPE) or scope["path"] in guard.OPEN
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"page"})


def asked(method: str, path: str, kind: str = "http", **headers: str) -> tuple[int, dict[str, str]]:
    """The status of an answer and its headers; 101 where the page itself got a websocket, 403 where it did not."""
    sent: list[Message] = []

    async def told(message: Message) -> None:
        sent.append(message)

    async def heard() -> Message:
        return {"type": "websocket.connect"}

    async def socket(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})

    fields = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    fields.append((b"host", HOST.encode()))
    scope: Scope = {"type": kind, "path": path, "headers": fields, "query_string": b"", "method": method}
    app = cast(ASGIApp, socket if kind == "websocket" else page)
    asyncio.run(Guard(app, cast(OfficeSessions, cast(Any, Known())), "office")(scope, heard, told))
    if kind == "websocket":
        return (101 if sent[0]["type"] == "websocket.accept" else 403), {}
    return sent[0]["status"], {name.decode(): text.decode() for name, text in sent[0]["headers"]}


def test_a_page_is_for_a_session() -> None:
    assert asked("GET", "/live", cookie="office=good")[0] == 200
    status, headers = asked("GET", "/live", cookie="office=bad")
    assert (status, headers["location"]) == (303, "/sign-in?next=/live&why=")
    assert asked("GET", "/_nicegui/x.js")[0] == 401
    assert asked("POST", "/live", origin=f"http://{HOST}")[0] == 401


def test_where_the_caller_is_silent_the_sign_in_says_so() -> None:
    assert asked("GET", "/live", cookie="office=silent")[1]["location"].endswith("why=caller-away")


@pytest.mark.parametrize("origin", ["", "null", "http://127.0.0.1:9301", f"http://{HOST}.example.org"])
def test_what_changes_something_comes_from_our_own_origin(origin: str) -> None:
    assert asked("POST", "/sign-in", origin=origin)[0] == 403
    assert asked("GET", "/_nicegui_ws/x", "websocket", origin=origin, cookie="office=good")[0] == 403


def test_twin_our_own_origin_is_let_in() -> None:
    assert asked("POST", "/sign-in", origin=f"http://{HOST}")[0] == 200
    own = f"http://{HOST}"
    assert asked("GET", "/_nicegui_ws/x", "websocket", origin=own, cookie="office=good")[0] == 101
    assert asked("GET", "/_nicegui_ws/x", "websocket", origin=own, cookie="office=bad")[0] == 403


def test_twin_without_the_check_another_origin_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "is_own_origin", lambda _headers: True)
    assert asked("POST", "/sign-in", origin="http://example.org")[0] == 200


def test_the_policy_of_the_sign_in_has_no_script_and_that_of_pages_nothing_from_outside() -> None:
    assert "script" not in asked("GET", "/sign-in")[1]["content-security-policy"]
    policy = asked("GET", "/live", cookie="office=good")[1]["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert "*" not in policy


def test_the_language_is_chinese_unless_it_is_english() -> None:
    assert [lang_of({guard.LANG_COOKIE: each}) for each in ("en", "zh", "fr")] == ["en", "zh", "zh"]
    assert lang_of({}) == "zh"


def test_an_origin_is_ours_by_host_and_port() -> None:
    assert is_own_origin({"origin": f"https://{HOST}", "host": HOST})
    assert not is_own_origin({"origin": f"https://{HOST}", "host": "127.0.0.1"})
    assert not is_own_origin({"host": HOST})


@pytest.mark.parametrize(
    ("said", "own", "encrypted"),
    [("https", "http", True), ("https,http", "http", True), ("HTTPS , http", "http", True), ("http,https", "http", False),
     ("", "https", True), ("", "http", False)],
)  # fmt: skip
def test_behind_a_chain_of_proxies_the_browsers_own_line_counts(said: str, own: str, encrypted: bool) -> None:
    """By it the cookie is `Secure`, and a page opens its socket as wss."""
    headers = [(b"x-forwarded-proto", said.encode())] if said else []
    scope = {
        "type": "http",
        "scheme": own,
        "headers": headers,
        "server": ("h", 80),
        "path": "/",
        "query_string": b"",
    }
    assert is_https(Request(scope)) == encrypted
