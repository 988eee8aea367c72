"""A job printed at a window's agent through caller restart, agent restart, paper out, cable out: printed once or said
to be unknown. Every part is a process of the product.
"""

import os
import pty
import random
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from caller.engine.commands import RequestJob
from tests.instruments.job_desk import COMMAND, JobDesk
from tests.instruments.running_hall import DEADLINE, REPO, Process, until

SLOW = 400.0  # rows a second: a slip takes over a second, longer than any fault needs to strike


TOOLS = {  # what the agents' PC has, before whatever else this one has
    "amixer": '#!/bin/sh\n[ "$3" = PCM ]\n',
    "brightnessctl": "#!/bin/sh\nexit 1\n",
    "xrandr": "#!/bin/sh\necho no screen >&2\nexit 1\n",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobDesk]:
    """One for all: each test leaves the agent of pc-1 running and the printer as it was."""
    tmp_path, monkeypatch = tmp_path_factory.mktemp("desk"), pytest.MonkeyPatch()
    (tmp_path / "tools").mkdir()
    for name, text in TOOLS.items():
        (tmp_path / "tools" / name).write_text(text)
        (tmp_path / "tools" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'tools'}:{os.environ['PATH']}")
    made = JobDesk(tmp_path, SLOW)
    made.start_agent("pc-1")
    made.wait_ready("w1")
    yield made
    made.close()
    monkeypatch.undo()


def slip(desk: JobDesk) -> tuple[str, str]:
    """Take a number and ask for its slip at window 1; return job and number, when an agent has it."""
    taken = desk.hall.take("A")
    job = desk.hall.send(RequestJob("pc-1", "print-slip", "w1", taken["ticket"], seconds=300))["job"]
    until(lambda: desk.jobs("pc-1")[job]["state"] != "requested", "an agent takes the job")
    return job, taken["number"]


def test_the_manager_prints_asks_again_and_reads_what_became_of_it(desk: JobDesk) -> None:
    before, reprints = set(desk.listed()["pc-1"]), desk.printer.with_text("补打")
    number = desk.hall.take("A")["number"]
    printing = desk.job("slip", number.lower(), "--printer", "w1")
    text, _ = printing.communicate(timeout=4 * DEADLINE)
    assert (printing.returncode, "已完成 done" in text) == (0, True), text
    assert (desk.printer.with_text(number), desk.printer.with_text("补打")) == (1, reprints + 1)
    assert desk.asked("test", "w1") == (0, "w1: 已完成 done\n")

    desk.printer.type("paper out")
    code, text = desk.asked("test", "w1")
    assert code == 1
    assert "未完成 failed" in text
    assert "缺纸" in text
    assert "缺纸" in desk.asked("list")[1]
    desk.printer.type("paper in")
    assert desk.asked("test", "w1")[0] == 0
    jobs = desk.listed()["pc-1"]
    states = [job["state"] for id, job in jobs.items() if id not in before]
    assert states == ["done", "done", "failed", "done"]

    code, text = desk.asked("slip", "Z999", "--printer", "w1")
    assert (code, "没有这个号码" in text) == (1, True), text
    code, text = desk.asked("test", "w9")
    assert (code, "w1, w2" in text) == (2, True), text
    assert desk.asked("volume", "pc-1", "40") == (0, "pc-1: 已完成 done PCM 40%\n")
    code, text = desk.asked("brightness", "pc-1", "40")
    assert (code, "本机不能调节亮度" in text, "no screen" in text) == (1, True, True), text
    code, text = desk.asked("screenshot", "pc-1")
    assert (code, "没有取号机" in text) == (2, True), text

    code, text = desk.asked("test", "w2", "--seconds", "5")  # no agent there
    assert (code, "没有站点程序取走" in text) == (1, True), text


@pytest.mark.campaign  # in one process, in the gate: tests/devices/test_agent_prints.py
def test_killed_pulled_and_restarted_in_the_midst_of_a_paper(desk: JobDesk) -> None:
    """Caller killed: done. Agent killed: unknown. Cable pulled: unknown. Each paper at most once."""
    job, number = slip(desk)
    desk.hall.kill_caller()
    desk.hall.restart_caller()
    assert desk.ended("pc-1", job)["state"] == "done"
    assert desk.printer.with_text(number) == 1

    job, number = slip(desk)
    desk.agents["pc-1"].kill()
    assert desk.jobs("pc-1")[job]["state"] == "taken"
    desk.start_agent("pc-1")
    assert desk.ended("pc-1", job)["state"] == "unknown"
    desk.wait_ready("w1")
    assert desk.asked("test", "w1")[0] == 0
    assert desk.printer.with_text(number) <= 1

    job, number = slip(desk)
    desk.printer.type("unplug")
    assert desk.ended("pc-1", job)["state"] in ("unknown", "failed")
    before = desk.printer.with_text(number)
    desk.printer.type("plug")
    # Its state may still be the one from before the cable was pulled, and the first paper meets the dead line.
    until(lambda: desk.asked("test", "w1")[0] == 0, "it prints again")
    assert desk.printer.with_text(number) == before <= 1


def _begins_again(desk: JobDesk, name: str, process: Process, ready: str) -> None:
    """The manager hears of a restart from the program that follows, which says that it is ready once more."""
    code, text = desk.asked("restart", name)
    assert (code, f"{name}: 已完成 done 已重新启动" in text) == (0, True), text
    until(lambda: process.text().count(ready) == 2, "the program says so again")


@contextmanager
def terminal(*words: str) -> Generator[Callable[[], int | None]]:
    """A program on a terminal of its own; whether it has ended."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*COMMAND, *words], cwd=REPO, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    drain = threading.Thread(target=_drain, args=(ours,))
    drain.start()
    try:
        yield process.poll
    finally:
        process.kill()
        process.wait(DEADLINE)
        drain.join(DEADLINE)
        os.close(ours)


def _drain(terminal: int) -> None:
    with suppress(OSError):  # the program has ended
        while os.read(terminal, 65536):
            pass


def test_the_manager_restarts_each_program_and_hears_it_from_the_new_one(
    desk: JobDesk, tmp_path: Path
) -> None:
    agent = desk.agents["pc-1"]
    code, text = desk.asked("restart", "pc-1")
    assert (code, "pc-1: 已完成 done 已重新启动" in text) == (0, True), text
    until(lambda: agent.text().count("agent ready") == 2, "the program says so again")
    desk.wait_ready("w1")
    # Its printer answers within a second, or the paper is unknown: on a machine that is very busy one asks again.
    until(lambda: desk.asked("test", "w1")[0] == 0, "it prints again")
    _begins_again(desk, "web", desk.hall.web, "web ready")
    desk.hall._enrol(("deliver", "deliver"), ("window", "1"))
    here = ["--data", str(desk.hall.data), "--caller", desk.hall.caller.address, "--token"]
    deliver = Process(
        "deliver", str(desk.hall.hall), *here, desk.hall.tokens["deliver", "deliver"],
        output=tmp_path / "deliver.txt",
    )  # fmt: skip
    try:
        _begins_again(desk, "deliver", deliver, "deliver ready")
    finally:
        deliver.stop()
    with terminal(
        "window", str(desk.hall.hall), "--window", "1", *here, desk.hall.tokens["window", "1"]
    ) as pid:
        code, text = desk.asked("restart", "window/1")
        assert (code, "1: 已完成 done 已重新启动" in text) == (0, True), text
        assert pid() is None, "the same process goes on"
    code, text = desk.asked("restart", "pc-7")
    assert (code, "可用：pc-1, pc-2" in text) == (2, True), text
    code, text = desk.asked("ask", "e1")
    assert (code, "没有评价器“e1”" in text) == (2, True), text


@pytest.mark.campaign  # in one process, in the gate: tests/devices/printer/test_turns.py
def test_two_agents_at_one_printer_wait_for_each_other(desk: JobDesk) -> None:
    papers = desk.printer.with_text("打印测试")
    desk.start_agent("pc-2")
    try:
        desk.wait_ready("w2")
        running = [desk.job("test", name) for name in ("w1", "w2") for _ in range(2)]
        said = [each.communicate(timeout=120)[0] for each in running]
        assert [each.returncode for each in running] == [0] * 4, said
        assert desk.printer.with_text("打印测试") == papers + 4
    finally:
        desk.agents["pc-2"].stop()


ROUNDS = int(os.environ.get("JOB_ROUNDS", "60"))


@pytest.mark.campaign
def test_struck_at_any_moment_a_slip_comes_at_most_once(desk: JobDesk) -> None:
    """Random kills of caller and agent, by a seed: what is done was printed once, what failed not at all."""
    rng = random.Random(11)
    ends: dict[str, str] = {}  # number → how its job ended
    for _ in range(ROUNDS):
        taken = desk.hall.take("A")
        job = desk.hall.send(RequestJob("pc-1", "print-slip", "w1", taken["ticket"], seconds=300))["job"]
        time.sleep(rng.uniform(0, 1.5))  # when it strikes, not what is waited for
        if rng.random() < 0.5:
            desk.agents["pc-1"].kill()
            desk.start_agent("pc-1")
        else:
            desk.hall.kill_caller()
            desk.hall.restart_caller()
        ends[taken["number"]] = desk.ended("pc-1", job)["state"]
        desk.wait_ready("w1")
    assert desk.asked("test", "w1")[0] == 0
    until(lambda: desk.printer.with_text("打印测试"), "the last paper lies in the archive")
    for number, state in ends.items():
        papers = desk.printer.with_text(number)
        assert papers in {"done": (1,), "failed": (0,), "unknown": (0, 1)}[state], (number, state, papers)
