"""What the office shows beside the form for a new station: the fingerprint that the new screen shows too."""

from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from config.process import certificates
from config.process.tls import fingerprint, hall_ca
from config.reading.reader import HALLS
from config.reading.reader import read as read_hall
from display.office.pages.enrolment import ca_fingerprint


def test_the_fingerprint_is_shown_where_the_hall_has_tls_of_its_own(tmp_path: Path) -> None:
    plain = read_hall(HALLS / "village.toml")
    certificates.ensure(tmp_path, ["hall.local"], datetime.now(UTC))
    secure = replace(plain, listen=replace(plain.listen, tls="auto"))
    assert ca_fingerprint(secure, tmp_path) == fingerprint(hall_ca(tmp_path)) != ""
    assert ca_fingerprint(plain, tmp_path) == ""  # its screens show none either
    assert ca_fingerprint(secure, tmp_path / "elsewhere") == ""
