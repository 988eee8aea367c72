"""Gives the orders that time alone calls for: open and close the day, renew estimates, report a wrong clock.

The loop asks once a second. The scheduler answers with orders of the caller's own, which go through the inbox
and the log like any other, so that the record says who opened the day.
"""

from collections.abc import Callable
from uuid import uuid4

from caller.engine import automatic_day, case_clock, deadlines, followups, receptions, station_jobs
from caller.engine.commands import OpenDay, ReportDevice
from caller.engine.credible_clock import FIRST_DATE, OUTSIDE, Verdict, Witnesses, judge
from caller.engine.envelope import CommandEnvelope, DecidedCommand, NoteOverdue, SetDueDate
from caller.engine.hall import Hall
from caller.engine.wait_forecast import forecast
from caller.engine.windows import WindowState
from caller.protocol.frames import Done, RefusedFrame
from caller.service.clock import Clock
from caller.views.standstill import CLOSING_MICROS
from caller.views.stations import screens_turned
from config.catalogue import both
from config.instants import Micros, local

OwnCommand = tuple[CommandEnvelope, Callable[[Done | RefusedFrame], None]]
OWN = "caller"  # role and station of the caller's own orders
JUMP_MICROS = 2_000_000  # a wall clock further away than this was set by somebody
FORECAST_MICROS = 10_000_000  # an estimate ages even when nothing happens
AGED_MICROS = 5_000_000  # after its end a time is looked at for so long, so that its end is shown
UNREAD = 1 << 62  # a gap told before this process started


class Scheduler:
    """Remembers what it has asked for and reported, so that each is done once; and whether the clock is believed.

    1. A start judges the wall clock (`credible_clock`). If it is credible, time begins with it, or with the last event
       while a day is open and that is later; if not, time goes on from the last event, so that no false instant gets
       into the log.
    2. A credible clock that counts elapsed time stays credible, whatever happens to the wall clock. It goes over to
       the wall clock only if others than the log (time server, stations) bear witness for that.
    3. One that is not is judged again with every tick, and goes over to the wall clock once that is credible.
    4. Time is never turned back while a day is open.
    5. Until the clock is credible nothing is done because of the time.
    6. A person's word goes before the log: a manager who opens the day of the date that the wall clock shows, while the
       caller's time is another date, says that the wall clock is right. Else a first start with a date far ahead would be
       believed until that date.
    """

    def __init__(self, clock: Clock, hall: Hall) -> None:
        told = hall.register.devices.get("clock")
        self._clock = clock
        self._told_gap = UNREAD if told and told.state != "ready" else 0
        self._asked: set[str] = set()
        self._estimated: tuple[int, int] = (-1, 0)  # hall and seq of the last estimate
        self.verdict = self._judge(hall)
        last = hall.state.now
        if last and (not self.verdict.credible or (clock.gap() + clock.now() < last and hall.state.day.open)):
            clock.go_on_from(last)

    def _judge(self, hall: Hall) -> Verdict:
        clock = self._clock
        return judge(hall, Witnesses(clock.wall(), clock.synchronised(), clock.stations()))

    def check_clock(self, hall: Hall) -> None:
        """Go over to the wall clock if it is right to (rules 2 to 4)."""
        gap = self._clock.gap()
        if self.verdict.credible and abs(gap) <= JUMP_MICROS:
            return
        found = self._judge(hall)
        if not found.credible or (self.verdict.credible and found.why not in OUTSIDE):
            self.verdict = self.verdict if self.verdict.credible else found
            return
        self.verdict = found
        if gap > 0 or not hall.state.day.open:
            self._clock.go_on_from(self._clock.wall())

    def confirm_date(self, hall: Hall, command: DecidedCommand) -> None:
        """Go over to the wall clock where the command confirms its date (rule 6); called before it is decided."""
        if not isinstance(command, OpenDay) or hall.state.day.open or command.day in hall.register.used_days:
            return
        wall, zone = self._clock.wall(), hall.settings.hall.zone
        shown, ours = (local(at, zone).date() for at in (wall, self._clock.now()))
        if command.day == shown.isoformat() != ours.isoformat() and shown >= FIRST_DATE:
            self.verdict = Verdict(True, "confirmed")
            self._clock.go_on_from(wall)

    def orders(self, hall: Hall) -> list[OwnCommand]:
        """Return the caller's own commands now; none while the last ones are unanswered."""
        if self._asked:
            return []
        self.check_clock(hall)
        now, credible = self._clock.now(), self.verdict.credible
        command = automatic_day.due(hall, now) if credible and hall.settings.hall.automatic_day else None
        late = [
            *station_jobs.overdue(hall.state.jobs, now),
            *(_by_the_calendar(hall, now) if credible else ()),
        ]
        return [*self._clock_report(), *map(self._order, late), *([self._order(command)] if command else [])]

    def _order(self, command: DecidedCommand, then: Callable[[], None] = lambda: None) -> OwnCommand:
        """Return an order, and what to do when it is saved; one that is refused comes again with a later tick."""
        id = f"{OWN}-{uuid4().hex}"
        self._asked.add(id)

        def done(answer: Done | RefusedFrame) -> None:
            self._asked.discard(id)
            if isinstance(answer, Done):
                then()

        return CommandEnvelope(id=id, command=command, role=OWN, station=OWN), done

    def _clock_report(self) -> list[OwnCommand]:
        """Return the report of a wall clock that is over `JUMP_MICROS` (µs) off.

        It is given once, and once again when the wall clock is right.
        """
        gap = self._clock.gap()
        if abs(gap - self._told_gap) <= JUMP_MICROS:
            return []
        wrong = abs(gap) > JUMP_MICROS
        report = ReportDevice(
            device="clock",
            kind="clock",
            state="error" if wrong else "ready",
            detail=clock_words(gap) if wrong else "",
        )
        return [self._order(report, lambda: self._tell(gap if wrong else 0))]

    def _tell(self, gap: int) -> None:
        self._told_gap = gap

    def estimate(self, hall: Hall) -> None:
        """Run the hall forward, off the path of a press; only if it would differ."""
        now, old = self._clock.now(), hall.forecast
        if old is None or self._estimated != (id(hall), hall.seq) or now - old.at >= FORECAST_MICROS:
            self._estimated = (id(hall), hall.seq)
            hall.forecast = forecast(hall, now)

    def clock_doubt(self, hall: Hall) -> tuple[str, str] | None:
        """Return why the clock is not believed, Chinese and English: it opens, closes and expires nothing, and a person
        must look. None while it is believed."""
        if not hall.settings.hall.automatic_day or self.verdict.credible:
            return None
        zh, en = both("clock-doubt", self.verdict.why)
        zone = hall.settings.hall.zone
        seen, last = (f"{local(at, zone):%Y-%m-%d %H:%M}" for at in (self._clock.wall(), hall.state.now))
        return (
            f"{zh}（电脑 {seen}，最后记录 {last}），营业日不自动开始或结束。日期不对请校准时钟；日期无误请由管理人员"
            "用 hallcall day close 结束上一日，或用 hallcall day open --date 开始当天",
            f"{en} (computer {seen}, last event {last}): no day opens or closes by itself. If the date is wrong, set the"
            " clock; if it is right, a manager ends the last day with hallcall day close, or opens this one with"
            " hallcall day open --date",
        )


def _by_the_calendar(hall: Hall, now: Micros) -> list[NoteOverdue | SetDueDate]:
    """Return what is to be noted as overdue, and the dates that a new notice sets."""
    late = [*deadlines.to_note(hall, now), *case_clock.to_note(hall, now)]
    return [*late, *followups.to_set(hall), *case_clock.to_set(hall)]


def ageing(hall: Hall, now: Micros) -> set[str]:
    """Return the topics whose documents change with time alone: bands, away alerts, the evaluator's question, the time
    to correct an outcome or to be back, what windows are told near closing time, and who is next where a postponed applicant may wake, or one in a queue that is only helped has waited long enough; screens that their hours turn on or off."""
    sleeping = any(line.postponed() for line in hall.lines.values())
    windows = hall.state.windows.values()
    asking = {
        f"window/{w.id}"
        for w in windows
        if (w.last and not w.ticket) or (sleeping and w.serves) or _helps_soon(hall, w.serves)
    }
    timed = {f"window/{w.id}" for w in windows if now <= _time_shown(hall, w) + AGED_MICROS}
    closes = hall.state.day.closes_at
    is_closing = hall.state.day.open and closes - CLOSING_MICROS <= now <= closes
    closing = {f"window/{w.id}" for w in windows if is_closing and w.state != "closed"}
    turned = screens_turned(hall, now - AGED_MICROS, now) if hall.settings.screens else set[str]()
    return {"board", "kiosk", "supervise", "followups", "rectifications"} | asking | timed | closing | turned


def _time_shown(hall: Hall, window: WindowState) -> Micros:
    """Return the last instant at which a window's document shows an expected return, or offers a correction."""
    last = receptions.last_here(hall, window)
    return max(window.back, last.correct_until if last else 0)


def _helps_soon(hall: Hall, serves: dict[str, int]) -> bool:
    return any(reluctance and hall.waiting.get(queue) for queue, reluctance in serves.items())


def clock_words(gap: int) -> str:
    """Return how far the computer's clock is off, and the next step."""
    seconds = round(abs(gap) / 1_000_000)
    way, way_en = ("快", "ahead") if gap > 0 else ("慢", "behind")
    return f"电脑时钟被改{way} {seconds} 秒，请校准 / the clock was set {seconds} s {way_en}; set it right"
