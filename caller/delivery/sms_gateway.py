"""Notices to applicants by an SMS gateway: the one request of a hall's template, and what its answer means.

A gateway that could not be connected to, or says that it is busy, has sent nothing: it is tried again while the notice is of use.
Once the request went out, no answer means that the message may have arrived: it is shown, not repeated. The phone number stands in
the request alone; what a gateway answers with it is kept without it.
"""

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from caller.delivery import notices, webhooks
from caller.delivery.notice_senders import ApplicantSender, secret_of
from caller.delivery.outbox import Delivery
from caller.delivery.sender import clock
from caller.delivery.webhooks import Answer
from caller.people.notify_numbers import LeftNumber, NotifyNumbers
from config.delivery_settings import APPLICANT_NOTICES, Gateway
from config.instants import Micros
from config.settings import Settings
from config.text_safety import for_page


class GatewaySender(ApplicantSender):
    """Tells applicants by an SMS gateway."""

    def __init__(
        self,
        settings: Settings,
        data: Path,
        gateway: Gateway,
        clock: Callable[[], Micros] = clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(settings, data, gateway.id, clock, chance)
        self.gateway, self.numbers = gateway, NotifyNumbers(data)
        self.chosen = gateway.notices or APPLICANT_NOTICES

    def send_to(self, left: LeftNumber, message: Delivery, facts: dict[str, Any]) -> Answer:
        return send(self.settings, self.data, self.gateway, message, left, facts, self._clock())


def send(
    settings: Settings,
    data: Path,
    gateway: Gateway,
    message: Delivery,
    left: LeftNumber,
    facts: dict[str, Any],
    now: Micros,
) -> Answer:
    """Send one text to one phone by a gateway's template, and return what came of it."""
    kind: Any = message.kind
    known = facts | {
        "phone": left.phone,
        "text": notices.words_of(settings, kind, left.lang, facts),
        "secret": secret_of(data, gateway.id),
        "id": message.id,
        "time": datetime.fromtimestamp(now / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "notice": message.kind,
        "hall": settings.hall.name,
        "hall_phone": settings.hall.phone,
    }
    written = _in_json if gateway.content == "json" else lambda text: quote(text, safe="")
    body = notices.filled(gateway.body, known, written).encode()
    media = "application/json" if gateway.content == "json" else "application/x-www-form-urlencoded"
    headers: dict[str, str | bytes] = {"content-type": f"{media}; charset=utf-8", "user-agent": "hallcall"}
    for line in gateway.headers:
        name, _, value = notices.filled(line, known).partition(": ")
        headers[name.lower()] = for_page(
            value
        ).encode()  # a str with hanzi, or a line's end in it, would not be sent
    url = notices.filled(gateway.url, known, lambda text: quote(text, safe=""))
    answer = _posted(gateway, url, body, headers)
    return answer._replace(detail=answer.detail.replace(left.phone, "…"))


def _in_json(text: str) -> str:
    return msgspec.json.encode(text).decode()[1:-1]


def _posted(gateway: Gateway, url: str, body: bytes, headers: Mapping[str, str | bytes]) -> Answer:
    try:
        connection = webhooks.connected(url, gateway.private)
    except webhooks.UNREACHED as error:
        return Answer("away", (str(error) or repr(error))[: webhooks.DETAIL_CHARS])
    try:
        connection.request("POST", webhooks.request_path(url), body, headers)
        response = connection.getresponse()
        text = response.read(webhooks.ANSWER_BYTES_MAX).decode("utf-8", errors="replace").strip()
    except webhooks.UNREACHED as error:
        return Answer("unknown", (str(error) or repr(error))[: webhooks.DETAIL_CHARS])
    finally:
        connection.close()
    return _judged(gateway, response.status, text, response.headers.get("retry-after", ""))


def _judged(gateway: Gateway, status: int, text: str, asked: str) -> Answer:
    """Return what a gateway's answer means: a busy one has sent nothing, one that failed inside may have."""
    detail = f"HTTP {status} {text}"[: webhooks.DETAIL_CHARS].strip()
    if status in (429, 503):
        return Answer("away", detail, webhooks.rest_asked(asked))
    if status >= 500:
        return Answer("unknown", detail)
    if not 200 <= status < 300 or (gateway.taken and gateway.taken not in text):
        return Answer("refused", detail)
    return Answer("taken", "")
