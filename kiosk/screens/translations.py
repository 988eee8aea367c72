"""The words of the faces, from page/lang/*.json: one file is one language, and Chinese fills its gaps."""

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

LANGUAGES = Path(__file__).parents[1] / "faces" / "page" / "lang"
FIRST = ("zh", "en")  # the order on the screen; others follow by name
_FACT = re.compile(r"\{(\w+)\}")


class Translations:
    """All languages; `of` speaks one."""

    def __init__(self, lines: dict[str, dict[str, str]], language: str = "zh") -> None:
        self.lines, self.language = lines, language

    @classmethod
    @lru_cache(1)
    def load(cls) -> Self:
        """Every language that has a file."""
        return cls({path.stem: json.loads(path.read_text("utf-8")) for path in LANGUAGES.glob("*.json")})

    @property
    def languages(self) -> tuple[str, ...]:
        return (*FIRST, *sorted(set(self.lines) - set(FIRST)))

    def of(self, language: str) -> "Translations":
        return Translations(self.lines, language)

    def key(self, key: str, **facts: Any) -> str:
        line = self.lines.get(self.language, {}).get(key) or self.lines["zh"].get(key, key)
        return _FACT.sub(lambda found: str(facts.get(found[1], "")), line)

    def say(self, part: dict[str, Any]) -> str:
        """A word of the screen document: {"key", "facts"} or {"text"}."""
        return part["text"] if "text" in part else self.key(part["key"], **part.get("facts", {}))
