"""Browser tests wait for what they expect: none asserts what it has read of a page once, where the page may still change.

`expect(locator)` looks again until it holds; `assert locator.count() == 0` looks once, and on a busy machine too early. A line
that reads once says why nothing changes any more: `# at rest: why`.
"""

import ast
import re
from pathlib import Path

FOLDER = Path(__file__).parent / "browser"
READS = re.compile(
    "all_(inner_texts|text_contents)|count|get_attribute|inner_text|input_value|text_content"
    "|is_(checked|disabled|editable|enabled|hidden|visible)"
)
AT_REST = re.compile(r"# at rest: \S")


def reads_once(part: ast.AST) -> bool:
    """Return whether this is a call that reads a locator once; `count` with an argument counts in a text or a list."""
    if not isinstance(part, ast.Call) or not isinstance(part.func, ast.Attribute):
        return False
    return bool(READS.fullmatch(part.func.attr)) and not (part.func.attr == "count" and part.args)


def read_once(text: str) -> list[int]:
    """Return the lines of asserts that read a page once and do not say why it is at rest."""
    lines = text.splitlines()
    return [
        each.lineno
        for each in ast.walk(ast.parse(text))
        if isinstance(each, ast.Assert)
        and any(map(reads_once, ast.walk(each.test)))
        and not any(AT_REST.search(line) for line in lines[each.lineno - 1 : each.end_lineno])
    ]


def test_no_browser_test_asserts_what_it_has_read_once() -> None:
    found = {path.name: read_once(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.py"))}
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert len(found) > 40


def test_twin_an_assert_that_reads_once_is_seen() -> None:
    bad = 'assert page.locator("#key").input_value() == ""\nassert [\n    each.inner_text() for each in rows\n]\n'
    assert read_once(bad) == [1, 2]
    assert read_once(bad.replace('""\n', '""  # at rest:\n')) == [1, 2]
    good = "assert box.count() == 2  # at rest: printed on paper\nexpect(box).to_have_count(2)\nassert text.count(word) == 1\n"
    assert read_once(good) == []
