"""Prints the dependencies as they are resolved now, one version each with its file's hash: `make lock`.

For the Python and the machine that it runs on. `pip` resolves; nothing is installed.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAD = "# Made by `make lock`; used by `make deb` and `make bundle`. Each file is checked by its hash.\n"


def main() -> None:
    """Print the lock."""
    words = [
        "install",
        "--dry-run",
        "--ignore-installed",
        "--only-binary=:all:",
        "--no-binary=hallcall",
        "--quiet",
        "--report",
        "-",
    ]
    done = subprocess.run([sys.executable, "-m", "pip", *words, str(ROOT)], capture_output=True, check=True)
    packages = json.loads(done.stdout)["install"]
    print(HEAD, end="")
    for each in sorted(packages, key=lambda each: each["metadata"]["name"].lower()):
        name, version = each["metadata"]["name"], each["metadata"]["version"]
        digest = each["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256")
        if name.lower() != "hallcall":
            print(f"{name}=={version} --hash=sha256:{digest}")


if __name__ == "__main__":
    main()
