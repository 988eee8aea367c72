"""Compares a JSON document with its TypedDict: keys to the letter, values by type, nothing null.

msgspec converts a TypedDict but ignores keys it does not know; here an unknown key is a difference.
"""

from types import NoneType
from typing import Annotated, Any, Literal, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import msgspec


class DocumentCheck:
    """Collects the differences found and the fields met."""

    def __init__(self) -> None:
        self.wrong: set[str] = set()
        self.met: set[tuple[str, str]] = set()

    def document(self, kinds: tuple[type, ...], document: Any) -> None:
        """Compare a document with the type whose required keys it has; the last one if it has those of none."""
        fits = (kind for kind in kinds if kind.__required_keys__ <= set(document))  # type: ignore[attr-defined]
        self._part(next(fits, kinds[-1]), document)

    def _part(self, kind: Any, document: Any) -> None:
        if not isinstance(document, dict):
            self.wrong.add(f"{kind.__name__} is {document!r}")
            return
        hints = get_type_hints(kind, include_extras=True)
        self.wrong |= {f"{kind.__name__} without {name}" for name in kind.__required_keys__ - set(document)}
        self.wrong |= {f"{kind.__name__}.{name} is not in the type" for name in set(document) - set(hints)}
        for name in set(document) & set(hints):
            self.met.add((kind.__name__, name))
            self._value(f"{kind.__name__}.{name}", hints[name], document[name])

    def _value(self, where: str, hint: Any, value: Any) -> None:
        hint = bare(hint)
        if is_typeddict(hint):
            self._part(hint, value)
        elif get_origin(hint) is list and isinstance(value, list):
            for each in value:
                self._value(where, get_args(hint)[0], each)
        elif get_origin(hint) is dict and isinstance(value, dict):
            for each in value.values():
                self._value(where, get_args(hint)[1], each)
        else:
            self._leaf(where, hint, value)

    def _leaf(self, where: str, hint: Any, value: Any) -> None:
        try:
            msgspec.convert(value, hint, strict=True)
        except msgspec.ValidationError as error:
            self.wrong.add(f"{where}: {error}")
        if value is None or (hint is int and type(value) is not int):
            self.wrong.add(f"{where} is {value!r}")


def bare(hint: Any) -> Any:
    """Return a field's type without NotRequired; of an annotated key or instant, the type that is annotated."""
    while get_origin(hint) in (NotRequired, Annotated):
        hint = get_args(hint)[0]
    return hint


def parts(kind: Any, found: set[Any] | None = None) -> set[Any]:
    """Return a document type and all the types it is made of."""
    found = set() if found is None else found
    if kind not in found:
        found.add(kind)
        for hint in get_type_hints(kind, include_extras=True).values():
            for part in _parts_in(bare(hint)):
                parts(part, found)
    return found


def _parts_in(hint: Any) -> list[Any]:
    if is_typeddict(hint):
        return [hint]
    if get_origin(hint) in (Literal, None, NoneType):
        return []
    return [part for each in get_args(hint) for part in _parts_in(bare(each))]
