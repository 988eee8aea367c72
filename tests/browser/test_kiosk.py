# ruff: noqa: F401, F811 - the fixture `kiosk` is imported by name
"""The kiosk's page as a stranger meets it: shaking fingers, a caller that dies, no paper, no power, old eyes."""

import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Response
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from caller.engine.commands import RequestJob
from kiosk.faces import clients
from kiosk.store import VisitStore
from kiosk.visit import machine
from tests.instruments.browser import OpenPage, Watched, debugged_chromium
from tests.instruments.kiosk_fixtures import MILLIS, KioskHall, PageFace, face, kiosk, kiosk_page  # pyright: ignore[reportUnusedImport]
from tests.instruments.kiosk_pages import KEY, FramePage, served
from tests.instruments.running_hall import START_SECONDS, until

PORTRAIT = (1080, 1920)
PIN = "2580"
FIRST_LOAD_BYTES = 300_000
PAUSE_SECONDS = 0.3  # more than a reader ever rests between two letters


# --- fingers


@pytest.mark.parametrize(("by_x", "by_y"), [(40, 0), (-40, 0), (0, 40), (0, -40), (28, 28)])
def test_a_finger_that_drifts_forty_pixels_still_counts(face: PageFace, by_x: int, by_y: int):
    face.tap("start")
    face.drifted("department:tax", by_x, by_y)
    face.expect("items", "")


def test_the_twin_a_click_alone_loses_the_drifting_finger(face: PageFace):
    """Why the page does not take `click`: with the same drift Chromium never sends one."""
    face.tap("start")
    face.page.evaluate("window.clicks = 0; document.body.addEventListener('click', () => window.clicks++)")
    face.drifted("department:tax", 40, 0)
    face.expect("items", "")
    assert face.page.evaluate("window.clicks") == 0


def test_a_finger_that_leaves_the_tile_presses_nothing(face: PageFace):
    face.tap("start")
    n = face.n
    face.drifted("department:tax", 0, 600)
    large(face)
    assert (face.n, face.screen) == (n, "services")


def large(face: PageFace) -> None:
    """Ask for large type and see it: what was pressed before has been answered."""
    face.tap("large")
    face.page.wait_for_selector("html.large", timeout=MILLIS)


def test_the_tile_answers_the_finger_locally(face: PageFace, kiosk: KioskHall):
    """The pressed look, with nothing sent yet. How soon: tests/speed."""
    touch, _ = touched_tile(face)
    assert face.screen == "services", "shown before anything was sent"
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    face.expect("items", "")


def touched_tile(face: PageFace) -> tuple[CDPSession, float]:
    """Lay a finger on a tile; return the hand and the milliseconds until the tile looks pressed."""
    face.tap("start")
    box = face.find("department:tax").bounding_box()
    assert box
    face.page.evaluate(
        """() => {
            const tile = document.querySelector('[data-target="department:tax"]');
            addEventListener('pointerdown', (e) => { window.touched = e.timeStamp; }, true);
            new MutationObserver(() => { window.answered ??= performance.now(); })
                .observe(tile, { attributes: true, attributeFilter: ['data-down'] });
        }"""
    )
    touch = face.page.context.new_cdp_session(face.page)
    point = {"x": box["x"] + 40, "y": box["y"] + 40}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    until(lambda: face.page.evaluate("window.answered !== undefined"), "the tile looks pressed")
    return touch, face.page.evaluate("window.answered - window.touched")


def test_a_double_tap_on_confirm_takes_one_number_and_leaves_it_in_sight(face: PageFace, kiosk: KioskHall):
    for target in ("start", "department:tax", "item:T001", "take", "class:ordinary"):
        face.tap(target)
    before = issued(kiosk)
    box = face.find("confirm").bounding_box()
    assert box
    face.twice_at(box["x"] + box["width"] * 0.9, box["y"] + 60)
    face.expect("number", "请取走号票")
    assert issued(kiosk) == before + 1


def test_no_menu_no_selection_no_zoom_no_scroll(face: PageFace):
    face.tap("start")
    assert face.page.evaluate(
        """() => {
            const menu = new MouseEvent('contextmenu', { bubbles: true, cancelable: true });
            document.querySelector('.tile').dispatchEvent(menu);
            const root = document.documentElement;
            const style = getComputedStyle(document.querySelector('.tile'));
            return [menu.defaultPrevented, style.userSelect || style.webkitUserSelect, style.touchAction,
                    root.scrollHeight <= innerHeight, root.scrollWidth <= innerWidth];
        }"""
    ) == [True, "none", "none", True, True]


def test_the_staff_corner_needs_a_long_press_and_the_pin(face: PageFace, kiosk: KioskHall):
    VisitStore(kiosk.memory).set_pin(PIN)
    corner, n = face.page.locator(".hall"), face.n
    face.touch(corner)
    large(face)
    assert (face.n, face.screen) == (n, "idle")
    face.press_long(corner)
    face.expect("pin", "工作人员")
    for digit in PIN:
        face.tap(f"key:{digit}")
    face.tap("enter")
    face.expect("staff", "")


# --- what goes wrong


def test_the_caller_dies_and_the_visit_goes_on_where_it_was(face: PageFace, kiosk: KioskHall):
    for target in ("start", "department:tax", "item:T001"):
        face.tap(target)
    seconds_back(face, kiosk)
    assert face.screen == "guide"
    for target in ("take", "class:ordinary", "confirm"):
        face.tap(target)
    face.expect("number", "请取走号票")


def seconds_back(face: PageFace, kiosk: KioskHall) -> float:
    """Kill the caller and start it again; return how long after that the page is back. Its bound: tests/speed."""
    kiosk.hall.kill_caller()
    face.page.get_by_text("系统正在恢复，请稍候").wait_for(timeout=MILLIS)
    kiosk.hall.restart_caller()
    ready = time.monotonic()
    face.page.wait_for_selector("#cover", state="detached", timeout=MILLIS)
    return time.monotonic() - ready


def test_the_caller_dies_between_the_tap_and_the_number(face: PageFace, kiosk: KioskHall):
    for target in ("start", "department:tax", "item:T001", "take", "class:ordinary"):
        face.tap(target)
    before, slips = issued(kiosk), kiosk.slips
    kiosk.hall.kill_caller()
    face.touch(face.find("confirm"))
    face.page.get_by_text("系统正在恢复，请稍候").wait_for(timeout=MILLIS)
    kiosk.hall.restart_caller()
    if face.screen == "confirm":  # the line was already known to be cut: the tap did nothing, rightly
        face.page.wait_for_selector("#cover", state="detached", timeout=MILLIS)
        face.tap("confirm")
    face.expect("number", "请取走号票")
    assert (issued(kiosk), kiosk.slips) == (before + 1, slips + 1)


def test_the_kiosk_is_killed_after_the_number_and_shows_it_again_without_a_second_slip(
    face: PageFace,
    kiosk: KioskHall,
):
    kiosk.model.faults.silent = True  # what came of the slip is unknown, so it must be remembered
    try:
        number = face.take()
        face.expect("", "请看出纸口")
        slips, before = kiosk.slips, issued(kiosk)
        with face.kiosk_back():
            kiosk.process.kill()
            kiosk.start()
        face.expect("number", "补打号票")
        assert (face.number(), kiosk.slips, issued(kiosk)) == (number, slips, before)
    finally:
        kiosk.model.faults.silent = False
    face.tap("home")
    until(lambda: not (kiosk.memory / "visit.json").read_bytes(), "the disk's thread has forgotten the visit")


def test_the_kiosk_is_killed_between_the_tap_and_the_answer_and_takes_no_second_number(
    face: PageFace, kiosk: KioskHall
):
    """The caller stands still, the command is on its way, and the power goes."""
    for target in ("start", "department:tax", "item:T001", "take", "class:ordinary"):
        face.tap(target)
    before, slips = issued(kiosk), kiosk.slips
    caller = kiosk.hall.caller._process
    caller.send_signal(signal.SIGSTOP)
    try:
        face.touch(face.find("confirm"))
        face.expect("waiting", "")
        kept = until((kiosk.memory / "visit.json").read_text, "saved: it is shown first")
        kiosk.process.kill()
    finally:
        caller.send_signal(signal.SIGCONT)
    kiosk.start()
    face.expect("number", "请取走号票")
    face.page.wait_for_selector("#cover", state="detached", timeout=MILLIS)
    assert (issued(kiosk), kiosk.slips) == (before + 1, slips + 1)
    assert '"asked"' in kept


def test_out_of_paper_is_said_before_the_tap_and_the_number_is_on_the_screen(
    face: PageFace, kiosk: KioskHall
):
    kiosk.model.faults.lines = 0
    try:
        face.expect("idle", "打印机缺纸")
        slips = kiosk.slips
        for target in ("start", "department:tax", "item:T001", "take", "class:ordinary"):
            face.tap(target)
        face.expect("confirm", "打印机缺纸")
        face.tap("confirm")
        face.expect("number", "请记住号码或扫码")
        assert face.number()
        assert kiosk.slips == slips
    finally:
        kiosk.model.refill()
    face.page.locator('[data-target="reprint"]:not([aria-disabled])').wait_for(timeout=MILLIS)
    face.tap("reprint")
    face.expect("number", "补打的号票已打印")
    assert kiosk.slips == slips + 1


@pytest.fixture
def warns(monkeypatch: pytest.MonkeyPatch) -> float:
    """For how long the warning stands before everything is wiped, in seconds: a busy machine has time to answer it."""
    monkeypatch.setattr(machine, "WARN_SECONDS", seconds := 300.0)
    return seconds


def test_nobody_there_warns_and_then_wipes_everything(open_page: OpenPage, tmp_path: Path, warns: float):
    with served(tmp_path, at_work=True) as kiosk:
        face = PageFace(open_page(f"http://{kiosk.host}/#key={KEY}", *PORTRAIT))
        patience = kiosk.station.state.kiosk.idle_seconds
        face.tap("language:en")
        face.tap("start")
        kiosk.let_pass(patience)
        face.page.get_by_text("Still there?").wait_for(timeout=MILLIS)
        face.tap("stay")
        face.page.get_by_text("Still there?").wait_for(state="detached", timeout=MILLIS)
        face.expect("services", "")
        kiosk.let_pass(patience)
        face.page.get_by_text("Still there?").wait_for(timeout=MILLIS)
        kiosk.let_pass(warns)
        face.expect("idle", "请触摸屏幕")


def test_a_finger_that_meets_the_warning_instead_of_a_button_has_only_stayed(
    open_page: OpenPage, tmp_path: Path, warns: float
):
    """Also of this file's own finger, when nobody has touched the kiosk for just so long: it touches home again."""
    with served(tmp_path, at_work=True) as kiosk:
        face = PageFace(open_page(f"http://{kiosk.host}/#key={KEY}", *PORTRAIT))
        face.tap("start")
        home = face.find("home")
        kiosk.let_pass(kiosk.station.state.kiosk.idle_seconds)
        face.page.wait_for_selector(".warning", timeout=MILLIS)
        face.touch(home)
        face.page.wait_for_selector(".warning", state="detached", timeout=MILLIS)
        face.expect("services", "")
        kiosk.let_pass(kiosk.station.state.kiosk.idle_seconds)
        face.page.wait_for_selector(".warning", timeout=MILLIS)
        assert face.fresh().screen == "idle"


# --- faces


def test_a_second_screen_only_watches(face: PageFace, open_page: OpenPage, kiosk: KioskHall):
    watcher = PageFace(open_page(kiosk.url + "&watch", *PORTRAIT))
    watcher.page.locator("#watching").wait_for(timeout=MILLIS)
    n = face.n
    watcher.touch(watcher.page.locator("main"))
    face.tap("start")
    watcher.expect("services", "")
    assert int(face.n) == int(n) + 1, "one tap, the driver's"


def test_a_page_that_is_reloaded_drives_again(face: PageFace):
    face.tap("start")
    face.page.reload()
    again = PageFace(face.page)
    again.expect("services", "")
    again.tap("department:tax")
    again.expect("items", "")


def test_first_load_is_light(open_page: OpenPage, kiosk: KioskHall, watched: Watched):
    page = open_page("about:blank", *PORTRAIT, alone=True)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(kiosk.url)
    page.wait_for_selector("#kiosk[data-n]", timeout=MILLIS)
    assert len(answers) > 8
    assert sum(len(answer.body()) for answer in list(answers)) < FIRST_LOAD_BYTES
    assert watched.errors == []


# --- strangers on the line


ELSEWHERE = Origin("https://elsewhere.example")


def test_a_page_from_elsewhere_in_the_same_browser_may_not_press(kiosk: KioskHall):
    address = kiosk.socket
    with pytest.raises(InvalidStatus) as refused, connect(address, origin=ELSEWHERE):
        pass
    assert refused.value.response.status_code == 403


def test_twin_without_the_check_of_the_origin_it_presses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The same stranger and the same server, the guard off: the tap arrives."""
    with served(tmp_path) as running:
        with pytest.raises(InvalidStatus), connect(running.socket, origin=ELSEWHERE):
            pass
        monkeypatch.setattr(clients, "same_origin", lambda _: True)
        with connect(running.socket, origin=ELSEWHERE) as socket:
            FramePage(socket).tap("staff", on="idle")
            until(lambda: running.station.state.screen == "pin", "the stranger stands in the staff corner")


def test_the_staff_restart_begins_the_program_again_and_the_page_comes_back(face: PageFace, kiosk: KioskHall):
    VisitStore(kiosk.memory).set_pin(PIN)
    with face.kiosk_back():  # on the port it has by now: the program that begins again takes the same
        kiosk.process.stop()
        kiosk.start()
    before = kiosk.process.text().count("kiosk ready")
    with face.kiosk_back(), connect(kiosk.socket) as socket:
        wire = FramePage(socket, key=kiosk.key)
        wire.tap("staff", on="idle")
        for target in (*(f"key:{digit}" for digit in PIN), "enter"):
            wire.tap(target, on="pin")
        wire.tap("restart", on="staff")
        until(lambda: kiosk.process.text().count("kiosk ready") == before + 1, "the program began again")
    face.expect("idle", "")


def test_a_restart_the_manager_asks_for_waits_for_the_end_of_the_visit(face: PageFace, kiosk: KioskHall):
    with face.kiosk_back():  # on the port it has by now: the program that begins again takes the same
        kiosk.process.stop()
        kiosk.start()
    before = kiosk.process.text().count("kiosk ready")
    face.tap("start")
    job = kiosk.hall.send(RequestJob("k1", "restart-kiosk", seconds=300))["job"]
    face.tap("department:tax")
    face.expect("items", "")
    assert kiosk.hall.fresh("jobs/k1")["jobs"][job]["state"] == "requested"
    assert kiosk.process.text().count("kiosk ready") == before
    with face.kiosk_back():
        face.tap("home")
        until(
            lambda: kiosk.hall.fresh("jobs/k1")["jobs"][job]["state"] == "done", "the new program reports it"
        )
        until(lambda: kiosk.process.text().count("kiosk ready") == before + 1, "once")
    face.expect("idle", "")


def test_a_picture_of_the_page_waits_for_the_end_of_the_visit(
    face: PageFace, kiosk: KioskHall, tmp_path: Path
):
    def ended(job: str) -> dict[str, Any]:
        row = kiosk.hall.fresh("jobs/k1")["jobs"][job]
        return row if row["state"] in ("done", "failed") else {}

    without = kiosk.hall.send(RequestJob("k1", "screenshot-kiosk", seconds=300))["job"]
    assert "--devtools" in until(lambda: ended(without), "a kiosk without a port says so")["detail"]
    with debugged_chromium(tmp_path, f"{kiosk.origin}#key={kiosk.key}&watch") as port:
        with face.kiosk_back():
            kiosk.process.stop()
            kiosk.more = ("--devtools", str(port))
            kiosk.start()
            kiosk.more = ()
        face.tap("start")
        job = kiosk.hall.send(RequestJob("k1", "screenshot-kiosk", seconds=300))["job"]
        face.tap("department:tax")
        face.expect("items", "")
        assert kiosk.hall.fresh("jobs/k1")["jobs"][job]["state"] == "requested"
        face.tap("home")
        done = until(lambda: ended(job), "the picture is taken")
    assert done["state"] == "done", done
    path = Path(done["detail"])
    assert path.read_bytes().startswith(b"\x89PNG")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# --- the process


def test_a_port_in_use_is_a_clear_message(kiosk: KioskHall, tmp_path: Path):
    done = second(kiosk, tmp_path, kiosk.port)
    assert done.returncode == 2
    assert "已被占用" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_kiosk_that_runs_already_is_a_clear_message(kiosk: KioskHall):
    done = second(kiosk, kiosk.hall.data, 0)
    assert done.returncode == 2
    assert "取号机 k1 已在运行" in done.stderr
    assert "Kiosk k1 is running already" in done.stderr


def second(kiosk: KioskHall, data: Path, port: int) -> subprocess.CompletedProcess[str]:
    """The same kiosk started once more while the first one runs."""
    args = ["kiosk", str(kiosk.hall.hall), "--data", str(data), "--port", str(port)]
    return subprocess.run(
        [sys.executable, "-m", "caller.cli", *args, "--token", "x"],
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


def issued(kiosk: KioskHall) -> int:
    return kiosk.hall.issued()


def test_the_rest_of_a_code_that_paused_is_no_code(face: PageFace):
    before = int(face.n)
    face.keys("0189")
    face.keys("123456\r", after=PAUSE_SECONDS)
    face.scan("01890000-0000-7000-8000-000000000042")
    face.expect("refused", "没有这个号码")  # in Chinese: its Enter pressed no button either
    assert int(face.n) == before + 2, "one slip was asked for and refused; the first scan led nowhere"
