"""The dependencies as they were resolved at one time: one version of each, with the hash of every file, for all platforms.

    lock.py make                     resolves anew (uv) and writes lock.txt; then platforms.txt. `make lock`
    lock.py platforms                writes platforms.txt: which file of each dependency every platform gets
    lock.py for 3.12 win_amd64       prints the part of lock.txt for one Python and platform, as pip takes it
    lock.py fetch FOLDER             downloads the wheels of all platforms, each checked by its hash. `make bundle`

uv resolves for all platforms at once and writes markers; pip takes no markers of another platform, so `for` judges them
here. A dependency without a wheel for a platform fails there: nothing is compiled at a hall.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pip._vendor.packaging.requirements import (
    Requirement,
)  # pip's own: the build environment has pip and no more

HERE = Path(__file__).parent
LOCK, PLATFORMS = HERE / "lock.txt", HERE / "platforms.txt"
EXTRAS = (
    "usb",
    "notify",
    "gm",
    "postgres",
)  # what a hall may need and cannot fetch; the voices are hundreds of MB
PYTHONS = ("3.11", "3.12", "3.13")
HEAD = "# Made by `make lock` for CPython 3.11–3.13 on Linux (x86-64, ARM64) and Windows; each file is checked by its hash.\n"
# glibc 2.28 is that of Debian 10 and of the domestic systems in use; what is newer would run on fewer.
GLIBC = ("2_28", "2_27", "2_26", "2_24", "2_17", "2_12", "2_5")
LEGACY = ("manylinux2014", "manylinux2010", "manylinux1")


class Target(NamedTuple):
    """One Python on one kind of machine. `platform`: linux_x86_64, linux_aarch64 or win_amd64."""

    python: str
    platform: str

    @property
    def markers(self) -> dict[str, str]:
        """What a requirement's marker asks."""
        windows = self.platform == "win_amd64"
        return {
            "python_version": self.python, "python_full_version": f"{self.python}.0",
            "sys_platform": "win32" if windows else "linux", "os_name": "nt" if windows else "posix",
            "platform_system": "Windows" if windows else "Linux",
            "platform_machine": "AMD64" if windows else self.platform.removeprefix("linux_"),
            "implementation_name": "cpython", "platform_python_implementation": "CPython", "extra": "",
        }  # fmt: skip

    @property
    def words(self) -> list[str]:
        """How pip is told of it."""
        machine = self.platform.removeprefix("linux_")
        tags = [f"manylinux_{each}_{machine}" for each in GLIBC] + [f"{each}_{machine}" for each in LEGACY]
        names = [self.platform] if self.platform == "win_amd64" else tags
        abis = ("abi3", "none", f"cp{self.python.replace('.', '')}")
        words = ["--python-version", self.python, "--implementation", "cp"]
        words += [word for each in names for word in ("--platform", each)]
        return words + [word for each in abis for word in ("--abi", each)]


TARGETS = [Target(each, name) for each in PYTHONS for name in ("linux_x86_64", "linux_aarch64", "win_amd64")]


def blocks(text: str) -> Iterator[tuple[Requirement, list[str]]]:
    """Return each requirement of a lock with its hashes."""
    for block in text.replace("\\\n", " ").splitlines():
        if block and not block.startswith("#"):
            first, *hashes = block.split(" --hash=")
            yield Requirement(first.strip()), [each.strip() for each in hashes]


def lines_for(text: str, target: Target) -> list[str]:
    """Return the requirements of a lock for one target, without markers."""
    chosen = [
        (each, hashes)
        for each, hashes in blocks(text)
        if not each.marker or each.marker.evaluate(target.markers)
    ]
    return [
        f"{each.name}{each.specifier} " + " ".join(f"--hash={one}" for one in hashes)
        for each, hashes in chosen
    ]


def main(words: list[str]) -> None:
    """Do what the command line says."""
    match words:
        case ["make"]:
            LOCK.write_text(HEAD + _resolved(), "utf-8")
            PLATFORMS.write_text(table(), "utf-8")
        case ["platforms"]:
            PLATFORMS.write_text(table(), "utf-8")
        case ["for", python, platform]:
            print("\n".join(lines_for(LOCK.read_text("utf-8"), Target(python, platform))))
        case ["fetch", folder]:
            for target in TARGETS:
                _pip("download", target, "--quiet", "--dest", folder)
                print(f"{target.python} {target.platform}", file=sys.stderr)
        case _:
            sys.exit(__doc__)


def _resolved() -> str:
    extras = [word for each in EXTRAS for word in ("--extra", each)]
    words = ["pip", "compile", "--quiet", "--universal", "--python-version", PYTHONS[0], "--generate-hashes"]
    words += ["--no-annotate", "--no-header", "--upgrade", *extras, str(HERE.parent / "pyproject.toml")]
    done = subprocess.run([sys.executable, "-m", "uv", *words], capture_output=True, text=True, check=True)
    return done.stdout


def table() -> str:
    """Return, for each dependency, the tags of the file that every target gets."""
    found: dict[str, dict[Target, str]] = {}
    for target in TARGETS:
        report = json.loads(
            _pip(
                "install",
                target,
                "--dry-run",
                "--ignore-installed",
                "--target",
                "none",
                "--quiet",
                "--report",
                "-",
            )
        )
        for each in report["install"]:
            name = each["download_info"]["url"].rpartition("/")[2]
            tags = "-".join(name.removesuffix(".whl").split("-")[-3:])
            known = found.setdefault(f"{each['metadata']['name']} {each['metadata']['version']}", {})
            known[target] = "pure" if tags.endswith("none-any") else tags
    return HEAD + "".join(f"{line}\n" for line in _rows(found))


def _rows(found: dict[str, dict[Target, str]]) -> Iterable[str]:
    for name in sorted(found, key=str.lower):
        files = found[name]
        if set(files.values()) == {"pure"} and len(files) == len(TARGETS):
            yield f"{name}: pure"
            continue
        yield f"{name}:"
        for target in TARGETS:
            yield f"  {target.python} {target.platform} {files.get(target, 'not needed')}"


def _pip(command: str, target: Target, *words: str) -> str:
    """Run pip for a target and return what it prints. What it cannot get ends this with pip's words."""
    lines = "\n".join(lines_for(LOCK.read_text("utf-8"), target))
    common = ["--disable-pip-version-check", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text(lines, "utf-8")
        return subprocess.run(
            [sys.executable, "-m", "pip", command, *common, *target.words, *words, "--requirement", str(listed)],
            stdout=subprocess.PIPE, text=True, check=True,
        ).stdout  # fmt: skip


def wanted() -> list[Requirement]:
    """Return what pyproject.toml asks for, with the extras that are in the lock."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [each for name in EXTRAS for each in project["optional-dependencies"][name]]
    return [Requirement(each) for each in [*project["dependencies"], *extras]]


if __name__ == "__main__":
    main(sys.argv[1:])
