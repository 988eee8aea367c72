"""The files of pages: one shared folder, one set of constants, and no file over the house's size."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from caller.client.client import DEAD_SECONDS
from caller.client.page_files import PageFiles, wire_constants
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
    assert "bad-token" in found["LASTING"]


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
