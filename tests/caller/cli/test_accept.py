"""`hallcall accept`: the scripted hour on a hall whose caller, agent and printer are processes, and whose hands are real too."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from caller.cli import accept
from caller.client.client import Client, RefusedError, new_id
from caller.engine.administration import ActCode
from caller.engine.commands import CallNext, CancelTicket, CloseWindow, OpenWindow, TakeTicket
from caller.eventlog import LOG_NAME, Reader, Record
from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account
from caller.probes import acceptance
from caller.probes.acceptance import AcceptanceRig
from caller.probes.acceptance_steps import STEPS
from caller.reports.acceptance_record import AcceptanceRecord, AskedNumber, StepResult, UnderWay
from config import owner_only
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
        monkeypatch.setattr(f"caller.probes.acceptance_power.{name}", 1e6)
    for name, value in (("ANSWER_SECONDS", 1e6), ("SHOWN_MS", 1e6), ("ROUNDS", 3), ("NUMBERS", 5)):
        monkeypatch.setattr(f"caller.probes.acceptance_steps.{name}", value)


def run(desk: JobDesk, *options: str) -> tuple[int, str]:
    hall = desk.hall
    line = ["accept", str(hall.hall), "--data", str(hall.data), "--caller", hall.caller.address]
    return hallcall(*line, "--token", hall.tokens["manager", "m1"], *options)


def only(*steps: str) -> list[str]:
    return [word for step in steps for word in ("--only", step)]


def results(desk: JobDesk) -> dict[str, StepResult]:
    return kept(desk.hall.data).results


def kept(data: Path) -> AcceptanceRecord:
    return msgspec.json.decode((data / accept.RECORD_NAME).read_bytes(), type=AcceptanceRecord)


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
    assert text.count("没有做过") == 3 * (len(STEPS) - len(HARDWARE))  # in all three tables
    assert text.count("站点 manager/m1") == 1
    assert f"hallcall accept HALL.toml --only {'clock'}" in text
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
    assert (text.count("负偏离"), text.count("未测")) == (2, len(STEPS) - 2)
    assert "不合格 not accepted" in said


def test_a_hall_at_work_is_left_alone(desk: JobDesk) -> None:
    taken = desk.hall.take("A")
    issued = desk.hall.issued()
    until(lambda: desk.hall.fresh("supervise")["counts"]["waiting"] == 1, "one waits")
    code, said = run(desk, *only("numbers"), "--anew")
    assert (code, "1 人等候" in said, "before it opens" in said) == (2, True, True), said
    desk.hall.send(CancelTicket(taken["ticket"]))
    desk.hall.open("1")
    code, said = run(desk, *only("numbers"), "--anew")
    assert (code, "开着的窗口 1" in said, desk.hall.issued()) == (2, True, issued), (
        "its clerk would call the numbers"
    )
    desk.hall.send(CloseWindow("1"))


def test_one_acceptance_of_a_hall_at_a_time(desk: JobDesk) -> None:
    held = owner_only.lock(desk.hall.data / accept.LOCK_NAME)
    try:
        code, said = run(desk, *only("numbers"), "--anew")
    finally:
        os.close(held)
    assert (code, "另一个 hallcall accept" in said) == (2, True), said


@pytest.mark.parametrize("leave", ["ctrl-c", "terminal closed", "input ended"])
def test_what_is_broken_off_leaves_the_hall_as_it_was(
    leave: str, desk: JobDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of a step that has three numbers out; the next run plays that step anew."""
    signs = {"ctrl-c": signal.SIGINT, "terminal closed": signal.SIGHUP}

    def go(_zh: str, _en: str) -> bool:
        assert desk.hall.fresh("supervise")["counts"]["waiting"] == 3
        if leave not in signs:
            raise acceptance.BrokenOff
        os.kill(os.getpid(), signs[leave])
        return True

    monkeypatch.setattr(accept, "_hands", go)
    code, said = run(desk, *only("caller-power"), "--anew")
    assert (code, "大厅已恢复原样" in said) == (accept.BROKEN_OFF, True), said
    assert desk.hall.fresh("supervise")["counts"]["waiting"] == 0
    assert kept(desk.hall.data).under_way is None
    assert "caller-power" not in results(desk)


def test_what_a_power_cut_left_is_undone_by_the_next_run(desk: JobDesk) -> None:
    """One number is known, one was asked for and the answer never noted, and a window is serving."""
    first, lost = desk.hall.take("A"), AskedNumber(new_id(), [], "A")
    desk.hall.open("1")
    desk.hall.call("1")
    desk.hall.serve("1")
    second = desk.hall.take("A")
    desk.hall._run(desk.hall._manager.send(TakeTicket(queue="A"), lost.id))  # type: ignore[union-attr]
    left = UnderWay("two-windows", 1, [first["ticket"], second["ticket"]], ["1", "2"], asked=lost)
    record = AcceptanceRecord("", 1, under_way=left)
    (desk.hall.data / accept.RECORD_NAME).write_bytes(msgspec.json.encode(record))
    issued = desk.hall.issued()
    code, said = run(desk, *only("fail-over"))
    assert (code, "中断" in said, desk.hall.issued()) == (1, True, issued), (
        said
    )  # nothing was played but this
    now = desk.hall.fresh("supervise")
    assert (now["counts"]["waiting"], now["windows"]["1"]["state"]) == (0, "closed")
    assert kept(desk.hall.data).under_way is None


def test_a_power_cut_that_took_this_program_with_it_is_what_was_to_be_shown(desk: JobDesk) -> None:
    """It runs on the caller's own PC: the next run goes on, and finds a number that is lost."""
    for gone in (0, 1):
        taken = [desk.hall.take("A") for _ in range(3)]
        left = UnderWay(
            "caller-power", 1, [each["ticket"] for each in taken], cut=True, waiting=3 + gone, queue="A",
            numbers=[each["number"] for each in taken],
        )  # fmt: skip
        record = AcceptanceRecord("", 1, under_way=left)
        (desk.hall.data / accept.RECORD_NAME).write_bytes(msgspec.json.encode(record))
        code, said = run(desk, *only("caller-power"))
        assert (code, results(desk)["caller-power"].verdict) == (gone, ("passed", "failed")[gone]), said
        assert "接着断电之前" in said
        assert desk.hall.fresh("supervise")["counts"]["waiting"] == 0


def test_a_record_that_is_none_is_said_to_be(desk: JobDesk) -> None:
    (desk.hall.data / accept.RECORD_NAME).write_text("[]")
    code, said = run(desk, "--report")
    (desk.hall.data / accept.RECORD_NAME).unlink()
    assert (code, "移开" in said) == (2, True), said


# --- a hall in which nobody acts without an account


class SignedInHall(RunningHall):
    """Its caller, and the accounts of a manager, two clerks and a technician."""

    roles: tuple[str, ...] = ("manager",)  # of the manager

    def start(self) -> "SignedInHall":
        self.data.mkdir(parents=True)
        with self.hall.open("a") as file:
            file.write("[accounts]\nrequired = true\n")
        self._enrol(("manager", "m1"), ("window", "1"), ("window", "2"))
        with closing(AccountStore(self.data)) as store:
            for staff, role in (
                ("1001", "manager"),
                ("2001", "clerk"),
                ("2002", "clerk"),
                ("3001", "technician"),
            ):
                act = Act(new_id(), "account-added", f"account/{staff}", "test", "test", 1)
                store.add(Account(staff, roles=(role,)), SECRET, act)
        self.caller = self._start_caller(kept_port())
        self.port = int(self.caller.address.rpartition(":")[2])
        until(lambda: self.events("DayOpened"), "the business day opened by itself")
        return self

    def events(self, kind: str = "", after: int = 0) -> list[Record]:
        """Return what the log has, of one kind or all, after an event."""
        with Reader(self.data / LOG_NAME) as log:
            return [each for each in log.after(after) if kind in ("", each.event_kind)]

    def two_clerks(self) -> None:
        """What the two persons do whom the acceptance asks: sign in, and call at once."""

        async def serves(window: str, staff: str) -> None:
            token = self.tokens["window", window]
            async with Client(self.caller.address, token, [f"window/{window}"]) as line:
                await line.until("current")
                await line.persons.sign_in(staff, SECRET)
                await line.send(OpenWindow(window, staff, ["A"]))
                await pressed(line, window, CallNext)

        async def both() -> None:
            await asyncio.gather(serves("1", "2001"), serves("2", "2002"))

        self._run(both())

    def fresh_as(self, staff: str, topic: str) -> dict[str, Any]:
        """A topic's document as it stands now, for the person who may see it."""

        async def read() -> dict[str, Any]:
            async with Client(self.caller.address, self.tokens["manager", "m1"]) as line:
                await line.until("current")
                await line.persons.sign_in(staff, SECRET)
                await line.watch([topic])
                await line.until("current")
                return line.views[topic]

        return self._run(read())

    def account_ended(self, act: ActCode, **fields: Any) -> None:
        """Change the manager's account so that its session ends, and wait until it has."""
        before = self.caller.text().count("why=revoked")
        self.account(act, **fields)
        until(lambda: self.caller.text().count("why=revoked") > before, "the session is revoked")

    def account(self, act: ActCode, **fields: Any) -> None:
        """Change the manager's account, as another manager does."""
        with closing(AccountStore(self.data)) as store:
            store.change("1001", Act(new_id(), act, "account/1001", "test", "test", 1), **fields)


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


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedInHall]:
    folder = tmp_path_factory.mktemp("signed")
    file = folder / "desk.toml"
    file.write_text(HALL)
    hall = SignedInHall(folder, file).start()
    yield hall
    hall.close()


def run_signed(hall: SignedInHall, *options: str) -> tuple[int, str]:
    line = ["accept", str(hall.hall), "--data", str(hall.data), "--caller", hall.caller.address]
    return hallcall(*line, "--token", hall.tokens["manager", "m1"], *options)


def doing(monkeypatch: pytest.MonkeyPatch, **acts: Callable[[], object]) -> None:
    """Let the hands do what begins with these words, and the manager's password be at hand."""

    def act(_zh: str, en: str) -> bool:
        next(each for words, each in acts.items() if en.startswith(words.replace("_", " ")))()
        return True

    monkeypatch.setattr(accept, "_hands", act)
    monkeypatch.setenv("HALLCALL_SECRET", SECRET)


def test_the_hour_is_played_in_a_hall_that_wants_accounts(
    signed: SignedInHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = only("numbers", "two-windows", "caller-power")
    code, said = run_signed(signed, *steps, "--anew")
    assert (code, "--account" in said) == (2, True), "without a person nothing begins"
    doing(
        monkeypatch, have_two_clerks=signed.two_clerks, cut_the_power=signed.kill_caller, switch_it_on=signed.restart_caller
    )  # fmt: skip
    page, before = signed.folder / "report.html", signed.events()[-1].seq
    code, said = run_signed(
        signed, *steps, "--anew", "--account", "1001", "--html", str(page), "--lang", "en"
    )
    assert (code, "已做各步合格" in said) == (0, True), said
    assert said.count("✗") == 0, said
    taken, served = signed.events("TicketIssued", before), signed.events("ServiceFinished", before)
    assert {each.account for each in taken} == {"1001"}, "the log says who"
    assert len(signed.events("WindowClosed", before)) == 2, "its clerks' windows too"
    assert len(taken) == len(served) + len(signed.events("TicketCancelled", before)), (
        "what it took is cancelled"
    )
    found = kept(signed.data).results
    assert {each.by for each in found.values()} == {"1001"}
    assert "窗口 1：2001 登录" in {zh.partition("，")[0] for zh, _ in found["two-windows"].said}
    text = page.read_text("utf-8")
    assert ("account 1001" in text, "accounts required" in text) == (True, True)


def test_a_session_that_ends_in_the_middle_is_begun_anew(
    signed: SignedInHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manager's roles are changed while the clerks sign in: their session is revoked within a second. The twin, without
    signing in anew, sees the hall no more; nobody's number is left by either."""

    def revoked() -> None:
        signed.roles = ("manager", "auditor") if len(signed.roles) == 1 else ("manager",)
        signed.account_ended("account-roles", roles=signed.roles)
        signed.two_clerks()

    doing(monkeypatch, have_two_clerks=revoked)
    code, said = run_signed(signed, *only("two-windows"), "--anew", "--account", "1001")
    assert (code, "重新登录" in said) == (0, True), said

    async def blind(_rig: AcceptanceRig) -> None:
        await asyncio.sleep(0)

    with monkeypatch.context() as off:
        off.setattr(AcceptanceRig, "present", blind)
        off.setattr(acceptance, "PATIENCE_SECONDS", 0.5)
        code, said = run_signed(signed, *only("two-windows"), "--anew", "--account", "1001")
        assert (code, kept(signed.data).results["two-windows"].verdict) == (1, "failed"), said
        assert kept(signed.data).under_way is not None
    code, said = run_signed(signed, *only("fail-over"), "--account", "1001")
    assert "中断" in said
    now = signed.fresh_as("1001", "supervise")
    assert (now["counts"]["waiting"], now["windows"]["1"]["state"]) == (0, "closed")


def test_who_may_not_act_any_more_ends_the_hour_and_the_next_one_undoes_it(
    signed: SignedInHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disabled() -> None:
        signed.two_clerks()
        signed.account_ended("account-disabled", disabled=True)

    doing(monkeypatch, have_two_clerks=disabled)
    code, said = run_signed(signed, *only("two-windows", "caller-power"), "--anew", "--account", "1001")
    assert (code, "登录已结束" in said) == (2, True), said
    assert "caller-power" not in kept(signed.data).results, "one try, and no lock"
    signed.account("account-enabled", disabled=False)
    code, said = run_signed(signed, *only("numbers"), "--account", "1001")
    assert (code, "中断" in said, kept(signed.data).under_way) == (0, True, None), said
    assert signed.fresh_as("1001", "supervise")["counts"]["waiting"] == 0


def test_who_is_no_manager_is_told_so(signed: SignedInHall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALLCALL_SECRET", SECRET)
    code, said = run_signed(signed, "--anew", "--account", "3001")
    assert (code, "账户 3001 的角色不能这样操作" in said, "令牌" in said) == (2, True, False), said


def test_every_step_has_words_in_both_languages() -> None:
    assert all(step.zh and step.en and step.play.__doc__ for step in STEPS.values())
