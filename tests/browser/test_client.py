"""The page side of the wire: it merges exactly as the caller diffs, and is never deceived by a dead socket. And a row keeps the
focus in a list that lives.
"""

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from caller.protocol.merge_patch import diff, merge
from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import REPO, RunningHall, until

LEAVES = st.integers(-5, 5) | st.booleans() | st.text(max_size=4) | st.lists(st.integers(0, 3), max_size=3)
KEYS = st.sampled_from(["a", "b", "1", "10", "2", "号"])
DOCUMENTS = st.recursive(
    st.dictionaries(KEYS, LEAVES, max_size=4), lambda inner: st.dictionaries(KEYS, inner | LEAVES, max_size=4)
)

# The examples of RFC 7396, appendix A: target, patch, result.
EXAMPLES: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("client"), REPO / "config/halls/village.toml").start()
    running.open("1")
    yield running
    running.close()


@pytest.fixture
def page(hall: RunningHall, open_page: OpenPage) -> Page:
    page = open_page(hall.page("/"), 800, 600)
    page.evaluate("async () => { window.wire = await import('/client.js') }")
    return page


def test_it_merges_as_the_rfc_says(page: Page) -> None:
    for target, patch, result in EXAMPLES:
        assert page.evaluate("([target, patch]) => wire.merge(target, patch)", [target, patch]) == result


def test_it_merges_what_the_caller_diffs(page: Page) -> None:
    cases: list[tuple[Any, Any]] = []

    @settings(max_examples=150, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(DOCUMENTS, DOCUMENTS)
    def collect(old: dict[str, Any], new: dict[str, Any]) -> None:
        cases.append((old, new))

    collect()
    patches = [[old, diff(old, new)] for old, new in cases]
    merged = page.evaluate("(all) => all.map(([old, patch]) => wire.merge(old, patch))", patches)
    assert merged == [new for _, new in cases]
    assert merged == [merge(old, patch) for old, patch in patches]


def test_its_waits_grow_to_well_below_two_seconds(page: Page) -> None:
    pauses: list[float] = page.evaluate(WAITS)
    assert pauses == [100, 200, 400, 800, 1500, 1500, 1500, 1500]  # those of the Python client


WAITS = """() => new Promise((resolve) => {
    const pauses = [], later = window.setTimeout;
    Math.random = () => 1;
    window.WebSocket = class { constructor() { queueMicrotask(() => this.onclose()); } close() {} };
    window.setTimeout = (work, pause) => {
        pauses.push(pause);
        if (pauses.length < 8) queueMicrotask(work);
        else { window.setTimeout = later; resolve(pauses); }
    };
    wire.connect({ url: "ws://127.0.0.1:1", token: "" });
})"""


def test_of_several_callers_it_goes_round_until_one_calls(page: Page) -> None:
    """Each address once before it waits longer; a standby sends it on; one that is cut off is left for one that calls only."""
    assert page.evaluate(WAITS.replace("ws://127.0.0.1:1", "ws://a,ws://b")) == [
        50,
        100,
        50,
        200,
        50,
        400,
        50,
        800,
    ]
    gone = page.evaluate(
        """async () => { Math.random = () => 0.5; const made = [], hear = (socket, frame) => socket.onmessage({ data: JSON.stringify(frame) });
        window.WebSocket = class { constructor(url) { this.url = url; made.push(this); } send(text) { this.sent = JSON.parse(text) }
            close() { queueMicrotask(() => this.onclose?.()) } };
        const later = window.setTimeout;
        window.setTimeout = (work, pause) => (pause < 200 ? queueMicrotask(work) : later(work, pause));
        const settled = () => new Promise((resume) => later(resume, 0));
        const line = wire.connect({ url: "ws://a,ws://b", token: "t", watch: ["board"] });
        hear(made[0], { type: "bye", code: "not-writer" }); made[0].onclose(); await settled();
        made[1].onopen(); hear(made[1], { type: "welcome", now: 1, seq: 1 });
        hear(made[1], { type: "beat", seq: 1, now: 2, cut_off: true });
        made[2].onopen(); hear(made[2], { type: "welcome", now: 1, seq: 1 });
        hear(made[2], { type: "beat", seq: 1, now: 2, cut_off: true }); await settled();
        const stays = made.length;
        hear(made[1], { type: "beat", seq: 1, now: 3, cut_off: true });
        made[3].onopen(); hear(made[3], { type: "beat", seq: 1, now: 3 }); await settled();
        made[4].onopen(); hear(made[4], { type: "welcome", now: 1, seq: 1 });
        return [made.map(({ url }) => url), stays, [made[2].sent.token, made[2].sent.watch], made[4].sent.watch, line.state]; }"""
    )
    assert gone == [
        ["ws://a", "ws://b", "ws://a", "ws://a", "ws://a"],
        3,
        ["t", []],
        ["board"],
        "current",
    ]


def test_its_ids_are_the_wires(page: Page) -> None:
    ids = page.evaluate("Array.from({length: 200}, () => wire.newId())")
    assert len(set(ids)) == 200
    assert all(id[14] == "7" and id[19] in "89ab" and len(id) == 36 for id in ids)
    assert sorted(ids, key=lambda id: id[:13]) == ids


def test_a_patch_without_a_document_asks_for_the_whole(page: Page) -> None:
    sent = page.evaluate(
        """() => { const sent = []; class Deaf { constructor() { window.deaf = this } send(text) { sent.push(JSON.parse(text)) } close() {} }
        window.WebSocket = Deaf;
        wire.connect({url: "ws://x", token: "t", watch: ["board"]});
        const hear = (frame) => deaf.onmessage({data: typeof frame === "string" ? frame : JSON.stringify(frame)});
        deaf.onopen(); hear({type: "welcome", now: 1, seq: 1});
        hear("not json"); hear({type: "unheard-of"}); hear({type: "view", topic: "board", seq: 2, patch: {a: 1}});
        return sent }"""
    )
    assert [frame["type"] for frame in sent] == ["hello", "watch"]
    assert sent[1]["topics"] == ["board"]


def test_a_caller_that_hangs_is_told_as_silence_and_comes_back(
    hall: RunningHall, open_page: OpenPage
) -> None:
    """Its sockets stay open and nothing says goodbye: only the missing beat tells."""
    page = open_page(hall.page("/board?voice=off", "board", "b1"), 1920, 1080)
    expect(page.locator(".cell").first).to_be_visible()
    os.kill(hall.caller.pid, signal.SIGSTOP)
    try:
        expect(page.locator(".silence")).to_be_visible()
    finally:
        os.kill(hall.caller.pid, signal.SIGCONT)
    expect(page.locator(".silence")).to_have_count(0)


def test_a_press_made_while_the_caller_is_away_is_done_once(hall: RunningHall, open_page: OpenPage) -> None:
    hall.take("A")
    ticket = hall.take("A")
    page = open_page(hall.phone_page(ticket["ticket"]), 390, 844)
    expect(page.locator("#place .number")).to_have_text(ticket["number"])
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda text: frames.append(str(text))))
    hall.kill_caller()
    page.get_by_text("我会晚到").tap()
    hall.restart_caller()
    expect(page.get_by_text("您的位置已保留", exact=True)).to_be_visible()
    sent = [json.loads(text) for text in frames if '"command"' in text]
    assert len({frame["id"] for frame in sent}) == 1
    until(lambda: hall.fresh("board"), "the caller is back")


# A list in which the person stands on "b", and a second one; the focus after each thing that can happen to the first.
STANDS = """async (kept) => {
    const { keepRowFocus } = await import(new URL('../shared/row_focus.js', document.querySelector('script[type=module]').src));
    const rows = (keys) => keys.map((key) => {
        const line = document.createElement('li');
        line.innerHTML = `<button data-key="${key}">${key}</button>`;
        return line;
    });
    const root = document.createElement('main');
    document.body.replaceChildren(root);
    if (kept) keepRowFocus(root);
    const happenings = {
        moved: (list) => list.append(list.children[1]), redrawn: (list) => list.replaceChildren(...rows(['c', 'b', 'a'])),
        whole: (list) => list.replaceWith(Object.assign(document.createElement('ul'), { innerHTML: rows(['b'])[0].outerHTML })),
        elsewhere: (list) => (list.children[1].remove(), list.nextSibling.append(...rows(['b']))),
        gone: (list) => list.children[1].remove(), last: (list) => list.replaceChildren(...rows(['a'])), empty: (list) => list.replaceChildren(),
        left: (list) => (beside(), list.append(list.children[1])),
    };
    const beside = () => (root.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true })), document.activeElement.blur());
    const found = {};
    for (const [name, happens] of Object.entries(happenings)) {
        const lists = [document.createElement('ul'), document.createElement('ul')];
        lists[0].append(...rows(['a', 'b', 'c']));
        root.replaceChildren(...lists);
        lists[0].querySelector('[data-key=b]').focus();
        await new Promise((told) => setTimeout(told));
        happens(lists[0]);
        await new Promise((told) => setTimeout(told));
        found[name] = document.activeElement.dataset.key ?? document.activeElement.tagName;
    }
    return found;
}"""


def test_a_row_that_moves_or_is_drawn_anew_keeps_the_focus_and_one_that_goes_gives_it_to_its_neighbour(
    page: Page,
) -> None:
    found = page.evaluate(STANDS, True)
    assert found == {
        "moved": "b", "redrawn": "b", "whole": "b", "elsewhere": "b", "gone": "c", "last": "a", "empty": "UL", "left": "BODY",
    }  # fmt: skip


def test_twin_a_browser_alone_forgets_it(page: Page) -> None:
    assert set(page.evaluate(STANDS, False).values()) == {"BODY"}
