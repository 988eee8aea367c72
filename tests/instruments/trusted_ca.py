"""Makes a Chromium trust a CA as its user would: in the NSS database of a home folder of its own, by Chromium's own library.

Run as a process of its own (`python -m tests.instruments.trusted_ca HOME CA.pem`): NSS keeps state for as long as the
process lives. `libnss3` is there wherever Debian's Chromium is.
"""

import ctypes
import ssl
import subprocess
import sys
from pathlib import Path

LIBRARY = "libnss3.so"
TRUSTED = 0x08 | 0x10 | 0x80  # CERTDB_VALID_CA, CERTDB_TRUSTED_CA, CERTDB_TRUSTED_CLIENT_CA


class _Item(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("data", ctypes.c_char_p), ("length", ctypes.c_uint)]


class _Trust(ctypes.Structure):
    _fields_ = [("tls", ctypes.c_uint), ("mail", ctypes.c_uint), ("code", ctypes.c_uint)]


def trusting_home(home: Path, ca: Path) -> dict[str, str]:
    """Return the environment of a browser whose user trusts this CA."""
    here = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-m", __name__, str(home), str(ca)], cwd=here, check=True)
    return {"HOME": str(home)}


def _trust(home: Path, ca: Path) -> None:
    nss = ctypes.CDLL(LIBRARY)
    for name in ("PK11_GetInternalKeySlot", "CERT_GetDefaultCertDB", "CERT_NewTempCertificate"):
        getattr(nss, name).restype = ctypes.c_void_p
    folder = home / ".pki" / "nssdb"
    folder.mkdir(parents=True)
    _done(nss.NSS_InitReadWrite(f"sql:{folder}".encode()))
    slot, store = ctypes.c_void_p(nss.PK11_GetInternalKeySlot()), ctypes.c_void_p(nss.CERT_GetDefaultCertDB())
    _done(nss.PK11_InitPin(slot, None, b""))
    der = ssl.PEM_cert_to_DER_cert(ca.read_text())
    item = _Item(0, der, len(der))
    made = ctypes.c_void_p(nss.CERT_NewTempCertificate(store, ctypes.byref(item), b"hall", 0, 1))
    assert made, "no certificate"
    _done(nss.PK11_ImportCert(slot, made, ctypes.c_ulong(0), b"hall", 0))
    _done(nss.CERT_ChangeCertTrust(store, made, ctypes.byref(_Trust(TRUSTED, 0, 0))))


def _done(status: int) -> None:
    assert status == 0, "NSS refuses"


if __name__ == "__main__":
    _trust(Path(sys.argv[1]), Path(sys.argv[2]))
