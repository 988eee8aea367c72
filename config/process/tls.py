"""How the hall's processes speak TLS: the certificate that a server shows, and what a station trusts.

For a server (`ServerTls`):

1. `[listen] tls = "auto"`: the hall's own certificate (`certificates`), made and renewed here. Else the setting names a
   PEM file with the chain and the key; a relative one lies beside the hall's file. Empty or "off": plain.
2. The files are looked at again every `LOOK_SECONDS`. A renewed certificate is shown to new connections from then on;
   those that stand go on, and no process stops.
3. A file that cannot be used later, or no longer fits its key, is reported; the one in memory goes on.

For a station (`client_context`):

4. It verifies the server's certificate and name, always. It trusts the system's authorities, and the hall's CA where that
   lies in DATA/tls/ca.pem (learnt at enrolment, or put there by hand) or at the path in HALLCALL_CA.
5. What is wrong with a certificate is said in words (`explained`).
"""

import asyncio
import hashlib
import http.client
import logging
import os
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from config import owner_only
from config.instants import Seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from config.reading.draft_rows import Draft
    from config.reading.errors import Mistake
    from config.settings import Listen

AUTO = "auto"
CA_ENV = "HALLCALL_CA"
CA_PLACE = Path("tls", "ca.pem")  # in a data folder
CA_PATH = "/ca.pem"  # where the caller hands the hall's CA out
CA_BYTES_MAX = 16 * 1024
LOOK_SECONDS: Seconds = 600.0
LEARN_SECONDS: Seconds = 5.0
HANDSHAKE_SECONDS: Seconds = 5.0  # for a peer's part of a handshake; it takes a tenth on the slowest PC
GROUP = 4  # digits of a fingerprint that are read together
DIGITS = 20  # of it: 80 bits, which nobody makes a second certificate for
# OpenSSL's codes of what is wrong with a certificate (X509_V_ERR_…).
NOT_YET, EXPIRED, NAME_DIFFERS = (9,), (10,), (62, 63, 64)

log = logging.getLogger("hallcall.tls")


# --- a server


class ServerTls:
    """The certificate of one process."""

    def __init__(self, listen: "Listen", folder: Path, data: Path) -> None:
        """`folder`: the hall's file lies there. Raises `OSError` or `ValueError` where there is no usable certificate."""
        self._listen, self._folder, self._data = listen, folder, data
        self.context = _server_context()
        self._loaded: bytes | None = None
        self.path = self._load()

    def look(self) -> None:
        """Renew the certificate if need be, and show a changed one from now on (rules 2 and 3)."""
        try:
            self.path = self._load()
        except (OSError, ValueError) as error:
            log.error("证书不能更新，仍用原来的 / the certificate cannot be renewed: %s", error)

    def _load(self) -> Path:
        if self._listen.tls == AUTO:
            from config.process import certificates

            names = certificates.own_names(self._listen)
            path = certificates.ensure(self._data, names, datetime.now(UTC))
        else:
            path = self._folder / self._listen.tls
        found = path.read_bytes()
        if found != self._loaded:
            _load_chain(_server_context(), path)  # what does not fit must not replace what does
            _load_chain(self.context, path)
            if self._loaded is not None:
                log.info("新证书生效 / another certificate is shown: %s", path)
            self._loaded = found
        return path

    async def keep(self) -> None:
        """Look at the files again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await asyncio.to_thread(self.look)

    @property
    def options(self) -> dict[str, Any]:
        """What asyncio's servers take."""
        return {"ssl": self.context, "ssl_handshake_timeout": HANDSHAKE_SECONDS}

    @property
    def ca(self) -> bytes:
        """The hall's CA as PEM; empty where the hall has none of its own."""
        return hall_ca(self._data) if self._listen.tls == AUTO else b""


def _load_chain(context: ssl.SSLContext, path: Path) -> None:
    """Load certificate and key. A key with a pass phrase is refused: OpenSSL would ask for it on the terminal."""
    context.load_cert_chain(path, password=lambda: b"")


def own_certificate(draft: "Draft", folder: Path) -> "Iterable[Mistake]":
    """Warn of a PEM file of the hall's own that no process on this PC could use. `folder`: where the hall's files lie."""
    from config.reading.address_checks import PEM_ENDINGS

    for row in draft.each("listen", "tls"):
        name = row.good["tls"]
        if not name.endswith(PEM_ENDINGS):
            continue
        try:
            _load_chain(_server_context(), folder / name)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", "") or str(error)
            zh = f"本电脑上用不了证书文件 {folder / name}（{why}），里面要有证书和不带口令的私钥"
            en = f"On this PC {folder / name} cannot be used: {why}; it must hold the certificate and its private key, without a pass phrase"
            yield row.mistake("tls", zh, en)


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


# --- a station

_trusted: list[Path] = []  # files with CAs that this process trusts besides the system's
_contexts: dict[tuple[tuple[Path, int], ...], ssl.SSLContext] = {}


def trust(data: Path) -> None:
    """Trust the hall's CA of a data folder from now on, once it lies there; of the folders named, the last counts."""
    _trusted[:] = [data / CA_PLACE]


def client_context(url: str) -> ssl.SSLContext | None:
    """Return how to verify the server of a wss:// or https:// address; None of a plain one."""
    if not url.startswith(("wss:", "https:")):
        return None
    given = os.environ.get(CA_ENV, "")
    files = [path for path in ([Path(given)] if given else _trusted) if path.is_file()]
    key = tuple((path, path.stat().st_mtime_ns) for path in files)
    if key not in _contexts:
        context = ssl.create_default_context()
        for path in files:
            context.load_verify_locations(path)
        _contexts.clear()
        _contexts[key] = context
    return _contexts[key]


def has_ca(data: Path) -> bool:
    """Return whether a station has the hall's CA already."""
    return bool(os.environ.get(CA_ENV)) or (data / CA_PLACE).exists()


def hall_ca(data: Path) -> bytes:
    """Return the hall's CA of a data folder as PEM; empty where there is none."""
    path = data / CA_PLACE
    return path.read_bytes() if path.is_file() else b""


def keep_ca(data: Path, pem: bytes) -> None:
    """Keep the hall's CA of a station, and trust it from now on. Raises `OSError`."""
    owner_only.make_folder((data / CA_PLACE).parent)
    owner_only.write_whole(data / CA_PLACE, pem)
    trust(data)


def learn_ca(url: str) -> bytes:
    """Return the CA that a caller says is the hall's, as PEM; empty where it has none. Nothing is verified: a person
    compares the fingerprint. Blocks. Raises `OSError`."""
    parts = urlsplit(url)
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    line = http.client.HTTPSConnection(
        parts.hostname or "", parts.port or 443, timeout=LEARN_SECONDS, context=unverified
    )
    try:
        line.request("GET", CA_PATH)
        answer = line.getresponse()
        pem = answer.read(CA_BYTES_MAX)
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        line.close()
    return pem if answer.status == http.client.OK and fingerprint(pem) else b""


def pinned_context(pem: bytes) -> ssl.SSLContext:
    """Return a context that trusts this CA and no other. Raises `ssl.SSLError` where it is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=pem.decode("ascii", "replace"))
    return context


def fingerprint(pem: bytes) -> str:
    """Return the beginning of a certificate's SHA-256, as two persons compare it; empty where it is no certificate."""
    try:
        der = ssl.PEM_cert_to_DER_cert(pem.decode("ascii").strip())
    except ValueError:
        return ""
    digits = hashlib.sha256(der).hexdigest()[:DIGITS].upper()
    return " ".join(digits[at : at + GROUP] for at in range(0, len(digits), GROUP))


def certificate_ends(path: Path) -> datetime:
    """Return when the first certificate of a PEM file ends. Raises `OSError` or `ValueError`."""
    from config.process import certificates

    return certificates.validity(path).ends


def explained(error: ssl.SSLError) -> str:
    """Return what a person does about a connection that TLS has refused, in both languages."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
            return "对方没有加密，请用 ws:// 或 http:// / the other side is plain: use ws:// or http://"
        return f"加密连接没有建立 / no encrypted connection: {error.reason or error}"
    if error.verify_code in EXPIRED:
        return (
            "对方的证书已过期，或本机的日期不对，请核对日期，再在叫号主机上运行 hallcall doctor / the certificate has expired, "
            "or this PC's date is wrong: check the date, then run hallcall doctor on the caller's PC"
        )
    if error.verify_code in NOT_YET:
        return (
            "对方的证书还没有生效，请核对本机的日期 / the certificate is not valid yet: check this PC's date"
        )
    if error.verify_code in NAME_DIFFERS:
        return (
            "对方的证书不是这个地址的，请用证书里的名称或地址连接 / the certificate is for another name: connect by a name or "
            f"address that it says ({error.verify_message})"
        )
    return (
        "不认识对方的证书：不是本大厅的 CA 签发的。请核对地址；大厅换过 CA 时，用 --enrol 重新登记，或把叫号主机的 "
        "DATA/tls/ca.pem 复制到本机的 DATA/tls/ / this certificate is not by a CA that is trusted here. Check the address; "
        "where the hall has another CA now, enrol anew with --enrol, or copy DATA/tls/ca.pem of the caller's PC here"
    )
