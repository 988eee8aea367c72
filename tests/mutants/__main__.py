"""`python -m tests.mutants [WORD]`: puts each named fault into a copy of the engine; exit code 1 if one is not noticed.

WORD takes only the faults whose file or name contains it.
"""

import sys
import tempfile
from pathlib import Path

from tests.mutants.named import named
from tests.mutants.trial import Stage


def main(word: str) -> int:
    chosen = [fault for fault in named() if word in fault.path or word in fault.name]
    survived: list[str] = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        stage = Stage(Path(folder))
        for fault in chosen:
            verdict = stage.attempt(fault)
            survived += [] if verdict.by else [fault.name]
            print(f"{verdict.seconds:5.1f} s  {fault.name}: {verdict.by or 'SURVIVED'}", flush=True)
    print(f"{len(chosen)} faults: {len(chosen) - len(survived)} noticed, {len(survived)} survived")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
