"""Types in words, for docs/wire.md: the fields of a struct or a document, each with the comment beside it in the source."""

import ast
import inspect
import sys
import textwrap
import types
from collections.abc import Iterable
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import msgspec

from caller import views
from config.instants import Micros

# The modules whose fields are described by the comment beside each.
DESCRIBED = frozenset(
    {
        "caller.engine.commands",
        "caller.engine.guide_commands",
        "caller.protocol.frames",
        "caller.protocol.document_parts",
        "caller.protocol.documents",
        "caller.protocol.guidance",
        "caller.protocol.supervision",
    }
)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def remarks(kind: type[Any]) -> dict[str, str]:
    """Return the comment beside each field in the source, of the class and of those it builds on."""
    if kind.__module__ not in DESCRIBED:
        return {}
    source = textwrap.dedent(inspect.getsource(kind))
    found: dict[str, str] = {}
    for base in cast(ast.ClassDef, ast.parse(source).body[0]).bases:  # a TypedDict keeps no list of its bases
        inherited = getattr(sys.modules[kind.__module__], getattr(base, "id", ""), None)
        found |= remarks(inherited) if isinstance(inherited, type) else {}
    return found | beside(source)


def beside(source: str) -> dict[str, str]:
    """Return the comments beside `name = value  # comment` and `name: type = value  # comment`, by name."""
    source = textwrap.dedent(source)
    lines = source.splitlines()
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(source)):
        target = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, ast.Assign):
            target = node.targets[0]
        if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign):
            _, mark, remark = lines[(node.end_lineno or node.lineno) - 1].partition("  # ")
            found |= {target.id: remark} if mark else {}
    return found


# --- types in words


def type_words(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return " ".join([type_words(arguments[0]), *(_bounds(meta) for meta in arguments[1:])]).strip()
    if is_typeddict(hint):
        return str(hint.__name__)
    if origin is dict:
        key, value = arguments
        if value is Any:
            return "object"
        named = f" by {get_args(key)[1]}" if get_origin(key) is Annotated else ""
        return f"object: {type_words(value)}{named}"
    if origin is Literal:
        return " \\| ".join(f"`{value}`" for value in arguments)
    if origin is list:
        return f"list of {type_words(arguments[0])}"
    if origin in (Union, types.UnionType):
        known = [each for each in arguments if each is not type(None)]
        return "a command" if len(known) > 3 else " or ".join(type_words(each) for each in known)
    return {str: "text", int: "integer", float: "number", bool: "true/false"}.get(hint, "object")


def _bounds(meta: msgspec.Meta) -> str:
    words = {"min_length": "≥ {} long", "max_length": "≤ {} long", "ge": "≥ {}", "le": "≤ {}"}
    told = [text.format(value) for key, text in words.items() if (value := getattr(meta, key)) is not None]
    if meta.pattern:
        told.append(f"`{meta.pattern}`")
    return f"({', '.join(told)})" if told else ""


# --- documents


def document_tables() -> Iterable[str]:
    """Yield one table for each document type and each type it is made of, in the order they are met."""
    topics = {kind: topic.form for topic in views.TOPICS.values() for kind in topic.types}
    seen: list[Any] = []
    for kind in topics:
        _collect(kind, seen)
    for kind in seen:
        of = f": `{topics[kind]}`" if kind in topics else ""
        hints, comments = get_type_hints(kind, include_extras=True), remarks(kind)
        rows = (_field(name, hint, comments.get(name, "")) for name, hint in hints.items())
        about = inspect.cleandoc(kind.__doc__ or "")
        yield f"#### {kind.__name__}{of}\n\n{about}\n\n" + table(["key", "type", "only", ""], rows)


def _collect(kind: Any, seen: list[Any]) -> None:
    if kind in seen:
        return
    seen.append(kind)
    for hint in get_type_hints(kind).values():
        for inner in (hint, *get_args(hint), *(deep for each in get_args(hint) for deep in get_args(each))):
            if is_typeddict(inner):
                _collect(inner, seen)


def _field(name: str, hint: Any, remark: str) -> list[str]:
    """Return a row of a document's table; the comment "only CONDITION: TEXT" has its condition in a column."""
    when = ""
    if get_origin(hint) is NotRequired:
        hint = get_args(hint)[0]
        when, _, remark = remark.removeprefix("only ").partition(": ")
    about = remark if remark or not name.endswith("_en") else "may be empty"
    return [f"`{name}`", "instant" if hint == Micros else type_words(hint), when, about]
