"""The card at a window (评价码): its static QR code, the window's name, and how to rate; printable, one card a page of A5.

A hall whose province prescribes a form gives its own template: an HTML body for one card, with the fields of `FIELDS` in
braces. A field it does not know is told; what is filled in goes through `for_html`.
"""

import re
from collections.abc import Iterable

from caller.reports.notice_sheet import qr_svg
from config.process.options import web_address
from config.settings import Settings, Window
from config.text_safety import for_html

FIELDS = ("hall", "hall_en", "window", "name", "name_en", "department", "phone", "url", "qr")
FIELD = re.compile(r"\{([a-z_]+)\}")
STYLE = """
@page { size: A5 portrait; margin: 12mm; }
body { margin: 0; font-family: "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", sans-serif; color: #16243a; }
.card { display: flex; flex-direction: column; align-items: center; justify-content: space-between; height: 184mm; box-sizing: border-box;
  padding: 8mm; border: 0.6mm solid #8f1b1b; border-radius: 4mm; text-align: center; break-after: page; overflow-wrap: anywhere; }
.card h1 { margin: 0; font: 700 20pt/1.25 "Noto Serif CJK SC", "Songti SC", serif; color: #8f1b1b; }
.card h2 { margin: 0; font-size: 26pt; line-height: 1.2; }
.card p { margin: 0; font-size: 12pt; line-height: 1.5; }
.card .en { color: #3f4a5c; font-size: 10pt; }
.card .qr { width: 70mm; }
.card svg { display: block; width: 70mm; height: 70mm; }
"""
TEMPLATE = """
<div><h1>{hall}</h1><p class="en">{hall_en}</p></div>
<div><h2>{window} {name}</h2><p class="en">{name_en}</p></div>
<div class="qr">{qr}</div>
<div><p><b>扫码评价本窗口</b></p><p>填号票上的号码，选一级评价。评价自愿，一次办理评价一次。</p>
<p class="en">Scan to rate this window: the number on your slip, and one of five levels.</p></div>
<p class="en">{department} {phone}</p>
"""


class BadTemplate(Exception):
    """A hall's template uses fields that there are not, or lacks the code."""

    def __init__(self, unknown: Iterable[str]) -> None:
        self.unknown = sorted(unknown)
        super().__init__(", ".join(self.unknown))


def card_sheet(settings: Settings, windows: Iterable[Window], template: str = TEMPLATE) -> str:
    """Return the cards of these windows as one HTML document that loads nothing. Raises `BadTemplate`."""
    used = set(FIELD.findall(template))
    if unknown := used - set(FIELDS):
        raise BadTemplate(unknown)
    if "qr" not in used:
        raise BadTemplate({"{qr}?"})
    cards = "\n".join(
        f'<section class="card">{FIELD.sub(lambda found, row=each: _value(settings, row, found[1]), template)}</section>'
        for each in windows
    )
    title = for_html(f"窗口评价码 {settings.hall.name}")
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style></head>'
        f"<body>{cards}</body></html>\n"
    )


def rated_windows(settings: Settings) -> list[Window]:
    """Return the windows at which a visit ends that can be rated."""
    return [each for each in settings.windows if each.kind != "guide"]


def card_url(settings: Settings, window: str) -> str:
    """Return the address that a window's code opens."""
    return f"{web_address(settings)}/card?window={window}"


def _value(settings: Settings, window: Window, field: str) -> str:
    department = next((each for each in settings.departments if each.id == window.department), None)
    match field:
        case "qr":
            return qr_svg(card_url(settings, window.id))
        case "url":
            return for_html(card_url(settings, window.id))
        case "hall" | "hall_en":
            return for_html(settings.hall.name if field == "hall" else settings.hall.name_en)
        case "window":
            return for_html(f"{window.id} 号窗口" if window.id.isdecimal() else "")
        case "name" | "name_en":
            return for_html(window.name if field == "name" else window.name_en)
        case "department":
            return for_html(department.name if department else "")
        case _:
            return for_html(window.phone or settings.hall.phone)
