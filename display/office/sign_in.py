"""The office's way in and out (`display.http.sign_in_form`), so that no page of the office goes to a stranger.

A first sign-in changes the secret, as the caller asks for. Which words a refusal has is the caller's to say.
"""

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from caller.client.page_files import Endpoint
from caller.protocol.frames import RefusedFrame, message_of
from config.catalogue import codes, message
from config.settings import Settings
from display.http.responses import ProblemError
from display.http.sign_in_form import (
    FORM_WORDS,
    SIGN_IN,
    STYLE,
    FormFace,
    filled,
    form_page,
    session_of,
    signed_out,
    spoken,
    welcomed,
)
from display.office.guard import LANG, LANG_COOKIE
from display.office.sessions import CallerSilentError, OfficeSession, OfficeSessions
from display.office.words import LANGS, SHELL, OfficeLang, office_word

FOLDER = Path(__file__).parent
STYLES = ("office.css", "parts.css", "sheets.css")
SCRIPT = Path(str(files("caller") / "client/browser/row_focus.js"))  # for who has come in


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
            *(
                Route(f"/{path.name}", _file_of(path))
                for path in (*(FOLDER / each for each in STYLES), STYLE, SCRIPT)
            ),
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
            given = await filled(request)
        except ProblemError as error:
            return Response(status_code=error.status)
        staff, new, back = given.staff, given.new, given.back
        if not staff or not given.secret:
            return self._form(_own("fill-in"), staff, back)
        if new != given.again:
            return self._form(_own("differ")._replace(new=True), staff, back)
        try:
            found = await self._sessions.sign_in(staff, given.secret, new)
        except CallerSilentError:
            return self._form(_own("caller-away"), staff, back, 503)
        if isinstance(found, OfficeSession):
            return welcomed(request, self._cookie, found.key, self._home(back))
        return self._form(_refused(found, bool(new)), staff, back, 403)

    async def _sign_out(self, request: Request) -> Response:
        await self._sessions.sign_out(session_of(request, self._cookie))
        return signed_out(self._cookie)

    async def _speak(self, request: Request) -> Response:
        to, back = request.query_params.get("to", ""), request.query_params.get("back", "")
        back = back if back == SIGN_IN else self._home(back)
        return spoken(LANG_COOKIE, to if to in LANGS else "", back)

    def _home(self, path: str) -> str:
        return path if path in self._homes else "/"

    def _form(self, said: Said, staff: str, back: str, status: int = 200) -> Response:
        lang = LANG.get()
        hall = self.settings.hall if self.settings else None
        name = (hall.name_en if lang == "en" and hall.name_en else hall.name) if hall else ""
        words = {code: office_word(lang, SHELL, code) for code in FORM_WORDS}
        other: OfficeLang = "zh" if lang == "en" else "en"
        face = FormFace(
            lang, office_word(lang, SHELL, "office"), name, words, ("/office.css", "/way-in.css"),
            {"to": other, "back": SIGN_IN},
        )  # fmt: skip
        return form_page(face, said.en if lang == "en" else said.zh, staff, back, status, wants_new=said.new)


def _own(code: str) -> Said:
    return Said(office_word("zh", SHELL, code), office_word("en", SHELL, code))


def _refused(frame: RefusedFrame, had_new: bool) -> Said:
    zh, en = message_of(frame).with_next_step
    return Said(zh, en, frame.code == "change-first" or (had_new and frame.code == "weak-password"))


def _file_of(path: Path) -> Endpoint:
    media = {".css": "text/css", ".js": "text/javascript"}[path.suffix]

    async def file(_request: Request) -> Response:
        return FileResponse(path, media_type=media, headers={"Cache-Control": "no-cache"})

    return file


async def _icon(_request: Request) -> Response:
    return FileResponse(FOLDER.parent / "pages/icon.svg", media_type="image/svg+xml")
