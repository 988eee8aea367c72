"""A station's token on the machine that uses it: DATA/tokens/ROLE-NAME, readable by its owner only.

The order is the same for every program: what was given (--token, or HALLCALL_TOKEN), then the file.
"""

from pathlib import Path

from config import owner_only


def token_file(data: Path, role: str, name: str) -> Path:
    return data / "tokens" / f"{role}-{name}"


def keep_token(data: Path, role: str, name: str, token: str) -> Path:
    """Write the token where programs of the same machine and user find it."""
    path = token_file(data, role, name)
    owner_only.make_folder(path.parent)
    owner_only.write_whole(path, f"{token}\n".encode("ascii"))
    return path


def drop_token(data: Path, role: str, name: str) -> None:
    token_file(data, role, name).unlink(missing_ok=True)


def find_token(data: Path, role: str, name: str, given: str | None = None) -> str | None:
    """Return the token given, else the one kept in the file; None if there is neither."""
    if given:
        return given
    path = token_file(data, role, name)
    return path.read_text(encoding="ascii").strip() if path.is_file() else None
