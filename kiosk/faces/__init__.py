"""The faces of a kiosk, page, terminal and voice, and the words they share."""

import json
from functools import cache
from pathlib import Path

from config.catalogue import page_labels
from kiosk.screens.translations import Translations

PAGE = Path(__file__).parent / "page"
LANGUAGES = PAGE / "lang"


@cache
def load_translations(folder: Path = LANGUAGES) -> Translations:
    """Return every language that has a file LANGUAGE.json in the folder, with the labels of the catalogue."""
    files = sorted(folder.glob("*.json"))
    return Translations(
        {path.stem: json.loads(path.read_text("utf-8")) | page_labels(path.stem) for path in files}
    )
