"""The files of pages: one shared folder, one set of constants, and no file over the house's size."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from caller.client.client import DEAD_SECONDS
from caller.client.kept_witness import WRITE_SECONDS
from caller.client.page_files import PageFiles, wire_constants
from caller.client.reconnecting import RETRY_SECONDS, WAIT_REFUSED_SECONDS
from caller.protocol import frames

REPO = Path(__file__).parents[3]
FOLDERS = {"display": files("display") / "pages", "kiosk": files("kiosk") / "faces" / "page"}
LINES_MAX = 350


def test_the_constants_of_the_wire_are_the_callers() -> None:
    text = wire_constants().decode()
    found = {name: json.loads(value) for name, value in re.findall(r"export const (\w+) = (.*);", text)}
    assert found["SUBPROTOCOL"] == frames.SUBPROTOCOL
    assert found["SILENT_MS"] == frames.SILENT_SECONDS * 1000
    assert found["DEAD_MS"] == DEAD_SECONDS * 1000
    assert found["ANNOUNCE_MICROS"] == frames.ANNOUNCE_SECONDS * 1_000_000
    assert found["RETRY_MS"] == [100, 200, 400, 800, 1500] == [seconds * 1000 for seconds in RETRY_SECONDS]
    assert found["REFUSED_RETRY_MS"] == WAIT_REFUSED_SECONDS * 1000
    assert found["WITNESS_MS"] == WRITE_SECONDS * 1000
    assert "bad-token" in found["LASTING"]


def copied(script: str) -> list[str]:
    """The times of the wire that a script sets by itself, by the name they have there."""
    return re.findall(r"const (SILENT|DEAD|REFUSED_RETRY|RETRY|HELLO|BEAT|ANNOUNCE)_\w+ =", script)


@pytest.mark.parametrize("room", FOLDERS)
def test_no_script_sets_a_time_of_the_wire_by_itself(room: str) -> None:
    texts = {name: found.body.decode() for name, found in PageFiles(FOLDERS[room]).files.items()}
    scripts = {name: text for name, text in texts.items() if name.endswith(".js") and "constants" not in name}
    assert [name for name, text in scripts.items() if copied(text) and name != "shared/fetching.js"] == []
    used = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)*_MS\b", scripts["shared/client.js"])) - {
        "WATCH_MS",
        "WITNESS_MS",
    }
    assert used <= set(re.findall(r"const (\w+) =", wire_constants().decode()))


def test_twin_a_copied_time_is_seen() -> None:
    assert copied("const SILENT_MS = 3_000;\nconst DEAD_MS = 6000;") == ["SILENT", "DEAD"]


@pytest.mark.parametrize("room", FOLDERS)
def test_both_rooms_serve_the_same_shared_files_and_preload_what_a_page_imports(room: str) -> None:
    pages = PageFiles(FOLDERS[room])
    shared = {name for name in pages.files if name.startswith("shared/")}
    assert {"shared/client.js", "shared/dom.js", "shared/wire_constants.js"} <= shared
    for name, page in pages.pages.items():
        text = page.body.decode()
        assert "{{assets}}" not in text
        if "<script" in text:
            assert f"/assets/{pages.version}/shared/dom.js" in text, name


@pytest.mark.parametrize("room", FOLDERS)
def test_every_import_of_a_script_leads_to_a_file(room: str) -> None:
    pages = PageFiles(FOLDERS[room])
    for name, found in pages.files.items():
        for path in re.findall(r'from "(\.[\w/.-]+)"', found.body.decode()) if name.endswith(".js") else []:
            there = (Path("/") / Path(name).parent / path).resolve()
            assert str(there)[1:] in pages.files, (name, path)


def test_no_page_file_is_longer_than_the_house_allows() -> None:
    rooms = (REPO / "display/pages", REPO / "kiosk/faces/page", REPO / "caller/client/browser")
    found = [path for room in rooms for kind in ("*.js", "*.css") for path in room.rglob(kind)]
    assert len(found) > 20
    assert [path.name for path in found if len(path.read_text("utf-8").splitlines()) > LINES_MAX] == []
