"""JSON merge patches (RFC 7396): what changed in a document since it was last sent, and the document with it. Pure.

1. In a patch, an object names the keys that changed; a value replaces what was there; null removes the key.
2. Lists and plain values are replaced whole. So documents are objects keyed by id wherever a part changes alone.
3. A document itself holds no nulls: a patch could not say them.
4. Equal means equal as JSON: Python's 1 == True == 1.0 are three different things to a page.

https://www.rfc-editor.org/rfc/rfc7396
"""

from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


def diff(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Return the RFC 7396 merge patch that turns `old` into `new`. Documents hold no nulls (null means "remove")."""
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            if inner := diff(before, value):
                patch[key] = inner
        elif key not in old or not _same(before, value):
            patch[key] = value
    return patch


def _same(before: Any, value: Any) -> bool:
    """Return whether two values are equal as JSON: Python's 1 == True == 1.0 are three different things to a page."""
    return before == value and _encode(before) == _encode(value)


def merge(target: Any, patch: Any) -> Any:
    """Return `target` with an RFC 7396 merge patch applied; neither is changed."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result
