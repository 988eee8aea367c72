"""A province's rating platform as badly as real ones behave: it checks what it is sent as a strict one would, and fails on purpose.

It opens SM2 envelopes with Debian's openssl and not with what made them: two programs must agree.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.instruments.webhook_receiver import WebhookReceiver

# 1.2.840.10045.2.1 with the curve 1.2.156.10197.1.301, and a point of 65 bytes behind
PUBLIC_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
# PKCS#8 is written by openssl itself from SEC 1: version, key, curve, point
PRIVATE_HEAD, CURVE, POINT_HEAD = "30770201010420", "a00a06082a811ccf5501822d", "a144034200"
UID = "distid:1234567812345678"


def openssl(*words: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *words], capture_output=True, check=False, timeout=60, **more)


def _integer(number: bytes) -> bytes:
    short = number.lstrip(b"\0")
    signed = b"\0" + short if short[0] & 0x80 else short
    return b"\x02" + bytes([len(signed)]) + signed


def _sequence(inner: bytes) -> bytes:
    length = len(inner)
    head = bytes([length]) if length < 128 else bytes([0x82]) + length.to_bytes(2)
    return b"\x30" + head + inner


def verified(message: bytes, signature: bytes, public: str, form: str = "raw") -> bool:
    """Ask openssl whether the holder of a public key (hex) signed a message."""
    der = signature if form == "der" else _sequence(_integer(signature[:32]) + _integer(signature[32:]))
    with tempfile.TemporaryDirectory() as folder:
        key, said, sign = (Path(folder) / name for name in ("key", "said", "sign"))
        key.write_bytes(PUBLIC_HEAD + bytes.fromhex(public))
        said.write_bytes(message)
        sign.write_bytes(der)
        asked = openssl(
            "pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pubin", "-keyform", "DER", "-inkey", str(key),
            "-in", str(said), "-sigfile", str(sign), "-pkeyopt", UID,
        )  # fmt: skip
    return asked.returncode == 0 and b"Verified Successfully" in asked.stdout


def opened(sealed: bytes, private: str, public: str) -> bytes:
    """Have openssl open what was sealed (04‖C1‖C3‖C2) for a key, both in hex."""
    x, y, mac, text = sealed[1:33], sealed[33:65], sealed[65:97], sealed[97:]
    octets = b"".join(
        b"\x04" + (bytes([len(each)]) if len(each) < 128 else b"\x82" + len(each).to_bytes(2)) + each
        for each in (mac, text)
    )
    with tempfile.TemporaryDirectory() as folder:
        key, cipher = Path(folder) / "key", Path(folder) / "cipher"
        key.write_bytes(bytes.fromhex(f"{PRIVATE_HEAD}{private}{CURVE}{POINT_HEAD}{public}"))
        cipher.write_bytes(_sequence(_integer(x) + _integer(y) + octets))
        asked = openssl(
            "pkeyutl", "-decrypt", "-keyform", "DER", "-inkey", str(key), "-in", str(cipher)
        )  # fmt: skip
    assert asked.returncode == 0, asked.stderr.decode()
    return asked.stdout


class Province:
    """The platform's side: its key, the word agreed, whose hall it knows, and what it has taken, in order.

    `mood(nth request)` says how it behaves: "" well, or "hang", "500", "maintenance", "close", "lose" (it takes and answers
    with 500, so that the hall must repeat).
    """

    def __init__(self, private: str, public: str, word: str, hall_key: str, app: str) -> None:
        self.private, self.public, self.word, self.hall_key, self.app = private, public, word, hall_key, app
        self.taken: list[tuple[str, dict[str, str]]] = []
        self.refused: list[str] = []
        self.mood: Callable[[int], str] = lambda _: ""
        self._asked = 0
        self.receiver = WebhookReceiver(self._manners)

    @property
    def url(self) -> str:
        return self.receiver.url.removesuffix("/hook")

    def close(self) -> None:
        self.receiver.close()

    def _manners(self, path: str, _id: str, body: str) -> int:
        self._asked += 1
        mood = self.mood(self._asked)
        self.receiver.says = b""
        if mood == "maintenance":
            self.receiver.says = "<html>系统维护中</html>".encode()
            return 200
        if mood in ("500", "hang", "close"):
            return {"500": 500, "hang": 0, "close": -1}[mood]
        code = self._judge(path, json.loads(body))
        self.receiver.says = json.dumps({"code": code}).encode()
        return 500 if mood == "lose" else 200

    def _judge(self, path: str, body: dict[str, Any]) -> str:
        sent = body["txnBodyCom"]
        said = f"{sent['time']}{sent['appMark']}{self.word}".encode()
        if sent["appMark"] != self.app or not verified(said, bytes.fromhex(sent["sign"]), self.hall_key):
            return self._refuse("BAD-SIGN")
        (record,) = json.loads(opened(bytes.fromhex(sent["params"]), self.private, self.public))["evaluate"]
        kind = "service" if path.endswith("service") else "rating"
        key = record["projectNo"], record["serviceNumber"]
        known = [(each["projectNo"], each["serviceNumber"]) for which, each in self.taken if which == kind]
        if key in known:
            return "DUPLICATE"
        services = [
            (each["projectNo"], each["serviceNumber"]) for which, each in self.taken if which == "service"
        ]
        if kind == "rating" and key not in services:
            return self._refuse("NO-SERVICE")
        if kind == "rating" and record["satisfaction"] in "12" and not record["evalDetail"]:
            return self._refuse("NO-REASON")
        self.taken.append((kind, record))
        return "0"

    def _refuse(self, code: str) -> str:
        self.refused.append(code)
        return code
