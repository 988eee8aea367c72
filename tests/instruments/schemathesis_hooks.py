"""Real ids for schemathesis: two questions of three are about what there is in the hall, the others stay as they were made.

Loaded by schemathesis itself (SCHEMATHESIS_HOOKS), in its own process. Before such a question the hall is brought to where it
can be answered (a window open, a number called, a case taken on), through the same interface with the same key; the
body is then the operation's own example with ids that exist, and half of the time one more field as it was made. What came
of every question is counted by operation and written to HALLCALL_COUNTED, so that a campaign can say how much of what it
asked was done and not merely refused.
"""

import atexit
import json
import os
import random
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import schemathesis  # pyright: ignore[reportMissingImports]
from stdnum.cn import ric

from display.api.operations import OPERATIONS, PREFIX, Operation

ABOUT_REAL_THINGS = 2 / 3
ADDRESS, KEY = os.environ["HALLCALL_ADDRESS"], os.environ["HALLCALL_KEY"]
WINDOW, CLERK = "4", "C001"  # this campaign's own window, which nobody else works at
ITEM, QUEUE, OTHER_QUEUE = "i1", "A", "B"
ROWS = {(each.method, PREFIX + each.path): each for each in OPERATIONS}
chance = random.Random(15)
counted: dict[str, Counter[str]] = {}
http = httpx.Client(
    base_url=ADDRESS + PREFIX, headers={"Authorization": f"Bearer {KEY}"}, timeout=90, trust_env=False
)


def ask(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the hall answers; {} where it refuses."""
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    found = http.request(method, path, json=body if method == "POST" else None, headers=headers)
    return found.json() if found.status_code == 200 else {}


def at(verb: str, **body: Any) -> dict[str, Any]:
    return ask("POST", f"/windows/{WINDOW}/{verb}", body)


# --- what there is


def ticket() -> dict[str, Any]:
    return ask("POST", "/tickets", {"items": [ITEM]})


def slots() -> list[dict[str, Any]]:
    """The times of the coming days that are left."""
    days = ask("GET", f"/items/{ITEM}/slots")["days"]
    return [
        {"day": day["day"], "slot": each["slot"]} for day in days for each in day["slots"] if each["free"]
    ]


made: list[str] = []  # the appointments of this campaign, of which thousands would fill the days to come


def booked() -> dict[str, Any]:
    """An appointment of somebody who has none, at a time that is left; where none is, those made before are given up."""
    free = slots()
    if not free:
        for each in made:
            ask("POST", f"/appointments/{each}/cancel")
        made.clear()
        free = slots()
    if not free:
        return {}
    chosen = chance.choice(free)
    first = f"11010119{chance.randrange(40, 99)}0101{chance.randrange(1000):03d}"
    id_number = first + ric.calc_check_digit(f"{first}0")
    body = {"item": ITEM, **chosen, "id_number": id_number}
    answer = ask("POST", "/appointments", body)
    made.extend([answer["appointment"]] if answer else [])
    return {"body": body, **answer}


def case() -> str:
    """A new case."""
    opened = ask("POST", "/cases", {"item": ITEM})
    return str(opened.get("about", ""))


def window(state: str) -> None:
    """Bring the campaign's window to a state, from whatever it is in."""
    for verb in ("start", "finish", "resume"):
        at(verb)
    if state == "closed":
        at("close")
        return
    at("open", clerk=CLERK)
    if state == "paused":
        at("pause", minutes=10)
    if state in ("called", "serving"):
        ticket()
        at("call-next")
    if state == "serving":
        at("start")


# Of each operation: the state its window must be in, and what stands in its path or its body besides its example.
STATES = {
    "OpenWindow": "closed", "CloseWindow": "open", "PauseWindow": "open", "ResumeWindow": "paused", "CallNext": "open", "CallTicket": "open",
    "ServeWalkIn": "open", "Recall": "called", "StartService": "called", "FinishService": "serving", "MarkNoShow": "called",
    "HoldTicket": "serving", "TransferTicket": "serving", "CorrectOutcome": "serving", "Evaluate": "serving", "ReadEvaluation": "serving",
}  # fmt: skip


def real(row: Operation) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parts of a path and the body of a question about what there is."""
    if state := STATES.get(row.name):
        window(state)
    path: dict[str, Any] = {"window": WINDOW, "queue": QUEUE, "item": ITEM}
    body = dict(row.example or {})
    match row.name:
        case "TakeTicket" | "OpenCase" | "ServeWalkIn":
            body = {"items": [ITEM]} if row.name == "TakeTicket" else {"item": ITEM}
        case "TicketStatus" | "CancelTicket" | "PostponeTicket" | "RequeueTicket":
            path["ticket"] = ticket().get("ticket", "x")
            if row.name == "RequeueTicket":
                path["ticket"] = missed()
        case "BookAppointment" | "ChangeAppointment" | "CancelAppointment" | "CheckIn":
            body |= appointment(row.name, path)
        case "CallTicket":
            ticket_taken = ticket()
            ticket_called = ask("GET", f"/tickets/{ticket_taken.get('ticket', 'x')}")
            body = {"number": ticket_called.get("number", "")}
        case "CorrectOutcome":
            ended = at("finish", outcome="advice")
            body = {"ticket": ended.get("ticket", ""), "outcome": "done"}
        case "ReadEvaluation":
            at("evaluation", outcome="done", wait=0)
        case "Evaluate":
            body = {"outcome": "done", "wait": 0}
        case "TransferTicket":
            body = {"queue": OTHER_QUEUE}
        case "ReadCase" | "MoveCase":
            path["case"] = case() or "x"
            body = {"move": "take", "owner": CLERK} if body else {}
        case "ReadFeedback":
            path["code"] = feedback().get("code", "x")
        case _:
            pass
    return {name: path.get(name, "x") for name in row.parts}, body


def missed() -> str:
    window("called")
    called = ask("GET", f"/windows/{WINDOW}").get("ticket", {})
    at("no-show")
    return str(called.get("ticket", "x"))


def appointment(name: str, path: dict[str, Any]) -> dict[str, Any]:
    found = booked()
    path["appointment"] = found.get("appointment", "x")
    if name == "BookAppointment":
        ask("POST", f"/appointments/{path['appointment']}/cancel")
        return dict(found.get("body", {}))
    if name == "CheckIn":
        return {"code": found.get("code", "00000000")}
    free = slots() if name == "ChangeAppointment" else []
    return free[-1] if free else {}


def feedback() -> dict[str, Any]:
    return ask("POST", "/feedback", {"kind": "complaint", "way": "call", "text": "等了很久"})


# --- schemathesis's hooks


@schemathesis.hook  # pyright: ignore[reportUntypedFunctionDecorator]
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    row = ROWS.get((case.method.upper(), case.operation.path))
    if row is None:
        return
    if row.name == "Evaluate" and isinstance(case.body, dict) and type(case.body.get("wait", 30)) is int:
        case.body["wait"] = min(case.body.get("wait", 0), 0)  # nobody presses: each would be waited for
    if chance.random() > ABOUT_REAL_THINGS:
        return
    given = case.body if isinstance(case.body, dict) else {}
    case.path_parameters, body = real(row)
    case.query = {"number": "A001"} if "number" in row.query else {}
    case.headers = {**(case.headers or {}), "Idempotency-Key": str(uuid.uuid4())}
    case.headers.pop("If-None-Match", None)
    if row.method == "POST":
        more = [name for name in given if name not in body]
        extra = (
            {name: given[name] for name in chance.sample(more, 1)} if more and chance.random() < 0.5 else {}
        )
        case.body, case.media_type = body | extra, "application/json"


@schemathesis.hook  # pyright: ignore[reportUntypedFunctionDecorator]
def after_call(context: Any, case: Any, response: Any) -> None:
    row = ROWS.get((case.method.upper(), case.operation.path))
    counted.setdefault(row.name if row else case.operation.path, Counter())[
        f"{response.status_code // 100}xx"
    ] += 1


@atexit.register
def write_counted() -> None:
    if path := os.environ.get("HALLCALL_COUNTED"):
        Path(path).write_text(json.dumps(counted), "utf-8")
