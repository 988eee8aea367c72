"""The README is true: its commands exist, its files are there, its tables match the project."""

import re
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from caller.cli.main import COMMANDS
from display.office.pages import PAGES as OFFICE
from display.office.words import LANGS, office_word
from tests.instruments.running_hall import hallcall as run_here

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [README, *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))]
SECONDS = 120


def hallcall(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "caller.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, cwd=ROOT, check=False)


def commands_in_blocks(text: str) -> list[list[str]]:
    """Lines of the code blocks that call `hallcall`, as root or not, without comments, as arguments."""
    blocks = re.findall(r"```(?:console|sh|bash)?\n(.*?)```", text, re.DOTALL)
    lines = [
        re.sub(r"^(\$ )?(sudo )?(/opt/hallcall/bin/)?", "", line)
        for block in blocks
        for line in block.splitlines()
    ]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("hallcall ")]


def test_every_command_named_anywhere_exists():
    named = {name for page in PAGES for name in re.findall(r"`?hallcall ([a-z]+)", page)}
    assert named <= {*COMMANDS, "的"}, named - set(COMMANDS)


def test_every_command_of_the_program_is_in_the_readme():
    missing = [name for name in COMMANDS if not re.search(rf"hallcall {name}\b", "\n".join(PAGES))]
    assert not missing, missing


def test_the_set_up_of_a_real_hall_can_be_followed(tmp_path: Path):
    """Checks and enrolments are run as written; the long-running ones must at least take their options."""
    for arguments in commands_in_blocks((ROOT / "docs/first-hall.md").read_text(encoding="utf-8")):
        arguments = [str(tmp_path) if argument == "DATA" else argument for argument in arguments]
        runs = arguments if arguments[0] in ("check", "enrol") else [*arguments, "--help"]
        code, said = run_here(*runs)
        assert code == 0, (arguments, said)
    assert {path.name for path in (tmp_path / "tokens").iterdir()} >= {"kiosk-k1", "window-1", "web-web"}


@pytest.mark.parametrize("page", ["README.md", "docs/operations.md"])
def test_the_commands_take_what_is_written(page: str):
    for arguments in commands_in_blocks((ROOT / page).read_text(encoding="utf-8")):
        code, said = run_here(*arguments, "--help")
        assert code == 0, (arguments, said)


@pytest.mark.parametrize(
    "page", ["README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
)
def test_links_and_pictures_are_there(page: str):
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    missing = [target for target in targets if not ((ROOT / page).parent / target).exists()]
    assert not missing, missing


@pytest.mark.parametrize("room", ["caller", "config", "devices", "display", "kiosk", "tests"])
def test_every_folder_stands_on_the_map_of_rooms(room: str):
    plan = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("```")[1]
    mirrored = {"caller", "config", "devices", "display", "kiosk"} if room == "tests" else set[str]()
    folders = {path.name for path in (ROOT / room).iterdir() if any(path.glob("[!_.]*.*"))} - mirrored
    missing = {name for name in folders - {"__pycache__"} if not re.search(rf"\b{name}\b", plan)}
    assert not missing, missing


def test_every_page_of_the_office_is_in_its_document_with_who_opens_it():
    text = (ROOT / "docs/office.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([^|\n]+) \| ([a-z ]+) \|", text, re.MULTILINE))
    titles = {" ".join(office_word(lang, page.id, "title") for lang in LANGS): page.roles for page in OFFICE}
    assert {title: frozenset(roles.split()) for title, roles in rows.items()} == titles


def test_every_package_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[\[<>=]", each)[0] for each in project["dependencies"]]
    assert names == sorted(names)
    missing = [name for name in names if name not in README]
    assert not missing, missing
    assert all("<" in each or each.startswith("tzdata") for each in project["dependencies"]), "pin ranges"


def test_debian_packages_are_those_of_the_set_up():
    script = (ROOT / ".ci/debian").read_text(encoding="utf-8")
    [wanted] = re.findall(r'^want="(.*)"$', script, re.MULTILINE)
    [better] = re.findall(r'^better="(.*)"$', script, re.MULTILINE)
    assert all(package in README for package in [*wanted.split(), better])


def test_make_targets_named_are_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`?make ([a-z]+)`", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("name", ["county.toml", "village.toml"])  # all of them: tests/config/test_halls.py
def test_a_shipped_hall_passes_the_check(name: str):
    assert hallcall("check", f"config/halls/{name}").returncode == 0


def test_the_installed_command_is_something_that_runs() -> None:
    """What an installed `hallcall` imports and calls; from a checkout it is `python -m caller.cli`."""
    script = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["hallcall"]
    assert callable(EntryPoint("hallcall", script, "console_scripts").load())


def test_twin_a_module_is_no_command() -> None:
    assert not callable(EntryPoint("hallcall", "caller.cli:main", "console_scripts").load())
