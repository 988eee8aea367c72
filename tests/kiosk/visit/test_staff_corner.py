"""What the staff and the technician read: figures that add up, the PIN as it is now, the very command to type."""

from kiosk.catalogue import Catalogue
from kiosk.screens.document import document
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import SetupCommands, VisitState
from tests.instruments.kiosk_halls import KIOSK, small_hall
from tests.kiosk.visit.test_visit import enter, issued, new_visit


def figures(visit: VisitMachine) -> tuple[int, int, int, int]:
    counts = visit.state.counts
    return counts.issued, counts.printed, counts.unprinted, counts.reprinted


def test_printed_and_unprinted_are_all_numbers_whatever_became_of_their_slips():
    visit = new_visit()
    for fate in ("printed", "failed", "unknown", "printed"):
        visit.slip(issued(visit), 0, fate)  # type: ignore[arg-type]
        visit.tap("home", 0.0)
    visit.paper({"p1": "paper-out"})
    issued(visit)  # not even tried
    assert figures(visit) == (5, 2, 3, 0)


def test_while_a_slip_is_being_printed_the_figures_add_up_too():
    visit = new_visit()
    issued(visit)
    assert figures(visit) == (1, 0, 1, 0)


def test_a_slip_printed_again_is_no_further_number():
    visit = new_visit()
    id = issued(visit)
    visit.slip(id, 0, "printed")
    visit.tap("reprint", 0.0)
    visit.slip(id, 1, "printed")
    assert figures(visit) == (1, 1, 0, 1)


def test_a_pin_set_while_the_kiosk_runs_opens_the_corner():
    pins: list[str] = []  # that are set
    setup_commands = SetupCommands(set_pin="hallcall kiosk HALL.toml --set-pin")
    visit = VisitMachine(VisitState(
        Catalogue(small_hall()), KIOSK, lambda: "id", has_pin=lambda: bool(pins),
        setup_commands=setup_commands,
    ))  # fmt: skip
    visit.tap("staff", 0.0)
    assert document(visit.state)["lead"] == {"key": "pin.none", "facts": {"command": setup_commands.set_pin}}
    pins.append("2580")
    enter(visit, "2580")
    assert visit.state.screen == "staff"


def test_a_kiosk_the_caller_does_not_know_says_what_mends_it_and_one_that_waits_does_not():
    setup_commands = SetupCommands(enrol="hallcall enrol kiosk k1 --data DATA")
    visit = VisitMachine(
        VisitState(Catalogue(small_hall()), KIOSK, lambda: "id", setup_commands=setup_commands)
    )
    visit.away(True)
    assert "not_enrolled" not in document(visit.state)
    visit.away(True, True)
    assert document(visit.state)["not_enrolled"] == {"command": setup_commands.enrol}
    visit.away(False)
    assert "not_enrolled" not in document(visit.state)
