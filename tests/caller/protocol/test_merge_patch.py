"""RFC 7396 to the letter, and the patch that a caller makes."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caller.protocol.merge_patch import diff, merge

# A shared, loaded machine makes inputs slowly; that is no fault of the code under test.
# --- RFC 7396, its own examples (appendix A)

EXAMPLES = [
    ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
    ('{"a":"b"}', '{"a":null}', "{}"),
    ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
    ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
    ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
    ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
    ('["a","b"]', '["c","d"]', '["c","d"]'),
    ('{"a":"b"}', '["c"]', '["c"]'),
    ('{"a":"foo"}', "null", "null"),
    ('{"a":"foo"}', '"bar"', '"bar"'),
    ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
    ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
    ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
]


@pytest.mark.parametrize(("target", "patch", "result"), EXAMPLES)
def test_merge_follows_each_example_of_the_rfc(target: str, patch: str, result: str) -> None:
    assert merge(json.loads(target), json.loads(patch)) == json.loads(result)


LEAVES = st.booleans() | st.integers(-5, 5) | st.sampled_from([0.0, 1.0, 2.5]) | st.text("号a", max_size=3)
KEYS = st.sampled_from(["a", "b", "c", "d"])  # few, so that documents share keys
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
        max_leaves=12,
    ),
)


def as_json(value: Any) -> bytes:
    """Python says 1 == True == 1.0; a page does not."""
    return msgspec.json.encode(value, order="sorted")


@given(DOCUMENTS, DOCUMENTS)
def test_a_patch_turns_the_old_document_into_the_new_one(old: Any, new: Any) -> None:
    before = as_json(old)
    assert as_json(merge(old, diff(old, new))) == as_json(new)
    assert as_json(old) == before


@given(DOCUMENTS)
def test_nothing_changed_makes_an_empty_patch(doc: Any) -> None:
    assert diff(doc, json.loads(json.dumps(doc))) == {}


def test_a_patch_holds_only_what_changed() -> None:
    old = {"windows": {"3": {"state": "open", "name": "三号"}, "4": {"state": "open"}}, "notices": []}
    new = {"windows": {"3": {"state": "called", "name": "三号"}, "4": {"state": "open"}}, "notices": []}
    assert diff(old, new) == {"windows": {"3": {"state": "called"}}}


def test_true_is_not_one() -> None:
    assert diff({"a": 1, "b": [1]}, {"a": True, "b": [1.0]}) == {"a": True, "b": [1.0]}
