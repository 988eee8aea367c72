"""The office's way in and out: plain forms without a script, so that no page of the office goes to a stranger.

A first sign-in changes the secret, as the caller asks for: the form then has fields for the new one. A secret is never
written back into a page. Which words a refusal has is the caller's to say.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from caller.protocol.frames import RefusedFrame, message_of
from config.catalogue import codes, message
from config.settings import Settings
from config.text_safety import for_html
from display.http.responses import ProblemError, body_of, cookies_of, is_https
from display.office.guard import LANG, LANG_COOKIE, SIGN_IN
from display.office.sessions import CallerSilentError, OfficeSession, OfficeSessions
from display.office.words import LANGS, SHELL, OfficeLang, office_word

FOLDER = Path(__file__).parent
LANG_SECONDS = 365 * 86_400
STYLES = ("office.css", "parts.css", "sheets.css")
FIELD_CHARS_MAX = 128  # as on the wire


class Said(NamedTuple):
    """What the form says above its fields, and whether it asks for a new secret."""

    zh: str = ""
    en: str = ""
    new: bool = False


class SignInPages:
    """The routes that need no session. `homes`: the paths a person may come back to; `cookie`: of the session."""

    def __init__(self, sessions: OfficeSessions, cookie: str, homes: frozenset[str]) -> None:
        self._sessions, self._cookie, self._homes = sessions, cookie, homes
        self.settings: Settings | None = None  # of the hall, for its name

    def routes(self) -> list[BaseRoute]:
        return [
            Route(SIGN_IN, self._show, methods=["GET"]),
            Route(SIGN_IN, self._judge, methods=["POST"]),
            Route("/sign-out", self._sign_out, methods=["POST"]),
            Route("/lang", self._speak, methods=["GET"]),
            *(Route(f"/{name}", _style) for name in STYLES),
            Route("/icon.svg", _icon),
            Route("/favicon.ico", _icon),
        ]

    async def _show(self, request: Request) -> Response:
        why = request.query_params.get("why", "")
        said = Said()
        self._sessions.accounts.refresh()
        if why in codes("signed-out"):
            said = Said(*message("signed-out", why).with_next_step)
        elif why == "caller-away":
            said = _own("caller-away")
        elif not self._sessions.accounts.all():
            said = _own("no-accounts")
        return self._form(said, "", request.query_params.get("next", ""))

    async def _judge(self, request: Request) -> Response:
        try:
            raw = (await body_of(request)).decode(errors="replace")
        except ProblemError as error:
            return Response(status_code=error.status)
        given = {name: values[0][:FIELD_CHARS_MAX] for name, values in parse_qs(raw).items()}
        staff, secret = given.get("staff", "").strip(), given.get("secret", "")
        new, back = given.get("new", ""), given.get("next", "")
        if not staff or not secret:
            return self._form(_own("fill-in"), staff, back)
        if new != given.get("again", ""):
            return self._form(_own("differ")._replace(new=True), staff, back)
        try:
            found = await self._sessions.sign_in(staff, secret, new)
        except CallerSilentError:
            return self._form(_own("caller-away"), staff, back, 503)
        if isinstance(found, OfficeSession):
            return self._welcome(request, found, back)
        return self._form(_refused(found, bool(new)), staff, back, 403)

    def _welcome(self, request: Request, session: OfficeSession, back: str) -> Response:
        answer = RedirectResponse(self._home(back), 303)
        secure = is_https(request)
        answer.set_cookie(self._cookie, session.key, httponly=True, samesite="strict", secure=secure)
        return answer

    async def _sign_out(self, request: Request) -> Response:
        await self._sessions.sign_out(cookies_of(request.headers).get(self._cookie, ""))
        answer = RedirectResponse(SIGN_IN, 303)
        answer.delete_cookie(self._cookie, httponly=True, samesite="strict")
        return answer

    async def _speak(self, request: Request) -> Response:
        to, back = request.query_params.get("to", ""), request.query_params.get("back", "")
        answer = RedirectResponse(back if back == SIGN_IN else self._home(back), 303)
        if to in LANGS:
            answer.set_cookie(LANG_COOKIE, to, max_age=LANG_SECONDS, httponly=True, samesite="strict")
        return answer

    def _home(self, path: str) -> str:
        return path if path in self._homes else "/"

    def _form(self, said: Said, staff: str, back: str, status: int = 200) -> Response:
        lang = LANG.get()
        hall = self.settings.hall if self.settings else None
        name = (hall.name_en if lang == "en" and hall.name_en else hall.name) if hall else ""
        words = {code: for_html(office_word(lang, SHELL, code)) for code in FORM_WORDS}
        other: OfficeLang = "zh" if lang == "en" else "en"
        fields = NEW_FIELDS.format_map(words) if said.new else ""
        text = said.en if lang == "en" else said.zh
        page = _template().format_map(
            words
            | {
                "lang": "en" if lang == "en" else "zh-CN", "hall": for_html(name), "given": for_html(staff),
                "next": for_html(back), "said": f'<p role="alert">{for_html(text)}</p>' if text else "",
                "fields": fields, "other": for_html(urlencode({"to": other, "back": SIGN_IN})),
                "staff_focus": "" if staff else " autofocus", "secret_focus": " autofocus" if staff else "",
            }
        )  # fmt: skip
        return HTMLResponse(page, status, headers={"Cache-Control": "no-store"})


FORM_WORDS = ("office", "sign-in", "staff", "password", "new-password", "again", "other-lang")
NEW_FIELDS = """
      <label>{new-password}<input name="new" type="password" autocomplete="new-password" maxlength="64" required></label>
      <label>{again}<input name="again" type="password" autocomplete="new-password" maxlength="64" required></label>"""


@cache
def _template() -> str:
    return (FOLDER / "sign-in.html").read_text("utf-8")


def _own(code: str) -> Said:
    return Said(office_word("zh", SHELL, code), office_word("en", SHELL, code))


def _refused(frame: RefusedFrame, had_new: bool) -> Said:
    zh, en = message_of(frame).with_next_step
    return Said(zh, en, frame.code == "change-first" or (had_new and frame.code == "weak-password"))


async def _style(request: Request) -> Response:
    return FileResponse(
        FOLDER / request.url.path[1:], media_type="text/css", headers={"Cache-Control": "no-cache"}
    )


async def _icon(_request: Request) -> Response:
    return FileResponse(FOLDER.parent / "pages/icon.svg", media_type="image/svg+xml")
