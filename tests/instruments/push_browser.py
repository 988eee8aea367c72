"""A browser's half of web push, written from the receiver's side of RFC 8291 and 8292: keys of its own, what it opens, whom it
believes."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

P256 = ec.SECP256R1()


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def mac(key: bytes, data: bytes) -> bytes:
    made = HMAC(key, hashes.SHA256())
    made.update(data)
    return made.finalize()


class PushBrowser:
    """One browser that was let be told; `endpoint` is where its maker's push service takes what is for it."""

    def __init__(self, endpoint: str, private: int = 0, auth: bytes = bytes(range(16))) -> None:
        self.endpoint, self.auth = endpoint, auth
        self.key = ec.derive_private_key(private, P256) if private else ec.generate_private_key(P256)

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def subscription(self) -> dict[str, str]:
        return {"endpoint": self.endpoint, "p256dh": b64(self.public), "auth": b64(self.auth)}

    def opened(self, body: bytes) -> bytes:
        """What was written for this browser. Raises `cryptography`'s `InvalidTag` for what was not."""
        salt, length = body[:16], body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert int.from_bytes(body[16:20], "big") >= len(sealed), "one record"
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(P256, theirs))
        secret = mac(mac(self.auth, shared), b"WebPush: info\0" + self.public + theirs + b"\1")
        part = mac(salt, secret)
        key = mac(part, b"Content-Encoding: aes128gcm\0\1")[:16]
        nonce = mac(part, b"Content-Encoding: nonce\0\1")[:12]
        text = AESGCM(key).decrypt(nonce, sealed, None)
        assert text[-1] == 2, "the last record"
        return text[:-1]

    def believed(self, authorization: str, server_key: str) -> dict[str, Any]:
        """The claims of who sent it, whose signature is by the key that this browser subscribed with."""
        assert authorization.startswith("vapid ")
        given = dict(part.strip().split("=", 1) for part in authorization.removeprefix("vapid ").split(","))
        assert given["k"] == server_key
        head, body, signature = given["t"].split(".")
        numbers = raw(signature)
        der = encode_dss_signature(int.from_bytes(numbers[:32], "big"), int.from_bytes(numbers[32:], "big"))
        public = ec.EllipticCurvePublicKey.from_encoded_point(P256, raw(server_key))
        public.verify(der, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
        assert json.loads(raw(head))["alg"] == "ES256"
        claims = json.loads(raw(body))
        url = urlsplit(self.endpoint)
        assert claims["aud"] == f"{url.scheme}://{url.netloc}"
        return claims
