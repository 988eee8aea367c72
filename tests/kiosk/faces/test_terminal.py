"""The terminal face for a person with nothing but a keyboard, on the smallest terminal there is."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual import events

from devices.printer import Printers
from devices.protocols.scanner import KEY_GAP
from kiosk.catalogue import Catalogue
from kiosk.faces import terminal
from kiosk.faces.terminal import TapButton, Terminal
from kiosk.station import KioskStation
from kiosk.store import VisitStore
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import VisitState
from tests.instruments.kiosk_halls import kiosk_view
from tests.instruments.long_halls import long_hall, long_view
from tests.instruments.scans import CASES, ScanCase
from tests.kiosk.test_station import SECONDS, PlainPress, ScriptedCaller, asyncio_run, no_peek
from tests.kiosk.visit.test_visit import TICKET, new_visit

PERSON = KEY_GAP + 0.03  # seconds after which an Enter is a person's
Scene = Callable[[Terminal, Callable[..., Awaitable[None]]], Awaitable[None]]


def play(
    folder: Path, scene: Scene, size: tuple[int, int] = (80, 24), machine: VisitMachine | None = None
) -> None:
    """A kiosk with the hall in view and no other life: only keys change its screen."""
    memory = VisitStore(folder)

    async def run() -> None:
        station = KioskStation(
            machine or new_visit(), memory, ScriptedCaller(memory), no_peek, Printers({}), PlainPress()
        )
        station._show()
        app = Terminal(station)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()

            async def press(*keys: str) -> None:
                for key in keys:
                    await pilot.press(key)
                    await all_read(app)  # a pilot on a busy machine does not wait until a key is read
                    while app._pressing is not None:
                        await pilot.pause(PERSON / 10)
                await pilot.pause()
                await all_read(app)

            await scene(app, press)
        for task in list(station._tasks):
            task.cancel()

    asyncio_run(run())


async def all_read(app: Terminal) -> None:
    """Wait until the face has done all that it was told before."""
    done = asyncio.Event()
    app.call_later(done.set)
    async with asyncio.timeout(SECONDS):
        await done.wait()


def long_tiles(folder: Path, size: tuple[int, int], language: str = "zh") -> list[str]:
    """What stands on the tiles of a department whose services are alike but for their ends."""
    found: list[str] = []
    catalogue = Catalogue(long_hall())
    machine = VisitMachine(VisitState(catalogue, catalogue.settings.kiosks[0], lambda: "id"))
    machine.away(False)
    machine.hall(long_view())

    async def scene(app: Terminal, press: Callable[..., Awaitable[None]]) -> None:
        for target in (f"language:{language}", "start", "department:tax"):
            app.station.tap(target, app.station.screen["n"])
            await press("f5")
        found.extend(line for line in lines_of(app) if "888" in line)
        head = lines_of(app)[0]
        assert "第1项" in head or "no. 1" in head

    play(folder, scene, size, machine)
    return found


def lines_of(app: Terminal) -> list[str]:
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_names_of_eighty_signs_are_told_apart_and_push_nothing_off(
    tmp_path: Path, size: tuple[int, int], language: str
):
    tiles = long_tiles(tmp_path, size, language)
    assert len(tiles) >= 9
    assert len(set(tiles)) == len(tiles)
    for number, tile in enumerate(tiles):
        assert (f"第{number}项" if language == "zh" else f"no. {number}") in tile
        assert "145" in tile  # the wait stands behind the name


def test_twin_without_shortening_long_names_are_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(terminal, "shortened", lambda text, _cells: text)
    with pytest.raises(AssertionError):
        long_tiles(tmp_path, (80, 24))


def focused(app: Terminal) -> str:
    assert isinstance(app.focused, TapButton)
    return app.focused.target


def test_enter_leads_on_from_the_start_and_arrows_choose(tmp_path: Path):
    async def scene(app: Terminal, press: Callable[..., Awaitable[None]]) -> None:
        await press("down")
        assert focused(app) == "start"
        await press("enter")
        assert focused(app) == "department:tax"
        await press("down")
        assert focused(app) == "department:hr"
        await press("up", "enter")
        assert app.station.machine.state.screen == "items"
        await press("escape")
        assert app.station.machine.state.screen == "services"

    play(tmp_path, scene)


def test_left_and_right_go_along_a_row_and_stay_at_its_end(tmp_path: Path):
    async def scene(app: Terminal, press: Callable[..., Awaitable[None]]) -> None:
        await press("down", "enter")
        app.query_one("#actions").query(TapButton).first().focus()
        await press("right")
        assert focused(app) == "lost"
        await press("right", "left")
        assert focused(app) == "search"

    play(tmp_path, scene)


def test_a_live_figure_takes_nothing_out_of_focus(tmp_path: Path):
    async def scene(app: Terminal, press: Callable[..., Awaitable[None]]) -> None:
        await press("down", "enter", "down")
        view = kiosk_view()
        view["queues"]["B"]["waiting"] = 9  # type: ignore[index]
        app.station._do(app.station.machine.hall(view))
        await press("f5")  # nothing is bound to it: what was told before has been shown
        assert focused(app) == "department:hr"

    play(tmp_path, scene)


def arrow_and_enter_around_a_rebuild(folder: Path) -> list[str]:
    """An arrow, then a live figure that makes the buttons anew, then Enter, all before the face has done any of it;
    what was tapped."""
    taps: list[str] = []

    async def scene(app: Terminal, press: Callable[..., Awaitable[None]]) -> None:
        await press("down", "enter")
        assert focused(app) == "department:tax"
        app.station.tap = lambda target, revision=None: taps.append(target)  # type: ignore  # noqa: ARG005
        view = kiosk_view()
        view["queues"]["B"]["waiting"] = 9  # type: ignore[index]
        app.post_message(key("down"))
        app.station._do(app.station.machine.hall(view))
        app.post_message(key("enter"))
        await press("f5")

    play(folder, scene)
    return taps


def test_an_arrow_pressed_as_the_buttons_are_made_anew_still_counts(tmp_path: Path):
    assert arrow_and_enter_around_a_rebuild(tmp_path) == ["department:hr"]


def test_twin_with_a_focus_that_waits_its_turn_enter_presses_another_button(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    at_once = Terminal.set_focus

    def waiting(app: Terminal, button: TapButton | None) -> None:
        app.call_later(at_once, app, button)

    monkeypatch.setattr(Terminal, "set_focus", waiting)
    assert arrow_and_enter_around_a_rebuild(tmp_path) != ["department:hr"]


def test_when_the_caller_is_back_only_what_a_person_chose_is_in_focus(tmp_path: Path):
    async def scene(app: Terminal, press: Callable[..., Awaitable[None]]) -> None:
        visit = app.station.machine
        for chosen, then in (("", ""), ("language:en", "language:en")):
            app.station._do(visit.away(True))
            await press("f5")
            assert app.focused is None
            if chosen:
                next(b for b in app.query(TapButton) if b.target == chosen).focus()
            app.station._do(visit.away(False))
            await press("f5")
            assert (focused(app) if app.focused else "") == then

    play(tmp_path, scene)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_all_that_can_be_pressed_is_on_the_screen_with_the_keys_that_press_it(
    tmp_path: Path, size: tuple[int, int]
):
    async def scene(app: Terminal, press: Callable[..., Awaitable[None]]) -> None:
        assert "方向键" in str(app.query_one("#keys").render())
        assert "触摸" not in str(app.query_one("#lead").render())
        await press("down", "enter")
        for button in app.query("#actions TapButton, #foot TapButton"):
            assert app.screen.region.contains_region(button.region), button

    play(tmp_path, scene, size)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_after_a_start_no_enter_presses_anything_until_a_person_moves(tmp_path: Path, size: tuple[int, int]):
    async def scene(app: Terminal, press: Callable[..., Awaitable[None]]) -> None:
        assert app.focused is None
        await press("enter")
        assert (app.station.state.screen, app.station.state.language) == ("idle", "zh")
        await press("up", "enter", "f1")
        assert (app.station.state.screen, app.focused) == ("idle", None), "home again, for the next applicant"

    play(tmp_path, scene, size)


def test_twin_with_the_first_button_in_focus_that_enter_presses_it(tmp_path: Path):
    async def scene(app: Terminal, press: Callable[..., Awaitable[None]]) -> None:
        app._focus_first()
        await press("enter")
        assert app.station.state.screen == "services"

    play(tmp_path, scene)


@pytest.mark.parametrize("keys", CASES, ids=lambda case: case.name)
def test_a_scanner_is_told_from_a_person_however_it_ends(tmp_path: Path, keys: ScanCase):
    """Played with the button that leads on in focus: a scan counts and presses nothing."""

    async def scene(app: Terminal, press: Callable[..., Awaitable[None]]) -> None:
        taps: list[str] = []
        app.station.tap = lambda target, revision=None: taps.append(target)  # type: ignore  # noqa: ARG005
        app._focus_first()
        for name, at in keys.timed():
            event = key(name)
            event.time = at
            app.post_message(event)
        await press("f5")
        assert [tap for tap in taps if tap.startswith("scan:")] == [f"scan:{text}" for text in keys.scans]
        assert ("start" in taps) == keys.presses

    play(tmp_path, scene)


def test_what_a_reader_types_is_a_scan_and_not_a_press(tmp_path: Path):
    async def scene(app: Terminal, press: Callable[..., Awaitable[None]]) -> None:
        for sign in TICKET:
            app.post_message(key(sign))
        app.post_message(key("enter"))
        await press("f5")
        assert app.station.machine.state.screen == "ticket"
        assert app.station.machine.state.errand.ticket == TICKET

    play(tmp_path, scene)


def key(sign: str) -> events.Key:
    named = {"-": "minus", " ": "space"}
    return events.Key(named.get(sign, sign), sign if len(sign) == 1 else None)
