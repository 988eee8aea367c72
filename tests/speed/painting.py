"""How long a page takes to have something painted, and with what: one instrument for kiosk and board.

`PROBE` runs in the page before its own scripts and notes one timeline (milliseconds of `performance.now`): when the
finger lifted, when a frame left and when documents came over the page's socket, how long the page's script ran and
how much of that Chromium spent in layouts the script forced, and when the frame with the change began and ended. The
page itself is not changed for it.

A **local repaint** is the floor: at the same touch, and in the same page, the finished nodes of the same screen are
put in, without socket, document, script or measuring. What it costs is Chromium's own: waiting for the frame, style,
layout and paint.
"""

from collections.abc import Iterable
from statistics import median
from typing import Any, NamedTuple

PROBE = """
window.probe = { forced: 0 };
probe.reset = () => Object.assign(probe, { lifted: 0, sent: 0, came: [], forced: 0, done: 0, frame: 0, painted: 0 });
probe.reset();
probe.watch = (root, shown) => {  // `shown()` is true once what is waited for stands in the page
    new MutationObserver(() => {
        if (probe.done || !shown()) return;
        probe.done = performance.now();  // a microtask: the page's script has just ended
        requestAnimationFrame(() => {
            probe.frame = performance.now();
            setTimeout(() => { probe.painted = performance.now(); });
        });
    }).observe(root, { attributes: true, childList: true, subtree: true });
};
addEventListener("pointerup", (event) => { probe.lifted = event.timeStamp; }, true);
{
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) { probe.sent = performance.now(); return send.call(this, data); };
    const Plain = WebSocket;
    window.WebSocket = class extends Plain {
        constructor(...given) {
            super(...given);
            this.addEventListener("message", ({ data }) => {
                if (!probe.done && data.includes('"type":"view"')) {
                    probe.came.push(performance.now());
                    probe.forced = 0;
                }
            });
        }
    };
    const timed = (prototype, name) => {
        const plain = Object.getOwnPropertyDescriptor(prototype, name);
        const call = (read) => function (...given) {
            const began = performance.now();
            try { return read.apply(this, given); } finally { probe.forced += performance.now() - began; }
        };
        Object.defineProperty(prototype, name, plain.get ? { ...plain, get: call(plain.get) } : { ...plain, value: call(plain.value) });
    };
    for (const name of ["clientWidth", "clientHeight", "scrollWidth", "scrollHeight", "getBoundingClientRect"]) timed(Element.prototype, name);
    for (const name of ["getBoundingClientRect", "getClientRects"]) timed(Range.prototype, name);
}
"""
READ = "() => probe.painted ? { ...probe, timeOrigin: performance.timeOrigin } : null"
