"""Small faults for a source file, made from its syntax tree: what a tired programmer might have written.

Each fault is one change to one node. Nothing here knows the engine; docstrings, annotations and the words of
messages are left alone, because no test should depend on them.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from typing import NamedTuple

Change = tuple[str, ast.AST]  # what it is called, and what stands there instead

FLIPS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
SWAPS = {"min": "max", "max": "min"}
SIGNS: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add}


class Fault(NamedTuple):
    """One mutant: where, what, and the whole source with the fault in it."""

    path: str
    line: int
    what: str
    source: str
    text: str = ""  # the sound line, or its beginning

    @property
    def name(self) -> str:
        return f"{self.path}:{self.line} {self.what}"

    @property
    def key(self) -> str:
        """A name that outlives changes elsewhere in the file."""
        return f"{self.path}: {self.what} in {self.text}"


def faults(path: str, source: str) -> list[Fault]:
    """All faults of one file, in the order of its lines."""
    lines, text = source.splitlines(), source.encode()
    starts = [0, *(at + 1 for at, byte in enumerate(text) if byte == ord("\n"))]
    found = [
        Fault(path, node.lineno, what, _with(text, starts, node, instead), lines[node.lineno - 1].strip())
        for node in _walk(ast.parse(source))
        for what, instead in _changes(node)
    ]
    return sorted(found, key=lambda fault: fault.line)


SKIPPED = ("annotation", "returns", "decorator_list", "bases", "type_comment")
Placed = ast.expr | ast.stmt


def _walk(node: ast.AST) -> Iterator[Placed]:
    """All nodes that stand somewhere; what is inside an f-string does not, as far as 3.11 can tell."""
    if isinstance(node, ast.JoinedStr):
        return
    if isinstance(node, ast.expr | ast.stmt):
        yield node
    for name, value in ast.iter_fields(node):
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.AST) and name not in SKIPPED:
                yield from _walk(each)


def _with(text: bytes, starts: list[int], node: Placed, instead: ast.AST) -> str:
    """The source with something else in the place of a node. Columns are counted in bytes."""
    begin = starts[node.lineno - 1] + node.col_offset
    end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
    words = ast.unparse(ast.fix_missing_locations(instead))
    if isinstance(node, ast.expr):
        words = f"({words})"
    words = words.replace("\n", "\n" + " " * node.col_offset)
    if text[begin:].startswith(b"elif") and words.startswith("if"):
        words = "el" + words
    return (text[:begin] + words.encode() + text[end:]).decode()


def _changes(node: Placed) -> Iterator[Change]:
    make = MAKERS.get(type(node))
    if make:
        yield from make(node)


# --- one kind of node each


def _compare(node: ast.AST) -> Iterator[Change]:
    assert isinstance(node, ast.Compare)
    for index, op in enumerate(node.ops):
        for other in FLIPS[type(op)]:
            changed = copy.deepcopy(node)
            changed.ops[index] = other()
            yield f"{type(op).__name__} becomes {other.__name__}", changed


def _constant(node: ast.AST) -> Iterator[Change]:
    assert isinstance(node, ast.Constant)
    value = node.value
    if isinstance(value, bool):
        yield f"{value} becomes {not value}", ast.Constant(not value)
    elif isinstance(value, int | float):
        yield f"{value} becomes {value + 1}", ast.Constant(value + 1)
        if value:
            yield f"{value} becomes {value - 1}", ast.Constant(value - 1)


def _if(node: ast.AST) -> Iterator[Change]:
    assert isinstance(node, ast.If)
    guard = len(node.body) == 1 and isinstance(
        node.body[0], ast.Raise | ast.Return | ast.Continue | ast.Break
    )
    if guard and not node.orelse:
        yield f"guard dropped: if {_short(node.test)}", ast.Pass()
        return
    changed = copy.deepcopy(node)
    changed.test = ast.UnaryOp(ast.Not(), changed.test)
    yield f"if not {_short(node.test)}", changed


def _if_expression(node: ast.AST) -> Iterator[Change]:
    assert isinstance(node, ast.IfExp)
    yield f"else first: {_short(node)}", node.orelse
    yield f"always: {_short(node)}", node.body


def _and_or(node: ast.AST) -> Iterator[Change]:
    assert isinstance(node, ast.BoolOp)
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield f"and/or swapped: {_short(node)}", ast.BoolOp(other, node.values)
    for index in range(len(node.values)):
        rest = [value for at, value in enumerate(node.values) if at != index]
        less = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        yield f"without {_short(node.values[index])}", less


def _arithmetic(node: ast.AST) -> Iterator[Change]:
    assert isinstance(node, ast.BinOp)
    other = SIGNS.get(type(node.op))
    if other:
        yield f"other sign: {_short(node)}", ast.BinOp(node.left, other(), node.right)


def _not(node: ast.AST) -> Iterator[Change]:
    assert isinstance(node, ast.UnaryOp)
    if isinstance(node.op, ast.Not):
        yield f"not dropped: {_short(node)}", node.operand


def _call(node: ast.AST) -> Iterator[Change]:
    assert isinstance(node, ast.Call)
    if isinstance(node.func, ast.Name) and node.func.id in SWAPS:
        changed = copy.deepcopy(node)
        changed.func = ast.Name(SWAPS[node.func.id])
        yield f"min/max swapped: {_short(node)}", changed


def _statement(node: ast.AST) -> Iterator[Change]:
    assert isinstance(node, ast.Expr)
    if isinstance(node.value, ast.Call):
        yield f"dropped: {_short(node.value)}", ast.Pass()


def _assignment(node: ast.AST) -> Iterator[Change]:
    """Names are left alone: without them nothing runs, which proves little."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    flat = [e for t in targets for e in (t.elts if isinstance(t, ast.Tuple) else [t])]
    if isinstance(node, ast.AugAssign) or all(isinstance(t, ast.Attribute | ast.Subscript) for t in flat):
        yield f"dropped: {_short(node)}", ast.Pass()


def _delete(node: ast.AST) -> Iterator[Change]:
    yield f"dropped: {_short(node)}", ast.Pass()


def _function(node: ast.AST) -> Iterator[Change]:
    """A function that returns nothing returns at once."""
    assert isinstance(node, ast.FunctionDef)
    if not any(isinstance(each, ast.Return | ast.Yield | ast.YieldFrom) for each in ast.walk(node)):
        changed = copy.deepcopy(node)
        changed.body, changed.decorator_list = [ast.Return()], []
        yield f"{node.name} does nothing", changed


def _table(node: ast.AST) -> Iterator[Change]:
    """A row of a table of types is missing."""
    assert isinstance(node, ast.Dict)
    for index, key in enumerate(node.keys):
        if isinstance(key, ast.Attribute):
            changed = copy.deepcopy(node)
            del changed.keys[index], changed.values[index]
            yield f"row missing: {_short(key)}: {_short(node.values[index])}", changed


def _short(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else text[:57] + "..."


MAKERS: dict[type[ast.AST], Callable[[ast.AST], Iterator[Change]]] = {
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.If: _if,
    ast.IfExp: _if_expression,
    ast.BoolOp: _and_or,
    ast.BinOp: _arithmetic,
    ast.UnaryOp: _not,
    ast.Call: _call,
    ast.Expr: _statement,
    ast.Assign: _assignment,
    ast.AugAssign: _assignment,
    ast.Delete: _delete,
    ast.FunctionDef: _function,
    ast.Dict: _table,
}
