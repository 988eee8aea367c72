"""What a code reader types, and nothing else, becomes a slip or a code."""

import pytest

from kiosk.visit.routes import of_scan

ID = "01890000-0000-7000-8000-000000000042"
KEY = f"{ID}.{'0123456789ab' * 2}"


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        (f"scan:http://127.0.0.1:9301/t#{KEY}", f"slip:{KEY}"),
        (f"scan:https://hall.example/q/t#{KEY}", f"slip:{KEY}"),
        (f"scan:https://hall.example/t?lang=en#{KEY}", f"slip:{KEY}"),
        (f"scan:{ID.upper()}", f"slip:{ID}"),
        (f"scan:https://hall.example/t/{ID}?from=paper", f"slip:{ID}"),  # a slip from before keys
        (f"scan:{KEY.upper()}", f"slip:{KEY}"),  # a scanner that types in capitals
        (f"scan:https://hall.example/t#{KEY}0", "unreadable"),
        ("scan: YY8842 ", "code:YY8842"),
        ("scan:YY8", "no-code"),
        ("scan:https://pay.example/abc", "unreadable"),
        ("scan:", "unreadable"),
        ("scan:" + "9" * 65, "unreadable"),
        ("item:T001", "item:T001"),
    ],
)
def test_reading(typed: str, target: str):
    assert of_scan(typed) == target
