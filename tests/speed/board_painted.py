"""How long a press takes to reach eyes and ears: `python -m tests.speed.board_painted` prints medians over 50.

One clock for all: everything runs on one machine, so the instant of the press (taken before the command is
sent) and Chromium's own instant of painting may be compared.
"""

import http.client
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from display.voice.phrase_cache import CACHE_NAME, wanted
from display.voice.speech_audio import espeak_found
from tests.instruments.browser import ARGS, CHROMIUM
from tests.instruments.running_hall import DEADLINE, REPO, RunningHall, until

ROUNDS = 50
PAINTED = """
window.painted = {};
document.addEventListener("DOMContentLoaded", () =>
    new MutationObserver(() => {
        const row = document.querySelector("#calls .call");
        const call = row?.dataset.call;
        if (!call || painted[call]) return;
        painted[call] = -1;
        requestAnimationFrame(() => setTimeout(() => (painted[call] = performance.timeOrigin + performance.now())));
    }).observe(document.querySelector("#calls"), { childList: true }));
"""


class Speed(NamedTuple):
    """Medians in milliseconds, from the press."""

    press_to_commit: float
    press_to_painted: float
    commit_to_audio: float


def measure(hall: RunningHall, page: Page, rounds: int) -> Speed:
    """Presses "next" at window 1 again and again with a board open."""
    page.add_init_script(PAINTED)
    page.goto(hall.page("/board?voice=off", "board", "b1"))
    page.wait_for_selector(".cell")
    until(lambda: voice_known(hall), "the voice was spoken once")
    commits, paints, sounds = list[float](), list[float](), list[float]()
    for _ in range(rounds):
        hall.take("A")
        if hall.views["window/1"]["state"] == "called":
            hall.serve("1")
        until(lambda: hall.views["window/1"]["next"], "somebody waits")
        pressed = time.time() * 1000
        call = hall.call("1")["call"]
        commits.append(time.time() * 1000 - pressed)
        sounds.append(audio_ready(hall, call))
        at = until(lambda call=call: max(0, page.evaluate(f"painted[{call}] ?? 0")), "painted")
        paints.append(at - pressed)
    return Speed(round(median(commits), 1), round(median(paints), 1), round(median(sounds), 1))


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
        print(json.dumps({"rounds": ROUNDS, "median_ms": measure(hall, page, ROUNDS)._asdict()}))
        browser.close()
        hall.close()


if __name__ == "__main__":
    main()
