"""What of a case goes over the counter as a page: its notices as A4, and its progress for who holds the receipt.

1. `/notices/KIND.ID` is the one print view, whole in itself, printed by the browser or saved as PDF there. Its style is
   allowed by its hash; it loads nothing. No name of a person is on it: those lie in the people's store.
2. `/progress/CODE` answers with how the case of a receipt's code goes on. Wrong codes are counted by address
   (`short_codes`), so that none is guessed.
"""

import base64
import hashlib
import re
from typing import get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.client.page_files import MEDIA, NEVER, POLICY_HEADER
from caller.engine import short_codes
from caller.engine.commands import CaseNotice
from caller.engine.short_codes import WrongTries
from caller.reports.notice_sheet import paper_page
from config.paper.template_files import TemplateFolder
from config.process.connection_limits import real_address
from display.http.caller_connections import CallerConnections
from display.http.responses import answer, explained, problem, refusal
from display.web.public_info import HallFacts

STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
NOTICE = re.compile(rf"({'|'.join(get_args(CaseNotice))})\.[A-Za-z0-9-]{{1,64}}")
CODE = re.compile(r"[0-9]{10}")


def routes(connections: CallerConnections, facts: HallFacts, templates: TemplateFolder) -> list[BaseRoute]:
    """Return the routes of notices and of progress."""
    wrong = WrongTries()

    async def notice(request: Request) -> Response:
        topic = request.path_params["notice"]
        found = await connections.tickets.topic(f"notice/{topic}") if NOTICE.fullmatch(topic) else {}
        if not found:
            raise HTTPException(404)
        page = paper_page(facts.settings, found, templates, connections.now())
        headers = {"Cache-Control": NEVER, POLICY_HEADER: _policy(page)}
        return Response(page, media_type=MEDIA["html"], headers=headers)

    async def progress(request: Request) -> Response:
        sender, now = (
            real_address(request.client.host if request.client else "", request.headers),
            connections.now(),
        )
        if minutes := wrong.minutes_left("case", sender, now):
            raise problem(429, "case-tries", minutes=minutes)
        code = short_codes.typed(request.path_params["code"])
        found = await connections.tickets.topic(f"progress/{code}") if CODE.fullmatch(code) else {}
        if not found:
            wrong.note(sender, now)
            raise refusal(404, "unknown-case")
        return answer(found)

    return [Route("/notices/{notice}", explained(notice)), Route("/progress/{code}", explained(progress))]


def _policy(page: str) -> str:
    """Return the content security policy of a print view: its own style and nothing else."""
    styles = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in STYLE.findall(page)
    )
    allowed = " ".join(f"'sha256-{digest}'" for digest in styles)
    return f"default-src 'none'; img-src data:; style-src {allowed}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
