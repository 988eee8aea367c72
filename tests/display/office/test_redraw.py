"""A part of a page drawn anew: what stays the same keeps its element, so that a press on its way arrives; and what it must
never do: let a press on one thing act on another."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from nicegui import Client, ui
from nicegui.element import Element
from nicegui.page import page

from display.office import parts, screen
from display.office.pages.live import urgent_first
from display.office.screen import ScreenPart


class OpenedPart:
    """A part of an open page as the browser knows it; `facts` is what it shows."""

    def __init__(self, draw: Callable[["OpenedPart"], None]) -> None:
        self.client, self.facts, self.pressed = Client(page("/")), dict[str, Any](), list[str]()
        with self.client:
            self.part = ScreenPart(ui.element("div"), lambda: draw(self), lambda: dict(self.facts))
        self.part.look()
        self.sent()

    def change(self, **facts: Any) -> None:
        self.facts |= facts
        with self.client:
            self.part.look()

    def sent(self) -> set[int]:
        """Return the ids of what the browser is sent now, and let it be sent."""
        ids = set(self.client.outbox.updates)
        self.client.outbox.updates.clear()
        return ids

    def found(self, kind: type[Element], words: str = "") -> Element:
        return next(
            each
            for each in self.client.elements.values()
            if type(each) is kind and words in (str(each.props.get("label")), str(each._text), "")
        )

    def press(self, id: int, listener: str, *args: str) -> None:
        """Do as the browser does, with the ids that it was once sent."""
        self.client.handle_event({"id": id, "listener_id": listener, "args": list(args)})

    def button(self, label: str, act: str, mark: str = "") -> None:
        ui.button(label, on_click=lambda: self.pressed.append(act)).mark(mark)


def ids(element: Element) -> tuple[int, str]:
    """Return by what the browser names a press on this element."""
    return element.id, next(iter(element._event_listeners))


def a_detail(part: OpenedPart) -> None:
    """A heading, a fact, and two verbs, of which one comes later; each act names the version that is shown."""
    version = part.facts.get("version", 0)
    ui.html("<b>3</b>", sanitize=False, tag="h2")
    ui.label(f"version {version}")
    with ui.row().classes("verbs"):
        if version > 1:
            part.button("later", f"later {version}")
        part.button("pause", f"pause {version}")
        ui.button("closed").props("disable").tooltip("why")


@pytest.fixture
def detail() -> Iterator[OpenedPart]:
    made = OpenedPart(a_detail)
    yield made
    made.client.delete()


def test_a_press_that_falls_into_the_redrawing_is_carried_out_on_the_newest_document(
    detail: OpenedPart,
) -> None:
    shown = ids(detail.found(ui.button, "pause"))
    detail.change(version=1)
    detail.press(*shown)
    detail.change(version=2)
    detail.press(*shown)
    assert detail.pressed == ["pause 1", "pause 2"]


def test_twin_where_all_is_drawn_anew_the_press_is_lost(
    detail: OpenedPart, monkeypatch: pytest.MonkeyPatch
) -> None:
    def anew(box: ui.element, draw: Callable[[], None]) -> None:
        box.clear()
        with box:
            draw()

    monkeypatch.setattr(screen, "redraw", anew)
    shown = ids(detail.found(ui.button, "pause"))
    detail.change(version=1)
    detail.press(*shown)
    assert detail.pressed == []


def test_only_what_differs_is_sent_and_a_tooltip_stays_at_its_button(detail: OpenedPart) -> None:
    button, label, heading = (detail.found(each) for each in (ui.button, ui.label, ui.html))
    shown = len(detail.client.elements)
    detail.change(version=1)
    assert detail.sent() == {detail.part._box.id, label.id}
    assert detail.found(ui.html).id == heading.id
    assert len(detail.client.elements) == shown, "nothing of what was drawn to compare is left over"
    detail.change(version=2)
    row = detail.found(ui.row)
    added = detail.found(ui.button, "later")
    assert detail.sent() == {detail.part._box.id, label.id, row.id, added.id}
    assert [each.id for each in row][1] == button.id
    assert detail.found(ui.tooltip).props["target"] == f"#c{detail.found(ui.button, 'closed').id}"


def test_an_act_that_began_goes_on_where_its_part_was_drawn_anew(detail: OpenedPart) -> None:
    slot = detail.found(ui.button, "pause").parent_slot
    assert slot
    detail.change(version=1)
    detail.change(version=2)
    with slot:
        assert ui.context.client is detail.client


def test_what_is_gone_is_removed_and_a_press_on_it_does_nothing(detail: OpenedPart) -> None:
    detail.change(version=2)
    shown = ids(detail.found(ui.button, "later"))
    detail.change(version=1)
    detail.press(*shown)
    assert detail.pressed == []
    assert shown[0] not in detail.client.elements


def lines(part: OpenedPart) -> None:
    """Lines of several things, whose verbs have the same words."""
    for name, words in part.facts.get("lines", {}).items():
        with ui.element("div").classes("line").mark(name if part.facts["marked"] else ""):
            ui.label(words)
            part.button("lift", f"lift {name}")


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("of_b", ["B 10:00", "B 11:00"])
def test_a_press_on_one_thing_is_never_one_on_another(marked: bool, of_b: str) -> None:
    part = OpenedPart(lines)
    part.change(marked=marked, lines={"A": "A 10:00", "B": "B 10:00"})
    (lift_a, lift_b) = (ids(each) for each in part.client.elements.values() if type(each) is ui.button)
    part.change(lines={"B": of_b, "C": "C 11:00"})
    part.press(*lift_a)
    assert part.pressed == []
    part.press(*lift_b)
    is_sure = marked or of_b == "B 10:00"  # without a mark what has changed is doubtful, and so drawn anew
    assert part.pressed == (["lift B"] if is_sure else [])
    part.client.delete()


def a_form(part: OpenedPart) -> None:
    ui.label(f"waiting {part.facts.get('waiting', 0)}")
    field = ui.input("words", value="")
    ui.button("keep", on_click=lambda: part.pressed.append(str(field.value)))


def test_an_input_keeps_what_was_typed_and_is_not_sent_again() -> None:
    part = OpenedPart(a_form)
    field = part.found(ui.input)
    part.press(*ids(field), '"half a sen"')
    part.sent()
    part.change(waiting=1)
    assert field.id not in part.sent()
    part.press(*ids(part.found(ui.input)), '"half a sentence"')
    part.change(waiting=2)
    part.press(*ids(part.found(ui.button)))
    assert part.pressed == ["half a sentence"]
    assert cast(ui.input, part.found(ui.input)).value == "half a sentence"
    part.client.delete()


def test_of_many_rows_those_that_need_a_hand_stand_first_and_the_rest_as_the_hall_has_them() -> None:
    lights = ["grey", "green", "red", "yellow", "green", "red"]
    rows = [{"id": str(place), "light": light} for place, light in enumerate(lights)]
    assert [row["id"] for row in urgent_first(rows)] == ["2", "5", "3", "1", "4", "0"]


@pytest.mark.parametrize("safe", [True, False], ids=["as it is", "twin"])
def test_a_table_leaves_out_what_acts_in_a_text_from_outside(
    safe: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not safe:
        monkeypatch.setattr(parts, "page_document", lambda value: value)
    said = "HTTP 400 \x1b[31m\u202e坏"
    fake: Any = SimpleNamespace(say=lambda code: code, each_look=lambda look: look())
    with Client(page("/")):
        table = parts.DataTable(
            fake, [parts.TableColumn("trouble", "x")], lambda: [{"id": "sms", "trouble": said}]
        )
    assert table.table.rows == [{"id": "sms", "trouble": "HTTP 400 [31m坏" if safe else said}]


class OpenedFaces:
    """A page of three faces; `cleared`: its ways are made anew each time, as they must not be."""

    def __init__(self, cleared: bool) -> None:
        self.client, self.opened = Client(page("/")), list[str]()
        with self.client:
            self.ways = parts.FaceWays("各页", self.go)
        self.cleared = cleared
        self.go("评分")

    def go(self, face: str) -> None:
        self.opened.append(face)
        if self.cleared:
            self.ways._nav.clear()  # pyright: ignore[reportPrivateUsage]
        with self.client:
            self.ways.draw({each: each for each in ("评分", "考勤", "登记")}, face)

    def buttons(self) -> dict[str, tuple[int, str]]:
        """The ways as the browser names them."""
        found = (each for each in self.client.elements.values() if isinstance(each, ui.button))
        return {str(each.props.get("label")): ids(each) for each in found}

    def press(self, id: int, listener: str) -> None:
        self.client.handle_event({"id": id, "listener_id": listener, "args": []})


@pytest.mark.parametrize("cleared", [False, True])
def test_a_press_on_a_way_is_heeded_though_the_face_before_it_is_drawn_meanwhile(cleared: bool) -> None:
    """Two quick presses: the browser sends the second before it has been told of the first. And the twin, which loses it."""
    opened = OpenedFaces(cleared)
    before = opened.buttons()
    opened.press(*before["考勤"])
    opened.press(*before["登记"])
    assert opened.opened == ["评分", "考勤", *([] if cleared else ["登记"])]
    here = [
        each.props.get("label")
        for each in opened.client.elements.values()
        if isinstance(each, ui.button) and "here" in each.classes
    ]
    assert here == [opened.opened[-1]]


def test_every_page_has_its_ways_from_one_place() -> None:
    pages = {str(path): path.read_text("utf-8") for path in Path(parts.__file__).parent.rglob("*.py")}
    assert [path for path, text in pages.items() if 'classes("faces")' in text] == [parts.__file__]
