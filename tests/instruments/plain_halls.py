"""The sample halls without what they turn on after the visit: cases, complaints, rectifications, attendance and scores;
without market days, which come by the date; and with a kiosk that asks step by step.

Most tests of a hall of real processes are about the visit, and a hall that does not set a table goes on as it did before
there was one. Those that are about a table add it; the sample halls as they come are played by the demo and its scenes.
"""

import re
from pathlib import Path

HALLS = Path(__file__).resolve().parents[2] / "config/halls"
TURNED_ON = (
    "cases",
    "fees",
    "discount",
    "feedback",
    "ratings",
    "performance",
    "shift",
    "score",
    "reason",
    "calendar",
    "hours",
)
HEADER = re.compile(r"^\[+([a-z]+)\]+")
ROWS = re.compile(r"^([a-z]+) = \[$")
FEWER_TAPS = re.compile(r"^quick = true\n|, quick = true(?= \})", re.MULTILINE)


def without(text: str, *tables: str) -> str:
    """Return a hall's text without the tables of these names, each with its keys and the comments behind them; also those
    whose rows stand one on a line (`score = [`)."""
    kept: list[str] = []
    dropped = within = False
    for line in text.splitlines(keepends=True):
        if rows := ROWS.match(line):
            within = rows[1] in tables
        if within:
            within = not line.startswith("]")
            continue
        if header := HEADER.match(line):
            dropped = header[1] in tables
        if not dropped:
            kept.append(line)
    return "".join(kept)


def plain_text(file: Path) -> str:
    """Return the text of a hall's file; of a sample hall without what it turns on."""
    text = file.read_text("utf-8")
    return FEWER_TAPS.sub("", without(text, *TURNED_ON)) if file.parent == HALLS else text
