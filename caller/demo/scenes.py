"""The six flows of a hall as demo scenes, each from the tap at the kiosk to the closed case. `scene_steps`: what a step does.

visit      a visit: the number, the call, papers told once, back with the notice, a rating
immediate  即办: done on the spot, and one that is not accepted
limited    承诺件: accepted, surveyed with its clock paused, extended and told, granted, collected; and one returned
parallel   联办件: accepted by the lead window, sent to all departments, a dated joint survey, their replies, granted
tax        办税: four applicants: immediate complete, immediate and limited incomplete, not ours; and a case that ran over
agency     代办件: taken on by an agent, answered, and on the list
"""

from collections.abc import Awaitable, Callable
from typing import Any

from caller.demo.late_case import HAND, REVIEWER, late
from caller.demo.scene_steps import SceneHall, Visit
from caller.engine.commands import CaseNotice
from caller.service.clock import wall_micros
from config.catalogue import both
from config.instants import local
from config.settings import Item, Window

LIMITED_TAX = ("limited", "T023")
PAST = {"tax": LIMITED_TAX}  # scenes that need a case from weeks ago, and of which item
Scene = Callable[[SceneHall], Awaitable[None]]


async def visit(hall: SceneHall) -> None:
    """Play one visit, whose papers are told once."""
    item = hall.item("unspecified", "P002", "N017", "V012")
    window = hall.window(item)
    first = await _taken(hall, item)
    await _called(hall, window, first)
    back = await _told_once(hall, window, item)
    await hall.serve(window, back)
    await hall.show(
        f"{window.id} 号窗口优先呼叫 {back.number}，上次要求的材料已在叫号台上列出，逐项核对",
        f"Window {window.id} calls {back.number} before others; what was asked for stands on the desk, to be ticked off",
        hall.desk(window),
    )
    await hall.finish(window, "done")
    wall = hall.page("/supervise", "supervisor-demo")
    await hall.show("材料齐全，当场办结", "The papers are complete: done on the spot", wall)
    await _rated(hall, back)


async def immediate(hall: SceneHall) -> None:
    """Play an immediate item: one applicant is done on the spot, the next is not accepted."""
    item = hall.item("immediate", "T012", "T001")
    window = hall.window(item)
    taken = await _taken(hall, item)
    await _called(hall, window, taken)
    await hall.finish(window, "done")
    await hall.show(
        f"即办：{item.name}当场办结，立件和办结是同一条记录",
        f"{item.name_en}: done on the spot; its case opens and closes in one record",
        hall.page("/supervise", "supervisor-demo"),
    )
    await _rated(hall, taken)
    await _refused(hall, window, item)


async def limited(hall: SceneHall) -> None:
    """Play a limited item from its receipt to its collection, and one that is returned."""
    item = hall.item("limited", "A001", "T023")
    window = hall.window(item)
    taken = await _taken(hall, item)
    await _called(hall, window, taken)
    number, code = await _accepted(hall, window, item)
    await _stepped(hall, window, number, "survey")
    await _extended(hall, number)
    await _granted(hall, number)
    await _collected(hall, window, number, code)
    await _returned(hall, window, item)


async def parallel(hall: SceneHall) -> None:
    """Play a parallel item by its lead window."""
    item = hall.item("parallel", "P006")
    window = hall.window(item)
    taken = await _taken(hall, item)
    await _called(hall, window, taken)
    number, code = await _accepted(hall, window, item)
    await _stepped(hall, window, number, "survey")
    await _shared(hall, number, code)
    await _stepped(hall, window, number, "expert")
    await _granted(hall, number)
    await _collected(hall, window, number, code)


async def tax(hall: SceneHall) -> None:
    """Play four applicants of a tax hall, the limited one to its end, and what follows when a case has run over."""
    now_item, later = hall.item("immediate", "T012", "T001"), hall.item(*LIMITED_TAX)
    desk, approvals = hall.window(now_item), hall.window(later)
    first = await _taken(hall, now_item)
    await _called(hall, desk, first)
    await hall.finish(desk, "done")
    await hall.show("即办且材料齐全：当场办结", "Immediate, papers complete: done on the spot")
    second = await _taken(hall, now_item)
    await _called(hall, desk, second)
    back = await _told_once(hall, desk, now_item)
    await hall.serve(desk, back)
    await hall.finish(desk, "done")
    await hall.show("补齐回来，当场办结", "Back with the papers: done on the spot")
    third = await _taken(hall, later)
    await _called(hall, approvals, third)
    again = await _told_once(hall, approvals, later)
    await hall.show("限时件材料不全，时限还没有开始", "Limited, incomplete: its clock has not begun")
    await hall.serve(approvals, again)
    number, code = await _accepted(hall, approvals, later)
    await _extended(hall, number)
    await _granted(hall, number)
    await _collected(hall, approvals, number, code)
    await _refused(hall, approvals, later)
    await late(hall, later)


async def agency(hall: SceneHall) -> None:
    """Play an agency item: asked, accepted, acted on by an agent, answered, and on the list."""
    item = hall.item("agency", "C010", "V002")
    window = hall.window(item)
    taken = await _taken(hall, item)
    await _called(hall, window, taken)
    number, code = await _accepted(hall, window, item)
    await _granted(hall, number)
    await _collected(hall, window, number, code)
    counts = (await hall.look("cases"))["counts"]
    await hall.show(
        f"建档：{number} 在办件台账里，可按窗口和类型查；现在在办 {counts['open']} 件",
        f"On file: {number} stands on the list of cases, by window and type; {counts['open']} are open now",
    )


SCENES: dict[str, Scene] = {
    "visit": visit, "immediate": immediate, "limited": limited, "parallel": parallel, "tax": tax, "agency": agency,
}  # fmt: skip
NAMES: dict[str, tuple[str, str]] = {
    "visit": ("一次办理", "a visit"), "immediate": ("即办件", "an immediate item"), "limited": ("承诺件", "a limited item"),
    "parallel": ("联办件", "a parallel item"), "tax": ("办税", "a tax hall"), "agency": ("代办件", "an agency item"),
}  # fmt: skip


# --- parts that scenes share


async def _taken(hall: SceneHall, item: Item) -> Visit:
    taken = await hall.take(item)
    await hall.show(
        f"取号机：{item.name}，打出号票 {taken.number}",
        f"Kiosk: {item.name_en}; the slip says {taken.number}",
        hall.addresses.kiosk,
        taken.url,
        hall.page("/board", "board-demo"),
    )
    return taken


async def _called(hall: SceneHall, window: Window, taken: Visit) -> None:
    await hall.serve(window, taken)
    await hall.show(
        f"{window.id} 号窗口（{window.name}）呼叫 {taken.number}，开始办理",
        f"Window {window.id} ({window.name_en}) calls {taken.number} and begins",
        hall.page(f"/sign?window={window.id}", "board-demo"),
        hall.desk(window),
    )


async def _told_once(hall: SceneHall, window: Window, item: Item) -> Visit:
    """End a reception as incomplete, and come back with the notice's code."""
    wrong: dict[str, str] = dict(zip(item.papers, ("missing", "unclear"), strict=False))
    asked = await hall.finish(window, "incomplete", wrong=wrong)
    page = await hall.paper("missing", asked["about"], "told-once")
    await hall.show(
        f"材料不全：{len(wrong)} 份一次告知，打印《一次性告知单》，凭证 {asked['code']}",
        f"Papers are missing: all {len(wrong)} are told at once on one notice, voucher {asked['code']}",
        page,
    )
    back = await hall.scan(asked["code"])
    await hall.show(
        f"补齐材料回来，在取号机扫告知单：二次优先号 {back.number}，不用重新排队",
        f"Back with the papers, the notice is scanned at the kiosk: number {back.number}, before others",
        hall.addresses.kiosk,
        back.url,
    )
    return back


async def _accepted(hall: SceneHall, window: Window, item: Item) -> tuple[str, str]:
    """End a reception as accepted; return the case's number and its progress code."""
    made = await hall.finish(window, "accepted")
    pages = await _papers(hall, made)
    limit = item.promised_days
    clock, clock_en = (
        (f"，承诺 {limit} 个工作日", f", promised within {limit} working days")
        if limit
        else ("，不设时限", ", without a limit")
    )
    papers, english = _named(made)
    await hall.show(
        f"受理：立件 {made['case_number']}{clock}，打印{papers}，查询码 {made['code']}",
        f"Accepted: case {made['case_number']}{clock_en}; printed: {english}; its code is {made['code']}",
        *pages,
        f"{hall.page('/case')}#{made['code']}",
    )
    return str(made["case_number"]), str(made["code"])


async def _papers(hall: SceneHall, made: dict[str, Any]) -> list[str]:
    """Keep the papers that an act has made, the applicant's first; return their pages."""
    return [await hall.paper(kind, made["about"], kind) for kind in (made["notice"], *made["also"])]


def _named(made: dict[str, Any]) -> tuple[str, str]:
    """Return the names of the papers that an act has made."""
    both_names = [both("notice", kind) for kind in (made["notice"], *made["also"])]
    return "".join(f"《{zh}》" for zh, _ in both_names), ", ".join(en for _, en in both_names)


async def _in_hand(hall: SceneHall, number: str) -> None:
    """Let the agent take a case on that is in no hand yet."""
    if (await hall.look(f"case/{number}"))["owner"]:
        return
    await hall.move(number, "take", HAND)
    await hall.show(
        f"承办：{HAND} 接手 {number}，责任到人",
        f"{HAND} has taken {number} in hand: the steps say in whose hand it is",
    )


async def _stepped(hall: SceneHall, window: Window, number: str, why: str) -> None:
    """Pause the clock for a survey or a review told in writing, and go on."""
    names = {"survey": ("现场勘查", "a survey on site"), "expert": ("专家评审", "an expert review")}
    zh, en = names[why]
    await _in_hand(hall, number)
    found = await hall.move(number, "pause", HAND, code=why)
    page = await hall.paper("pause", found["case"], f"pause-{why}")
    await hall.show(
        f"{zh}：暂停计时并书面告知，余 {found['left']} 个工作日",
        f"The clock is paused for {en}, told in writing; {found['left']} working days are left",
        page,
    )
    found = await hall.move(number, "resume", HAND)
    zh, en = (
        f"{zh}结束，继续计时，余 {found['left']} 个工作日",
        f"It goes on with {found['left']} working days",
    )
    await hall.show(zh, en, hall.desk(window))


async def _shared(hall: SceneHall, number: str, code: str) -> None:
    """Let the departments of a parallel case hold a joint survey, and reply, each within its own limit."""
    found = await hall.look(f"case/{number}")
    names = {each.id: (each.name, each.name_en) for each in hall.setup.settings.departments}
    parts = [(*names[each["department"]], each["days"]) for each in found["parts"]]
    await hall.show(
        f"材料同时分送：{'、'.join(f'{zh} {days} 个工作日' for zh, _, days in parts)}；各有各的灯",
        f"Sent to all at once: {', '.join(f'{en} {days} working days' for _, en, days in parts)}; each has its light",
        f"{hall.page('/case')}#{code}",
    )
    await _in_hand(hall, number)
    day = local(wall_micros(), hall.setup.settings.hall.zone).date().isoformat()
    await hall.move(number, "plan", HAND, code="survey", day=day)
    await hall.move(number, "held", HAND, code="survey")
    await hall.show(f"联合勘查：定于 {day}，已做", f"The joint survey was set for {day}, and held")
    for part in found["parts"]:
        zh, en = names[part["department"]]
        await hall.move(number, "reply", HAND, department=part["department"], decision="granted")
        await hall.show(f"{zh}在时限内答复：同意", f"{en} replies within its limit: agreed")


async def _extended(hall: SceneHall, number: str) -> None:
    await _in_hand(hall, number)
    found = await hall.move(number, "extend", HAND, code="other-agency", days=3, way="call")
    kinds: list[CaseNotice] = ["delay"]
    if hall.setup.settings.cases.inside_papers:
        kinds.append("task-report")
    pages = [await hall.paper(kind, found["case"], kind) for kind in kinds]
    await hall.show(
        "到期前延期 3 个工作日，理由：等待其他部门答复；已电话告知申请人，打印《延期告知》，经办人报《问题处理报告单》",
        "Extended by 3 working days before it is due, with its reason; the applicant was told by phone, the supervisor by a report",
        *pages,
    )


async def _granted(hall: SceneHall, number: str) -> None:
    await _in_hand(hall, number)
    found = await hall.move(number, "decide", REVIEWER, decision="granted")
    in_time = ("，绿灯：在期限内", ", green: in time") if found["light"] == "green" else ("", "")
    await hall.show(
        f"{REVIEWER} 作出决定：准予{in_time[0]}",
        f"{REVIEWER} decides: granted{in_time[1]}",
        hall.page("/supervise", "supervisor-demo"),
    )


async def _collected(hall: SceneHall, window: Window, number: str, code: str) -> None:
    """Come for the result with the receipt's code, and close the case."""
    place = hall.issuing(window)
    await hall.open(place)
    come = await hall.scan(code)
    await hall.show(
        f"申请人扫受理通知书来领证：号码 {come.number}，到 {place.id} 号窗口",
        f"The applicant scans the receipt to collect the result: number {come.number}, at window {place.id}",
        come.url,
    )
    await hall.serve(place, come)
    made = await hall.finish(place, "collected")
    if made.get("notice") == "promise":
        page = await hall.paper("promise", made["about"], "promise-done")
        await hall.show(
            "答复：承诺书留存联注明已办结", "The reply: the copy that stays says that it is done", page
        )
    await hall.show(f"领证：{number} 已出证", f"Collected: {number} is issued", hall.desk(place))
    await hall.move(number, "close", HAND)
    await hall.show(f"办结归档：{number}", f"Closed and filed: {number}", f"{hall.page('/case')}#{code}")
    await _rated(hall, come)


async def _returned(hall: SceneHall, window: Window, item: Item) -> None:
    """Accept a second case and return it."""
    taken = await _taken(hall, item)
    await hall.serve(window, taken)
    number, _ = await _accepted(hall, window, item)
    found = await hall.move(number, "decide", REVIEWER, decision="returned", code="conditions")
    page = await hall.paper("return", found["case"], "return")
    await hall.show(
        f"另一件 {number}：不符合条件，退办，打印《退办通知书》，理由一次说清",
        f"Another one, {number}: returned, with its reason told once in its notice",
        page,
    )


async def _refused(hall: SceneHall, window: Window, item: Item) -> None:
    """Refuse the next applicant's papers."""
    taken = await _taken(hall, item)
    await hall.serve(window, taken)
    made: dict[str, Any] = await hall.finish(window, "rejected", reason="not-ours")
    page = await hall.paper(made["notice"], made["about"], made["notice"])
    await hall.show(
        f"{taken.number}：不属于本机关职权，不予受理，打印{_named(made)[0]}",
        f"{taken.number}: not accepted, with its reason in a notice", page,
    )  # fmt: skip


async def _rated(hall: SceneHall, taken: Visit) -> None:
    await hall.rate(taken, 5)
    await hall.show(
        f"{taken.number} 的申请人用手机评价：非常满意，得到可核对的回执",
        f"{taken.number} rates by phone: very satisfied, with a receipt one can check",
        taken.url, hall.page("/ratings"),
    )  # fmt: skip
