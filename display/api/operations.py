"""The REST interface as one table: each address with its method, the scope it asks for, what runs it, body and answer.

A row without a scope cannot be written, so an address is open to keys with that scope alone. The routes
(`rest`) and the description (`openapi`) are made from the table.
"""

from typing import Any

from msgspec import Struct, structs

from caller.engine import commands as cmd
from caller.engine.case_messages import MoveCase, OpenCase
from caller.engine.desk_commands import CorrectOutcome
from caller.protocol.case_documents import CaseView
from caller.protocol.documents import WindowView
from caller.protocol.feedback_documents import ReceiptView
from caller.protocol.key_scopes import Scope
from display.api import answers, reads, sends

PREFIX = "/api/v1"
Example = dict[str, Any]


class Operation(Struct, frozen=True):
    """One row. `body`: the type of a POST's body, less `parts`, which are in the path; `query`: names of parameters."""

    method: str
    path: str
    name: str
    scope: Scope
    zh: str
    en: str
    run: sends.Run
    answer: Any
    parts: tuple[str, ...] = ()
    body: type[Any] | None = None
    query: tuple[str, ...] = ()
    example: Example | None = None
    also: tuple[Scope, ...] = ()  # scopes that open it as well: who may send reads what it needs for that

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.scope, *self.also


def parts_of(path: str) -> tuple[str, ...]:
    """Return the names of a path's parts."""
    return tuple(each[1:-1] for each in path.split("/") if each.startswith("{"))


def _read(
    path: str, name: str, scope: Scope, zh: str, en: str, run: sends.Run, answer: Any, *query: str
) -> Operation:
    return Operation("GET", path, name, scope, zh, en, run, answer, parts_of(path), None, query)


def _send(
    path: str,
    command: type[Any],
    scope: Scope,
    zh: str,
    en: str,
    answer: type[Any],
    example: Example | None = None,
) -> Operation:
    parts, name = parts_of(path), command.__name__
    run = sends.sender(command, answer, parts)
    return Operation("POST", path, name, scope, zh, en, run, answer, parts, command, (), example or {})


def _post(
    path: str,
    name: str,
    scope: Scope,
    zh: str,
    en: str,
    run: sends.Run,
    answer: Any,
    body: type[Any],
    example: Example,
) -> Operation:
    return Operation("POST", path, name, scope, zh, en, run, answer, parts_of(path), body, (), example)


PAGED = ("limit", "after")
AT = "/windows/{window}"
OPERATIONS: tuple[Operation, ...] = (
    # what every screen of the hall shows
    _read("/hall", "ReadHall", "read", "大厅与营业日", "The hall and its day", reads.hall, answers.HallStatus),
    _read("/queues", "ReadQueues", "read", "各队列与等候", "Queues and waits", reads.queues, answers.QueuePage, *PAGED),
    _read("/queues/{queue}", "ReadQueue", "read", "一个队列", "One queue", reads.queue, answers.QueueStatus),
    _read("/windows", "ReadWindows", "read", "各窗口", "Windows", reads.windows, answers.WindowPage, *PAGED),
    _read("/items", "ReadItems", "read", "事项", "Items", reads.items, answers.ItemPage, *PAGED),
    structs.replace(
        _read("/items/{item}/slots", "ReadSlots", "read", "可预约的时段", "Slots that may be booked", reads.slots, answers.ItemSlots),
        also=("appointments",),
    ),
    # numbers
    _send("/tickets", cmd.TakeTicket, "tickets", "取号", "Issue a number", answers.Issued, {"items": ["T001"]}),
    _read("/tickets", "FindTickets", "tickets", "按号码查找", "Find by a number", reads.tickets, answers.TicketPage, "number"),
    _read("/tickets/{ticket}", "TicketStatus", "tickets", "号码现在怎样", "Where a ticket stands", reads.ticket, answers.TicketStatus),
    _send("/tickets/{ticket}/cancel", cmd.CancelTicket, "tickets", "取消号码", "Cancel a number", answers.Nothing),
    _send("/tickets/{ticket}/postpone", cmd.PostponeTicket, "tickets", "晚到，保留位置", "Keep the place", answers.Nothing, {"minutes": 10}),
    _send("/tickets/{ticket}/requeue", cmd.RequeueTicket, "tickets", "过号重排", "Requeue a missed number", answers.Nothing),
    # appointments
    _send("/appointments", cmd.BookAppointment, "appointments", "预约", "Book an appointment", answers.Booked, {"item": "T001", "day": "2026-09-21", "slot": 1789952400000000, "id_number": "11010519491231002X"}),
    _send("/appointments/{appointment}/change", cmd.ChangeAppointment, "appointments", "改约", "Change it", answers.Nothing, {"day": "2026-09-22", "slot": 1790038800000000}),
    _send("/appointments/{appointment}/cancel", cmd.CancelAppointment, "appointments", "取消预约", "Cancel it", answers.Nothing),
    _send("/check-ins", cmd.CheckIn, "appointments", "预约签到取号", "Check in with a code", answers.Issued, {"code": "12345678"}),
    # a window
    _read(AT, "ReadWindow", "windows", "一个窗口，供其工作人员", "One window, as its clerk sees it", reads.window, WindowView),
    _send(AT + "/open", cmd.OpenWindow, "windows", "登录窗口", "Sign in at a window", answers.Nothing, {"clerk": "C001"}),
    _send(AT + "/close", cmd.CloseWindow, "windows", "退出窗口", "Sign out", answers.Nothing),
    _send(AT + "/pause", cmd.PauseWindow, "windows", "暂停", "Pause", answers.Nothing, {"minutes": 10}),
    _send(AT + "/resume", cmd.ResumeWindow, "windows", "恢复", "Resume", answers.Nothing),
    _send(AT + "/call-next", cmd.CallNext, "windows", "顺呼", "Call the next number", answers.Called),
    _send(AT + "/call", cmd.CallTicket, "windows", "选呼", "Call a certain number", answers.Called, {"number": "A042"}),
    _send(AT + "/walk-in", cmd.ServeWalkIn, "windows", "免号接待", "Serve without a number", answers.Called, {"item": "T001"}),
    _send(AT + "/recall", cmd.Recall, "windows", "重呼", "Call again", answers.Called),
    _send(AT + "/start", cmd.StartService, "windows", "开始办理", "Start", answers.Nothing),
    _send(AT + "/finish", cmd.FinishService, "windows", "结束办理", "Finish, with outcome and case number", answers.EndedVisitAnswer, {"outcome": "done", "project": "330100-2026-000123"}),
    _send(AT + "/no-show", cmd.MarkNoShow, "windows", "过号", "The called one did not come", answers.Nothing),
    _send(AT + "/hold", cmd.HoldTicket, "windows", "挂起", "Put the number aside", answers.Nothing),
    _send(AT + "/transfer", cmd.TransferTicket, "windows", "转移", "Send on", answers.Nothing, {"queue": "B"}),
    _send(AT + "/correct", CorrectOutcome, "windows", "更正结果", "Correct the outcome", answers.EndedVisitAnswer, {"ticket": "01a1ff84-f680-7ddb-8f55-5840c0098c59", "outcome": "advice"}),
    _post(AT + "/evaluation", "Evaluate", "windows", "结束办理、请评价器询问并告知结果", "Finish, have the evaluator ask, and tell what was answered", sends.evaluate, answers.Evaluation, sends.EvaluationRequest, {"outcome": "done", "project": "330100-2026-000123", "wait": 30}),
    _read(AT + "/evaluation", "ReadEvaluation", "windows", "最近一次评价怎样", "How the last evaluation stands", sends.evaluation, answers.Evaluation),
    # cases
    _send("/cases", OpenCase, "cases", "立案", "Open a case", answers.OpenedCase, {"item": "T001", "project": "330100-2026-000123"}),
    _read("/cases", "ReadCases", "cases", "办件", "Cases", reads.cases, answers.CasePage, *PAGED, "window"),
    _read("/cases/{case}", "ReadCase", "cases", "一个办件及其步骤", "One case with its steps", reads.case, CaseView),
    _post("/cases/{case}/moves", "MoveCase", "cases", "推进办件", "Take a case on", sends.move_case, answers.MovedCase, MoveCase, {"move": "take", "owner": "C001"}),
    # feedback
    _post("/feedback", "SubmitFeedback", "feedback", "登记诉求", "Register feedback", sends.submit_feedback, answers.Received, sends.FeedbackRequest, {"kind": "complaint", "way": "call", "window": "3", "text": "等了很久"}),
    _read("/feedback/{code}", "ReadFeedback", "feedback", "诉求办得怎样", "How feedback stands", reads.feedback, ReceiptView),
)  # fmt: skip
