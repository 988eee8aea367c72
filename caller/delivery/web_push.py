"""Notices to an applicant's browser (web push): what is written for it is sealed for that browser alone.

1. A browser that its holder has let be told gives a subscription: the address of its maker's push service, a public key and
   a secret. It lies in the people's store under what it was left for, as a phone number does, and is deleted with its end.
2. The words are sealed by RFC 8291 (aes128gcm, RFC 8188): the push service sees to whom and when, and nothing of what.
3. This hall shows who it is by RFC 8292 (VAPID): a token signed with ES256 by a key of its own, made from one of the
   site's keys, so that both processes come to the same and a backup of the keys holds it.
4. To a person at most once: 404 and 410 mean that the browser wants no more, and what it left is deleted; a service that is
   busy or away has sent nothing and is tried again while the notice is of use, and no other browser waits for it.

No library of its own: `cryptography` has all the parts, and the two documents are a page of code.
"""

import hashlib
import os
import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Meta, Struct

from caller.delivery import notices, webhooks
from caller.delivery.notice_senders import ApplicantSender, owner_of
from caller.delivery.outbox import Delivery
from caller.delivery.sender import clock
from caller.delivery.webhooks import Answer
from caller.identity import keys
from caller.people.notify_numbers import BROWSER, LeftNumber, NotifyNumbers
from config.delivery_settings import WEB_PUSH
from config.instants import Micros
from config.settings import Settings
from config.text_safety import DECODE_ERRORS

PURPOSE = "push"  # of the key
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve P-256
RECORD_BYTES = 4096  # of RFC 8188: one record holds the whole notice
TEXT_BYTES_MAX = 3000  # a push service takes 4096 bytes, and sealing adds 103
TOKEN_SECONDS = 12 * 3600  # RFC 8292 allows a day
LIVES_SECONDS = 4 * 3600  # how long a push service keeps what is of use at any time for a phone that is off
PUBLIC_BYTES, SECRET_BYTES = 65, 16


class PushSubscription(Struct, frozen=True, forbid_unknown_fields=True):
    """What a browser gives: the address of its push service, its public key and its secret (base64url, RFC 8291)."""

    endpoint: Annotated[str, Meta(min_length=12, max_length=1024, pattern=r"^https?://[!-~]+\Z")]
    p256dh: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{87}=?\Z")]
    auth: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22}={0,2}\Z")]

    def __repr__(self) -> str:
        return "PushSubscription()"


def usable(given: PushSubscription, private: bool) -> bool:
    """Return whether a subscription can be sent to: over https, unless the hall allows the inner network, and with a key that
    lies on the curve."""
    if not private and not given.endpoint.startswith("https://"):
        return False
    try:
        return bool(urlsplit(given.endpoint).hostname and _public(unpacked(given.p256dh)))
    except ValueError:
        return False


def packed(data: bytes) -> str:
    """Return bytes as base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    """Return the bytes of a base64url text, padded or not."""
    plain = text.rstrip("=")
    return urlsafe_b64decode(plain + "=" * (-len(plain) % 4))


# --- who this hall is


def server_key(data: Path) -> ec.EllipticCurvePrivateKey:
    """Return this hall's key; the same in every process. Raises `BadKey`."""
    seed = hashlib.sha512(keys.keys_of(data, PURPOSE)[0].secret + b" vapid").digest()
    return ec.derive_private_key(int.from_bytes(seed, "big") % (ORDER - 1) + 1, ec.SECP256R1())


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public key as browsers write it: a byte 4, and the two coordinates."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def identification(key: ec.EllipticCurvePrivateKey, endpoint: str, contact: str, now: Micros) -> str:
    """Return the `Authorization` of a request to a push service (RFC 8292)."""
    url = urlsplit(endpoint)
    claims = {"aud": f"{url.scheme}://{url.netloc}", "exp": now // 1_000_000 + TOKEN_SECONDS, "sub": contact}
    head, body = (packed(msgspec.json.encode(part)) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = decode_dss_signature(key.sign(f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256())))
    signature = packed(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={head}.{body}.{signature}, k={packed(public_bytes(key))}"


# --- for one browser alone


def sealed(
    text: bytes, given: PushSubscription, ours: ec.EllipticCurvePrivateKey | None = None, salt: bytes = b""
) -> bytes:
    """Return a text that only this browser can open (RFC 8291). `ours`, `salt`: for one message, made here."""
    ours, salt = ours or ec.generate_private_key(ec.SECP256R1()), salt or os.urandom(SECRET_BYTES)
    theirs, public = unpacked(given.p256dh), public_bytes(ours)
    shared = ours.exchange(ec.ECDH(), _public(theirs))
    secret = _derived(unpacked(given.auth), shared, b"WebPush: info\0" + theirs + public, 32)
    key = _derived(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(salt, secret, b"Content-Encoding: nonce\0", 12)
    head = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(public)]) + public
    return head + AESGCM(key).encrypt(nonce, text + b"\x02", None)  # 2: the last record


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _public(point: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key of a point. Raises `ValueError` for one that is not on the curve."""
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


# --- the receiver


class PushSender(ApplicantSender):
    """Tells applicants by their browsers."""

    def __init__(
        self,
        settings: Settings,
        data: Path,
        clock: Callable[[], Micros] = clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(settings, data, WEB_PUSH, clock, chance)
        self.numbers = NotifyNumbers(data, BROWSER)

    def send_to(self, left: LeftNumber, message: Delivery, facts: dict[str, Any]) -> Answer:
        try:
            given = msgspec.json.decode(left.phone, type=PushSubscription)
        except DECODE_ERRORS:
            return Answer("unwanted", "")
        kind: Any = message.kind
        hall, now = self.settings.hall, self._clock()
        text = notices.words_of(self.settings, kind, left.lang, facts)
        shown = {
            "title": (left.lang == "en" and hall.name_en) or hall.name,
            "body": text.encode()[:TEXT_BYTES_MAX].decode(errors="ignore"),
            "tag": message.subject,  # a newer one about the same takes its place
            "kind": message.kind,
            "lang": left.lang,
        }
        lives = (message.until - now) // 1_000_000 if message.until else LIVES_SECONDS
        headers = {
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(max(0, lives)),
            "urgency": "high" if message.kind in ("called", "ahead") else "normal",
            "authorization": identification(
                server_key(self.data), given.endpoint, self.settings.notify.push_contact, now
            ),
        }
        answer = _posted(
            given.endpoint,
            self.settings.notify.push_private,
            sealed(msgspec.json.encode(shown), given),
            headers,
        )
        if answer.verdict == "unwanted":
            self.numbers.forget(owner_of(message))
        return answer


def _posted(endpoint: str, private: bool, body: bytes, headers: dict[str, str]) -> Answer:
    """Send one sealed notice; what came of it never names the address, which is as good as a phone number."""
    try:
        connection = webhooks.connected(endpoint, private)
    except webhooks.UNREACHED as error:
        return Answer("busy", type(error).__name__)
    try:
        connection.request("POST", webhooks.request_path(endpoint), body, headers)
        response = connection.getresponse()
        response.read(webhooks.ANSWER_BYTES_MAX)
    except webhooks.UNREACHED as error:
        return Answer("unknown", type(error).__name__)
    finally:
        connection.close()
    return _judged(response.status)


def _judged(status: int) -> Answer:
    if 200 <= status < 300:
        return Answer("taken", "")
    verdicts: dict[int, webhooks.Judgement] = {404: "unwanted", 410: "unwanted", 429: "busy", 503: "busy"}
    return Answer(verdicts.get(status, "unknown" if status >= 500 else "refused"), f"HTTP {status}")
