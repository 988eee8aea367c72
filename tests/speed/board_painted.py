"""How long a press takes to reach eyes and ears: `python -m tests.speed.board_painted` prints medians over 50.

One clock for all: everything runs on one machine, so the instant of the press (taken before the command is sent) and
Chromium's own instant of painting may be compared. The floor is the commit of the press and a local repaint of the
same calls, begun at any instant between two frames, as a view comes.
"""

import fcntl
import http.client
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from contextlib import suppress
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from caller.engine.commands import CallNext
from display.voice.phrase_cache import CACHE_NAME, wanted
from display.voice.speech_audio import espeak_found
from tests.instruments.browser import ARGS, CHROMIUM
from tests.instruments.running_hall import DEADLINE, REPO, RunningHall, until
from tests.speed.painting import PROBE, Painting, Speed, painting, speed

ROUNDS = 50
WARM_UP = 7  # calls until the lists of a board are as long as they become
SETTLED_MS = 150  # the cells of the windows are laid out a moment after the call
SEED = 7
WATCH = """() => {
    const [large, recent] = [document.querySelector('#calls'), document.querySelector('#recent')];
    const first = () => Math.max(...[...large.children].map((row) => Number(row.dataset.call) || 0));
    probe.watch(large, () => first() > probe.before);
    probe.arm = () => { probe.reset(); probe.before = first(); probe.began = 1; };
    probe.keep = () => { probe.kept = [[large, large.cloneNode(true)], [recent, recent.cloneNode(true)]]; };
}"""
# The board as it stood before the call is put in place; then, at any instant between two frames, the call's own nodes.
TAKE_AWAY = "() => { const { paint, undo } = probe.repaint(probe.kept); probe.put_back = undo; paint(); probe.arm(); probe.still = true; }"
REPAINT = """() => {
    if (probe.done) return false;  // a caption that ended has drawn the calls again meanwhile
    Object.assign(probe, { forced: 0, began: performance.now() });
    probe.put_back();
    return true;
}"""
TRIES_MAX = 5
DESK_RATIO_MAX = 1.2  # of the terminal's way
SCREEN_BYTES = 200_000
PRESSED = "addEventListener('keydown', (event) => (window.pressed = performance.timeOrigin + event.timeStamp), true)"


def measure(hall: RunningHall, page: Page, rounds: int) -> tuple[Speed, float]:
    """Press "next" at window 1 again and again with a board open; return the speed and the median from the commit to
    the sound, in milliseconds."""
    page.add_init_script(PROBE)
    page.goto(hall.page("/board?voice=off", "board", "b1"))
    page.wait_for_selector(".cell")
    page.evaluate(WATCH)
    until(lambda: voice_known(hall), "the voice was spoken once")
    dice = random.Random(SEED)
    commits, sounds, local, real = list[float](), list[float](), list[Painting](), list[Painting]()
    for number in range(-WARM_UP, rounds):
        ready(hall)
        page.wait_for_timeout(SETTLED_MS)
        page.evaluate("probe.keep(), probe.arm()")
        pressed = time.time() * 1000
        call = hall.verb(CallNext, "1")["call"]
        committed = time.time() * 1000 - pressed
        painted = painting(page, f"call {call} painted", pressed)
        sound = audio_ready(hall, call)
        again = repainted(page, dice)
        if number >= 0:
            commits.append(committed)
            real.append(painted)
            sounds.append(sound)
            local.append(again)
    return speed(commits, local, real), round(median(sounds), 1)


class TerminalDesk:
    """The clerk's desk as `hallcall window` in a terminal of 80×24: a real process at the end of a pty."""

    def __init__(self, hall: RunningHall, window: str) -> None:
        self._hand, far = os.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        words = [
            str(hall.hall),
            "--data",
            str(hall.data),
            "--window",
            window,
            "--caller",
            hall.caller.address,
        ]
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "HALLCALL_TOKEN": hall.tokens["window", window],
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "caller.cli", "window", *words],
            stdin=far, stdout=far, stderr=far, start_new_session=True, cwd=REPO, env=environment,
        )  # fmt: skip
        os.close(far)
        self.said = b""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        """Take what it draws, as a terminal does: a full pty would hold it up."""
        with suppress(OSError):
            while piece := os.read(self._hand, 65536):
                self.said = (self.said + piece)[-SCREEN_BYTES:]

    def press(self, key: bytes) -> float:
        """Press a key; return when, in milliseconds since 1970."""
        pressed = time.time() * 1000
        os.write(self._hand, key)
        return pressed

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(DEADLINE)
        os.close(self._hand)


def measure_desk(hall: RunningHall, board: Page, desk: Page, rounds: int) -> tuple[float, float]:
    """Return the medians (milliseconds) from a press of the space bar to the painted board: at the terminal's desk and at
    the page's. The two take turns, so that both meet the same machine."""
    hall._enrol(("window", "1"))
    terminal = TerminalDesk(hall, "1")
    board.add_init_script(PROBE)
    board.goto(hall.page("/board?voice=off", "board", "b1"))
    board.wait_for_selector(".cell")
    board.evaluate(WATCH)
    desk.add_init_script(PRESSED)
    desk.goto(hall.page("/desk?window=1", "window", "1"))
    wholes: tuple[list[float], list[float]] = ([], [])
    for number in range(-WARM_UP, rounds * 2):
        ready(hall)
        desk.wait_for_selector('[data-verb="next"][data-state="live"]')
        board.wait_for_timeout(SETTLED_MS)
        board.evaluate("probe.arm()")
        if number % 2:
            desk.keyboard.press("Space")
            pressed = desk.evaluate("window.pressed")
        else:
            pressed = terminal.press(b" ")
        until(lambda: hall.views["window/1"]["state"] == "called", "the desk's call")
        painted = painting(board, "a call painted", pressed)
        if number >= 0:
            wholes[number % 2].append(painted.whole)
    terminal.close()
    return median(wholes[0]), median(wholes[1])


def repainted(page: Page, dice: random.Random) -> Painting:
    """The newest call put in locally, where the calls before it stood."""
    for _ in range(TRIES_MAX):
        page.evaluate(TAKE_AWAY)
        page.wait_for_timeout(SETTLED_MS + dice.random() * SETTLED_MS)
        if page.evaluate(REPAINT):
            return painting(page, "the local repaint")
    raise AssertionError(f"drawn again {TRIES_MAX} times")


def ready(hall: RunningHall) -> None:
    """Have an applicant wait, and window 1 ready to call."""
    hall.take("A")
    if hall.views["window/1"]["state"] == "called":
        hall.serve("1")
    until(lambda: hall.views["window/1"]["next"], "an applicant waits")


def voice_known(hall: RunningHall) -> bool:
    """Whether the web process has said each piece once, as it does in the first seconds of its life."""
    kept = list((hall.data / CACHE_NAME).glob("*.wav"))
    return not espeak_found() or len(kept) >= len(wanted(hall.settings))


def audio_ready(hall: RunningHall, call: int) -> float:
    """Milliseconds from the commit until the whole WAV has been fetched."""
    start = time.monotonic()
    line = http.client.HTTPConnection(urlsplit(hall.web.address).netloc, timeout=DEADLINE)

    def fetched() -> bool:
        line.request("GET", f"/voice/{call}.wav")
        answer = line.getresponse()
        answer.read()
        return answer.status == 200

    until(fetched, f"sound of call {call}")
    line.close()
    return (time.monotonic() - start) * 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        hall = RunningHall(Path(scratch), REPO / "config/halls/county.toml").start()
        hall.open("1")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        measured, sound = measure(hall, page, ROUNDS)
        print(json.dumps({"rounds": ROUNDS, "board": measured.figures(), "commit_to_audio_ms": sound}))
        board, desk = (browser.new_page(viewport={"width": wide, "height": 800}) for wide in (1920, 1280))
        typed, pressed = measure_desk(hall, board, desk, ROUNDS)
        figures = {"terminal_ms": typed, "desk_ms": pressed, "ratio": pressed / typed}
        print(json.dumps({name: round(value, 2) for name, value in figures.items()}))
        browser.close()
        hall.close()


if __name__ == "__main__":
    main()
