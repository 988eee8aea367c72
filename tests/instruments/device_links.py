"""The links every device is tested over, in one place.

Over the first three everything arrives, so everything must work; over a lossy one some things may be missing
and nothing may be false; the unplugged one is cut in the middle of a frame and put back, by the test itself.
What is lost is seeded: every run loses the same bytes of the same stream.
"""

from devices.simulators.pty_cable import CableFaults

LINKS = {
    "whole": CableFaults(),
    "byte by byte": CableFaults(chunk=1),
    "delayed": CableFaults(slow_ms=3),
}
LOSSY = CableFaults(lose=0.05)  # one byte in twenty: far worse than a hall would put up with
ALL_LINKS = (*LINKS, "lossy", "unplugged")
FRAME_LOSS = 0.3  # so many bytes of a long frame are lost on average: about every fourth frame breaks
FRAME_PIECES = 32  # and it comes in no more pieces than these, each of them late


def faults(link: str, frame_bytes: int = 1) -> CableFaults:
    """A link's cable, fresh; long frames are lost and delayed a little less per byte, or none would arrive."""
    if link == "lossy":
        return CableFaults(lose=min(LOSSY.lose, FRAME_LOSS / frame_bytes))
    if link == "delayed":
        return CableFaults(slow_ms=LINKS[link].slow_ms, chunk=1 + frame_bytes // FRAME_PIECES)
    return CableFaults(chunk=LINKS[link].chunk if link in LINKS else 0)
