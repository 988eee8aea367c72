"""Every process tells its technician one line an occurrence, on stderr, all of one form.

`2026-09-21T01:00:00.123Z WARNING kiosk-k1 message`: the instant in UTC, the level, which process, and what
happened. Lines of five processes of a hall can so be put in one order and read as one story. What comes from
outside cannot start a line of its own. No line carries tokens or people's words: the code that writes a line
leaves them out, and a test looks at each process. Other people's libraries speak only when something is
wrong.
"""

import logging
import sys
import time

from config.text_safety import for_terminal

FORM = "%(asctime)s.%(msecs)03dZ %(levelname)s {process} %(message)s"
INSTANT = "%Y-%m-%dT%H:%M:%S"


class LogLineFormatter(logging.Formatter):
    """Signs that would move the cursor are written out; only our own tracebacks go over several lines."""

    converter = time.gmtime

    def formatMessage(self, record: logging.LogRecord) -> str:
        return for_terminal(super().formatMessage(record))


def write_log_lines(process: str) -> None:
    """From here on, for the whole process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLineFormatter(FORM.format(process=process.replace("%", "%%")), INSTANT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("hallcall").setLevel(logging.INFO)
    logging.getLogger("hallcall.websockets").setLevel(logging.CRITICAL)  # a traceback for each port scan


def write_no_lines() -> None:
    """A screen is drawn on this terminal, and lines would tear it; the screen itself shows the link."""
    logging.disable(logging.CRITICAL)
