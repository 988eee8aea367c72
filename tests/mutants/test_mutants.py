"""The named faults fit the code, and the tests notice every one of them (the trials run by marker `campaign`)."""

import ast
from pathlib import Path

import pytest

from tests.mutants.named import NAMED, ROOT, Fault, named
from tests.mutants.trial import TESTS, Stage


def test_named_faults_fit_the_code():
    assert len(named()) == len(NAMED) >= 50
    for fault in named():
        ast.parse(fault.source)
    assert {"queueing", "tickets", "hall"} <= {name for name, _, _ in NAMED.values()}


def test_the_tests_of_the_trials_exist():
    assert all((ROOT / test).exists() for test in TESTS)


@pytest.mark.campaign
def test_all_named_faults_are_noticed_and_a_harmless_one_is_not(tmp_path: Path):
    stage = Stage(tmp_path)
    path = "caller/engine/tickets.py"
    source = (ROOT / path).read_text(encoding="utf-8")
    harmless = Fault(path, "a comment", source + "# nothing\n")
    assert not stage.attempt(harmless).by
    verdicts = [stage.attempt(fault) for fault in named()]
    survived = [verdict.fault.name for verdict in verdicts if not verdict.by]
    assert not survived
    assert not any("could not be run" in verdict.by for verdict in verdicts)
