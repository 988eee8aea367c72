"""A province's mapping: by what names its rating platform knows what this system has, and how it is spoken to.

A TOML of its own, `provinces/NAME.toml` beside the hall's file or one that comes with the product, so that a province that
renames a field costs an edit and no program. `[service]` and `[rating]` lead from the platform's field to one of `VALUES` or,
after "=", to a fixed text; `[codes.VALUE]` from our codes to the platform's, "" standing for all others.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from config.reading import source
from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake, nearest
from config.reading.strict import FileLayout, draft_of
from config.setting_types import OneLine, Table

FOLDER = "provinces"
NONE: Mapping[str, str] = MappingProxyType({})
SHIPPED = Path(__file__).parents[1] / FOLDER
SERVICE_VALUES = (
    "project", "number", "service_number", "item", "item_name", "item_type", "task_code", "handle_code", "department",
    "department_name", "department_code", "area_code", "site", "hall", "window", "window_name", "clerk", "outcome",
    "accepted", "started", "finished", "app",
)  # fmt: skip
RATING_VALUES = ("level", "reasons", "via", "rated", "is_default")
VALUES = {"service": SERVICE_VALUES, "rating": (*SERVICE_VALUES, *RATING_VALUES)}


class Platform(Table, frozen=True):
    """How the platform is spoken to. Paths are put behind the hall's `url`; `success`, `page`: fields of the answer, with dots
    between one inside another; `taken`: what stands in `success` where it took what was sent."""

    kind: Literal["sm2", "page"]
    service_path: OneLine
    success: OneLine
    taken: list[OneLine]
    rating_path: OneLine = ""
    page: OneLine = ""
    bad_needs_reason: bool = False
    default_days: Annotated[int, Meta(ge=0, le=28)] = 0
    default_level: Annotated[int, Meta(ge=3, le=5)] = 3
    public_key: Annotated[str, Meta(pattern=r"^(04[0-9a-fA-F]{128})?\Z")] = ""
    signature: Literal["raw", "der"] = "raw"
    time: OneLine = "%Y-%m-%d %H:%M:%S"


class ProvinceMapping(Table, frozen=True):
    """A mapping, checked."""

    platform: Platform
    service: dict[str, str]
    rating: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)


LAYOUT = FileLayout(
    one={"platform": Platform},
    many={},
    loose={"service": object, "rating": object, "codes": object},
    required=("platform",),
)


class BadMapping(Exception):
    """A mapping cannot be used; `found` are all its mistakes."""

    def __init__(self, found: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, found)))
        self.found = found


def read(name: str, folder: Path, texts: Mapping[str, str] = NONE) -> ProvinceMapping:
    """Return a mapping by its name: of `texts`, which the settings hold, else the hall's own in `folder`, else one that comes
    with the product. Raises `BadMapping`."""
    own = folder / f"{name}.toml"
    path = Path(name) if name in texts else own if own.exists() else SHIPPED / f"{name}.toml"
    try:
        text = texts[name] if name in texts else source.load_text(path)
        document = source.parse_toml(path, text)
    except source.Unreadable as error:
        raise BadMapping([error.mistake]) from None
    draft = draft_of(LAYOUT, path.name, text, document)
    lines = source.lines_of(text)
    for table in VALUES:
        draft.mistakes += _fields(draft, table, document.get(table, {}), lines)
    draft.mistakes += _codes(draft, document.get("codes", {}), lines)
    if not document.get("service"):
        draft.wrong(Mistake("[service]", "", "缺少 [service]", "[service] is missing", file=path.name))
    if draft.mistakes:
        raise BadMapping(sorted(draft.mistakes, key=lambda each: each.line))
    platform = Platform(**draft.rows["platform"][0].good)
    return ProvinceMapping(
        platform, document["service"], document.get("rating", {}), document.get("codes", {})
    )


def _fields(draft: Draft, table: str, given: Any, lines: source.SourceLines) -> Iterable[Mistake]:
    """Require of each field of the platform a value that this system has, or a fixed text."""
    if not isinstance(given, dict):
        yield _at(draft, table, "", lines, f"这里要写 [{table}]", f"Write [{table}] here")
        return
    for name, value in given.items():
        if not isinstance(value, str):
            zh, en = "应为加引号的文字", "expected: a text in quotes"
            yield _at(draft, table, name, lines, f"“{value}”{zh}", f"'{value}': {en}")
        elif not value.startswith("=") and value not in VALUES[table]:
            known = "、".join(VALUES[table])
            zh, en = (
                f"本系统没有“{value}”这个值（可用：{known}；固定文字写作 =文字）",
                f"This system has no value '{value}'; write a fixed text as =TEXT",
            )
            yield _at(draft, table, name, lines, zh, en, nearest(value, VALUES[table]))


def _codes(draft: Draft, given: Any, lines: source.SourceLines) -> Iterable[Mistake]:
    for value, codes in given.items() if isinstance(given, dict) else ():
        if value not in VALUES["rating"]:
            zh, en = f"本系统没有“{value}”这个值", f"This system has no value '{value}'"
            yield _at(draft, f"codes.{value}", "", lines, zh, en, nearest(value, VALUES["rating"]))
        elif not isinstance(codes, dict) or not all(isinstance(each, str) for each in codes.values()):
            zh, en = '每一行应为 本系统的代码 = "平台的代码"', 'Each line: OUR CODE = "THE PLATFORM\'S"'
            yield _at(draft, f"codes.{value}", "", lines, zh, en)


def _at(
    draft: Draft, table: str, key: str, lines: source.SourceLines, zh: str, en: str, near: str = ""
) -> Mistake:
    own = lines.get((table, 0), {})
    return Mistake(f"[{table}]", key, zh, en, near, draft.name, own.get(key) or own.get("", 0))


def mappings(draft: Draft, folder: Path) -> Iterable[Mistake]:
    """Check the mapping that a hall's province names, one line a mistake. folder: where the hall's files lie."""
    own, texts = folder / FOLDER, dict[str, str]()
    for row in draft.each("file", "id", "text", "kind"):
        if row.good["kind"] == "mapping":
            texts[row.good["id"]] = row.good["text"]
            yield from _wrong_in(row, "text", row.good["id"], own, texts)
    for row in draft.each("province", "mapping"):
        name = row.good["mapping"]
        if name in texts:
            continue
        known = sorted({each.stem for place in (own, SHIPPED) for each in place.glob("*.toml")} | {*texts})
        if name not in known:
            zh = f"没有对照文件 {FOLDER}/{name}.toml（自带：{'、'.join(known)}）"
            yield row.mistake("mapping", zh, f"There is no {FOLDER}/{name}.toml", nearest(name, known))
            continue
        yield from _wrong_in(row, "mapping", name, own, texts)


def _wrong_in(
    row: DraftRow, key: str, name: str, folder: Path, texts: Mapping[str, str]
) -> Iterable[Mistake]:
    try:
        read(name, folder, texts)
    except BadMapping as error:
        for each in error.found:
            zh, en = (f"{each.place()} {words}".strip() for words in (each.zh, each.en))
            yield row.mistake(key, zh, en, each.nearest)


def mapped(
    fields: Mapping[str, str], codes: Mapping[str, Mapping[str, str]], facts: Mapping[str, Any]
) -> dict[str, str]:
    """Return a record as the platform names it. A value with codes of the platform's is written in those, a list of them
    with commas between."""

    def written(value: str) -> str:
        if value.startswith("="):
            return value[1:]
        found, known = facts.get(value, ""), codes.get(value)
        parts = found if isinstance(found, list) else [found]
        if known is not None:
            parts = [known.get(str(each), known.get("", str(each))) for each in parts]
        return ",".join(str(each) for each in parts)

    return {name: written(value) for name, value in fields.items()}
