"""`python -m tests.mutants`: puts faults into a copy of the engine and says which the tests did not notice.

Without options all generated faults of all engine files; `--sample` takes some by `--seed`, `--only` files
whose name contains a word, `--named` the hand-picked list. Exit code 1 if any survived that is not known to
change nothing.
"""

import argparse
import random
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from tests.mutants.faults import Fault, faults
from tests.mutants.named import ENGINE, EQUIVALENT, named
from tests.mutants.trial import ROOT, Stage, Verdict


def main() -> int:
    options = _options()
    chosen = _chosen(options)
    print(f"{len(chosen)} faults", flush=True)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        verdicts = _try_all(chosen, Path(folder), options.jobs)
    survived = [verdict for verdict in verdicts if not verdict.by]
    real = [verdict for verdict in survived if verdict.fault.key not in EQUIVALENT]
    print(f"{len(verdicts)} faults: {len(verdicts) - len(survived)} noticed, {len(survived)} survived, "
          f"{len(survived) - len(real)} of these change nothing")  # fmt: skip
    for verdict in real:
        print(f"  survived: {verdict.fault.name} in {verdict.fault.text}")
    return 1 if real else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1, help="trials at a time")
    parser.add_argument("--only", default="", help="files whose name contains this")
    parser.add_argument("--named", action="store_true", help="the hand-picked faults")
    parser.add_argument("--sample", type=int, default=0, help="so many of them, by --seed")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _chosen(options: argparse.Namespace) -> list[Fault]:
    if options.named:
        return named()
    found = [
        fault
        for path in ENGINE
        if options.only in path
        for fault in faults(path, (ROOT / path).read_text(encoding="utf-8"))
    ]
    if options.sample and options.sample < len(found):
        found = random.Random(options.seed).sample(found, options.sample)
    return found


def _try_all(chosen: list[Fault], folder: Path, jobs: int) -> list[Verdict]:
    """Each job has a stage of its own; the forks leave one thread at a time."""
    stages: Queue[Stage] = Queue()
    for job in range(jobs):
        stages.put(Stage(folder / str(job)))

    def attempt(fault: Fault) -> Verdict:
        stage = stages.get()
        try:
            verdict = stage.attempt(fault)
        finally:
            stages.put(stage)
        print(f"{verdict.seconds:5.1f} s  {'noticed ' if verdict.by else 'SURVIVED'}  {fault.name}"
              f"{'  by ' + verdict.by if verdict.by else ''}", flush=True)  # fmt: skip
        return verdict

    if jobs == 1:
        return [attempt(fault) for fault in chosen]
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(attempt, chosen))


if __name__ == "__main__":
    sys.exit(main())
