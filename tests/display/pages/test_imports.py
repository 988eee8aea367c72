"""Each script of the pages and the kiosk imports each name once, and only what is exported: a browser stops at the first.

Read from the text, so that a slip is found in a moment and not by every browser test of a page in turn.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SHARED = ROOT / "caller/client/browser"
FOLDERS = (ROOT / "display/pages/js", SHARED, ROOT / "kiosk/faces/page/js")
SCRIPTS = sorted(path for folder in FOLDERS for path in folder.glob("*.js"))
IMPORT = re.compile(r'^import\s+\{([^}]*)\}\s+from\s+"([^"]+)";', re.M)
EXPORT = re.compile(r"^export\s+(?:default\s+)?(?:async\s+)?(?:const|let|function\*?|class)\s+(\w+)", re.M)
EXPORT_LIST = re.compile(r"^export\s+\{([^}]*)\}", re.M)
MADE = {"wire_constants.js"}  # generated when it is served


def names(text: str) -> list[tuple[str, str]]:
    """(name there, name here) of each part of an import or export list."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return [(part.split(" as ")[0].strip(), part.split(" as ")[-1].strip()) for part in parts]


def exported(path: Path) -> set[str]:
    text = path.read_text("utf-8")
    return {*EXPORT.findall(text), *(here for each in EXPORT_LIST.findall(text) for _, here in names(each))}


def target(script: Path, where: str) -> Path:
    return SHARED / Path(where).name if "shared/" in where else script.parent / where


def slips(script: Path, text: str) -> list[str]:
    """What a browser would not run: names imported twice, files and names that are not there."""
    found: list[str] = []
    seen: Counter[str] = Counter()
    for part, where in IMPORT.findall(text):
        seen.update(here for _, here in names(part))
        path = target(script, where)
        if path.name in MADE:
            continue
        if not path.exists():
            found.append(f"no file {where}")
            continue
        found += [f"{where} exports no {there}" for there, _ in names(part) if there not in exported(path)]
    return found + [f"{name} twice" for name, count in seen.items() if count > 1]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_be_loaded(script: Path) -> None:
    assert slips(script, script.read_text("utf-8")) == []


def test_twin_each_slip_is_seen() -> None:
    script = FOLDERS[0] / "board.js"
    line = 'import { make, press } from "../shared/dom.js";\n'
    assert slips(script, line) == []
    assert slips(script, line + line) == ["make twice", "press twice"]
    assert slips(script, line.replace("press", "prass")) == ["../shared/dom.js exports no prass"]
    assert slips(script, line.replace("dom.js", "dam.js")) == ["no file ../shared/dam.js"]
