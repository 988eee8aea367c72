"""Two windows with one network printer, each printing through an agent of its own: caller, agents and printer are
processes of the product, and `hallcall job` asks.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.instruments.running_hall import DEADLINE, REPO, Process, RunningHall, hallcall, until

HALL = """\
[hall]
site = "desk"
name = "小厅"

[[class]]
id = "ordinary"
name = "普通"
target_minutes = 30

[[queue]]
id = "A"
name = "登记"

[[window]]
id = "1"
name = "一号"
queues = ["A"]

[[window]]
id = "2"
name = "二号"
queues = ["A"]
"""
PRINTER = """
[[device]]
name = "w{n}"
kind = "printer"
port = "{port}?mode=text"
agent = "pc-{n}"
window = "{n}"
width_px = 384
"""
COMMAND = [sys.executable, "-m", "caller.cli"]
ENDED = ("done", "failed", "unknown")


class SimulatedPrinter:
    """`hallcall simulated printer` as a process; `type` sends it a line and waits for its answer."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.papers = folder / "papers"
        words = ["simulated", "printer", "--port", "0", "--width", "384", "--out", str(self.papers), *options]
        self._process = subprocess.Popen(
            [*COMMAND, *words], cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        self.port = self._line().split()[-1]

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def type(self, line: str) -> str:
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._line()

    def with_text(self, text: str) -> int:
        """Return how many papers that were cut bear a text."""
        return sum(text.encode("gb18030") in path.read_bytes() for path in self.papers.glob("*.bin"))

    def close(self) -> None:
        self._process.kill()
        self._process.communicate(timeout=DEADLINE)


class JobDesk:
    """The hall of two printers at one address, with what is killed and started in it."""

    def __init__(self, folder: Path, rows_per_second: float) -> None:
        self._folder = folder
        self.printer = SimulatedPrinter(folder, "--slow", str(rows_per_second))
        file = folder / "desk.toml"
        file.write_text(HALL + "".join(PRINTER.format(n=n, port=self.printer.port) for n in (1, 2)))
        (folder / "hall").mkdir()
        self.hall = RunningHall(folder / "hall", file).start()
        self.agents: dict[str, Process] = {}

    def start_agent(self, pc: str) -> None:
        if ("agent", pc) not in self.hall.tokens:
            self.hall._enrol(("agent", pc))
        words = ["agent", str(self.hall.hall), "--data", str(self.hall.data), "--name", pc]
        words += ["--caller", self.hall.caller.address, "--token", self.hall.tokens["agent", pc]]
        self.agents[pc] = Process(*words, output=self._folder / f"{pc}.txt")

    def wait_ready(self, device: str) -> None:
        """Until the printer is known to answer: one that refuses before is taken for one that is off."""
        until(lambda: self._states().get(device) == "ready", f"{device} ready")

    def _states(self) -> dict[str, str]:
        return {name: each["state"] for name, each in self.hall.fresh("devices")["devices"].items()}

    def job(self, *words: str) -> "subprocess.Popen[str]":
        """Start `hallcall job WORDS` as the manager, a process of its own."""
        return subprocess.Popen(
            [*COMMAND, *self._line(*words)], cwd=REPO, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def _line(self, verb: str, *rest: str) -> list[str]:
        hall, token = self.hall, self.hall.tokens["manager", "m1"]
        line = ["job", verb, str(hall.hall), *rest, "--data", str(hall.data)]
        return [*line, "--caller", hall.caller.address, "--token", token]

    def asked(self, *words: str) -> tuple[int, str]:
        """Return exit code and text of `hallcall job WORDS`, run in this process."""
        return hallcall(*self._line(*words))

    def jobs(self, pc: str) -> dict[str, dict[str, Any]]:
        return self.hall.fresh(f"jobs/{pc}")["jobs"]

    def listed(self) -> dict[str, Any]:
        code, text = self.asked("list", "--json")
        assert code == 0, text
        return json.loads(text)

    def ended(self, pc: str, job: str) -> dict[str, Any]:
        until(lambda: self.jobs(pc)[job]["state"] in ENDED, "the job ends")
        return self.jobs(pc)[job]

    def close(self) -> None:
        for agent in self.agents.values():
            agent.stop()
        self.hall.close()
        self.printer.close()
