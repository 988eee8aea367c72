"""The envelope of platforms that speak the national algorithms: a body sealed with SM2, and who sent it signed with SM2.

    {"txnBodyCom": {"sign": S, "params": P, "time": T, "appMark": A}, "txnCommCom": {}}

P is the record's JSON, sealed for the platform's public key (04‖C1‖C3‖C2, in hex); S the signature of T + A + WORD by this
hall's key, WORD being what the platform has agreed with the hall (`hallcall deliveries secret NAME --set`). The algorithms
are gmalg's, an extra (`pip install '.[gm]'`): only the upload to such a platform needs them.
"""

import re
from pathlib import Path
from typing import Any, Literal

import msgspec

from config import owner_only
from config.owner_only import BadKey

KEY_ENDING = ".sm2"  # of the file of this hall's key, in DATA/secrets
UID = b"1234567812345678"  # that signatures are made with where nothing else is agreed
PRIVATE = re.compile(r"(?:[0-9a-f]{2}){1,32}")  # shorter where it begins with zeros: gmalg leaves those away
LACKING = "没有安装 gmalg：/opt/hallcall/bin/pip install '.[gm]' / gmalg is not installed"


def _sm2(**keys: Any) -> Any:
    try:
        import gmalg
    except ModuleNotFoundError:
        raise BadKey(LACKING) from None
    return gmalg.SM2(uid=UID, **keys)


def key_path(data: Path, id: str) -> Path:
    """Return where this hall's key for a platform lies."""
    return data / "secrets" / f"{id}{KEY_ENDING}"


def make_key(data: Path, id: str) -> str:
    """Make this hall's key for a platform, where it has none; return the public key, 130 hex digits. Raises `BadKey`, `OSError`."""
    path = key_path(data, id)
    if not path.exists():
        private, _ = _sm2().generate_keypair()
        owner_only.make_folder(path.parent)
        owner_only.write_whole(path, bytes(private).rjust(32, b"\0").hex().encode())
    return public_key(private_key(data, id))


def private_key(data: Path, id: str) -> str:
    """Return this hall's key for a platform. Raises `BadKey` where there is none, or what lies there is none."""
    path = key_path(data, id)
    text = path.read_text("ascii").strip() if path.exists() else ""
    if not PRIVATE.fullmatch(text):
        zh = f"没有 {id} 的 SM2 密钥，请运行 hallcall deliveries sm2-key {id}"
        raise BadKey(f"{zh} / no SM2 key of {id}: run hallcall deliveries sm2-key {id}")
    return text.rjust(64, "0")


def public_key(private: str) -> str:
    """Return the public key of a private one, both in hex."""
    return bytes(_sm2().generate_pk(bytes.fromhex(private))).hex()


def envelope(
    record: dict[str, Any],
    time: str,
    app: str,
    word: str,
    private: str,
    public: str,
    form: Literal["raw", "der"],
) -> bytes:
    """Return the body of one request. `private`: this hall's key, `public`: the platform's, both in hex. Raises `BadKey`."""
    body = {
        "txnBodyCom": {
            "sign": sign(f"{time}{app}{word}".encode(), private, form).hex(),
            "params": seal(msgspec.json.encode(record), public).hex(),
            "time": time,
            "appMark": app,
        },
        "txnCommCom": {},
    }
    return msgspec.json.encode(body)


def sign(message: bytes, private: str, form: Literal["raw", "der"]) -> bytes:
    """Return the signature of a message: r‖s, or both as ASN.1."""
    key = bytes.fromhex(private)
    r, s = _sm2(sk=key, pk=bytes.fromhex(public_key(private))).sign(message)
    if form == "raw":
        return bytes(r).rjust(32, b"\0") + bytes(s).rjust(32, b"\0")
    inner = b"".join(_integer(bytes(each)) for each in (r, s))
    return b"\x30" + bytes([len(inner)]) + inner


def _integer(number: bytes) -> bytes:
    """Return a number as ASN.1 writes it: no zeros in front but the one that keeps it positive."""
    short = number.lstrip(b"\0") or b"\0"
    signed = b"\0" + short if short[0] & 0x80 else short
    return b"\x02" + bytes([len(signed)]) + signed


def seal(plain: bytes, public: str) -> bytes:
    """Return a text that only the holder of the platform's key can read. Raises `BadKey` where there is no public key."""
    if not public:
        raise BadKey("对照文件里没有平台的公钥 public_key / the mapping has no public_key of the platform")
    return bytes(_sm2(pk=bytes.fromhex(public)).encrypt(plain))
