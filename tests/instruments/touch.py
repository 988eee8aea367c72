"""Fingers as they are: they tremble, drift and stay long. Drives Chromium's real touch input."""

from playwright.sync_api import Locator, Page

STEPS = 8


def drifting_tap(page: Page, target: Locator, dx: float, dy: float) -> None:
    """A finger set down in the middle of `target` that wanders by (dx, dy) before it lifts."""
    box = target.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2 - dx / 2, box["y"] + box["height"] / 2 - dy / 2
    line = page.context.new_cdp_session(page)
    line.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, STEPS + 1 if dx or dy else 1):
        point = {"x": x + dx * step / STEPS, "y": y + dy * step / STEPS}
        line.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    line.detach()
