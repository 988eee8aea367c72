"""What a setting may be, said in words: read from the types, for mistakes and for the reference page.

The validation library says only the first thing wrong, in English and for programmers. Here each type of
config.settings is turned into a sentence for a technician, so that words and checks cannot drift apart.
"""

from typing import Any, NamedTuple

import msgspec.inspect as types

from config import settings


class Meaning(NamedTuple):
    zh: str
    en: str


SHAPES = (
    (settings.SettingId, "字母、数字、- 或 _，最多 32 个", "letters, digits, - or _, at most 32"),
    (settings.QueueId, "一至两个大写字母", "one or two capital letters"),
    (settings.TimeOfDay, '加引号的时刻，如 "09:00"', 'a time of day in quotes, such as "09:00"'),
    (settings.Name, "一行文字，1 至 80 个字符", "one line of text, 1 to 80 characters"),
    (settings.OneLine, "一行文字，最多 80 个字符", "one line of text, at most 80 characters"),
    (settings.SettingText, "文字，最多 2000 个字符", "text, at most 2000 characters"),
)


def meaning(kind: Any) -> Meaning:
    """What a value of this type looks like."""
    return _say(types.type_info(kind))


def choices(kind: Any) -> tuple[str, ...]:
    """The allowed words of an enumeration, or nothing."""
    info = _plain(types.type_info(kind))
    return tuple(str(value) for value in info.values) if isinstance(info, types.LiteralType) else ()


def is_number(kind: Any) -> bool:
    return isinstance(_plain(types.type_info(kind)), types.IntType | types.FloatType)


def is_list(kind: Any) -> bool:
    return isinstance(_plain(types.type_info(kind)), types.ListType)


def _plain(info: types.Type) -> types.Type:
    """The type without its "or nothing"."""
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
            words = [f'"{value}"' for value in info.values]
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
