"""What a simulated day is like: who comes, how long service takes, how people behave. Read strictly.

All mistakes are told at once, each with its table and the next step; a scenario is checked against the hall
it is for, so that a queue nobody knows is found before an hour of simulation.
"""

import csv
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from config.settings import ClassId, Settings

Positive = Annotated[float, Meta(gt=0, le=100_000)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """One TOML table."""


class Arrivals(Table, frozen=True):
    """A stream of applicants for a queue or an item."""

    per_hour: Annotated[float, Meta(ge=0, le=100_000)] = 0.0
    queue: str = ""
    item: str = ""
    priority: ClassId = field(default="ordinary", name="class")
    distribution: Literal["poisson", "deterministic", "hyperexponential", "trace"] = "poisson"
    cv2: Positive = 4.0
    file: str = ""


class Service(Table, frozen=True):
    """How long a service takes in a queue, and if named at one window."""

    mean_minutes: Positive
    queue: str = ""
    window: str = ""
    distribution: Literal["exponential", "deterministic", "lognormal"] = "exponential"
    cv2: Positive = 1.5


class Behaviour(Table, frozen=True):
    """What people do besides waiting; all off by default."""

    no_show: Share = 0.0
    return_after_no_show: Share = 0.0
    abandon_after_minutes: Annotated[float, Meta(ge=0, le=1440)] = 0.0  # 0: nobody leaves
    transfer: Share = 0.0


class Scenario(Table, frozen=True):
    """One kind of day."""

    arrivals: list[Arrivals]
    service: list[Service]
    hours: Annotated[float, Meta(gt=0, le=24)] = 8.0
    warmup_hours: Annotated[float, Meta(ge=0, le=24)] = 0.0
    behaviour: Behaviour = field(default_factory=Behaviour)
    traces: dict[str, list[float]] = {}  # file → arrival minutes, read beside the scenario


class ScenarioMistakes(Exception):
    """All that is wrong with a scenario, Chinese and English."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def read(path: Path, settings: Settings) -> Scenario:
    """The scenario of a TOML file, checked against a hall. Raises `ScenarioMistakes`."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ScenarioMistakes([f"找不到文件 {path}，请核对路径 / no such file; check the path"]) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioMistakes([f"{path.name} 不是有效的 TOML：{error} / not valid TOML"]) from None
    return parse(data, settings, path.parent)


def parse(data: dict[str, Any], settings: Settings, folder: Path) -> Scenario:
    """A scenario from decoded TOML; traces are read from `folder`."""
    mistakes: list[str] = []
    known = {*Scenario.__struct_fields__} - {"traces"}
    for key in data.keys() - known:
        mistakes.append(_unknown("", key, known))
    arrivals = _rows(data, "arrivals", Arrivals, mistakes)
    service = _rows(data, "service", Service, mistakes)
    behaviour = _one(data.get("behaviour", {}), "[behaviour]", Behaviour, mistakes) or Behaviour()
    mistakes += _cross_checks(arrivals, service, settings)
    traces = _traces(arrivals, folder, mistakes)
    rest = {key: data[key] for key in ("hours", "warmup_hours") if key in data}
    if mistakes:
        raise ScenarioMistakes(mistakes)
    base = {"arrivals": [], "service": [], **rest}
    scenario = _one(base, "", Scenario, mistakes)
    if scenario is None:
        raise ScenarioMistakes(mistakes)
    return msgspec.structs.replace(
        scenario, arrivals=arrivals, service=service, behaviour=behaviour, traces=traces
    )


def _rows(data: dict[str, Any], name: str, kind: type[Any], mistakes: list[str]) -> list[Any]:
    rows = data.get(name)
    if not isinstance(rows, list) or not rows:
        mistakes.append(f"缺少 [[{name}]]，请至少写一个 / at least one [[{name}]] is needed")
        return []
    found = [
        _one(row, f"[[{name}]] 第 {index} 个 / no. {index}", kind, mistakes)
        for index, row in enumerate(rows, 1)
    ]
    return [row for row in found if row is not None]


def _one(row: Any, where: str, kind: type[Any], mistakes: list[str]) -> Any:
    names = {field.encode_name for field in msgspec.structs.fields(kind)}
    unknown = row.keys() - names if isinstance(row, dict) else set[str]()
    mistakes += [_unknown(where, key, names) for key in sorted(unknown)]
    try:
        clean = {key: value for key, value in row.items() if key in names} if isinstance(row, dict) else row
        return msgspec.convert(clean, kind)
    except msgspec.ValidationError as error:
        mistakes.append(f"{where} 不合规定 / does not fit: {error}")
        return None


def _unknown(where: str, key: str, known: set[str]) -> str:
    near = get_close_matches(key, sorted(known), 1)
    hint = f"，是否应为 {near[0]} / did you mean {near[0]}?" if near else ""
    return f"{where} 没有设置项 {key} / unknown key{hint}"


def _cross_checks(arrivals: list[Arrivals], service: list[Service], settings: Settings) -> list[str]:
    queues = {queue.id for queue in settings.queues}
    items = {item.id for item in settings.items}
    windows = {window.id for window in settings.windows}
    classes = {each.id for each in settings.classes}
    found: list[str] = []
    for row in arrivals:
        if bool(row.queue) == bool(row.item):
            found.append("[[arrivals]] 须写 queue 或 item 之一 / name either a queue or an item")
        found += _known("queue", row.queue, queues) + _known("item", row.item, items)
        found += _known("class", row.priority, {str(each) for each in classes})
        if (row.distribution == "trace") != bool(row.file):
            found.append("[[arrivals]] trace 与 file 须同时写 / trace and file go together")
        if row.distribution != "trace" and not row.per_hour:
            found.append("[[arrivals]] 缺少 per_hour / per_hour is missing")
    for row in service:
        found += _known("queue", row.queue, queues) + _known("window", row.window, windows)
    return found


def _known(what: str, name: str, known: set[str]) -> list[str]:
    if not name or name in known:
        return []
    near = get_close_matches(name, sorted(known), 1)
    hint = f"，是否应为 {near[0]} / did you mean {near[0]}?" if near else ""
    return [f"大厅没有这个 {what}：{name} / unknown in this hall{hint}"]


def _traces(arrivals: list[Arrivals], folder: Path, mistakes: list[str]) -> dict[str, list[float]]:
    traces: dict[str, list[float]] = {}
    for row in arrivals:
        if row.distribution == "trace" and row.file and row.file not in traces:
            try:
                traces[row.file] = _trace(folder / row.file)
            except (OSError, ValueError, KeyError) as error:
                mistakes.append(
                    f"到达文件 {row.file} 读不了：{error}；须有一列 minute / needs a column named minute"
                )
    return traces


def _trace(path: Path) -> list[float]:
    """Arrival minutes after the opening: column `minute` of a CSV."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        minutes = sorted(float(row["minute"]) for row in csv.DictReader(file))
    if minutes and minutes[0] < 0:
        raise ValueError("minute < 0")
    return minutes
