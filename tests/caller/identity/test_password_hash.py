"""Secrets are kept by argon2id at 19 MiB; a hash of other parameters still fits and is found outdated."""

import argon2
import pytest

from caller.identity import password_hash

PARAMETERS = "$argon2id$v=19$m=19456,t=2,p=1$"


def test_a_hash_fits_its_secret_only_and_no_two_are_the_same() -> None:
    kept = password_hash.hashed("长口令 pass")
    assert kept.startswith(PARAMETERS)
    assert password_hash.fits("长口令 pass", kept)
    assert not password_hash.fits("长口令 Pass", kept)
    assert password_hash.hashed("长口令 pass") != kept
    assert not password_hash.outdated(kept)


@pytest.mark.parametrize(
    "kept", ["", "2580", "$argon2id$", PARAMETERS + "eA", PARAMETERS + "eA$eA", "\ufffd"]
)
def test_what_is_no_hash_fits_nothing(kept: str) -> None:
    assert not password_hash.fits("2580", kept)


def test_a_hash_of_other_parameters_still_fits_and_is_outdated() -> None:
    kept = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("2580")
    assert password_hash.fits("2580", kept)
    assert password_hash.outdated(kept)
