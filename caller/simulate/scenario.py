"""What a simulated day is like: who comes, how long service takes, how people behave. Read strictly.

All mistakes are reported at once, each with its table and the next step; a scenario is checked against the hall
it is for, so that an unknown queue is found before an hour of simulation.
"""

import csv
import math
import tomllib
from collections import Counter
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from config.settings import ClassId, Settings

ARRIVALS_MAX = 1_000_000  # people of one run; about 1 KB and 0.1 ms each

Positive = Annotated[float, Meta(gt=0, le=100_000)]
Share = Annotated[float, Meta(ge=0, le=1)]
HourOfDay = Annotated[float, Meta(ge=0, le=24)]


class ScenarioTable(Struct, frozen=True, forbid_unknown_fields=True):
    """One TOML table."""


class Arrivals(ScenarioTable, frozen=True):
    """A stream of applicants for a queue or an item."""

    per_hour: Annotated[float, Meta(ge=0, le=100_000)] = 0.0
    queue: str = ""
    item: str = ""
    priority: ClassId = field(default="ordinary", name="class")
    distribution: Literal["poisson", "deterministic", "hyperexponential", "trace"] = "poisson"
    cv2: Positive = 4.0
    file: str = ""


class Service(ScenarioTable, frozen=True):
    """How long a service takes in a queue, and if named at one window."""

    mean_minutes: Positive
    queue: str = ""
    window: str = ""
    distribution: Literal["exponential", "deterministic", "lognormal"] = "exponential"
    cv2: Positive = 1.5


class Behaviour(ScenarioTable, frozen=True):
    """What visitors do besides waiting; all off by default."""

    no_show: Share = 0.0
    return_after_no_show: Share = 0.0
    abandon_after_minutes: Annotated[float, Meta(ge=0, le=1440)] = 0.0  # 0: no visitor leaves
    transfer: Share = 0.0


class Peak(ScenarioTable, frozen=True):
    """Hours of the day in which more (or fewer) come: every stream's rate `times` so much."""

    from_hour: HourOfDay
    to_hour: HourOfDay
    times: Annotated[float, Meta(ge=0, le=100)]


class Scenario(ScenarioTable, frozen=True):
    """One kind of day."""

    arrivals: list[Arrivals]
    service: list[Service] = []
    hours: Annotated[float, Meta(gt=0, le=24)] = 8.0
    warmup_hours: HourOfDay = 0.0
    behaviour: Behaviour = field(default_factory=Behaviour)
    peak: list[Peak] = []
    traces: dict[str, list[float]] = {}  # file → arrival minutes, read beside the scenario


class ScenarioMistakes(Exception):
    """All that is wrong with a scenario; the text is Chinese and English."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def read(path: Path, settings: Settings) -> Scenario:
    """Return the scenario of a TOML file, checked against a hall. Raises `ScenarioMistakes`."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ScenarioMistakes([f"找不到文件 {path}，请核对路径 / no such file; check the path"]) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioMistakes([f"{path.name} 不是有效的 TOML：{error} / not valid TOML"]) from None
    return parse(data, settings, path.parent)


def parse(data: dict[str, Any], settings: Settings, folder: Path) -> Scenario:
    """Return a scenario from decoded TOML; traces are read from `folder`. Raises `ScenarioMistakes`."""
    mistakes: list[str] = []
    top = {key: value for key, value in data.items() if key not in ("arrivals", "service", "peak")}
    arrivals = _rows(data, "arrivals", Arrivals, mistakes, needed=True)
    service = _rows(data, "service", Service, mistakes)
    peak = _rows(data, "peak", Peak, mistakes)
    whole = _whole(top, mistakes)
    mistakes += _arrival_checks(arrivals, settings) + _service_checks(service, settings)
    traces = _traces(arrivals, folder, mistakes)
    if whole:
        mistakes += _day_checks(whole, arrivals, peak)
    if mistakes or whole is None:
        raise ScenarioMistakes(mistakes)
    kept = {"arrivals": _present(arrivals), "service": _present(service), "peak": _present(peak)}
    return msgspec.structs.replace(whole, traces=traces, **kept)


def _present(rows: list[Any]) -> list[Any]:
    return [row for row in rows if row is not None]


def _whole(top: dict[str, Any], mistakes: list[str]) -> Scenario | None:
    """Return the keys above the rows; each is checked alone, so that one mistake hides no other."""
    good: dict[str, Any] = {}
    known = {*Scenario.__struct_fields__} - {"traces"}
    for key, value in top.items():
        if key not in known:
            mistakes.append(_unknown("", key, known))
        elif key == "behaviour":
            good[key] = _one(value, "[behaviour]", Behaviour, mistakes) or Behaviour()
        elif _one({"arrivals": [], key: value}, "", Scenario, mistakes):
            good[key] = float(value)
    return Scenario(arrivals=[], **good)


def _rows(
    data: dict[str, Any], name: str, kind: type[Any], mistakes: list[str], *, needed: bool = False
) -> list[Any]:
    """Return one entry a row, None for one that is wrong, so that rows keep their number."""
    rows = data.get(name, [])
    if not isinstance(rows, list) or (needed and not rows):
        mistakes.append(f"[[{name}]] 至少写一个，写成 [[{name}]] / write at least one [[{name}]]")
        return []
    return [_one(row, _nth(name, index), kind, mistakes) for index, row in enumerate(rows, 1)]


def _nth(name: str, index: int) -> str:
    return f"[[{name}]] 第 {index} 个 (no. {index})"


def _one(row: Any, where: str, kind: type[Any], mistakes: list[str]) -> Any:
    if not isinstance(row, dict):
        mistakes.append(f"{where} 应当是表 / should be a table")
        return None
    names = {item.encode_name for item in msgspec.structs.fields(kind)}
    unknown = sorted(row.keys() - names)
    mistakes += [_unknown(where, key, names) for key in unknown]
    wrong = [key for key, value in row.items() if isinstance(value, float) and not math.isfinite(value)]
    mistakes += [f"{where} {key} 应当是有限的数 / should be a finite number" for key in wrong]
    try:
        found = msgspec.convert({key: row[key] for key in row.keys() & names}, kind)
    except msgspec.ValidationError as error:
        mistakes.append(f"{where} 不合规定 / does not fit: {error}".strip())
        return None
    return None if unknown or wrong else found


def _unknown(where: str, key: str, known: set[str]) -> str:
    near = get_close_matches(key, sorted(known), 1)
    hint = f"，是否应为 {near[0]} / unknown key; did you mean {near[0]}?" if near else " / unknown key"
    return f"{where} 没有设置项 {key}{hint}".strip()


# --- checks across rows, and against the hall


def _arrival_checks(rows: list[Arrivals | None], settings: Settings) -> list[str]:
    queues = {queue.id for queue in settings.queues}
    items = {item.id for item in settings.items}
    classes = {str(each.id) for each in settings.classes}
    found: list[str] = []
    for index, row in enumerate(rows, 1):
        if row is None:
            continue
        where = _nth("arrivals", index)
        if bool(row.queue) == bool(row.item):
            found.append(f"{where} 须写 queue 或 item 之一 / name either a queue or an item")
        found += _known(where, "queue", row.queue, queues) + _known(where, "item", row.item, items)
        found += _known(where, "class", row.priority, classes)
        if (row.distribution == "trace") != bool(row.file):
            found.append(f"{where} trace 与 file 须同时写 / trace and file go together")
        if row.distribution != "trace" and not row.per_hour:
            found.append(f"{where} 缺少 per_hour / per_hour is missing")
        if row.distribution == "hyperexponential" and row.cv2 < 1:
            found.append(f"{where} hyperexponential 的 cv2 不小于 1 / its cv2 is at least 1")
    return found


def _service_checks(rows: list[Service | None], settings: Settings) -> list[str]:
    queues = {queue.id for queue in settings.queues}
    windows = {window.id for window in settings.windows}
    found: list[str] = []
    for index, row in enumerate(rows, 1):
        if row is not None:
            where = _nth("service", index)
            found += _known(where, "queue", row.queue, queues) + _known(where, "window", row.window, windows)
    twice = Counter((row.queue, row.window) for row in rows if row is not None)
    found += [
        f"[[service]] 队列 {queue or '*'} 窗口 {window or '*'} 写了 {count} 次，请只留一个 / written {count} times; keep one"
        for (queue, window), count in twice.items()
        if count > 1
    ]
    return found


def _day_checks(whole: Scenario, arrivals: list[Arrivals | None], peaks: list[Peak | None]) -> list[str]:
    found: list[str] = []
    if whole.warmup_hours >= whole.hours:
        found.append("warmup_hours 须小于 hours / warmup_hours must be less than hours")
    end = 0.0
    for index, peak in enumerate(peaks, 1):
        if peak is None:
            continue
        if not end <= peak.from_hour < peak.to_hour:
            found.append(f"{_nth('peak', index)} 时段须有先后、不重叠 / in order, without overlap")
        end = peak.to_hour
    busiest = max([1.0, *(peak.times for peak in peaks if peak)])
    people = sum(row.per_hour for row in arrivals if row) * whole.hours * busiest
    if people > ARRIVALS_MAX:
        found.append(f"一天最多 {ARRIVALS_MAX} 人 / at most {ARRIVALS_MAX} people a day")
    return found


def _known(where: str, what: str, name: str, known: set[str]) -> list[str]:
    if not name or name in known:
        return []
    near = get_close_matches(name, sorted(known), 1)
    hint = f"，是否应为 {near[0]} / unknown in this hall; did you mean {near[0]}?" if near else ""
    return [f"{where} 大厅没有这个 {what}：{name}{hint or ' / unknown in this hall'}"]


# --- traces


def _traces(arrivals: list[Arrivals | None], folder: Path, mistakes: list[str]) -> dict[str, list[float]]:
    traces: dict[str, list[float]] = {}
    for file in {row.file: None for row in arrivals if row and row.distribution == "trace" and row.file}:
        try:
            traces[file] = _trace(folder / file)
        except (OSError, ValueError, TypeError, KeyError, csv.Error) as error:
            mistakes.append(
                f"到达文件 {file} 读不了：{error}；须有一列 minute，写开门后的分钟数"
                " / needs a column named minute: minutes after opening"
            )
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
