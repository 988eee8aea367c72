"""The links every device is tested over, in one place.

Over the first three everything arrives, so everything must work; over a lossy one some things may be missing
and nothing may be false. Unplugging is the fifth: `Knobs(cut_after=…)` or the twin's own `unplug`.
"""

from devices.simulated.cable import Knobs

LINKS = {
    "whole": Knobs(),
    "byte by byte": Knobs(chunk=1),
    "delayed": Knobs(slow_ms=3),
}
LOSSY = Knobs(lose=0.05)  # one byte in twenty: far worse than a hall would put up with
