"""The form of a table of settings: its fields with their words, what each may be, and its value as text and back. Pure.

Made from the types and their descriptions, so that a setting that is added has its field, its words and its check
without a line here. A list of codes stands one entry a line, one of sentences in a field each, a pair of times as 09:00-12:00, minutes of a queue as A = 15; an
empty text is the default.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import inspect as types
from msgspec import structs

from config.catalogue import Lang, kinds, label
from config.reading import type_descriptions
from config.reading.reader import LAYOUT
from config.setting_descriptions import FIELDS, LOOSE, TABLES, SettingWords
from config.setting_types import SettingText
from config.settings import Settings

FieldKind = Literal[
    "switch", "choice", "choices", "date", "line", "text", "lines", "entries", "pairs", "minutes"
]
LONG = frozenset(
    {"words", "words_en", "basis", "basis_en", "conditions", "conditions_en", "address", "template", "text"}
)
HINTS: dict[FieldKind, SettingWords] = {
    "choice": SettingWords("", ""),
    "choices": SettingWords("可选几个", "any number of them"),
    "lines": SettingWords("每行一条", "one a line"),
    "entries": SettingWords("按此顺序", "in this order"),
    "pairs": SettingWords("每行一段，如 09:00-12:00", "one a line, such as 09:00-12:00"),
    "minutes": SettingWords("每行一个队列，如 A = 15", "one queue a line, such as A = 15"),
}
SENTENCE_CHARS = 500  # a text that may be so long is no code
FILE_CHARS = 10_000  # a text that may be so long has a file of its own where people write it
LANGUAGES: tuple[Lang, Lang] = ("zh", "en")
CHOICE_WORDS = {  # by field, or TABLE.FIELD: the kind of the catalogue that has the words of its choices
    "window.kind": "window-kind", "case_type": "case-type", "outcomes": "outcome", "device.kind": "device-kind", "paper.kind": "notice", "medium": "paper-medium",
    "reason.kind": "reason-kind", "days": "weekday", "weekdays": "weekday", "rules.closing": "closing-rule",
    "open_on": "open-on", "class.id": "class-id", "screens": "media-screen", "screen": "screen-kind", "second_language": "spoken-language",
    "notices": "notice-kind", "notice": "notice-kind", "language": "notice-language", "languages": "hall-language", "gateway.content": "body-content", "accounts.card": "card-part", "file.kind": "file-kind",
}  # fmt: skip
LISTS: dict[str, Any] = {
    "notices": list[SettingText]
}  # of `LAYOUT.loose`: what a hall edits that is no table
_SUCH_AS = re.compile(r"(?:，如|, such as) [^：:，,；;]+")
_UP_TO = re.compile(r"[：；（，:;(]|, ")
_PAIR = re.compile(r"\s*(\d{1,2}:\d\d)\s*[-–—~至]\s*(\d{1,2}:\d\d)\s*")
_MINUTES = re.compile(r"\s*([A-Za-z]{1,2})\s*[=:：]\s*(\d+(?:\.\d+)?)\s*")


class FormField(NamedTuple):
    """A field of a form. `options`, `options_en`: the values of a choice, each with what a person reads; `meaning`: what it
    may be."""

    name: str
    kind: FieldKind
    words: SettingWords
    meaning: type_descriptions.Meaning
    type: Any
    required: bool
    default: Any
    options: dict[str, str]
    options_en: dict[str, str]

    @property
    def is_file(self) -> bool:
        """Whether it is as long as a file, so that one is read into it."""
        kind = types.type_info(self.type)
        return isinstance(kind, types.StrType) and (kind.max_length or 0) >= FILE_CHARS

    def read_as(self, value: Any, lang: Lang) -> str:
        """Return a value of this field, or several, as a person reads it."""
        options = self.options_en if lang == "en" else self.options
        return ("、" if lang == "zh" else ", ").join(
            options.get(each, str(each)) for each in (value if isinstance(value, list) else [value])
        )


class BadText(Exception):
    """A text that is no value of its field; the field's meaning says what would be one."""

    def __init__(self, field: FormField) -> None:
        super().__init__(field.name)
        self.field = field


def label_of(field: FormField) -> SettingWords:
    """Return the short name of a field: its words up to the first explanation."""
    return first_words(field.words)


def first_words(words: SettingWords) -> SettingWords:
    """Return words up to the first explanation."""
    return SettingWords(*(_UP_TO.split(each)[0].strip() for each in words))


def hint_of(field: FormField) -> SettingWords:
    """Return what is filled in, as a form has it: without the quotes and brackets of the file."""
    if field.kind in ("lines", "entries"):  # with the example that its words give
        hints = HINTS[field.kind]
        return SettingWords(
            *(f"{hint}{_example(words)}" for hint, words in zip(hints, field.words, strict=True))
        )
    if field.kind in HINTS:
        return HINTS[field.kind]
    zh, en = field.meaning
    return SettingWords(zh.replace("加引号的", "").replace("（加引号）", ""), en.replace(" in quotes", ""))


def _example(words: str) -> str:
    found = _SUCH_AS.search(words)
    return found[0] if found else ""


def table_words(table: str) -> SettingWords:
    """Return what a table is for."""
    return LOOSE[table] if table in LISTS else TABLES[table]


def fields_of(table: str, settings: Settings) -> list[FormField]:
    """Return the fields of a table; the one of a list that stands alone (`LISTS`). `settings`: the hall's, for the ids that
    others refer to."""
    if table in LISTS:
        kind, words = LISTS[table], LOOSE[table]
        return [
            FormField(
                table, _kind(table, kind), words, type_descriptions.meaning(kind), kind, False, [], {}, {}
            )
        ]
    return [_field(table, each, settings) for each in structs.fields(LAYOUT.kind(table))]


def _field(table: str, field: structs.FieldInfo, settings: Settings) -> FormField:
    default = None if field.required else _default(field)
    kind = _kind(field.name, field.type)
    words = FIELDS[table][field.name]
    named = list(kinds("zh").get(_words_of(table, field.name), ()))
    codes = sorted(
        type_descriptions.choices(_inner(field.type)), key=lambda code: code in named and named.index(code)
    )
    options, options_en = (
        {each: _named(table, field.name, each, lang) for each in codes} for lang in LANGUAGES
    )
    refers = LAYOUT.refers.get(field.name, "")
    if refers:
        rows = _rows(settings, refers)
        options = {each.id: _row_named(each.id, each.name, refers) for each in rows}
        options_en = {each.id: _row_named(each.id, each.name_en or each.name, refers) for each in rows}
        kind = "choices" if kind == "lines" else "choice"
    return FormField(
        field.name, kind, words, type_descriptions.meaning(field.type), field.type,
        field.required, default, options, options_en,
    )  # fmt: skip


def _named(table: str, field: str, choice: str, lang: Lang) -> str:
    """Return the catalogue's word for a choice; one that needs none stays as it is."""
    kind = _words_of(table, field)
    return label(kind, choice, lang) if kind and choice else choice


def _words_of(table: str, field: str) -> str:
    return CHOICE_WORDS.get(f"{table}.{field}") or CHOICE_WORDS.get(field, "")


def _row_named(id: str, name: str, table: str) -> str:
    """Return how a row is called that others refer to: a queue by its letter as well, which stands on every slip."""
    return f"{id} {name}" if table == "queue" else name


def _rows(settings: Settings, table: str) -> tuple[Any, ...]:
    return {"queue": settings.queues, "department": settings.departments, "area": settings.areas}[table]


def _default(field: structs.FieldInfo) -> Any:
    return field.default_factory() if field.default is msgspec.NODEFAULT else field.default


def _plain(info: types.Type) -> types.Type:
    if isinstance(info, types.UnionType):
        return next(part for part in info.types if not isinstance(part, types.NoneType))
    return info


def _inner(kind: Any) -> Any:
    """Return the type of a list's entries, else the type itself."""
    info = types.type_info(kind)
    return kind.__args__[0] if isinstance(info, types.ListType) else kind


def _kind(name: str, kind: Any) -> FieldKind:
    match _plain(types.type_info(kind)):
        case types.BoolType():
            return "switch"
        case types.LiteralType():
            return "choice"
        case types.DateType():
            return "date"
        case types.DictType():
            return "minutes"
        case types.ListType(item_type=types.TupleType()):
            return "pairs"
        case types.ListType(item_type=types.LiteralType()):
            return "choices"
        case types.ListType(item_type=types.StrType(max_length=int(most))) if most >= SENTENCE_CHARS:
            return "entries"
        case types.ListType():
            return "lines"
        case _:
            return "text" if name in LONG else "line"


def shown(value: Any, field: FormField) -> Any:
    """Return a value as its field shows it: a bool, a list of choices, or text."""
    match field.kind:
        case "switch":
            return bool(value)
        case "choices" | "entries":
            return list(value or [])
        case "lines":
            return "\n".join(str(each) for each in value or [])
        case "pairs":
            return "\n".join(f"{first}-{last}" for first, last in value or [])
        case "minutes":
            return "\n".join(f"{queue} = {number:g}" for queue, number in (value or {}).items())
        case _:
            return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def value_of(given: Any, field: FormField) -> Any:
    """Return the value of what a person filled in. Raises `BadText`."""
    if field.kind in ("switch", "choices"):
        return bool(given) if field.kind == "switch" else list(given or [])
    if field.kind == "entries":
        return _converted([str(each).strip() for each in given or [] if str(each).strip()], field)
    text = str(given or "").strip() if field.kind != "text" else str(given or "")
    if not text.strip():
        if field.required:
            raise BadText(field)
        return field.default
    try:
        return _converted(_parsed(text, field), field)
    except ValueError:
        raise BadText(field) from None


def _converted(value: Any, field: FormField) -> Any:
    """Return a value as its type has it. Raises `BadText`."""
    try:
        return msgspec.convert(value, field.type, strict=False)
    except msgspec.ValidationError:
        raise BadText(field) from None


def _parsed(text: str, field: FormField) -> Any:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    match field.kind:
        case "lines":
            return lines
        case "pairs":
            found = [_PAIR.fullmatch(line) for line in lines]
            return [(each[1].zfill(5), each[2].zfill(5)) if each else field for each in found]
        case "minutes":
            pairs = [_MINUTES.fullmatch(line) for line in lines]
            if not all(pairs):
                raise BadText(field)
            return {each[1].upper(): float(each[2]) for each in pairs if each}
        case "date":
            return date.fromisoformat(text)
        case _:
            return text


def values_of(given: Mapping[str, Any], fields: list[FormField]) -> tuple[dict[str, Any], list[FormField]]:
    """Return the values of a whole form, and the fields whose texts are none."""
    values: dict[str, Any] = {}
    bad: list[FormField] = []
    for field in fields:
        try:
            values[field.name] = value_of(given.get(field.name), field)
        except BadText as error:
            bad.append(error.field)
    return values, bad
