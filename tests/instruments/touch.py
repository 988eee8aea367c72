"""Fingers as they are: they tremble, drift and stay long. Drives Chromium's real touch input."""

from playwright.sync_api import Locator, Page

STEPS = 8


def drifting_tap(page: Page, target: Locator, dx: float, dy: float, before: float = 0.5) -> None:
    """A finger that wanders by (dx, dy) over the middle of `target` before it lifts; `before`: the part of its way that lies
    before the middle, 0 for a finger set down there."""
    box = target.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2 - dx * before, box["y"] + box["height"] / 2 - dy * before
    line = page.context.new_cdp_session(page)
    line.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, STEPS + 1 if dx or dy else 1):
        point = {"x": x + dx * step / STEPS, "y": y + dy * step / STEPS}
        line.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    line.detach()
