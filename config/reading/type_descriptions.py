"""What a setting may be, said in words: read from the types, for mistakes and for the reference page.

The validation library says only the first thing wrong, in English and for programmers. Here each type of
config.settings is turned into a sentence for a technician, so that words and checks cannot drift apart.
"""

import re
import unicodedata
from functools import cache
from typing import Any, NamedTuple

import msgspec.inspect as types

from config import setting_types, settings

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class Meaning(NamedTuple):
    zh: str
    en: str


SHAPES = (
    (settings.SettingId, "字母、数字、- 或 _，最多 32 个", "letters, digits, - or _, at most 32"),
    (settings.QueueId, "一至两个大写字母", "one or two capital letters"),
    (settings.TimeOfDay, '加引号的时刻，如 "09:00"', 'a time of day in quotes, such as "09:00"'),
    (
        settings.DayName,
        "mon 至 sun、market，或日期如 2026-10-08",
        "mon to sun, market, or a date such as 2026-10-08",
    ),
    (settings.Name, "一行文字，1 至 80 个字符", "one line of text, 1 to 80 characters"),
    (settings.OneLine, "一行文字，最多 80 个字符", "one line of text, at most 80 characters"),
    (
        setting_types.FileName,
        "文件名，不含路径，最多 80 个字符",
        "a file's name without a path, at most 80 characters",
    ),
    (settings.SettingText, "文字，最多 2000 个字符", "text, at most 2000 characters"),
    (
        setting_types.TemplateText,
        "模板，几行文字，最多 16000 个字符",
        "a template: lines of text, at most 16000 characters",
    ),
)


def meaning(kind: Any) -> Meaning:
    """Return what a value of this type looks like."""
    return _say(types.type_info(kind))


def choices(kind: Any) -> tuple[str, ...]:
    """Return the allowed words of an enumeration, or nothing."""
    info = _info(kind)
    return tuple(str(value) for value in info.values) if isinstance(info, types.LiteralType) else ()


def is_number(kind: Any) -> bool:
    return isinstance(_info(kind), types.IntType | types.FloatType)


def is_switch(kind: Any) -> bool:
    return isinstance(_info(kind), types.BoolType)


def is_list(kind: Any) -> bool:
    return isinstance(_info(kind), types.ListType)


def is_list_of_counts(kind: Any) -> bool:
    info = _info(kind)
    return isinstance(info, types.ListType) and isinstance(info.item_type, types.IntType)


def why_not(kind: Any, value: Any) -> Meaning:
    """Return what a reader of the file cannot see: missing or superfluous quotes, a sign that only looks right."""
    info = _info(kind)
    if isinstance(info, types.StrType | types.LiteralType) and isinstance(value, bool | int | float):
        written = str(value).lower()
        return Meaning(f'文字要加引号，写作 "{written}"', f'text needs quotes: write "{written}"')
    if not isinstance(value, str):
        return Meaning("", "")
    bare = value.strip().lower()
    if isinstance(info, types.BoolType) and bare in ("true", "false"):
        return Meaning(f"不要加引号，写作 {bare}", f"without quotes: write {bare}")
    if isinstance(info, types.IntType | types.FloatType) and _NUMBER.fullmatch(bare):
        return Meaning(f"数字不要加引号，写作 {bare}", f"a number has no quotes: write {bare}")
    return strange_sign(value)


def strange_sign(text: str) -> Meaning:
    """Return the first sign that is full width, invisible, or a space at an end; empty when there is none."""
    for place, sign in enumerate(text, 1):
        if unicodedata.east_asian_width(sign) == "F":
            narrow = unicodedata.normalize("NFKC", sign)
            return Meaning(
                f"第 {place} 个字符“{sign}”是全角，应为半角 {narrow}",
                f"character {place}, {sign!r}, is full width; write {narrow}",
            )
        if not sign.isprintable() or (sign.isspace() and sign != " "):
            code = f"U+{ord(sign):04X}"
            return Meaning(
                f"第 {place} 个字符 {code} 看不见，请删去",
                f"character {place}, {code}, cannot be seen; delete it",
            )
    if text != text.strip():
        return Meaning("开头或末尾有空格", "there is a space at its beginning or end")
    return Meaning("", "")


@cache
def _info(kind: Any) -> types.Type:
    """Return the type without its "or nothing"; kept, because a file of items asks this of each of its cells."""
    return _plain(types.type_info(kind))


def _plain(info: types.Type) -> types.Type:
    """Return the type without its "or nothing"."""
    if isinstance(info, types.UnionType):
        return next(part for part in info.types if not isinstance(part, types.NoneType))
    return info


def _say(info: types.Type) -> Meaning:
    info = _plain(info)
    match info:
        case types.StrType():
            return _shape(info)
        case types.DateType():
            return Meaning("日期，如 2026-09-21", "a date, such as 2026-09-21")
        case types.BoolType():
            return Meaning("true 或 false", "true or false")
        case types.IntType():
            return _number(info, "整数", "a whole number")
        case types.FloatType():
            return _number(info, "数", "a number")
        case types.LiteralType():
            words = [f'"{value}"' if isinstance(value, str) else str(value) for value in info.values]
            return Meaning("、".join(words), ", ".join(words))
        case _:
            return _compound(info)


def _compound(info: types.Type) -> Meaning:
    match info:
        case types.ListType() | types.VarTupleType():
            inner = _say(info.item_type)
            return Meaning(f"列表 [...]，每项：{inner.zh}", f"a list [...] of: {inner.en}")
        case types.TupleType():
            inner = _say(info.item_types[0])
            count = len(info.item_types)
            return Meaning(f"[{count} 个：{inner.zh}]", f"[{count} of: {inner.en}]")
        case types.DictType():
            key, value = _say(info.key_type), _say(info.value_type)
            zh = f"{{ 键 = 值 }}，键：{key.zh}；值：{value.zh}"
            return Meaning(zh, f"{{ key = value }}, key: {key.en}; value: {value.en}")
        case _:
            raise TypeError(f"config.reading.type_descriptions has no words for {info}")


def _shape(info: types.StrType) -> Meaning:
    for kind, zh, en in SHAPES:
        if types.type_info(kind) == info:
            return Meaning(zh, en)
    return Meaning("文字（加引号）", "text in quotes")


def _number(info: types.IntType | types.FloatType, zh: str, en: str) -> Meaning:
    low = info.ge if info.ge is not None else info.gt
    over = "大于 " if info.gt is not None else ""
    above = "above " if info.gt is not None else ""
    return Meaning(f"{zh}，{over}{low} 至 {info.le}", f"{en}, {above}{low} to {info.le}")
