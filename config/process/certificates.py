"""The hall's own certificates, in DATA/tls: a CA that the screens trust once, and a certificate that it renews.

1. `ca.pem` and `ca.key` are made once, for ten years. Its holder can pass for the hall: owner only, and in no copy
   that leaves the caller's PC.
2. `server.pem` holds key, certificate and CA in one file, so that it is replaced whole. It is made anew when fewer than
   `RENEW_DAYS` are left, when this PC has other names or addresses than it says, or when it does not fit the CA.
3. Processes that start at once end with the same files: making is done under a lock.
4. A PC whose clock stands before this program was written makes no certificate that ends before the clock is set:
   `FIRST` counts for its time.

To import this module is to load `cryptography`; a station that only connects does without (`config.process.tls`).
"""

import socket
import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from config import hosts, owner_only
from config.settings import Listen

FOLDER = "tls"
CA_FILE, CA_KEY, SERVER_FILE, LOCK = "ca.pem", "ca.key", "server.pem", "lock"
CA_DAYS = 3653  # a hall's life; every screen must trust another CA afterwards
SERVER_DAYS = 397  # above it browsers doubt a certificate
RENEW_DAYS = 30
FIRST = datetime(2025, 1, 1, tzinfo=UTC)  # before this program was written: the clock's battery is dead
LOOPBACK = ("127.0.0.1", "::1")
_SIOCGIFADDR = 0x8915  # Linux: the IPv4 address of a network card


class Validity(NamedTuple):
    """From when to when a certificate is good."""

    begins: datetime
    ends: datetime


def ensure(data: Path, names: Iterable[str], now: datetime) -> Path:
    """Return the file of a certificate that is good for these names at `now`, made or renewed if need be.

    Raises:
        OSError: the folder cannot be used.
        ValueError: a file in it is no key or certificate; nothing is overwritten.
    """
    folder, now = data / FOLDER, max(now, FIRST)
    owner_only.make_folder(folder)
    with _Locked(folder / LOCK):
        if not (folder / CA_FILE).exists():
            _make_ca(folder, now)
        if not _fits(folder, sorted(set(names)), now):
            _make_server(folder, sorted(set(names)), now)
    return folder / SERVER_FILE


class _Locked:
    """Hold a lock of the folder; a second process waits for the first, which takes milliseconds."""

    def __init__(self, path: Path) -> None:
        owner_only.make_file(path)
        self._file = path.open("rb")

    def __enter__(self) -> None:
        import fcntl  # certificates are made on the caller's PC

        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()


def validity(path: Path) -> Validity:
    """Return from when to when the first certificate of a PEM file is good. Raises `OSError` or `ValueError`."""
    found = _certificate(path.read_bytes())
    return Validity(found.not_valid_before_utc, found.not_valid_after_utc)


def _certificate(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificates(pem)[0]


# --- names


def own_names(listen: Listen) -> list[str]:
    """Return the names and addresses under which the screens of a hall may open this PC."""
    listening = [listen.host, listen.kiosk_host, listen.office_host]
    named = [urlsplit(listen.public_url).hostname or "", *listening, socket.gethostname(), "localhost"]
    found = [each for each in named if each and not _is_any(each)]
    if any(map(_is_any, listening)):
        found += own_addresses()
    return sorted({*found, *LOOPBACK})


def own_addresses() -> list[str]:
    """Return this PC's addresses in the network, without the link-local ones."""
    import fcntl

    found: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, card in socket.if_nameindex():
            try:
                raw = fcntl.ioctl(asking.fileno(), _SIOCGIFADDR, struct.pack("256s", card.encode()[:15]))
            except OSError:
                continue  # a card without an address
            found.append(socket.inet_ntoa(raw[20:24]))
    try:
        lines = Path("/proc/net/if_inet6").read_text("ascii").splitlines()
    except OSError:
        lines = []
    found += [str(ip_address(bytes.fromhex(line.split()[0]))) for line in lines if line.split()[3] == "00"]
    return sorted(set(found))


def _is_any(host: str) -> bool:
    try:
        return hosts.parse(host).is_any
    except hosts.HostMistake:
        return False


# --- making


def _fits(folder: Path, names: list[str], now: datetime) -> bool:
    """Return whether the certificate that is there will do. Raises `ValueError` where a file is none."""
    path = folder / SERVER_FILE
    if not path.exists():
        return False
    found = _certificate(path.read_bytes())
    try:
        found.verify_directly_issued_by(_certificate((folder / CA_FILE).read_bytes()))
    except (InvalidSignature, TypeError, ValueError):
        return False
    said = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    known = [*said.get_values_for_type(x509.DNSName), *map(str, said.get_values_for_type(x509.IPAddress))]
    lasts = found.not_valid_before_utc <= now and found.not_valid_after_utc - now >= timedelta(
        days=RENEW_DAYS
    )
    return lasts and sorted(known) == names


def _make_ca(folder: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"hallcall CA {socket.gethostname()}"[:64])])
    signs = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    made = (
        _builder(name, name, key.public_key(), FIRST, now + timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(signs, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    owner_only.write_whole(folder / CA_KEY, _key_pem(key))
    owner_only.write_whole(folder / CA_FILE, _pem(made))


def _make_server(folder: Path, names: list[str], now: datetime) -> None:
    ca_pem = (folder / CA_FILE).read_bytes()
    ca, ca_key = _certificate(ca_pem), load_pem_private_key((folder / CA_KEY).read_bytes(), None)
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey), "ca.key is made here"
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, socket.gethostname()[:64])])
    ends = min(now + timedelta(days=SERVER_DAYS), ca.not_valid_after_utc)
    made = (
        _builder(name, ca.subject, key.public_key(), now - timedelta(days=1), ends)
        .add_extension(x509.SubjectAlternativeName([_general(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    owner_only.write_whole(folder / SERVER_FILE, _key_pem(key) + _pem(made) + ca_pem)


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
