"""The way in of pages behind a sign-in, as the office and the city's centre have it alike: a plain form without a script.

A first sign-in changes the secret: the form then has fields for the new one. A secret is never written back into a page. Who may come
in, and in which words a refusal is said, is for each room to know.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from config.text_safety import for_html
from display.http.responses import body_of, cookies_of, is_https

FOLDER = Path(__file__).parent
TEMPLATE, STYLE = FOLDER / "sign-in.html", FOLDER / "way-in.css"
SIGN_IN = "/sign-in"
LANG_SECONDS = 365 * 86_400
FIELD_CHARS_MAX = 128  # as on the wire
FORM_WORDS = (
    "sign-in",
    "staff",
    "password",
    "new-password",
    "again",
    "other-lang",
)  # codes of each room's words
NEW_FIELDS = """
      <label>{new-password}<input name="new" type="password" autocomplete="new-password" maxlength="64" required></label>
      <label>{again}<input name="again" type="password" autocomplete="new-password" maxlength="64" required></label>"""


class FilledForm(NamedTuple):
    """What a person has typed. `back`: the page they came for."""

    staff: str
    secret: str
    new: str
    again: str
    back: str


async def filled(request: Request) -> FilledForm:
    """Return what a form was sent with. Raises `ProblemError` for a body that is none."""
    raw = (await body_of(request)).decode(errors="replace")
    given = {name: values[0][:FIELD_CHARS_MAX] for name, values in parse_qs(raw).items()}
    staff, secret, new, again, back = (
        given.get(each, "") for each in ("staff", "secret", "new", "again", "next")
    )
    return FilledForm(staff.strip(), secret, new, again, back)


class FormFace(NamedTuple):
    """How a room's form looks. `title`: of the room; `above`: what stands above it, such as the hall's name; `styles`: paths; `other`:
    what follows `/lang?`, to the other language and back."""

    lang: str
    title: str
    above: str
    words: Mapping[str, str]
    styles: Iterable[str]
    other: Mapping[str, str]


def form_page(
    face: FormFace, said: str, staff: str, back: str, status: int = 200, *, wants_new: bool = False
) -> Response:
    """Return the form, with `said` above its fields; `wants_new`: it asks for a new secret."""
    words = {code: for_html(text) for code, text in face.words.items()}
    page = _template().format_map(
        words
        | {
            "lang": "en" if face.lang == "en" else "zh-CN", "title": for_html(face.title), "given": for_html(staff),
            "above": f'<p class="hall">{for_html(face.above)}</p>' if face.above else "", "next": for_html(back),
            "styles": "".join(f'<link rel="stylesheet" href="{path}" />' for path in face.styles),
            "said": f'<p role="alert">{for_html(said)}</p>' if said else "",
            "fields": NEW_FIELDS.format_map(words) if wants_new else "", "other": for_html(urlencode(face.other)),
            "staff_focus": "" if staff else " autofocus", "secret_focus": " autofocus" if staff else "",
        }
    )  # fmt: skip
    return HTMLResponse(page, status, headers={"Cache-Control": "no-store"})


@cache
def _template() -> str:
    return TEMPLATE.read_text("utf-8")


def welcomed(request: Request, cookie: str, key: str, to: str) -> Response:
    """Return the answer to who has come in: the session's cookie, which no script can read, and the way to a page."""
    answer = RedirectResponse(to, 303)
    answer.set_cookie(cookie, key, httponly=True, samesite="strict", secure=is_https(request))
    return answer


def session_of(request: Request, cookie: str) -> str:
    """Return the key of a request's session, "" for none."""
    return cookies_of(request.headers).get(cookie, "")


def signed_out(cookie: str) -> Response:
    """Return the answer to who has gone: no cookie any more, and the form."""
    answer = RedirectResponse(SIGN_IN, 303)
    answer.delete_cookie(cookie, httponly=True, samesite="strict")
    return answer


def spoken(cookie: str, lang: str, back: str) -> Response:
    """Return the answer to who has chosen a language."""
    answer = RedirectResponse(back, 303)
    if lang:
        answer.set_cookie(cookie, lang, max_age=LANG_SECONDS, httponly=True, samesite="strict")
    return answer
