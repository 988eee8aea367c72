"""What a simulated day is like: who comes, how long service takes, how people behave. Read strictly.

`config.reading.strict` takes it apart, so all mistakes are reported at once, each with its line and table; a scenario
is checked against the hall it is for, so that an unknown queue is found before an hour of simulation.
"""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from config.reading import source
from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake, Mistakes, nearest
from config.reading.strict import FileLayout, draft_of
from config.settings import ClassId, Settings

HOURS = 8.0  # of a day that does not say
ARRIVALS_MAX = 1_000_000  # people of one run; about 1 KB and 0.1 ms each

Positive = Annotated[float, Meta(gt=0, le=100_000)]
Share = Annotated[float, Meta(ge=0, le=1)]
HourOfDay = Annotated[float, Meta(ge=0, le=24)]
OpenHours = Annotated[float, Meta(gt=0, le=24)]


class Arrivals(Struct, frozen=True):
    """A stream of applicants for a queue or an item."""

    per_hour: Annotated[float, Meta(ge=0, le=100_000)] = 0.0
    queue: str = ""
    item: str = ""
    priority: ClassId = field(default="ordinary", name="class")
    distribution: Literal["poisson", "deterministic", "hyperexponential", "trace"] = "poisson"
    cv2: Positive = 4.0
    file: str = ""


class Service(Struct, frozen=True):
    """How long a service takes in a queue, and if named at one window."""

    mean_minutes: Positive
    queue: str = ""
    window: str = ""
    distribution: Literal["exponential", "deterministic", "lognormal"] = "exponential"
    cv2: Positive = 1.5


class Behaviour(Struct, frozen=True):
    """What visitors do besides waiting; all off by default."""

    no_show: Share = 0.0
    return_after_no_show: Share = 0.0
    abandon_after_minutes: Annotated[float, Meta(ge=0, le=1440)] = 0.0  # 0: no visitor leaves
    transfer: Share = 0.0


class Peak(Struct, frozen=True):
    """Hours of the day in which more (or fewer) come: every stream's rate `times` so much."""

    from_hour: HourOfDay
    to_hour: HourOfDay
    times: Annotated[float, Meta(ge=0, le=100)]


class Scenario(Struct, frozen=True):
    """One kind of day."""

    arrivals: list[Arrivals]
    service: list[Service] = []
    hours: OpenHours = HOURS
    warmup_hours: HourOfDay = 0.0
    behaviour: Behaviour = field(default_factory=Behaviour)
    peak: list[Peak] = []
    traces: dict[str, list[float]] = {}  # file → arrival minutes, read beside the scenario


class ScenarioMistakes(Mistakes):
    """Every mistake of a scenario."""

    head = (
        "情景有 {count} 处错误，请改正后再试。",
        "{count} mistake(s) in the scenario: mend them and try again.",
    )


DEFAULTS = {"class": "ordinary"}
LAYOUT = FileLayout(
    one={"behaviour": Behaviour},
    many={"arrivals": Arrivals, "service": Service, "peak": Peak},
    loose={"hours": OpenHours, "warmup_hours": HourOfDay},
    required=("arrivals",),
)


def read(path: Path, settings: Settings) -> Scenario:
    """Return the scenario of a TOML file, checked against a hall. Raises: ScenarioMistakes."""
    try:
        text = source.load_text(path)
        document = source.parse_toml(path, text)
    except source.Unreadable as error:
        raise ScenarioMistakes([error.mistake]) from None
    return parse(document, settings, path.parent, path.name, text)


def parse(
    document: dict[str, Any], settings: Settings, folder: Path, name: str = "", text: str = ""
) -> Scenario:
    """Return a scenario from decoded TOML; traces are read from `folder`. Raises: ScenarioMistakes.

    `name` and `text` are the file's, for the places that mistakes point at.
    """
    draft = draft_of(LAYOUT, name, text, document)
    draft.mistakes += [
        *_arrival_checks(draft, settings),
        *_service_checks(draft, settings),
        *_day_checks(draft),
    ]
    traces = _traces(draft, folder)
    if draft.mistakes:
        raise ScenarioMistakes(draft.mistakes)
    rows = {
        table: [msgspec.convert(row.good, kind) for row in draft.rows[table]]
        for table, kind in LAYOUT.many.items()
    }
    behaviour = [Behaviour(**row.good) for row in draft.rows["behaviour"]] or [Behaviour()]
    return Scenario(**rows, **draft.loose.good, behaviour=behaviour[0], traces=traces)


# --- checks across rows, and against the hall


def _arrival_checks(draft: Draft, settings: Settings) -> Iterator[Mistake]:
    known = {
        "queue": [queue.id for queue in settings.queues],
        "item": [item.id for item in settings.items],
        "class": [str(each.id) for each in settings.classes],
    }
    for row in draft.rows["arrivals"]:
        if bool(row.raw.get("queue")) == bool(row.raw.get("item")):
            yield row.mistake("queue", "须写 queue 或 item 之一", "Name either a queue or an item")
        yield from _unknown_names(row, known)
        distribution = row.get("distribution", "" if "distribution" in row.raw else "poisson")
        if distribution and (distribution == "trace") != bool(row.raw.get("file")):
            yield row.mistake("file", "trace 与 file 须同时写", "Trace and file go together")
        if distribution not in ("", "trace") and not row.raw.get("per_hour"):
            yield row.mistake("per_hour", "缺少 per_hour", "per_hour is missing")
        if distribution == "hyperexponential" and row.get("cv2", Arrivals().cv2) < 1:
            yield row.mistake("cv2", "hyperexponential 的 cv2 不小于 1", "Its cv2 is at least 1")


def _service_checks(draft: Draft, settings: Settings) -> Iterator[Mistake]:
    known = {
        "queue": [queue.id for queue in settings.queues],
        "window": [each.id for each in settings.windows],
    }
    first: dict[tuple[object, object], DraftRow] = {}
    for row in draft.rows["service"]:
        yield from _unknown_names(row, known)
        queue, window = row.raw.get("queue", ""), row.raw.get("window", "")
        if (other := first.setdefault((str(queue), str(window)), row)) is not row:
            zh = f"队列 {queue or '*'} 窗口 {window or '*'} 已在 {other.label} 写过，请只留一个"
            yield row.mistake("", zh, f"The same queue and window as {other.label}; keep one")


def _day_checks(draft: Draft) -> Iterator[Mistake]:
    hours, rows = draft.loose.get("hours", HOURS), draft.rows
    if draft.loose.get("warmup_hours", 0.0) >= hours:
        zh, en = "warmup_hours 须小于 hours", "warmup_hours must be less than hours"
        yield draft.loose.mistake("warmup_hours", zh, en)
    end, busiest = 0.0, 1.0
    for row in draft.each("peak", "from_hour", "to_hour"):
        if not end <= row.good["from_hour"] < row.good["to_hour"]:
            yield row.mistake("from_hour", "时段须有先后、不重叠", "Hours in order, without overlap")
        end, busiest = row.good["to_hour"], max(busiest, row.get("times", 1.0))
    if sum(row.get("per_hour", 0.0) for row in rows["arrivals"]) * hours * busiest > ARRIVALS_MAX:
        zh, en = f"一天最多 {ARRIVALS_MAX} 人", f"At most {ARRIVALS_MAX} people a day"
        yield draft.loose.mistake("hours", zh, en)


def _unknown_names(row: DraftRow, known: Mapping[str, Sequence[str]]) -> Iterator[Mistake]:
    """Yield the names in a row that the hall does not have."""
    for key, names in known.items():
        if (name := row.get(key, DEFAULTS.get(key, ""))) and name not in names:
            zh, en = f"大厅没有这个 {key}：{name}", f"Unknown in this hall: {name}"
            yield row.mistake(key, zh, en, nearest(name, names))


# --- traces


def _traces(draft: Draft, folder: Path) -> dict[str, list[float]]:
    traces: dict[str, list[float]] = {}
    for row in draft.each("arrivals", "file"):
        file = row.good["file"]
        if row.get("distribution", "") != "trace" or not file or file in traces:
            continue
        traces[file] = []
        try:
            traces[file] = _trace(folder / file)
        except (OSError, ValueError, TypeError, KeyError, csv.Error) as error:
            zh = f"到达文件 {file} 读不了：{error}；须有一列 minute，写开门后的分钟数"
            en = f"{file} cannot be read: {error}; it needs a column named minute: minutes after opening"
            draft.wrong(row.mistake("file", zh, en))
    return traces


def _trace(path: Path) -> list[float]:
    """Return arrival minutes after the opening: column `minute` of a CSV."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        minutes = sorted(float(row["minute"]) for row in csv.DictReader(file))
    if len(minutes) > ARRIVALS_MAX:
        raise ValueError(f"more than {ARRIVALS_MAX} rows")
    if any(not math.isfinite(minute) or minute < 0 for minute in minutes):
        raise ValueError("minute < 0")
    return minutes
