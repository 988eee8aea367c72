"""The house's own rules: where modules stand, what names mean, how long files are, what docstrings name.

Each rule is a function over source text that returns what breaks it, so that a twin can show it a fault.
"""

import ast
import re
import subprocess
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.conftest import LONGEST

ROOT = Path(__file__).parents[1]
FLOORS = ("caller", "config", "devices", "display", "kiosk")
LINES_MAX = 350
LINES_FEW = 60  # a shorter file usually belongs to its neighbour
SHORT_SHARE_MAX = 0.05
ROOMS_MAX = {"caller": 18, "kiosk": 12}  # rooms at a folder's own level


def product() -> Iterator[tuple[str, str]]:
    """Yield path and text of every product file in Python."""
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")


def names_defined(text: str) -> Iterator[str]:
    """Yield the class names of a module, and the aliases written like classes."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif (
            isinstance(node, ast.Assign)
            and isinstance(target := node.targets[0], ast.Name)
            and target.id[0].isupper()
            and not target.id.isupper()
        ):
            yield target.id


def names_twice(files: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return each class name that more than one module defines, with the modules."""
    places: dict[str, list[str]] = defaultdict(list)
    for path, text in files:
        for name in set(names_defined(text)):
            places[name].append(path)
    return {name: paths for name, paths in places.items() if len(paths) > 1}


def test_no_class_name_has_two_meanings() -> None:
    assert names_twice(product()) == {}


def test_twin_a_second_meaning_is_seen() -> None:
    assert names_twice([("a.py", "class Line: ..."), ("b.py", "Line = str")]) == {"Line": ["a.py", "b.py"]}


def tracked(*endings: str) -> Iterator[Path]:
    """Yield the product's files with these endings that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FLOORS],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in sorted(set(listed.stdout.split())):
        if name.endswith(endings) and (ROOT / name).exists():
            yield ROOT / name


def length(path: Path) -> int:
    return path.read_text("utf-8").count("\n")


def test_no_file_is_longer_than_one_idea() -> None:
    long = {str(path.relative_to(ROOT)): length(path) for path in tracked(".py", ".js", ".css")}
    assert {name: lines for name, lines in long.items() if lines > LINES_MAX} == {}


def short(lengths: dict[str, int]) -> list[str]:
    """Return the files under 60 lines if they are more than their share; an `__init__` does not count."""
    counted = {name: lines for name, lines in lengths.items() if not name.endswith("__init__.py")}
    few = sorted(name for name, lines in counted.items() if lines < LINES_FEW)
    return few if len(few) > SHORT_SHARE_MAX * len(counted) else []


def test_ideas_are_not_shredded_into_short_files() -> None:
    assert short({str(p.relative_to(ROOT)): length(p) for p in tracked(".py", ".js", ".css")}) == []


def test_twin_a_house_of_short_files_is_seen() -> None:
    usual = {f"{number}.py": 100 for number in range(19)}
    assert short(usual | {"a.css": 59, "b/__init__.py": 3}) == []
    assert short(usual | {"a.css": 59, "b.js": 59, "c.py": 60}) == ["a.css", "b.js"]


@pytest.mark.parametrize(("floor", "most"), ROOMS_MAX.items())
def test_a_folder_has_rooms_enough_and_no_more(floor: str, most: int) -> None:
    rooms = [
        path
        for path in (ROOT / floor).iterdir()
        if (path.is_dir() and (path / "__init__.py").exists())
        or (path.suffix == ".py" and path.name != "__init__.py")
    ]
    assert len(rooms) <= most, sorted(path.name for path in rooms)


def test_the_callers_root_is_empty() -> None:
    assert [path.name for path in (ROOT / "caller").glob("*.py")] == ["__init__.py"]


# --- contracts


def unplaced(contracts: list[dict[str, object]], modules: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the modules of each folder that no exhaustive layers contract of that folder places."""
    placed: dict[str, set[str]] = {}
    for contract in contracts:
        containers, layers = contract.get("containers"), contract.get("layers")
        if contract["type"] == "layers" and contract.get("exhaustive") and isinstance(containers, list):
            assert isinstance(layers, list)
            for container in map(str, containers):
                placed[container] = {name.strip() for layer in layers for name in str(layer).split("|")}
    return {
        folder: names - placed.get(folder, set())
        for folder, names in modules.items()
        if names - placed.get(folder, set())
    }


def modules_of(floor: str) -> set[str]:
    return {
        path.stem
        for path in (ROOT / floor).iterdir()
        if path.name != "__init__.py" and (path.suffix == ".py" or (path / "__init__.py").exists())
    }


def test_every_module_stands_in_a_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    assert unplaced(contracts, {floor: modules_of(floor) for floor in FLOORS}) == {}


def test_twin_a_module_placed_nowhere_is_seen() -> None:
    contract: dict[str, object] = {
        "type": "layers",
        "containers": ["kiosk"],
        "exhaustive": True,
        "layers": ["cli"],
    }
    assert unplaced([contract], {"kiosk": {"cli", "stray"}}) == {"kiosk": {"stray"}}
    assert unplaced([contract | {"exhaustive": False}], {"kiosk": {"cli"}}) == {"kiosk": {"cli"}}


# --- patterns

DOLLAR = re.compile(r"(?<!\\)(?:\\\\)*\$")
PATTERN_TAKERS = {"compile", "match", "search", "fullmatch", "sub", "split", "findall", "finditer"}


def dollars(text: str) -> list[str]:
    """Return the patterns with a bare `$`, which lets a line's end pass behind what it ends; `\\Z` does not.

    Patterns that leave the program in a JSON schema are of ECMA 262, where `$` is the end.
    """
    found: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            regex = isinstance(node.func, ast.Attribute) and node.func.attr in PATTERN_TAKERS
            given = node.args[: int(regex)] + [each.value for each in node.keywords if each.arg == "pattern"]
            parts = [
                part.value for each in given for part in ast.walk(each) if isinstance(part, ast.Constant)
            ]
            texts = [each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in parts]
            found += [each for each in texts if DOLLAR.search(re.sub(r"\[[^]]*\]", "", each))]
    return found


def test_no_pattern_lets_a_line_end_pass() -> None:
    assert {path: found for path, text in product() if (found := dollars(text))} == {}


def test_twin_a_dollar_is_seen() -> None:
    assert dollars(
        "A = re.compile(r'a+$')\nB = Meta(pattern='^b$')\nC = re.sub(rb'[$]c\\$\\Z', b'$', x)"
    ) == ["a+$", "^b$"]


# --- docstrings

SUBJECTS = re.compile(r"\b(nobody|somebody|whoever|someone)\b", re.I)
MENTIONED = re.compile(r"`((?:" + "|".join(FLOORS) + r")(?:\.[a-z_]+)+)")


def riddles(text: str) -> list[str]:
    """Return the docstrings that have nobody in particular as a subject."""
    found: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            said = ast.get_docstring(node) or ""
            if SUBJECTS.search(said):
                found.append(said.split("\n")[0])
    return found


def test_docstrings_name_their_subject() -> None:
    found = {path: lines for path, text in product() if (lines := riddles(text))}
    assert found == {}


def test_twin_a_riddle_is_seen() -> None:
    assert riddles('def f():\n    """Nobody may forget to set one."""') == ["Nobody may forget to set one."]


# What a function's docstring does not begin with: its verb comes first. A property says what it is.
NO_VERB = frozenset(
    [
        "A",
        "All",
        "An",
        "Any",
        "As",
        "At",
        "Both",
        "By",
        "Each",
        "Every",
        "For",
        "From",
        "Here",
        "How",
        "If",
        "In",
        "No",
        "On",
        "One",
        "Once",
        "Only",
        "Some",
        "The",
        "These",
        "This",
        "Those",
        "To",
        "True",
        "Two",
        "Until",
        "What",
        "Whatever",
        "When",
        "Where",
        "Whether",
        "Which",
        "While",
        "Who",
        "Whose",
        "Why",
        "With",
        "Without",
    ]
)


def without_a_verb(text: str) -> list[str]:
    """Return the first lines of function docstrings that do not begin with a verb."""
    found: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = (ast.get_docstring(node) or "").split("\n")[0]
            is_property = any("property" in ast.unparse(each) for each in node.decorator_list)
            if not is_property and first.partition(" ")[0].strip(",.:;") in NO_VERB:
                found.append(first)
    return found


def test_docstrings_of_functions_begin_with_a_verb() -> None:
    found = {path: lines for path, text in product() if (lines := without_a_verb(text))}
    assert found == {}


def test_twin_a_docstring_without_a_verb_is_seen() -> None:
    noun, verb = 'def f():\n    """The point of it."""', '@property\ndef f():\n    """The point of it."""'
    assert without_a_verb(noun) == ["The point of it."]
    assert without_a_verb(verb) == []


# --- instants

INSTANT = re.compile(r"Micros|date(time)?|Callable\[\[\], Micros\]")


def instants_without_a_unit(text: str) -> list[str]:
    """Return the functions with a `now` that is no wall instant, or an `at` in seconds.

    Microseconds of the wall clock are `Micros`; seconds of a monotonic clock have another name.
    """
    found: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                name, kind = (
                    each.arg.lstrip("_"),
                    ast.unparse(each.annotation) if each.annotation else "Micros",
                )
                if (name == "now" and not INSTANT.match(kind)) or (
                    name == "at" and kind in ("float", "Seconds")
                ):
                    found.append(f"{node.name}({each.arg}: {kind})")
    return found


def test_wall_instants_and_monotonic_seconds_never_share_a_name() -> None:
    found = {path: lines for path, text in product() if (lines := instants_without_a_unit(text))}
    assert found == {}


def test_twin_seconds_named_now_are_seen() -> None:
    assert instants_without_a_unit("def f(now: float, _now: Micros): ...") == ["f(now: float)"]
    assert instants_without_a_unit("def f(at: Seconds, now: int): ...") == ["f(at: Seconds)", "f(now: int)"]


# --- what texts name


def exists(dotted: str) -> bool:
    """Is there a module of this name, or a module that defines its last part?"""
    path = ROOT / dotted.replace(".", "/")
    return path.with_suffix(".py").exists() or path.is_dir() or path.parent.with_suffix(".py").exists()


def test_modules_that_texts_name_exist() -> None:
    texts = dict(product())
    texts |= {
        str(path.relative_to(ROOT)): path.read_text("utf-8")
        for path in [*ROOT.glob("docs/*.md"), *ROOT.glob("*.md")]
    }
    gone = {
        path: lost
        for path, text in texts.items()
        if (lost := sorted({n for n in MENTIONED.findall(text) if not exists(n)}))
    }
    assert gone == {}


def test_files_that_are_begun_first_are_there() -> None:
    assert [name for name in LONGEST if not (ROOT / f"tests/{name}.py").is_file()] == []
    assert len(set(LONGEST)) == len(LONGEST)
