"""The package and the offline folder are built for real, installed with no network in sight, and run."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = "/usr/bin/python3"  # the release's own, which a package is for
BUILD_SECONDS = 1800  # wheels are fetched and compiled
ROOTLESS = os.geteuid() != 0
pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(not Path(PYTHON).exists() or not shutil.which("dpkg-deb"), reason="needs Debian"),
]


def made(target: str, folder: Path) -> Path:
    """Return what a make target built, which its last line names."""
    done = subprocess.run(
        ["make", "-C", str(ROOT), "--no-print-directory", target, f"PYTHON={PYTHON}"],
        env=os.environ | {"DIST": str(folder)}, capture_output=True, text=True, timeout=BUILD_SECONDS, check=True,
    )  # fmt: skip
    return Path(done.stdout.splitlines()[-1])


def without_network(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command where no network card is up, not even the loopback's."""
    return subprocess.run(
        ["unshare", "--net", *words], capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
    )


def release() -> str:
    """The name of this machine's Debian."""
    lines = Path("/etc/os-release").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)["VERSION_CODENAME"]


def test_the_package_holds_a_program_of_its_own(tmp_path: Path):
    """Unpacked under a folder, its interpreter runs the product from there; nothing names the place it was built in."""
    package = made("deb", tmp_path)
    tree = tmp_path / "tree"
    subprocess.run(["dpkg-deb", "-x", str(package), str(tree)], check=True)
    place = tree / "opt/hallcall"
    assert (place / "bin/hallcall").read_text("utf-8").startswith("#!/opt/hallcall/bin/python\n")
    texts = [path for path in (place / "bin").iterdir() if path.is_file() and not path.is_symlink()]
    assert [path for path in texts if str(tmp_path).encode() in path.read_bytes()] == []
    done = subprocess.run(
        [str(place / "bin/python"), "-m", "caller.cli", "check", str(ROOT / "config/halls/village.toml")],
        capture_output=True, text=True, cwd=tmp_path, timeout=BUILD_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    control = subprocess.run(
        ["dpkg-deb", "-f", str(package), "Depends"], capture_output=True, text=True, check=True
    )
    assert "python3 (>= 3." in control.stdout


@pytest.mark.skipif(ROOTLESS, reason="a network namespace is root's to make")
def test_the_offline_folder_installs_with_the_network_cut_off(tmp_path: Path):
    folder = made("bundle", tmp_path)
    place = tmp_path / "opt"
    installed = without_network(["env", "HALLCALL_DEBS=no", "sh", str(folder / "install.sh"), str(place)])
    assert installed.returncode == 0, installed.stderr
    checked = without_network([str(place / "bin/hallcall"), "check", str(ROOT / "config/halls/village.toml")])
    assert checked.returncode == 0, checked.stderr
    (wheel,) = (folder / "wheels").glob("click-*.whl")
    wheel.write_bytes(wheel.read_bytes()[:-1])
    damaged = without_network(["sh", str(folder / "install.sh"), str(tmp_path / "other")])
    assert (damaged.returncode, (tmp_path / "other").exists()) == (2, False)


@pytest.mark.skipif(ROOTLESS or not shutil.which("debootstrap"), reason="needs root and debootstrap")
def test_the_offline_folder_brings_what_a_bare_debian_lacks(tmp_path: Path):
    folder = made("bundle", tmp_path)
    bare = tmp_path / "root"
    subprocess.run(
        ["debootstrap", "--variant=minbase", release(), str(bare)], capture_output=True, check=True
    )
    shutil.copytree(folder, bare / "mnt/usb stick")
    shutil.copy(ROOT / "config/halls/village.toml", bare / "mnt/hall.toml")

    def inside(*words: str) -> str:
        as_started = [
            "unshare",
            "--pid",
            "--fork",
            f"--mount-proc={bare / 'proc'}",
        ]  # Debian's chromium asks /proc
        done = without_network([*as_started, "chroot", str(bare), *words])
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert without_network(["chroot", str(bare), "python3", "--version"]).returncode != 0
    inside("sh", "/mnt/usb stick/install.sh")
    inside("/opt/hallcall/bin/hallcall", "check", "/mnt/hall.toml")
    assert "Chromium" in inside("chromium", "--version")
    assert "Noto" in inside("fc-list", ":lang=zh")
    assert "eSpeak" in inside("espeak-ng", "--version")
    assert "Debian packages" not in inside("sh", "/mnt/usb stick/install.sh")  # nothing is missing any more
    print(
        subprocess.run(
            ["du", "-sm", folder, folder / "debs"], capture_output=True, text=True, check=True
        ).stdout
    )


NEEDS = ("debootstrap", "systemd-nspawn")


@pytest.mark.skipif(
    ROOTLESS or not all(map(shutil.which, NEEDS)), reason="needs root, debootstrap, systemd-container"
)
def test_the_package_lives_in_a_fresh_debian_and_versions_that_do_not_work_are_taken_back(tmp_path: Path):
    """Installed, set up, first number, reboot; then two later versions that do not work, on a hall with history."""
    package = made("deb", tmp_path)
    played = subprocess.run(
        ["sh", str(ROOT / "packaging/fresh_root.sh"), str(package)],
        env=os.environ | {"RELEASE": release()},
        capture_output=True, text=True, timeout=2 * BUILD_SECONDS, check=False,
    )  # fmt: skip
    print(played.stdout)
    assert played.returncode == 0, played.stdout + played.stderr
    assert played.stdout.count("taken back to") == 2


@pytest.mark.skipif(ROOTLESS, reason="a network namespace is root's to make")
def test_twin_the_network_is_cut_off_indeed():
    program = "import socket; socket.create_connection(('127.0.0.1', 9), 2)"
    assert "unreachable" in without_network([sys.executable, "-c", program]).stderr
