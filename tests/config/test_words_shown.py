"""Every role, class, outcome, state, level, refusal and error has its words wherever it is shown, and one wording only.

The codes come from the types that the wire and the log are made of, the words from the catalogue and the files that
pages and screens are served with. Each check is a function of these words, so that its twin can drop or change one.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from caller.client.page_files import PageFiles
from caller.engine.case_messages import CaseVerb, Decision
from caller.engine.case_parts import JOINT
from caller.engine.case_rows import CaseState
from caller.engine.commands import (
    AnswerKind,
    CaseNotice,
    DateReason,
    DeviceState,
    FollowUpKind,
    Outcome,
    SlipState,
    ToldWay,
)
from caller.engine.deadlines import KINDS as DEADLINES
from caller.engine.feedback_messages import FeedbackWay, Satisfaction
from caller.engine.followups import State as FollowUpState
from caller.engine.guide_commands import Assistance, PapersMark
from caller.engine.performance_messages import AwardKind, InspectionKind
from caller.engine.refusals import RefusalCode
from caller.engine.register import Appointment
from caller.engine.tickets import TicketState
from caller.eventlog.errors import BY_NAME
from caller.identity.accounts import Weakness
from caller.identity.id_hash import DocumentCheck
from caller.people.store import PURPOSES
from caller.protocol.account_roles import ACCOUNT_ROLES
from caller.protocol.documents import BookingState, DayPhase, SeenWindowState
from caller.protocol.frames import ErrorCode
from caller.protocol.key_scopes import SCOPES
from caller.protocol.permissions import ROLES
from caller.protocol.rating_documents import Appeal
from caller.protocol.supervision import Light, TicketCounts
from caller.reports.audit import CODES as AUDIT_CODES
from config import catalogue
from config.fee_settings import PayWay
from config.paper.case_notice import COPIES, OF_PAYMENT
from config.paper.template_files import FIELDS
from config.performance_settings import SCORE_FIGURES
from config.settings import ClassId, DeviceKind
from devices.printer.status import PRINTS
from kiosk.faces import load_translations
from kiosk.screens.cards import FORMS
from kiosk.visit.effects import SlipOutcome

REPO = Path(__file__).parents[2]
ROOMS = ("caller", "config", "devices", "display", "kiosk")
PAGES = {"display": REPO / "display/pages", "kiosk": REPO / "kiosk/faces/page"}
LANGUAGES = ("zh", "en")
WORDS = re.compile(r"(?!CommandEntry\(|SettingWords\()[^{]*[一-鿿][^{]*\Z")

Kinds = Mapping[str, Mapping[str, str | list[str]]]
Lines = Mapping[str, str]


@cache
def programs() -> dict[Path, str]:
    """The source of every program, read once."""
    return {path: path.read_text("utf-8") for room in ROOMS for path in (REPO / room).rglob("*.py")}


def raised(call: str) -> set[str]:
    """The codes that programs raise, written in the source as the first text in `call(`."""
    asks = re.compile(rf'\b{call}\((?:\d+, )?\s*"([a-z-]+)"')
    return {code for source in programs().values() if f"{call}(" in source for code in asks.findall(source)}


def choices(kind: Any) -> set[str]:
    return set(get_args(kind))


# kind of the catalogue → the codes there are
CODES: dict[str, set[str]] = {
    "device-state": choices(DeviceState),
    "printer-state": choices(DeviceState),
    "device-kind": choices(DeviceKind),
    "outcome": choices(Outcome),
    "outcome-holder": choices(Outcome),
    "class": choices(ClassId),
    "class-mark": choices(ClassId),
    "class-holder": choices(ClassId),
    "assistance": choices(Assistance) - {""},
    "assistance-holder": choices(Assistance) - {""},
    "papers-mark": choices(PapersMark) - {""},
    "ticket-state": choices(TicketState),
    "ticket-holder": choices(TicketState),
    "appointment-holder": choices(BookingState),
    "window-state": choices(SeenWindowState),
    "window-public": choices(SeenWindowState),
    "notice": set(FIELDS),
    "notice-lead": choices(CaseNotice),
    "notice-sign": {"handling", "parallel-handling", "passing", "task-report"},
    "pay-way": choices(PayWay),
    "paper-copy": {*OF_PAYMENT, *(mark for marks in COPIES.values() for mark in marks)},
    "case-state": choices(CaseState),
    "award": choices(AwardKind),
    "attendance-mark": {"present", "late", "early", "absent", "excused", "covered", "away", "unplanned"},
    "inspection-kind": choices(InspectionKind),
    "score-figure": set(SCORE_FIGURES),
    "ledger-receipt": {"printed", "unprinted", "page", "void"},
    "case-decision": choices(Decision) - {""},
    "part-reply": choices(Decision) - {""},
    "joint-step": {*JOINT},
    "case-move": choices(CaseVerb),
    "case-pause": set(DEADLINES["case"].pauses),
    "deadline-light": choices(Light),
    "level": {"1", "2", "3", "4", "5"},
    "count": set(get_type_hints(TicketCounts)),
    "slip-state": choices(SlipState) | {"reprints"},
    "role": set(ROLES),
    "alert": raised("_alert") | raised("alert") | {"device"},
    "refusal": choices(RefusalCode),
    "follow-up-kind": choices(FollowUpKind),
    "follow-up-state": choices(FollowUpState),
    "follow-up-state-holder": choices(FollowUpState),
    "feedback-way": choices(FeedbackWay),
    "rating-appeal": choices(Appeal) - {""},
    "verdict": choices(Satisfaction) - {""},
    "told-way": choices(ToldWay),
    "purpose": set(PURPOSES),
    "due-date-reason": choices(DateReason),
    "close-code": choices(ErrorCode),
    "account-role": {*ACCOUNT_ROLES, *SCOPES},
    "account-error": raised("AccountError"),
    "administration-act": set(AUDIT_CODES),
    "signed-out": {"idle", "revoked", "over"},
    "why-password": choices(Weakness),
    "log-error": raised("LogError") | set(BY_NAME.values()) | {"failed"},
    "problem": raised("problem") | {"caller-away", "not-found", "http"},
}  # fmt: skip
ANSWERS = (
    "refusal",
    "close-code",
    "signed-out",
    "account-error",
    "log-error",
    "records-error",
    "problem",
)  # with a next step each

# What pages and screens name by a code put together, and keep words of their own for: prefix → codes.
OWN = {
    "ratings.of": {"visit", "case", "all"},  # "all": of a root that does not tell them apart
    "ratings.share": {"visit", "case", "all"},
    "published": {"agency", "overruns"},
    "alone": {"quota", "live-ticket", "mark"},
    "light": choices(Light) - {"grey"},
    "supervise": {"rated", "good"},
    "index": {"sign", "rate"},
    "box": {"complaint", "suggestion", "praise"},
    "answer": choices(AnswerKind),
    "feedback": {"ask", "reply", "tell"},
    "answer.why": choices(DateReason),
    "rest": choices(DayPhase) - {"open"},
    "rest.guides": choices(DayPhase) - {"open"},
    "weekday": set("1234567"),
    "paper": choices(DeviceState) - PRINTS,
    "slip": choices(SlipOutcome) | {"reprinted"},
    "receipt": choices(SlipOutcome),
    "guide": {"printing", "printed", "failed", "unknown"},
    "client.lead": set(FORMS),
    "client-fault": choices(DocumentCheck) - {"right"} | {"is-you"},
}
TEMPLATE = re.compile(r'\bt2?\(`([\w.-]+)\.\$\{|\bword\(f?"([\w.-]+)\.(?:"\s*\+|\{)')


def served(room: str) -> dict[str, Lines]:
    """The words of each language as a room's pages and screens get them."""
    return dict(PageFiles(PAGES[room]).languages if room == "display" else load_translations().lines)


def kept(room: str) -> dict[str, Lines]:
    """The words of each language in a room's own files."""
    return {
        language: json.loads((PAGES[room] / f"lang/{language}.json").read_text("utf-8"))
        for language in LANGUAGES
    }


@cache
def shown_by_code(room: str) -> frozenset[str]:
    """The prefixes of all words that a room's programs put together with a code; read once."""
    paths = [*(REPO / room).rglob("*.js"), *(REPO / room).rglob("*.py")]
    return frozenset(
        one or other for path in paths for one, other in TEMPLATE.findall(path.read_text("utf-8"))
    )


# --- the checks


def unsaid(kinds: Kinds, lang: str) -> list[str]:
    """Codes without words, words without a code, answers without a next step."""
    found = [f"{lang} {kind} {code}" for kind, codes in CODES.items() for code in codes ^ set(kinds[kind])]
    for kind, table in kinds.items():
        for code, words in table.items():
            said = [words] if isinstance(words, str) else words
            if not all(said[: 2 if kind in ANSWERS else 1]) or ((kind in ANSWERS) and len(said) != 2):
                found.append(f"{lang} {kind} {code}: empty")
    return found


def unshown(lines: Lines, prefixes: Iterable[str]) -> list[str]:
    """Words that a program would put together and not find; prefixes it uses that no check knows."""
    codes = {prefix: OWN.get(prefix) or CODES.get(prefix) for prefix in prefixes}
    return [prefix for prefix, known in codes.items() if known is None] + [
        f"{prefix}.{code}" for prefix, known in codes.items() for code in known or () if not lines.get(f"{prefix}.{code}")
    ]  # fmt: skip


def said_twice(lines: Lines) -> list[str]:
    """Families of words in a page's own file that are a kind of the catalogue again: by its name, or by its codes."""
    families: dict[str, set[str]] = {}
    for key in lines:
        family, _, code = key.rpartition(".")
        families.setdefault(family, set()).add(code)
    return [
        family
        for family, leaves in families.items()
        if family in CODES or (family not in OWN and any(len(leaves & codes) >= 3 for codes in CODES.values()))
    ]  # fmt: skip


def tables_of_words(source: str) -> Iterator[str]:
    """Dictionaries in a program that give Chinese words to three or more codes of one kind.

    A text with a placeholder is a sentence; a `CommandEntry` is a command's name and `SettingWords` describe a
    setting, which may be those of a role.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            said = {
                key.value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant) and WORDS.match(ast.unparse(value))
            }
            yield from (
                f"line {node.lineno}: {kind}" for kind, codes in CODES.items() if len(said & codes) >= 3
            )


def unlike(kinds: Kinds, kiosk: Lines) -> list[str]:
    """Places where a sentence holds a state's label and has it otherwise."""
    printer, device = kinds["printer-state"], kinds["device-state"]
    found = [
        f"printer-state {code}"
        for code in device
        if str(device[code]).lower() not in printer[code][0].lower()
    ]
    return found + [
        f"paper.{code}" for code in OWN["paper"] if not kiosk[f"paper.{code}"].startswith(printer[code][0])
    ]


# --- the tests, each with its twin


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_has_its_words_and_every_answer_its_next_step(lang: str) -> None:
    assert unsaid(catalogue.kinds(lang), lang) == []


@pytest.mark.parametrize("kind", CODES)
def test_twin_one_word_dropped_is_seen(kind: str) -> None:
    for code in CODES[kind]:
        kinds = {name: {**table} for name, table in catalogue.kinds("en").items()}
        del kinds[kind][code]
        assert unsaid(kinds, "en") == [f"en {kind} {code}"]


def test_twin_an_answer_without_its_next_step_is_seen() -> None:
    kinds = {name: {**table} for name, table in catalogue.kinds("zh").items()}
    kinds["refusal"]["day-not-open"] = ["大厅现在不办公", ""]
    assert unsaid(kinds, "zh") == ["zh refusal day-not-open: empty"]


@pytest.mark.parametrize("room", PAGES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_that_a_page_shows_has_words_there(room: str, lang: str) -> None:
    prefixes = shown_by_code(room)
    assert len(prefixes) >= 4, "the pattern still finds them"
    assert unshown(served(room)[lang], prefixes) == []


@pytest.mark.parametrize("room", PAGES)
def test_twin_one_word_of_a_page_dropped_is_seen(room: str) -> None:
    lines = served(room)["en"]
    for prefix in shown_by_code(room):
        for code in OWN.get(prefix) or CODES[prefix]:
            left = {key: line for key, line in lines.items() if key != f"{prefix}.{code}"}
            assert unshown(left, shown_by_code(room)) == [f"{prefix}.{code}"]
    assert unshown(lines, ["colour"]) == ["colour"]


@pytest.mark.parametrize("room", PAGES)
def test_no_page_keeps_words_of_its_own_for_what_the_catalogue_names(room: str) -> None:
    assert [found for lines in kept(room).values() for found in said_twice(lines)] == []


def test_twin_a_second_store_of_a_page_is_seen() -> None:
    assert said_twice({"device-state.ready": "好"}) == ["device-state"]
    assert said_twice({"mood.5": "很好", "mood.4": "好", "mood.1": "差"}) == ["mood"]


def test_no_program_keeps_a_table_of_words_for_what_the_catalogue_names() -> None:
    found = [
        f"{path.relative_to(REPO)} {table}"
        for path, source in programs().items()
        for table in tables_of_words(source)
    ]
    assert found == []


def test_twin_a_second_store_of_a_program_is_seen() -> None:
    source = "def f(w):\n    WORDS = {'done': '办好', 'paid': ('已缴费', 'paid'), 'advice': w('问')}"
    assert list(tables_of_words(source)) == ["line 2: outcome", "line 2: outcome-holder"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_state_is_called_the_same_within_a_sentence(lang: str) -> None:
    assert unlike(catalogue.kinds(lang), load_translations().lines[lang]) == []


def test_twin_a_state_called_otherwise_within_a_sentence_is_seen() -> None:
    kiosk = load_translations().lines["zh"]
    assert unlike(catalogue.kinds("zh"), {**kiosk, "paper.offline": "打印机没连上：号码显示在屏幕上"}) == [
        "paper.offline"
    ]
    kinds = {
        **catalogue.kinds("zh"),
        "device-state": {**catalogue.kinds("zh")["device-state"], "error": "坏了"},
    }
    assert unlike(kinds, kiosk) == ["printer-state error"]


def test_the_states_of_an_appointment_are_those_it_can_have() -> None:
    assert Appointment.__struct_fields__  # its state is a plain text; the refusals name all but "booked"
    assert set(catalogue.codes("appointment-state")) == {"booked", "used", "cancelled", "missed"}
