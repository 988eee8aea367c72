"""Webhooks: an event of the log as one signed POST, by the Standard Webhooks specification (standardwebhooks.com).

1. The body is `{"type": KIND, "timestamp": ISO 8601, "data": {"site", "seq", fields of the event}}`. `PRIVATE` fields
   never leave: what of a person is in the log is a keyed hash, and a booking's code is a key.
2. The headers are `webhook-id` (the same each time the same event is sent), `webhook-timestamp` (UTC seconds of this
   try) and `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `ID.TIMESTAMP.BODY`. In the days after a
   secret was renewed there are two signatures, of the new secret and of the old.
3. A secret is derived from the site's key of this purpose, the receiver's name and a generation: nothing to store,
   nothing in the hall's file.
4. A receiver's host is resolved once a try and the connection made to an address that was looked at: an address of
   the inner network only where the hall's file says so, whatever a name server answers. Redirects are not followed.
5. The end of a reception, and what follows of the same visit, waits until its outcome may not be corrected any more
   (`correct_until`): a correction comes right behind it.
"""

import base64
import hmac
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple, get_args
from urllib.parse import quote, urlsplit

import msgspec

from caller.delivery.outbox import DAY, Delivery, ReceiverRow
from caller.engine.events import AnyEvent
from caller.eventlog.chain import Record
from config.hosts import is_public
from config.instants import Micros, Seconds
from config.reading.draft_rows import Draft
from config.reading.errors import Mistake, nearest
from config.settings import Webhook

PURPOSE = "webhook"  # of the key
# Fields of events that do not go out.
PRIVATE = frozenset(
    {
        "person", "client", "code", "clerk", "from_clerk", "by", "owner", "staff", "taken_by",
        "act", "subject", "place", "done", "after",  # of what an administrator did
        "leave", "mark", "points", "agent",  # of a member of the staff
        "reference",  # by which a payment is found
    }
)  # fmt: skip
SUBJECTS = (
    "ticket",
    "follow_up",
    "appointment",
    "job",
    "window",
    "device",
)  # the first that an event has orders its messages
ALL_OF_HALL = "hall"  # orders what has none of them: the business day
TIMEOUT_SECONDS: Seconds = 15.0
ANSWER_BYTES_MAX = 2_000  # of a refusal, to be shown
DETAIL_CHARS = 200
UNREACHED = (OSError, ValueError, http.client.HTTPException)  # a name nothing can look up is a ValueError
PATH_SIGNS = "/?%&=:@!$'()*+,;~"  # stay as they are in a request's path; hanzi are written as UTF-8 in %XX
RETRY_DIGITS_MAX = 9  # of seconds, thirty years; a float of three hundred digits is no number any more
BOTH_SECRETS_DAYS = 7  # after a secret was renewed
SECRET_BYTES = 24
TEST_KIND = "Test"

Judgement = Literal["taken", "refused", "away", "busy", "gone", "unknown", "unwanted", "unfit"]


class Answer(NamedTuple):
    """What came of a try. "refused": this message; "away": the receiver was not there to judge; "busy": so it
    was for this message alone; "gone": never again.
    Of what goes to a person: "unknown": it may have arrived; "unwanted": no number was left for it, or it was taken back.

    `after`: seconds the receiver asked to be left alone, 0 where it did not.
    """

    verdict: Judgement
    detail: str
    after: Seconds = 0


class PrivateAddressError(OSError):
    """A receiver's name leads into the inner network, which the hall's file does not allow for it."""


def chosen(webhook: Webhook, kind: str) -> bool:
    """Return whether this receiver is told events of this kind."""
    return not webhook.kinds or kind in webhook.kinds


def known_kinds(draft: Draft, **_: Path) -> Iterable[Mistake]:
    """Check that each kind a receiver chooses is one that events have."""
    known = sorted(each.__name__ for each in get_args(AnyEvent))
    for row in draft.each("webhook", "kinds"):
        for kind in row.good["kinds"]:
            if kind not in known:
                zh, en = f"没有“{kind}”这种事件", f"There is no event of kind '{kind}'"
                yield row.mistake("kinds", zh, en, nearest(kind, known))


def message(site: str, receiver: str, record: Record) -> Delivery:
    """Return the message about an event."""
    facts = {name: value for name, value in msgspec.to_builtins(record.event).items() if name not in PRIVATE}
    facts.pop("type")
    subject = next((f"{each}/{facts[each]}" for each in SUBJECTS if facts.get(each)), ALL_OF_HALL)
    kind = record.event_kind
    body = _body(kind, record.at, {"site": site, "seq": record.seq, **facts})
    id = f"{site}-{record.seq}-{record.hash[:8].hex()}"
    due: Micros = facts.get("correct_until", 0)
    return Delivery(receiver, record.seq, id, record.hash, subject, kind, body, due=due)


def test_message(site: str, receiver: str, now: Micros) -> Delivery:
    """Return a message that tells nothing, to try a receiver."""
    return Delivery(
        receiver, 0, f"{site}-test-{now}", b"", "", TEST_KIND, _body(TEST_KIND, now, {"site": site})
    )


def _body(kind: str, at: Micros, data: dict[str, object]) -> str:
    timestamp = datetime.fromtimestamp(at / 1e6, UTC).isoformat(timespec="milliseconds")
    return msgspec.json.encode({"type": kind, "timestamp": timestamp, "data": data}).decode()


# --- signing


def secret(key: bytes, receiver: str, generation: int) -> bytes:
    """Return a receiver's secret of a generation."""
    return hmac.digest(key, f"{receiver}/{generation}".encode(), "sha256")[:SECRET_BYTES]


def written(secret: bytes) -> str:
    """Return a secret as one gives it to the receiver."""
    return f"whsec_{base64.b64encode(secret).decode()}"


def signing_secrets(key: bytes, row: ReceiverRow, now: Micros) -> list[bytes]:
    """Return the secrets that sign now, the newest first."""
    old = row.secret > 1 and now - row.renewed < BOTH_SECRETS_DAYS * DAY
    return [secret(key, row.name, row.secret - back) for back in range(1 + old)]


def signature(secret: bytes, id: str, timestamp: int, body: str) -> str:
    """Return one signature. `timestamp`: UTC seconds."""
    digest = hmac.digest(secret, f"{id}.{timestamp}.{body}".encode(), "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


# --- sending


def post(webhook: Webhook, message: Delivery, secrets: list[bytes], now: Micros) -> Answer:
    """Send a message once, and wait for the answer at most `TIMEOUT_SECONDS` a step."""
    timestamp = now // 1_000_000
    headers = {
        "content-type": "application/json",
        "user-agent": "hallcall",
        "webhook-id": message.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            signature(each, message.id, timestamp, message.body) for each in secrets
        ),
    }
    path = request_path(webhook.url)
    connection: http.client.HTTPConnection | None = None
    try:
        connection = connected(webhook.url, webhook.private)
        connection.request("POST", path, message.body.encode(), headers)
        return _judge(connection.getresponse())
    except PrivateAddressError as error:
        return Answer("away", str(error))
    except UNREACHED as error:
        return Answer("away", (str(error) or repr(error))[:DETAIL_CHARS])
    finally:
        if connection:
            connection.close()


def request_path(address: str) -> str:
    """Return what a request asks for at an address: its path and query, hanzi in %XX."""
    url = urlsplit(address)
    return quote((url.path or "/") + (f"?{url.query}" if url.query else ""), PATH_SIGNS)


def rest_asked(asked: str) -> Seconds:
    """Return how many seconds a `Retry-After` asks to be left alone; 0 where it names no number of them."""
    known = asked.isascii() and asked.isdigit() and len(asked) <= RETRY_DIGITS_MAX
    return float(asked) if known else 0


def allowed_addresses(host: str, port: int, private: bool) -> list[str]:
    """Return the addresses of a host that may be spoken to. Raises `OSError` where there is none."""
    found = (str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    allowed = [address for address in found if private or _is_public(address)]
    if not allowed:
        raise PrivateAddressError(f"{host}: private address / 内网地址，须设 private = true")
    return allowed


def connected(address: str, private: bool) -> http.client.HTTPConnection:
    """Return a connection to an address of the receiver's host that may be spoken to. Raises `OSError`."""
    url = urlsplit(address)
    host, secure = url.hostname or "", url.scheme == "https"
    port = url.port or (443 if secure else 80)
    allowed = allowed_addresses(host, port, private)
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(host, port, timeout=TIMEOUT_SECONDS)
    plain = socket.create_connection((allowed[0], port), TIMEOUT_SECONDS)
    try:
        connection.sock = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain
        )
    except BaseException:
        plain.close()
        raise
    return connection


def _is_public(address: str) -> bool:
    return is_public(ipaddress.ip_address(address.split("%")[0]))


def _judge(response: http.client.HTTPResponse) -> Answer:
    """Return what an answer means: 2xx taken, 410 gone, 429 and 502-504 away, all others refused."""
    status = response.status
    if 200 <= status < 300:
        return Answer("taken", "")
    text = response.read(ANSWER_BYTES_MAX).decode("utf-8", errors="replace").strip()
    detail = f"HTTP {status} {text}"[:DETAIL_CHARS].strip()
    if status == 410:
        return Answer("gone", detail)
    if status in (429, 502, 503, 504):
        asked = response.headers.get("retry-after", "")
        return Answer("away", detail, rest_asked(asked))
    return Answer("refused", detail)
