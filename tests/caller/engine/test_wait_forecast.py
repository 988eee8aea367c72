"""The estimate: the same turn rule run forward, with what the hall has measured and nothing it cannot know."""

import math
import random
import time

import pytest

from caller.engine import commands as cmd
from caller.engine.measured_times import Hold, hold, residual
from caller.engine.register import ServiceTimes
from caller.engine.state import UNKNOWN_MINUTES
from caller.engine.wait_forecast import BAND_STEP, Forecast, band, forecast
from config.instants import MINUTE
from config.settings import HallTable, Queue, Window
from tests.instruments.engine_fixture import Stage
from tests.instruments.hall_image import image

SERVICE = 6.0  # minutes: the prior of a queue that says nothing
MOMENT = 0.0001  # minutes
NEAR = 0.05  # minutes: a measured spread is never quite nothing


def minutes(stage: Stage, queue: str, priority: str = "ordinary") -> float:
    """What somebody who came a moment later would be told."""
    stage.later(MOMENT)
    promise = stage.now + stage.hall.target(priority, queue)
    return forecast(stage.hall, stage.now).minutes(queue, promise)


def fixed(stage: Stage, queue: str = "A", mean: float = SERVICE) -> Stage:
    """A hall that has seen a thousand services of exactly `mean` minutes."""
    for key in (queue, *(f"{queue}|{w.id}" for w in stage.hall.settings.windows)):
        stage.hall.register.service_times[key] = ServiceTimes(1000.0, 1000 * mean, 1000 * mean * mean)
    return stage


def quiet(stage: Stage) -> Stage:
    """Nobody came in the last hour but those who wait: the run expects (almost) nobody."""
    stage.hall.state.day.stops_at = stage.now
    return stage


def test_a_free_window_calls_at_once():
    assert minutes(Stage().open("1"), "A") == 0.0


def test_nobody_can_say_how_long_a_queue_without_a_window_takes():
    stage = Stage().open("2")
    assert minutes(stage, "P") == UNKNOWN_MINUTES
    assert forecast(stage.hall, stage.now).quoted_wait("P", stage.now) == (-1, -1, -1)


def test_a_paused_window_is_not_counted_on():
    stage = Stage().open("1")
    stage.do(cmd.PauseWindow("1"))
    assert minutes(stage, "A") == UNKNOWN_MINUTES


@pytest.mark.parametrize("ahead", [1, 2, 5])
def test_one_window_takes_a_service_for_each_one_ahead(ahead: int):
    stage = fixed(Stage()).open("2")
    for _ in range(ahead):
        stage.take("A")
    assert minutes(quiet(stage), "A") == pytest.approx(ahead * SERVICE, abs=NEAR)


def test_two_windows_share_those_ahead():
    stage = fixed(Stage()).open("1", "2")
    for _ in range(4):
        stage.take("A")
    assert minutes(quiet(stage), "A") == pytest.approx(2 * SERVICE, abs=NEAR)


def test_the_service_going_on_counts_from_its_call():
    stage = fixed(Stage()).open("2")
    stage.take("A")
    stage.next("2")
    stage.later(4)
    assert minutes(quiet(stage), "A") == pytest.approx(SERVICE - 4, abs=0.1)


def test_an_elderly_newcomer_is_told_the_place_they_would_take():
    stage = fixed(Stage()).open("2")
    for _ in range(6):
        stage.take("A")
    quiet(stage)
    assert minutes(stage, "A", "elderly") == 0.0
    assert minutes(stage, "A") == pytest.approx(6 * SERVICE, abs=NEAR)


def test_those_yet_to_come_who_go_first_lengthen_the_wait():
    stage = fixed(Stage()).open("2")
    for _ in range(12):
        stage.take("A", "elderly")
        stage.later(4)
        if stage.hall.state.windows["2"].ticket:
            stage.press(cmd.FinishService, "2")
        stage.next("2")
    for _ in range(5):
        stage.take("A")
    with_them = minutes(stage, "A")
    without = minutes(quiet(stage), "A")
    assert without < 6.5 * SERVICE < 8 * SERVICE < with_them


def test_nobody_is_expected_after_the_last_ticket():
    stage = fixed(Stage()).open("2")
    for _ in range(10):
        stage.take("A", "elderly")
    stage.hall.state.day.stops_at = stage.now
    assert minutes(stage, "A") == pytest.approx(10 * SERVICE, abs=NEAR)


def test_a_postponed_ticket_is_expected_when_it_may_be_called():
    stage = fixed(Stage()).open("2")
    late = stage.find(stage.take("A"))
    stage.do(cmd.PostponeTicket(late.id, 30))
    said = forecast(quiet(stage).hall, stage.later(MOMENT).now)
    assert said.minutes("A", late.promise) == pytest.approx(30, abs=NEAR)
    assert minutes(stage, "A") == 0.0


def test_a_ticket_bound_to_a_window_waits_for_that_window():
    stage = fixed(Stage()).open("1", "2")
    for _ in range(2):
        stage.take("A")
    stage.next("1")
    stage.next("2")
    first = stage.find(stage.take("A", window="2"))
    bound = stage.find(stage.take("A", window="2"))
    said = forecast(quiet(stage).hall, stage.now)
    assert said.minutes("A", first.promise) == pytest.approx(SERVICE, abs=NEAR)
    assert bound.bound == "2"


def test_the_forecast_changes_nothing():
    stage = Stage().open("1", "2", "3")
    for queue in "AABBA":
        stage.take(queue)
    stage.next("1")
    before = image(stage.hall)
    forecast(stage.hall, stage.now)
    assert image(stage.hall) == before


def test_a_window_is_believed_over_the_config_only_as_data_come_in():
    stage = Stage().open("2")
    told = [hold(stage.hall, "A", "2").mean]
    for _ in range(20):
        stage.take("A")
        stage.serve("2", 2)
        told.append(hold(stage.hall, "A", "2").mean)
    assert told[0] == SERVICE
    assert told == sorted(told, reverse=True)
    assert 2.0 < told[-1] < 2.5


def test_the_rest_of_a_service_is_its_measured_median():
    """Against a large sample of the distribution it claims to be of."""
    times, draw = Hold(6.0, 0.8), random.Random(7)
    sigma = math.sqrt(math.log1p(times.spread))
    sample = [draw.lognormvariate(math.log(6.0) - sigma**2 / 2, sigma) for _ in range(40_000)]
    for elapsed in (0.0, 3.0, 10.0):
        rest = sorted(each - elapsed for each in sample if each > elapsed)
        shorter = sum(each <= residual(times, elapsed) for each in rest) / len(rest)
        assert shorter == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(len(rest)))


@pytest.mark.parametrize("spread", [0.0, 0.5, 4.0])
def test_whatever_has_been_going_on_still_ends(spread: float):
    for elapsed in (0.0, 1e-6, 1.0, 60.0, 1e6, 1e12):
        assert 0.0 <= residual(Hold(6.0, spread), elapsed) < math.inf


def test_bands_are_steps_of_five_and_hold_the_expectation():
    for tenth in range(2000):
        low, high = band(tenth / 10)
        assert low % 5 == high % 5 == 0
        assert low <= tenth / 10 <= high
        assert high > low


def says_nothing(quoted: tuple[int, int], minutes: float) -> bool:
    """Whether a band is of no use to who waits so many minutes: as wide as from no wait at all to a long one."""
    low, high = quoted
    return high - low > 0.6 * minutes + 2 * BAND_STEP or (low == 0 and high > 2 * BAND_STEP)


def test_no_band_is_so_wide_that_it_says_nothing():
    assert says_nothing((0, 90), 45.0)
    assert not [each / 10 for each in range(14_400) if says_nothing(band(each / 10), each / 10)]
    assert band(UNKNOWN_MINUTES) == (-1, -1)


def test_a_forecast_without_anybody_answers():
    assert Forecast(0, {}, {}).minutes("A", 5) == UNKNOWN_MINUTES


def test_a_full_hall_is_answered_for_within_a_loop_s_patience():
    """26 windows, 300 waiting: far more than the county hall; the bound leaves room for a busy machine."""
    letters = [chr(ord("A") + i) for i in range(16)]
    queues = tuple(Queue(each, each) for each in letters)
    windows = tuple(Window(str(i), str(i), [letters[i % 16], letters[(i + 1) % 16]]) for i in range(26))
    stage = Stage(queues=queues, windows=windows, items=()).open(*(window.id for window in windows))
    for i in range(300):
        stage.take(letters[i % 16])
    began = time.process_time()
    for _ in range(10):
        forecast(stage.hall, stage.now + MINUTE)
    assert (time.process_time() - began) / 10 < 0.05


def lunch(*breaks: tuple[str, str]) -> Stage:
    """09:00, one window, services of exactly six minutes, and these planned breaks."""
    hall = HallTable(site="stage", name="舞台大厅", breaks=list(breaks))
    return quiet(fixed(Stage(hall=hall, windows=(Window("1", "一号", ["A"]),)).open("1")))


def test_nobody_is_told_a_call_in_a_planned_break():
    without, planned = lunch(), lunch(("09:10", "10:00"))
    for stage in (without, planned):
        stage.hall.state.day.stops_at = stage.now + 1_000_000
        for _ in range(3):
            stage.take("A")
        quiet(stage)
    assert minutes(without, "A") == pytest.approx(18, abs=NEAR)  # 09:00, 09:06, 09:12, then a newcomer
    assert minutes(planned, "A") == pytest.approx(66, abs=NEAR)  # the third at 10:00, a newcomer at 10:06


def test_a_window_paused_for_the_break_is_back_when_it_ends():
    stage = lunch(("09:10", "10:00"))
    stage.do(cmd.PauseWindow("1", "meal"))
    assert minutes(stage, "A") == UNKNOWN_MINUTES  # a pause outside a break has no known end
    stage.later(20)
    assert minutes(quiet(stage), "A") == pytest.approx(40, abs=NEAR)
