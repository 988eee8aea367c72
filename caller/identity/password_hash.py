"""Slow, salted hashes of the secrets that people type: PINs and passwords, by argon2id.

19 MiB and two passes in one lane are what OWASP's password cheat sheet asks for at least; here a hash takes about
25 ms, where the library's own default takes 180 on the PC of a hall. That is still too long for an event loop: call
these in a thread. A kept hash names its own parameters, so it verifies for ever, and is `outdated` once these change.
"""

import argon2

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
_hasher = argon2.PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


def hashed(secret: str) -> str:
    """Return a new hash of a secret, in the PHC string format: "$argon2id$v=19$m=...". No two are the same."""
    return _hasher.hash(secret)


def fits(secret: str, kept: str) -> bool:
    """Return whether a kept hash is this secret's. A text that is no hash of argon2 fits nothing."""
    try:
        return _hasher.verify(kept, secret)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError, UnicodeEncodeError):
        return False


def outdated(kept: str) -> bool:
    """Return whether a hash was made with other parameters than today's: make it anew when its secret is next typed."""
    return _hasher.check_needs_rehash(kept)
