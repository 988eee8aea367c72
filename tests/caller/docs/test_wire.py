"""docs/wire.md is what the code says, and says all of it."""

from pathlib import Path
from typing import get_args

import pytest

from caller.docs import wire as wire_doc
from caller.engine.envelope import AnyCommand
from caller.protocol import frames, permissions
from config.catalogue import codes

PAGE = Path(__file__).parents[3] / "docs" / "wire.md"


def test_the_page_in_the_repository_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == wire_doc.page(), (
        "run: python -m caller.docs.wire > docs/wire.md"
    )


def test_every_command_frame_role_and_code_is_on_the_page() -> None:
    page = wire_doc.page()
    for kind in get_args(AnyCommand):
        assert f"#### {kind.__name__}\n" in page
    for kind in (*get_args(frames.StationFrame), *get_args(frames.CallerFrame)):
        assert f"#### `{kind.__struct_config__.tag}`\n" in page
    for code in (*frames.CLOSE_CODES, *codes("refusal")):
        assert f"| `{code}` |" in page
    assert all(f"| {role} |" in page for role in permissions.ROLES)


def test_a_change_of_a_limit_changes_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    before = wire_doc.page()
    monkeypatch.setattr(frames, "TOPICS_MAX", 65)
    assert wire_doc.page() != before


def test_every_constant_of_the_wire_says_why() -> None:
    page = wire_doc.page()
    for name, value in vars(frames).items():
        if name.isupper() and isinstance(value, int | float):
            assert f"| `{name}` | {value} | " in page, f"{name} has no reason beside it"
