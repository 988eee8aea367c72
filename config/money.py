"""Money: whole 分 (fen), never a fraction of one and never a float. How it is typed, shown and written in hanzi. Pure.

A discount leaves so many per cent to pay; what is less than one fen of it is not taken, so that no one pays more than
their share. A receipt has its sum in hanzi (大写), which a pen cannot change.
"""

import re
import unicodedata

FEN = 100  # of a yuan
MONEY_MAX = 999_999_999_99  # fen: a thousand million yuan less one fen; more is a slip of the hand
TYPED = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?")
DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿")


def yuan(fen: int) -> str:
    """Return a sum as people read it: 1234567 is "12,345.67"."""
    sign, rest = ("-" if fen < 0 else ""), abs(fen)
    return f"{sign}{rest // FEN:,}.{rest % FEN:02}"


def fen_of(text: str) -> int | None:
    """Return the fen of a sum as it was typed, in yuan: "12.5" is 1250; None for what is no sum."""
    folded = unicodedata.normalize("NFKC", text).strip().removeprefix("¥").removesuffix("元")
    found = TYPED.fullmatch(folded.replace(",", "").replace("。", ".").strip())
    return int(found[1]) * FEN + int((found[2] or "").ljust(2, "0")) if found else None


def share_of(fen: int, percent: int) -> int:
    """Return what is to be paid of a sum of which so many per cent are left; less than one fen is not taken."""
    return fen * percent // 100


def capital(fen: int) -> str:
    """Return a sum in hanzi as receipts have it: 1234.05 is 壹仟贰佰叁拾肆元零伍分."""
    whole, part = divmod(abs(fen), FEN)
    tenth, hundredth = divmod(part, 10)
    said = f"{_whole(whole)}元" if whole else ""
    if not part:
        return (said or "零元") + "整"
    if whole and not tenth:
        said += "零"
    said += f"{DIGITS[tenth]}角" if tenth else ""
    return said + (f"{DIGITS[hundredth]}分" if hundredth else "整")


def _whole(count: int) -> str:
    """Return a whole number above 0 in hanzi: groups of four, with one 零 for each gap."""
    groups: list[int] = []
    while count:
        count, group = divmod(count, 10_000)
        groups.append(group)
    said = ""
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            continue
        gap = said and (group < 1000 or not groups[place + 1])
        said += ("零" if gap else "") + _group(group) + GROUPS[place]
    return said


def _group(count: int) -> str:
    """Return 1 to 9999 in hanzi."""
    said = ""
    for place in range(3, -1, -1):
        digit = count // 10**place % 10
        if digit:
            said += DIGITS[digit] + PLACES[place]
        elif said and count % 10**place and not said.endswith("零"):
            said += "零"
    return said
