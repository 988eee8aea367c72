"""How long a page takes until something is painted, and with what: one instrument for kiosk and board.

`PROBE` runs in the page before its own scripts and keeps one timeline (milliseconds of `performance.now`): when the
finger was lifted, when a frame left over the page's socket and when views came, how long the page's script ran and how
much of that were layouts it forced by measuring, when the frame with the change began and when it ended. The page
itself is not changed for it.

A **local repaint** is the floor: in the same page and the same run, the finished nodes of the same screen are put in,
without socket, document, script or measuring. What is left is Chromium's own: waiting for the frame, style, layout,
painting. A change can be painted no sooner than a commit and a local repaint.
"""

from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

from playwright.sync_api import Page

from tests.instruments.running_hall import DEADLINE

RATIO_MAX = 1.25  # of a commit and a local repaint

PROBE = """
window.probe = {
    reset() {
        Object.assign(this, { began: 0, sent: 0, came: 0, forced: 0, layout: 0, done: 0, frame: 0, painted: 0, still: false });
        this.seen = new Promise((resolve) => { this.ended = resolve; setTimeout(resolve, __DEADLINE_MS__); });
    },
    watch(root, shown) {  // `shown()`: what is waited for stands in the page
        new MutationObserver(() => {
            if (!this.began || this.done || !shown()) return;
            this.done = performance.now();  // a microtask: the page's script has just ended
            this.layout = this.forced;
            requestAnimationFrame(() => {
                this.frame = performance.now();
                setTimeout(() => {
                    this.painted = performance.now();
                    this.still = false;
                    this.ended();
                });
            });
        }).observe(root, { attributes: true, childList: true, subtree: true });
    },
    /** Puts copies of the kept nodes' children in the place of what their parents hold, and back. While `still`, the
     * page measures nothing for it. */
    repaint(nodes) {
        const undo = nodes.map(([parent, kept]) => [parent, [...parent.childNodes], kept.cloneNode(true)]);
        return {
            paint: () => undo.forEach(([parent, , fresh]) => parent.replaceChildren(...fresh.childNodes)),
            undo: () => undo.forEach(([parent, before]) => parent.replaceChildren(...before)),
        };
    },
};
probe.reset();
addEventListener("pointerup", (event) => { probe.began = event.timeStamp; }, true);
{
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) { probe.sent ||= performance.now(); return send.call(this, data); };
    const Plain = WebSocket;
    window.WebSocket = class extends Plain {
        constructor(...given) {
            super(...given);
            this.addEventListener("message", ({ data }) => {
                if (probe.done || !data.includes('"type":"view"')) return;
                Object.assign(probe, { came: performance.now(), forced: 0 });  // the last view before the change
            });
        }
    };
    const Watching = ResizeObserver;
    window.ResizeObserver = class extends Watching {
        constructor(heard) { super((...given) => probe.still || heard(...given)); }
    };
    const timed = (prototype, name) => {
        const plain = Object.getOwnPropertyDescriptor(prototype, name);
        const call = (read) => function (...given) {
            const began = performance.now();
            try { return read.apply(this, given); } finally { probe.forced += performance.now() - began; }
        };
        Object.defineProperty(prototype, name, plain.get ? { ...plain, get: call(plain.get) } : { ...plain, value: call(plain.value) });
    };
    for (const name of ["clientWidth", "clientHeight", "scrollWidth", "scrollHeight", "getBoundingClientRect"])
        timed(Element.prototype, name);
    for (const name of ["getBoundingClientRect", "getClientRects"]) timed(Range.prototype, name);
}
""".replace("__DEADLINE_MS__", str(DEADLINE * 1000))
# Waits in the page: a question asked again and again would take the page's time.
READ = "() => probe.seen.then(() => ({ ...probe, seen: 0, ended: 0, origin: performance.timeOrigin }))"


class Painting(NamedTuple):
    """One change on a page, in milliseconds, in the order in which they pass."""

    input: float  # until the page's script has the touch and its frame has left
    socket: float  # until the view is here: page → process → caller → disk → process → page
    script: float  # the view as a screen: words, nodes, morph
    layout: float  # measuring, which lays out at once
    wait: float  # for the next frame
    frame: float  # style, layout, painting

    @property
    def whole(self) -> float:
        return sum(self)


def painting(page: Page, what: str, began: float = 0.0) -> Painting:
    """Return what the probe saw of the change that is waited for; `began`: UTC milliseconds, where no touch began it."""
    seen: dict[str, Any] = page.evaluate(READ)
    assert seen["painted"], f"not within {DEADLINE} s: {what}"
    start = began - seen["origin"] if began else seen["began"]
    sent = seen["sent"] or start
    came = seen["came"] or sent  # a local repaint needs no view
    return Painting(
        sent - start,
        came - sent,
        seen["done"] - came - seen["layout"],
        seen["layout"],
        seen["frame"] - seen["done"],
        seen["painted"] - seen["frame"],
    )


class Speed(NamedTuple):
    """Medians of one run."""

    commit: float
    local: Painting
    real: Painting
    whole: float
    local_whole: float

    @property
    def ratio(self) -> float:
        """The whole way, in commits with a local repaint."""
        return round(self.whole / (self.commit + self.local_whole), 2)

    def figures(self) -> dict[str, Any]:
        """Return what to print."""
        return {
            "commit_ms": round(self.commit, 1),
            "local_repaint_ms": round(self.local_whole, 1),
            "painted_ms": round(self.whole, 1),
            "ratio": self.ratio,
            "where": {name: round(value, 1) for name, value in self.real._asdict().items()},
            "where_local": {name: round(value, 1) for name, value in self.local._asdict().items()},
        }


def speed(commits: Sequence[float], local: Sequence[Painting], real: Sequence[Painting]) -> Speed:
    return Speed(
        median(commits), _median(local), _median(real),
        median(each.whole for each in real), median(each.whole for each in local),
    )  # fmt: skip


def _median(paintings: Sequence[Painting]) -> Painting:
    return Painting(*(median(part) for part in zip(*paintings, strict=True)))
