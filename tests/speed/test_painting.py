"""The instrument shows a delay where it was made, and a local repaint costs neither a socket nor a measuring."""

import threading
import time
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from playwright.sync_api import Page
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from tests.instruments.browser import OpenPage
from tests.speed.painting import PROBE, RATIO_MAX, Painting, Speed, painting, speed

DELAY_MS = 200  # so long that it is the longest part on a machine at work as well
# A measuring that takes as long as the page asks: before the probe, which times what stands there.
SLOW_MEASURING = """
window.delays = {};
window.busy = (millis = 0) => { const end = performance.now() + millis; while (performance.now() < end); };
const height = Object.getOwnPropertyDescriptor(Element.prototype, "clientHeight").get;
Object.defineProperty(Element.prototype, "clientHeight", {
    configurable: true, get() { busy(delays.layout); return height.call(this); },
});
"""
PAGE = """<!doctype html><body><button style="width:200px;height:100px">press</button><div id="box"><p>before</p></div>
<script>
const box = document.getElementById("box");
const socket = new WebSocket(`ws://${location.host}`);
new ResizeObserver(() => document.querySelector(".after") && busy(delays.frame)).observe(box);
document.querySelector("button").onpointerup = () => {
    setTimeout(() => socket.send(String(delays.socket ?? 0)), delays.input);
};
socket.onmessage = () => {
    busy(delays.script);
    if (delays.wait) requestAnimationFrame(() => busy(delays.wait));
    box.innerHTML = "<p class=after style='height:300px'>after</p>";
    box.clientHeight;
};
socket.onopen = () => probe.watch(box, () => document.querySelector(".after"));
</script>"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server of the page that answers each frame with a view, after as many milliseconds as the frame asks for."""

    def answer(line: ServerConnection) -> None:
        for frame in line:
            time.sleep(int(frame) / 1000)
            line.send('{"type":"view"}')

    def page(line: ServerConnection, request: Request) -> Response | None:
        if "Upgrade" in request.headers:
            return None
        response = line.respond(HTTPStatus.OK, PAGE)
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "text/html"
        return response

    with serve(answer, "127.0.0.1", 0, process_request=page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}/"


@pytest.fixture
def page(open_page: OpenPage, address: str) -> Page:
    page = open_page("about:blank", 600, 600)
    page.add_init_script(SLOW_MEASURING + PROBE)
    page.goto(address)
    page.wait_for_function("socket.readyState === 1")
    return page


def pressed(page: Page, **delays: int) -> Painting:
    page.evaluate("(delays) => { window.delays = delays; probe.reset(); }", delays)
    page.mouse.move(50, 50)
    page.mouse.down()
    page.mouse.up()
    return painting(page, "the change")


@pytest.mark.parametrize("part", Painting._fields)
def test_a_delay_is_shown_in_the_part_in_which_it_was_made(page: Page, part: str):
    seen = pressed(page, **{part: DELAY_MS})._asdict()
    assert seen[part] >= DELAY_MS
    assert max(seen, key=lambda name: seen[name]) == part, seen


def test_the_parts_are_the_whole_way_from_the_finger_to_the_picture(page: Page):
    page.evaluate("addEventListener('pointerup', (event) => { window.lifted = event.timeStamp; })")
    seen = pressed(page, input=30, socket=30, script=30)
    assert seen.whole == pytest.approx(page.evaluate("probe.painted - lifted"))
    assert seen.whole >= 90


def repainted(page: Page, still: str) -> Painting:
    """The change put in locally, on a page that measures for a long time when its size changes."""
    pressed(page)
    page.evaluate(
        "window.kept = box.cloneNode(true); box.innerHTML = '<p>before</p>'; window.old = box.firstChild"
    )
    page.evaluate(
        "new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))"
    )  # a frame with it
    page.evaluate(f"delays = {{ frame: {DELAY_MS}, layout: {DELAY_MS} }}")
    page.evaluate(f"""() => {{
        probe.reset();
        const {{ paint, undo }} = probe.repaint([[box, kept]]);
        Object.assign(probe, {{ began: performance.now(), still: {still} }});
        paint();
        window.undo = undo;
    }}""")
    return painting(page, "the local repaint")


def test_a_local_repaint_shows_the_same_and_costs_no_socket_and_no_measuring(page: Page):
    local = repainted(page, still="true")
    assert page.locator("#box").inner_text() == "after"
    assert (local.input, local.socket, local.layout) == (0, 0, 0)
    assert local.frame < DELAY_MS
    page.evaluate("undo()")
    assert page.evaluate("box.firstChild === old")


def test_twin_a_repaint_that_is_not_still_pays_for_what_the_page_measures(page: Page):
    assert repainted(page, still="false").frame >= DELAY_MS


def test_the_ratio_is_of_a_commit_and_a_local_repaint():
    local, real = Painting(2, 0, 0, 0, 8, 5), Painting(2, 10, 2, 2, 1, 3)
    measured = speed([5.0, 4.0, 6.0], [local] * 3, [real] * 3)
    assert measured == Speed(5, local, real, real.whole, local.whole)
    assert measured.ratio == 1.0 < RATIO_MAX
