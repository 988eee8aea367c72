"""The mutation tool itself: its faults compile and differ; hand-picked ones fit the code and are all noticed.

The trials run by marker `campaign`; everything else is quick and in the gate.
"""

import ast
import re
from pathlib import Path

import pytest

from tests.mutants.faults import Fault, faults
from tests.mutants.named import ENGINE, EQUIVALENT, NAMED, ROOT, named
from tests.mutants.trial import TESTS, Stage

SOME = 10  # every tenth fault is compiled; all of them take ten seconds
SAMPLE = '''
LIMIT = 3

def guard(a, b):
    """Words are left alone."""
    if a < LIMIT and b:
        raise ValueError(f"{a} of 3")
    return min(a, b) + 1

def keep(self, 号, flag=True):
    self.号 = "数字" if not flag else self.last - 号
    self.count += 1
    forget(self)
'''
EXPECTED = {
    "3 becomes 4", "3 becomes 2", "guard dropped: if a < LIMIT and b", "Lt becomes LtE", "Lt becomes GtE",
    "and/or swapped: a < LIMIT and b", "without a < LIMIT", "without b", "min/max swapped: min(a, b)",
    "other sign: min(a, b) + 1", "1 becomes 2", "1 becomes 0", "keep does nothing", "True becomes False",
    "dropped: self.号 = '数字' if not flag else self.last - 号", "not dropped: not flag",
    "else first: '数字' if not flag else self.last - 号", "always: '数字' if not flag else self.last - 号",
    "other sign: self.last - 号", "dropped: self.count += 1", "dropped: forget(self)",
}  # fmt: skip


def test_each_kind_of_fault_is_made_and_nothing_else():
    found = faults("sample.py", SAMPLE)
    assert {fault.what for fault in found} == EXPECTED
    assert len({fault.source for fault in found}) == len(found)


def test_a_fault_changes_one_place_and_leaves_the_words():
    for fault in faults("sample.py", SAMPLE):
        changed = [line for line in fault.source.splitlines() if line not in SAMPLE.splitlines()]
        assert changed, fault.name
        ast.parse(fault.source)
        assert '"""Words are left alone."""' in fault.source
        assert "of 3" in fault.source or "guard dropped" in fault.what


@pytest.mark.parametrize("path", ENGINE)
def test_faults_of_the_engine_can_be_compiled(path: str):
    source = (ROOT / path).read_text(encoding="utf-8")
    for fault in faults(path, source)[::SOME]:
        ast.parse(fault.source)
        assert fault.source != source


def test_hand_picked_faults_fit_the_code():
    assert len(named()) == len(NAMED) >= 20
    for fault in named():
        ast.parse(fault.source)
    assert {"turns", "tickets", "hall"} <= {name for name, _, _ in NAMED.values()}


def test_what_is_called_equivalent_is_a_fault_and_says_why():
    known = {
        fault.key for path in ENGINE for fault in faults(path, (ROOT / path).read_text(encoding="utf-8"))
    }
    assert set(EQUIVALENT) <= known
    assert all(len(reason) > 10 for reason in EQUIVALENT.values())


def test_the_tests_of_the_trials_exist():
    assert all((ROOT / test).exists() for test in TESTS)


@pytest.mark.campaign
def test_all_hand_picked_faults_are_noticed_and_a_harmless_one_is_not(tmp_path: Path):
    stage = Stage(tmp_path)
    path = "caller/engine/numbers.py"
    source = (ROOT / path).read_text(encoding="utf-8")
    harmless = Fault(path, 1, "a comment", source + "# nothing\n")
    assert not stage.attempt(harmless).by
    verdicts = [stage.attempt(fault) for fault in named()]
    survived = [verdict.fault.name for verdict in verdicts if not verdict.by]
    print(f"\n{len(verdicts)} hand-picked faults, {len(verdicts) - len(survived)} noticed")
    assert not survived
    assert not any(re.search("could not be run", verdict.by) for verdict in verdicts)
