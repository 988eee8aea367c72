"""One case in detail: what it is, its steps, its accountability record, and what a manager or a supervisor may do with it.

What may be done stands in the caller's documents (`moves`). Each act names the version that was shown, so that of two who
act on one case the later is told so. Words of an answer lie in the people's store: `hallcall followup` keeps them.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, get_args

from nicegui import ui

from caller.engine.case_messages import CaseVerb, Decision, MoveCase, PartWanted
from caller.engine.commands import FollowUpMove, MoveFollowUp
from caller.engine.papers import WrongPaper, code_of
from config.hall_lists import reasons
from config.instants import local
from config.settings import ReasonKind
from config.text_safety import for_html
from display.office.dialogs import choose, mark, show_detail
from display.office.pages.papers import print_paper
from display.office.parts import facts
from display.office.screen import OfficeScreen

PAUSES = ("papers", "hearing", "survey", "inspection", "expert")
WAYS = ("call", "letter", "counter")
JOINT = ("survey", "review")
DAYS_ON = range(15)  # from today: when a joint step may be
DAYS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 60)
RECORD_MOVES: dict[FollowUpMove, ReasonKind | None] = {
    "assign": None, "answer": "finding", "approve": None, "return": None, "reopen": None,
}  # fmt: skip
REVIEWS = frozenset({"approve", "return"})


def state_words(screen: OfficeScreen, row: Mapping[str, Any]) -> str:
    decision = screen.word("case-decision", row["decision"]) if row["decision"] else ""
    return " · ".join(filter(None, (screen.word("case-state", row["state"]), decision)))


def left_words(screen: OfficeScreen, row: Mapping[str, Any]) -> str:
    """Return how long a case has, or why its clock stands and what it waits for."""
    if row["pause"]:
        return screen.say("paused", reason=screen.word("case-pause", row["pause"]), count=row["left"])
    if row["asked_until"]:
        code = "asked-over" if row["left"] < 0 else "asked-until"
        return screen.say(code, date=f"{local(row['asked_until'], screen.zone):%Y-%m-%d}")
    if row["asked"]:
        return screen.say("asked-since", date=f"{local(row['asked'], screen.zone):%Y-%m-%d}")
    if row["light"] == "grey" or not row["due"] or row["decision"]:
        return ""
    return (
        screen.say("over", count=-row["left"])
        if row["left"] < 0
        else screen.say("days-left", count=row["left"])
    )


async def open_case(screen: OfficeScreen, key: str) -> None:
    """Show a case by its id or its number until the person closes it."""
    screen, topic = screen.speaking("cases"), f"case/{key}"
    await show_detail(
        screen,
        screen.say("case"),
        (topic,),
        lambda: _draw(screen, topic),
        lambda: screen.views.get(topic),
    )


def _draw(screen: OfficeScreen, topic: str) -> None:
    row = screen.views.get(topic)
    if not row:
        ui.label(screen.say("no-case", number=topic.partition("/")[2]))
        return
    items = {each.id: screen.named(each) for each in screen.settings.items}
    departments = {each.id: screen.named(each) for each in screen.settings.departments}
    ui.html(for_html(f"{row['number']} {items.get(row['item'], row['item'])}"), sanitize=False, tag="h2")
    told = screen.word("told-way", row["told"]) if row["told"] else screen.say("untold")
    facts([
        (screen.say("state"), state_words(screen, row)), (screen.say("kind"), screen.word("case-type", row["case_type"])),
        (screen.say("light"), screen.word("deadline-light", row["light"])), (screen.say("left"), left_words(screen, row)),
        (screen.say("due"), "" if row["asked"] else screen.date_and_clock(row["due"])), (screen.say("before"), screen.date_and_clock(row["before"])),
        (screen.say("told"), told if row["extended"] else ""), (screen.say("opened"), screen.date_and_clock(row["opened"])),
        (screen.say("decided"), screen.date_and_clock(row["decided"])), (screen.say("closed"), screen.date_and_clock(row["closed"])),
        (screen.say("department"), departments.get(row["department"], row["department"])),
        (screen.say("window"), row["window"]), (screen.say("owner"), row["owner"]), (screen.say("ticket"), row["ticket_number"]),
        (screen.say("project"), row["project"]), (screen.say("major"), screen.say("yes") if row["major"] else ""),
        (screen.say("agent"), row["agent"]), (screen.say("listed"), screen.listed(row["listed"])),
        (screen.say("reported"), screen.date_and_clock(row["reported"])), (screen.say("heard"), screen.date_and_clock(row["heard"])),
        (screen.say("asked-papers"), screen.listed(each["name"] for each in row["asked_papers"])),
        (screen.say("owed"), screen.listed(each["name"] for each in row["owed"])),
        (screen.say("owed-due"), f"{screen.date_and_clock(row['owed_due'])} {screen.word('deadline-light', row['owed_light'])}" if row["owed_due"] else ""),
        (screen.say("pauses"), screen.listed(f"{screen.word('case-pause', why)} {count}" for why, count in row["pauses"].items())),
    ])  # fmt: skip
    _draw_parts(screen, row, departments)
    _draw_steps(screen, row)
    if screen.may(MoveCase):
        with ui.row().classes("verbs").mark(row["case"]):
            for move in row["moves"]:
                ui.button(screen.verb("case-move", move), on_click=partial(_move, screen, row, move)).props(
                    "outline"
                )
    if "manager" in screen.session.roles:
        ui.label(screen.say("papers")).classes("quiet")
        with ui.row().classes("verbs").mark(f"papers-{row['case']}"):
            for paper in row["papers"]:
                ui.button(
                    screen.word("notice", paper), on_click=partial(print_paper, screen, paper, row["case"])
                ).props("outline")
    for id, record in row["records"].items():
        _draw_record(screen, id, record)


def _draw_parts(screen: OfficeScreen, row: dict[str, Any], departments: dict[str, str]) -> None:
    """Show the departments' parts, each with its light, and the joint steps."""
    if not row["parts"] and not row["joint"]:
        return
    ui.label(screen.say("parts")).classes("quiet")
    with ui.element("ol").classes("plain steps"):
        for part in row["parts"]:
            said = screen.word("part-reply", part["reply"]) if part["reply"] else screen.say("part-waits")
            when = screen.date_and_clock(part["replied"] or part["due"])
            with ui.element("li"):
                ui.element("span").classes(f"light {part['light']}").props("aria-hidden=true")
                name = departments.get(part["department"], part["department"])
                light = screen.word("deadline-light", part["light"])
                ui.label("  ".join(filter(None, (name, light, said, when, part["staff"]))))
        for step in row["joint"]:
            held = screen.say("joint-held", when=screen.date_and_clock(step["held"])) if step["held"] else ""
            with ui.element("li"):
                ui.label(
                    "  ".join(filter(None, (screen.word("joint-step", step["kind"]), step["day"], held)))
                )


def _draw_steps(screen: OfficeScreen, row: dict[str, Any]) -> None:
    ui.label(screen.say("steps")).classes("quiet")
    with ui.element("ol").classes("plain steps"):
        with ui.element("li"):
            ui.label(f"{screen.date_and_clock(row['opened'])}  {screen.say('step-opened')}")
        for step in row["steps"]:
            move = (
                screen.say("step-void") if step["move"] == "void" else screen.word("case-move", step["move"])
            )
            due = screen.say("step-due", when=screen.date_and_clock(step["due"])) if step["due"] else ""
            words = (screen.date_and_clock(step["at"]), move, _code_words(screen, step), step["staff"], due)
            with ui.element("li"):
                ui.label("  ".join(filter(None, words)))


def _code_words(screen: OfficeScreen, step: dict[str, Any]) -> str:
    """Return a step's code in words: a pause's or a decision's are the catalogue's, a reason is the hall's."""
    kind = {
        "pause": "case-pause", "decide": "case-decision", "reply": "part-reply", "plan": "joint-step", "held": "joint-step",
    }.get(step["move"])  # fmt: skip
    if kind:
        return screen.word(kind, step["code"])
    named = {each.id: screen.named(each) for each in screen.settings.reasons}
    words = screen.word(
        {"extend": "extension-reason", "refuse": "refusal-reason"}.get(step["move"], ""), step["code"]
    )
    return named.get(step["code"], words)


# --- acts


async def _move(screen: OfficeScreen, row: dict[str, Any], move: CaseVerb) -> None:
    """Ask what an act needs, and send it. The part that holds the button may be drawn anew meanwhile: the page stays."""
    called, number = screen.word("case-move", move), row["number"]
    with ui.context.client:
        more = await _needs(screen, row, move, f"{number} {called}")
        if more is not None:
            command = MoveCase(row["case"], move, row["version"], staff=screen.session.staff, **more)
            answer = await screen.send(command, screen.say("done", number=number, move=called))
            if answer and answer.get("notice") == "missing":
                await print_paper(screen, "missing", answer["about"])


async def _needs(
    screen: OfficeScreen, row: dict[str, Any], move: CaseVerb, title: str
) -> dict[str, Any] | None:
    """Return what an act needs beside itself; None where the person gives up."""
    if move in ("share", "reply", "plan", "held", "bring"):
        return await _step_needs(screen, row, move, title)
    if move == "pause":
        return await _one(screen, title, {each: screen.word("case-pause", each) for each in PAUSES}, "code")
    if move == "refuse":
        return await _one(screen, title, _listed(screen, "refusal"), "code")
    if move == "ask":
        return await _wrong(screen, row)
    if move == "tell":
        return await _one(screen, title, {each: screen.word("told-way", each) for each in WAYS}, "way")
    if move == "extend":
        return await _steps_of(screen, title, [
            ("code", _listed(screen, "extension")), ("days", {str(each): screen.say("working-days", count=each) for each in DAYS}),
            ("way", {each: screen.word("told-way", each) for each in WAYS} | {"": screen.say("untold")}),
        ])  # fmt: skip
    if move == "decide":
        decisions = {each: screen.word("case-decision", each) for each in get_args(Decision) if each}
        decided = await _one(screen, title, decisions, "decision")
        if decided is None or decided["decision"] == "granted":
            return decided
        why = await _one(screen, title, _listed(screen, "refusal"), "code")
        return None if why is None else decided | why
    return {} if await screen.ask(screen.say("sure", what=title), screen.word("case-move", move)) else None


async def _wrong(screen: OfficeScreen, row: dict[str, Any]) -> dict[str, Any] | None:
    """Return what is wrong with which papers of the item: all of it is asked for at once, and nothing without its list."""
    item = next((each for each in screen.settings.items if each.id == row["item"]), None)
    names = item.papers_en if item and screen.lang == "en" and item.papers_en else item.papers if item else []
    called = screen.verb("case-move", "ask")
    if item is None or not names:
        title = f"{row['number']} {screen.word('case-move', 'ask')}"
        return {} if await screen.ask(screen.say("sure", what=title), called) else None
    lines = {code_of(paper): name for paper, name in zip(item.papers, names, strict=True)}
    marked = await mark(
        screen,
        screen.say("papers-wrong", number=row["number"]),
        lines,
        {"": screen.say("paper-fine"), **_listed(screen, "paper")},
        called,
    )
    return marked and {"wrong": [WrongPaper(code, fault) for code, fault in marked.items()]}


async def _step_needs(
    screen: OfficeScreen, row: dict[str, Any], move: CaseVerb, title: str
) -> dict[str, Any] | None:
    """Return what a step in other hands needs: which department, joint step, day or paper."""
    joint = {each: screen.word("joint-step", each) for each in JOINT}
    if move == "held":
        return await _one(screen, title, joint, "code")
    if move == "bring":
        chosen = await _one(screen, title, {each["paper"]: each["name"] for each in row["owed"]}, "papers")
        return chosen and {"papers": [chosen["papers"]]}
    if move == "plan":
        today = local(screen.now, screen.zone).date()
        days = {day: day for day in ((today + timedelta(days=each)).isoformat() for each in DAYS_ON)}
        return await _steps_of(screen, title, [("code", joint), ("day", days)])
    names = {each.id: screen.named(each) for each in screen.settings.departments}
    has: dict[str, dict[str, Any]] = {each["department"]: each for each in row["parts"]}
    if move == "share":
        rest = {id: name for id, name in names.items() if id not in has and id != row["department"]}
        found = await _steps_of(screen, title, [
            ("department", rest), ("days", {str(each): screen.say("working-days", count=each) for each in DAYS}),
        ])  # fmt: skip
        return found and {"parts": [PartWanted(found["department"], found["days"])]}
    waits: dict[str, str] = {id: names.get(id) or id for id, each in has.items() if not each["replied"]}
    replies = {each: screen.word("part-reply", each) for each in get_args(Decision) if each}
    found = await _steps_of(screen, title, [("department", waits), ("decision", replies)])
    if found is None or found["decision"] == "granted":
        return found
    why = await _one(screen, title, _listed(screen, "refusal"), "code")
    return None if why is None else found | why


async def _steps_of(
    screen: OfficeScreen, title: str, asked: list[tuple[str, dict[str, str]]]
) -> dict[str, Any] | None:
    """Ask one thing after the other; None where the person gives up at any."""
    found: dict[str, Any] = {}
    for field, options in asked:
        answer = await _one(screen, title, options, field)
        if answer is None:
            return None
        found |= answer
    return found | ({"days": int(found["days"])} if "days" in found else {})


async def _one(
    screen: OfficeScreen, title: str, options: dict[str, str], field: str
) -> dict[str, Any] | None:
    chosen = await choose(screen, title, options, screen.say("go-on"))
    return None if chosen is None else {field: chosen}


def _listed(screen: OfficeScreen, kind: ReasonKind) -> dict[str, str]:
    return {each.id: screen.named(each) for each in reasons(screen.settings, kind)}


# --- the accountability record of a red light


def _draw_record(screen: OfficeScreen, id: str, record: dict[str, Any]) -> None:
    ui.html(for_html(screen.say("record", number=record["number"])), sanitize=False, tag="h2")
    findings = _listed(screen, "finding")
    facts([
        (screen.say("state"), screen.word("follow-up-state", record["state"])),
        (screen.say("light"), screen.word("deadline-light", record["light"])),
        (screen.say("since"), screen.date_and_clock(record["opened"])), (screen.say("answer-due"), screen.date_and_clock(record["due"])),
        (screen.say("responsible"), record["clerk"] or record["department"]), (screen.say("answers"), record["owner"]),
        (screen.say("finding"), findings.get(record["finding"], record["finding"])),
    ])  # fmt: skip
    if screen.may(MoveFollowUp):
        with ui.row().classes("verbs").mark(id):
            for move in RECORD_MOVES:
                if move in record["moves"] and (move not in REVIEWS or "supervisor" in screen.session.roles):
                    ui.button(
                        screen.say(f"record-{move}"), on_click=partial(_move_record, screen, id, record, move)
                    )


async def _move_record(screen: OfficeScreen, id: str, record: dict[str, Any], move: FollowUpMove) -> None:
    """Ask whom, or what was found, and send it."""
    title = f"{record['number']} {screen.say(f'record-{move}')}"
    with ui.context.client:
        more = await _record_needs(screen, record, move, title)
        if more is not None:
            command = MoveFollowUp(id, move, screen.session.staff, **more)
            await screen.send(command, screen.say("done", number=record["number"], move=""))


async def _record_needs(
    screen: OfficeScreen, record: dict[str, Any], move: FollowUpMove, title: str
) -> dict[str, Any] | None:
    """Return what an act on a record needs beside itself; None where the person gives up."""
    if move == "assign":
        accounts = [each for each in screen.office.accounts.all() if each.staff != record["clerk"]]
        return await _one(
            screen, title, {each.staff: f"{each.staff} {each.name}".strip() for each in accounts}, "owner"
        )
    if listed := RECORD_MOVES[move]:
        return await _one(screen, title, _listed(screen, listed), "code")
    return {} if await screen.ask(screen.say("sure", what=title), screen.say(f"record-{move}")) else None
