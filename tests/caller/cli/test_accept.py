"""`hallcall accept`: the scripted hour on a hall whose caller, agent and printer are processes, and whose hands are real too."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from caller.cli import accept
from caller.client.client import Client, RefusedError, new_id
from caller.engine.commands import CallNext, CancelTicket, FinishService, OpenWindow, StartService
from caller.eventlog import LOG_NAME, Reader, Record
from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account
from caller.probes import acceptance
from caller.probes import acceptance_steps as steps
from caller.probes.acceptance_steps import STEPS
from caller.reports.acceptance_paper import AcceptanceRecord, StepResult
from tests.instruments.caller_fixture import kept_port
from tests.instruments.caller_fixture import until as soon
from tests.instruments.job_desk import HALL, JobDesk
from tests.instruments.office_hall import SECRET
from tests.instruments.running_hall import RunningHall, hallcall, until

HARDWARE = ("numbers", "two-windows", "paper", "device-cable", "station-power", "caller-power")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobDesk]:
    made = JobDesk(tmp_path_factory.mktemp("accept"), 20_000.0)
    made.start_agent("pc-1")
    made.wait_ready("w1")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test machine may be slow: what a figure must reach is no matter here, only that it is measured."""
    for name in ("NOTICED_SECONDS", "BACK_SECONDS"):
        monkeypatch.setattr(f"caller.probes.acceptance_steps.{name}", 1e6)
    for name, value in (("ANSWER_SECONDS", 1e6), ("SHOWN_MS", 1e6), ("ROUNDS", 3), ("NUMBERS", 5)):
        monkeypatch.setattr(f"caller.probes.acceptance_steps.{name}", value)


def run(desk: JobDesk, *options: str) -> tuple[int, str]:
    hall = desk.hall
    line = ["accept", str(hall.hall), "--data", str(hall.data), "--caller", hall.caller.address]
    return hallcall(*line, "--token", hall.tokens["manager", "m1"], *options)


def only(*steps: str) -> list[str]:
    return [word for step in steps for word in ("--only", step)]


def results(desk: JobDesk) -> dict[str, StepResult]:
    return msgspec.json.decode(
        (desk.hall.data / accept.RECORD_NAME).read_bytes(), type=AcceptanceRecord
    ).results


def hands(desk: JobDesk) -> Callable[[str, str], bool]:
    """Hands that do what they are asked, in this hall; what they cannot do they leave out."""
    acts: dict[str, Callable[[], object]] = {
        "take the paper out": lambda: desk.printer.type("paper out"),
        "put paper into": lambda: desk.printer.type("paper in"),
        "pull the cable": lambda: desk.printer.type("unplug"),
        "plug the cable": lambda: desk.printer.type("plug"),
        "cut the power of PC": lambda: desk.agents["pc-1"].kill(),
        "switch pc-1 on": lambda: desk.start_agent("pc-1"),
        "cut the power of the caller": desk.hall.kill_caller,
        "switch it on": desk.hall.restart_caller,
    }

    def act(_zh: str, en: str) -> bool:
        done = next((each for words, each in acts.items() if en.startswith(words)), None)
        if done:
            done()
        return done is not None

    return act


def test_the_hour_is_played_on_real_devices_and_told_on_paper(
    desk: JobDesk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(accept, "_hands", hands(desk))
    page = tmp_path / "report.html"
    code, said = run(desk, *only(*HARDWARE), "--anew", "--html", str(page))  # not what another test left
    found = results(desk)
    assert {step: found[step].verdict for step in HARDWARE} == dict.fromkeys(HARDWARE, "passed"), said
    assert (code, "已做各步合格，5 步未做" in said) == (0, True), said
    names = {each.en for step in HARDWARE for each in found[step].figures}
    assert {"paper out is told", "ready after the cable", "the caller is back", "called twice"} <= names
    text = page.read_text("utf-8")
    assert "技术参数响应表" in text
    assert text.count("没有做过") == 2 * (len(STEPS) - len(HARDWARE))  # in both tables
    assert text.count("负偏离") == 0
    assert desk.hall.fresh("supervise")["counts"]["waiting"] == 0  # what it took is cancelled
    code, said = run(desk, *only("clock", "fail-over", "network-cable", "full-queue"))
    left_out = {
        step: results(desk)[step].verdict for step in ("clock", "fail-over", "network-cable", "full-queue")
    }
    assert set(left_out.values()) == {"left-out"}, said
    assert "没有每天限号的队列" in said


def test_hands_that_do_nothing_are_found_out(desk: JobDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: a person says that the paper is out, and it is not."""
    monkeypatch.setattr(accept, "_hands", lambda _zh, _en: True)
    monkeypatch.setattr(acceptance, "PATIENCE_SECONDS", 0.5)
    until(lambda: desk.hall.fresh("devices")["devices"]["w1"]["state"] == "ready", "w1 ready")
    page = desk.hall.folder / "failed.html"
    code, said = run(desk, *only("paper", "clock"), "--anew", "--html", str(page))
    assert (code, results(desk)["paper"].verdict, results(desk)["clock"].verdict) == (1, "failed", "failed")
    assert "没有看到：缺纸报警" in said
    assert "没有看到：时钟报警" in said
    text = page.read_text("utf-8")
    assert (text.count("负偏离"), text.count("未测 not measured")) == (2, len(STEPS) - 2)
    assert "不合格 not accepted" in said


def test_a_hall_at_work_is_left_alone(desk: JobDesk) -> None:
    taken = desk.hall.take("A")
    until(lambda: desk.hall.fresh("supervise")["counts"]["waiting"] == 1, "one waits")
    code, said = run(desk, *only("numbers"), "--anew")
    assert (code, "1 人等候" in said, "before it opens" in said) == (2, True, True), said
    desk.hall.send(CancelTicket(taken["ticket"]))


def test_a_record_that_is_none_is_said_to_be(desk: JobDesk) -> None:
    (desk.hall.data / accept.RECORD_NAME).write_text("[]")
    code, said = run(desk, "--report")
    (desk.hall.data / accept.RECORD_NAME).unlink()
    assert (code, "--anew" in said) == (2, True), said


# --- a hall in which nobody acts without an account


class SignedInHall(RunningHall):
    """Its caller, and the accounts of a manager and two clerks."""

    def start(self) -> "SignedInHall":
        self.data.mkdir(parents=True)
        with self.hall.open("a") as file:
            file.write("[accounts]\nrequired = true\n")
        self._enrol(("manager", "m1"), ("window", "1"), ("window", "2"))
        with closing(AccountStore(self.data)) as store:
            for staff, role in (("1001", "manager"), ("2001", "clerk"), ("2002", "clerk")):
                act = Act(new_id(), "account-added", f"account/{staff}", "test", "test", 1)
                store.add(Account(staff, roles=(role,)), SECRET, act)
        self.caller = self._start_caller(kept_port())
        self.port = int(self.caller.address.rpartition(":")[2])
        until(lambda: self.events("DayOpened"), "the business day opened by itself")
        return self

    def events(self, kind: str) -> list[Record]:
        with Reader(self.data / LOG_NAME) as log:
            return [each for each in log.after(0) if each.event_kind == kind]

    def two_clerks(self) -> None:
        """What the two persons do whom the acceptance asks: sign in, call at once, end it; each as often as is asked."""

        async def serves(window: str, staff: str) -> None:
            token = self.tokens["window", window]
            async with Client(self.caller.address, token, [f"window/{window}"]) as line:
                await line.until("current")
                await line.persons.sign_in(staff, SECRET)
                await line.send(OpenWindow(window, staff, ["A"]))
                for _ in range(steps.ROUNDS):
                    for verb in (CallNext, StartService, FinishService):
                        await pressed(line, window, verb)

        async def both() -> None:
            await asyncio.gather(serves("1", "2001"), serves("2", "2002"))

        self._run(both())


async def pressed(line: Client, window: str, verb: Any) -> None:
    """Press on the newest picture, and once more where it has changed meanwhile."""
    while True:
        view = line.views[f"window/{window}"]
        try:
            await line.send(verb(window, view["version"]))
        except RefusedError as refused:
            if refused.frame.code != "stale-view":
                raise
        else:
            return
        await soon(lambda view=view: line.views[f"window/{window}"] is not view, "the picture has changed")


def test_the_hour_is_played_in_a_hall_that_wants_accounts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "desk.toml"
    file.write_text(HALL)
    hall = SignedInHall(tmp_path, file).start()
    line = ["accept", str(hall.hall), "--data", str(hall.data), "--caller", hall.caller.address, "--anew"]
    line += ["--token", hall.tokens["manager", "m1"], *only("numbers", "two-windows", "caller-power")]
    try:
        code, said = hallcall(*line)
        assert (code, "--account" in said) == (2, True), "without a person nothing begins"
        acts: dict[str, Callable[[], object]] = {
            "have two clerks": hall.two_clerks,
            "cut the power of the caller": hall.kill_caller,
            "switch it on": hall.restart_caller,
        }

        def act(_zh: str, en: str) -> bool:
            next(each for words, each in acts.items() if en.startswith(words))()
            return True

        monkeypatch.setattr(accept, "_hands", act)
        monkeypatch.setenv("HALLCALL_SECRET", SECRET)
        code, said = hallcall(*line, "--account", "1001")
        assert (code, "已做各步合格" in said) == (0, True), said
        assert said.count("✗") == 0, said
        taken, served = hall.events("TicketIssued"), hall.events("ServiceFinished")
        assert {each.account for each in taken} == {"1001"}, "the log says who"
        assert {each.account for each in served} == {"2001", "2002"}
        assert len(taken) == len(served) + len(hall.events("TicketCancelled")), "what it took is cancelled"
    finally:
        hall.close()


def test_every_step_has_words_in_both_languages() -> None:
    assert all(step.zh and step.en and step.play.__doc__ for step in STEPS.values())
