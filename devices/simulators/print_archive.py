"""The papers a simulated printer keeps: one picture and its bytes each, numbered on from what is there.

A trainer starts the printer again after lunch and finds the morning's slips as they were.
"""

import re
from pathlib import Path

from PIL import Image

FILES_MAX = 2000  # papers in the folder, the newest; a training day prints fewer

_NUMBER = re.compile(r"slip-(\d+)\.(?:bin|png)")


class PrintArchive:
    """A folder of papers."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        found = (_NUMBER.fullmatch(path.name) for path in folder.iterdir())
        self._newest = max((int(name[1]) for name in found if name), default=0)

    def keep(self, data: bytes, picture: Image.Image) -> None:
        self._newest += 1
        picture.save(self._path(self._newest, "png"))
        self._path(self._newest, "bin").write_bytes(data)
        for ending in ("png", "bin"):
            self._path(self._newest - FILES_MAX, ending).unlink(missing_ok=True)

    def _path(self, number: int, ending: str) -> Path:
        return self._folder / f"slip-{number:04}.{ending}"
