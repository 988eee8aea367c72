"""Merge patches (RFC 7396): what turns one document into the next, and how a station applies it. Pure.

1. null in a patch removes the key, so documents hold no nulls.
2. An object is patched key by key; a list or any other value is replaced whole.
3. Values are compared as JSON: Python's 1, True and 1.0 are equal, but three different values to a page.

    before                          after                       patch
    {"a": 1, "b": {"c": 2}}         {"b": {"c": 2, "d": 3}}     {"a": null, "b": {"d": 3}}
    {"list": [1, 2]}                {"list": [1, 2, 3]}         {"list": [1, 2, 3]}
    {"open": 1}                     {"open": true}              {"open": true}
    {"call": {"number": "A1"}}      {}                          {"call": null}
    {"call": {"number": "A1"}}      {"call": {"number": "A2"}}  {"call": {"number": "A2"}}
    {}                              {"call": {"number": "A1"}}  {"call": {"number": "A1"}}

The caller makes a patch for each station that holds the document before; a station that does not gets the document
whole. The page's own `merge` (caller/client/browser/client.js) keeps the same rules, and a test compares the two.
"""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

EQUAL_AS_JSON = frozenset({str, int, bool, type(None)})  # of one type, equal in Python is equal as JSON
_json = msgspec.json.Encoder().encode


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merge patch that turns `old` into `new`; empty if they are equal as JSON.

    `merge(old, diff(old, new))` is `new` for all documents without nulls.
    """
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if _same(before, value) and key in old:
            continue  # a whole object at once: most windows of a board have not changed
        if isinstance(before, dict) and isinstance(value, dict):
            if inner := diff(cast(dict[str, Any], before), cast(dict[str, Any], value)):
                patch[key] = inner
        else:
            patch[key] = value
    return patch


def _same(before: Any, value: Any) -> bool:
    """Return whether two values are surely the same JSON. Objects in another order are compared key by key instead."""
    kind = type(value)
    if kind is type(before) and kind in EQUAL_AS_JSON:
        return before == value
    return before == value and _json(before) == _json(value)


def merge(target: Any, patch: Any) -> Any:
    """Return `target` with a merge patch applied; neither argument is changed.

    A patch that is no object replaces the target whole; a target that is no object counts as an empty one.
    """
    if not isinstance(patch, dict):
        return patch
    result: dict[str, Any] = dict(cast(dict[str, Any], target)) if isinstance(target, dict) else {}
    for key, value in cast(dict[str, Any], patch).items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result
