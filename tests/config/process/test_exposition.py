"""A process tells of itself what Linux says, under the names that monitoring systems know."""

import time
from pathlib import Path

import pytest

from config.process import exposition


def told() -> dict[str, str]:
    parted = [line.rpartition(" ") for line in exposition.of_process("test") if line[0] != "#"]
    return {name: value for name, _, value in parted}


def test_a_process_tells_of_itself() -> None:
    found = told()
    assert 'hallcall_info{program="test",version="' in next(iter(found))
    rss = int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]) * 1024
    assert int(found["process_resident_memory_bytes"]) == pytest.approx(rss, rel=0.2)
    assert 3 <= int(found["process_open_fds"]) < 5_000
    assert int(found["process_cpu_seconds_total"]) <= time.process_time() + 1
    assert abs(int(found["process_start_time_seconds"]) - time.time()) < 86_400 * 7


def test_where_there_is_no_proc_it_tells_its_name_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(exposition, "SELF", tmp_path / "none")
    assert list(told().values()) == ["1"]


def test_an_answer_is_lines_each_with_its_end() -> None:
    measured = exposition.gauge("a", "what", [("", 1), ('b="c"', 2)])
    assert exposition.text_of(measured, ["z 0"]) == '# HELP a what\n# TYPE a gauge\na 1\na{b="c"} 2\nz 0\n'
