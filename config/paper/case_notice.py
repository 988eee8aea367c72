"""The content of the papers that a case, missing papers or a payment make: the facts of a `NoticeView` of the wire, in
Chinese as the law wants it, for the window's printer and for a hall's own A4. Pure.

1. A paper in two copies is two contents, each with the mark of its copy; once the result was given out, the one that stays
   is alone and says so.
2. Who the applicant is lies in the people's store of the caller's PC, under the case. A station that has it not, and a
   person who was deleted, leave a clear blank for a pen.
3. Such a paper is a legal document: one wording, that of the authority, for every holder. What is the applicant's own language is the
   page behind its code. A hall that may issue it in two languages puts the second beside the first in its template.
"""

from dataclasses import replace
from typing import Any, NamedTuple

from config.catalogue import word
from config.instants import Micros, local
from config.money import capital, yuan
from config.paper.notice import BLANK, NoticeContent, date_of, days, progress_url
from config.settings import Settings

COPIES: dict[str, tuple[str, ...]] = {"promise": ("applicant", "kept")}
BY_PEN = frozenset({"task-report"})  # its reason and its date are written by hand where the case has none
OF_PAYMENT = ("payer", "cashier", "books")


class Applicant(NamedTuple):
    """Who a case is of, as far as the people's store has it; empty where it does not."""

    name: str = ""
    contact: str = ""
    address: str = ""


UNKNOWN = Applicant()


def case_contents(settings: Settings, facts: dict[str, Any], who: Applicant = UNKNOWN) -> list[NoticeContent]:
    """Return the copies of a paper, one content each (rule 1)."""
    content = case_content(settings, facts, who)
    marks = COPIES.get(facts["kind"], ())
    if facts["kind"] == "payment":
        copies = settings.fees.receipt_copies
        marks = OF_PAYMENT[:copies] if copies > 1 else ()
    if content.done and marks:
        marks = marks[-1:]
    return [replace(content, mark=word("paper-copy", mark)) for mark in marks] or [content]


def case_content(settings: Settings, facts: dict[str, Any], who: Applicant = UNKNOWN) -> NoticeContent:
    """Return one copy of a paper. A missing paper names what is wrong with it, so that the applicant knows what to bring."""
    hall = settings.hall
    due, until, before = (date_of(facts[name], hall.zone) for name in ("due", "until", "before"))
    pen = BLANK if facts["kind"] in BY_PEN else ""
    return NoticeContent(
        kind=facts["kind"],
        hall=hall.name,
        item=facts["item"],
        issued=facts["issued"],
        department=facts["department"],
        case=facts["case"],
        number=facts["number"],
        window=facts["window"],
        papers=tuple(_paper(each) for each in facts["papers"]),
        owed=tuple(_paper(each) for each in facts.get("owed", ())),
        owed_due=date_of(facts.get("owed_due", 0), hall.zone),
        reason=facts["reason"] or pen,
        basis=facts["basis"],
        statutory_days=facts.get("statutory_days"),
        promised_days=facts.get("promised_days"),
        due=due or pen,
        phone=facts["phone"],
        complaint_phone=hall.complaint_phone,
        url=progress_url(settings, facts["code"]) if facts["kind"] in WITH_PROGRESS else "",
        code=facts["code"],
        until=until,
        before=before,
        voids=word("notice", facts["voids"]) if facts.get("voids") else "",
        nth=facts.get("nth", 0),
        left=days(facts["left"], "zh") if facts.get("nth") else "",
        applicant=who.name or BLANK,
        contact=who.contact,
        address=who.address,
        owner=facts["owner"],
        parts=tuple(_part(each, hall.zone) for each in facts["parts"]),
        hands=tuple(_hand(each, hall.zone) for each in facts["hands"]),
        done=date_of(facts["ended"], hall.zone),
        fee_basis=facts["fee"]["basis"] if "fee" in facts else "",
        money=_money(facts["fee"]) if "fee" in facts else {},
        zone=hall.zone,
    )


WITH_PROGRESS = frozenset(
    {
        "acceptance",
        "receipt",
        "delay",
        "pause",
        "promise",
        "parallel",
        "agency",
        "handling",
        "parallel-handling",
        "passing",
        "task-report",
    }
)  # their codes open the page of the case


def _paper(facts: dict[str, Any]) -> str:
    return f"{facts['name']}（{facts['why']}）" if facts["why"] else facts["name"]


def _part(facts: dict[str, Any], zone: str) -> str:
    """Return a step or a department with its limit; a pen notes when it came and went."""
    lead = "（牵头）" if facts["lead"] else ""
    limit = f"：{days(facts['days'], 'zh')}" if facts["days"] > 0 else ""
    until = f"，至 {date_of(facts['due'], zone)}" if facts["due"] else ""
    return f"{facts['name']}{lead}{limit}{until}"


def _hand(facts: dict[str, Any], zone: str) -> str:
    ended = moment(facts["ended"], zone) if facts["ended"] else "在办"
    return f"工号 {facts['staff']}：{moment(facts['began'], zone)} 至 {ended}"


def moment(at: Micros, zone: str) -> str:
    """Return an instant (UTC microseconds) as a paper of the house has it; "" for 0."""
    return f"{local(at, zone):%Y-%m-%d %H:%M}" if at else ""


def _money(fee: dict[str, Any]) -> dict[str, str]:
    """Return the fields of a receipt of payment."""
    return {
        "amount": yuan(fee["amount"]), "capital": capital(fee["amount"]), "full": yuan(fee["full"]),
        "price": yuan(fee["price"]), "count": f"{fee['count']} {fee['unit']}".strip(), "discount": fee["discount"],
        "way": word("pay-way", fee["way"]), "reference": fee["reference"],
        "first": yuan(fee["first"]) if fee["corrected"] else "", "discount_basis": fee["discount_basis"],
    }  # fmt: skip
