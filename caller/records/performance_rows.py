"""The rows of records.db that attendance, scores and the monthly report are made of, beside those of visits.

What the office entered about its people, the cases, the follow-ups and the requests for papers: one row each, so that a
score can be followed down to what it was made of. Dates are the hall's; no column holds a name or a sentence.
"""

from typing import Annotated, ClassVar

from caller.records.columns import ClerkColumn, ItemId, Number, Row, Seq, WindowId, note
from config.instants import Micros

By = Annotated[str, note("登记人", "who entered it")]
DateColumn = Annotated[str, note("日期", "the date")]


class CorrectionRow(Row):
    """更正过的考勤，以最后一次为准 | Corrected attendance, the last of a person's day."""

    table: ClassVar[str] = "corrections"
    keys: ClassVar[int] = 3
    day: Annotated[str, note("营业日", "business day")]
    staff: Annotated[str, note("工号", "staff number")]
    mark: Annotated[str, note("更正为", "what it was corrected to")] = ""
    reason: Annotated[
        str, note("原因的编号，见 `[[reason]]`", "why: a code of `[[reason]]` kind attendance")
    ] = ""
    by: By = ""
    seq: Annotated[int, note("记录号", "seq of the event")] = 0


class LeaveRow(Row):
    """请假 | Leave."""

    table: ClassVar[str] = "leaves"
    leave: Annotated[str, note("编号", "its id")]
    staff: Annotated[str, note("工号", "staff number")] = ""
    first: Annotated[str, note("从哪天", "its first day")] = ""
    last: Annotated[str, note("到哪天", "its last day")] = ""
    kind: Annotated[str, note("假别", "which kind: a code of `[[reason]]` kind leave")] = ""
    by: By = ""
    cancelled: Annotated[int, note("1：已撤销", "1: taken back")] = 0


class PeerRow(Row):
    """互评，每人每月一行 | Peer ratings, one a person and month."""

    table: ClassVar[str] = "peer_ratings"
    keys: ClassVar[int] = 3
    month: Annotated[str, note("月份", "the month, such as 2026-11")]
    staff: Annotated[str, note("工号", "staff number")]
    points: Annotated[int, note("分数 ×100", "points, in hundredths")] = 0
    by: By = ""
    reason: Annotated[str, note("更正原因", "why it was corrected; else empty")] = ""
    seq: Annotated[int, note("记录号", "seq of the event")] = 0


class InspectionRow(Row):
    """带班、走访、检查 | Leaders on duty, visits and inspections."""

    table: ClassVar[str] = "inspections"
    seq: Seq
    day: DateColumn
    kind: Annotated[str, note("leader 带班、visit 走访、inspection 检查", "leader, visit or inspection")]
    staff: Annotated[str, note("谁来的", "who came")]
    finding: Annotated[str, note("发现，见 `[[reason]]`", "what was found: a code of `[[reason]]`")]
    window: WindowId
    clerk: ClerkColumn
    fault: Annotated[int, note("1：计入检查问题", "1: it counts as a finding")]
    by: By


class AwardRow(Row):
    """公布的五星级窗口和流动红旗 | Awards as published, the last of a month."""

    table: ClassVar[str] = "awards"
    month: Annotated[str, note("月份", "the month")]
    five_star: Annotated[str, note("五星级窗口，JSON 列表", "five-star windows, a JSON list")] = "[]"
    red_flag: Annotated[str, note("流动红旗，JSON 列表", "windows with the red flag, a JSON list")] = "[]"
    by: By = ""
    at: Annotated[Micros, note("公布", "when it was published")] = 0


class CaseRow(Row):
    """办件 | Cases."""

    table: ClassVar[str] = "cases"
    case_id: Annotated[str, note("编号", "its id")]
    number: Number = ""
    day: Annotated[str, note("立件日期", "the date it was opened")] = ""
    item: ItemId = ""
    case_type: Annotated[str, note("办件类型", "case type")] = ""
    department: Annotated[str, note("部门", "department")] = ""
    window: WindowId = ""
    clerk: Annotated[str, note("在谁手里", "in whose hand it is, or was last")] = ""
    state: Annotated[str, note("状态", "its state")] = ""
    opened: Annotated[Micros, note("立件", "when it was opened")] = 0
    days: Annotated[int, note("时限，工作日；-1 无", "its limit in working days; -1 none")] = -1
    due: Annotated[Micros, note("期限；0 无", "due; 0 without a limit")] = 0
    warn: Annotated[Micros, note("预警；0 无", "when it is warned of; 0 without a limit")] = 0
    ended: Annotated[
        Micros | None, note("决定或不予受理；未办结为空", "when decided or refused; else empty")
    ] = None
    ended_day: Annotated[str, note("办结日期", "that date")] = ""
    ended_month: Annotated[str, note("办结月份", "that month")] = ""
    decision: Annotated[str, note("决定", "the decision")] = ""
    overdue: Annotated[int, note("1：超过期限", "1: it ran over")] = 0
    project: Annotated[str, note("项目或外部编号", "its number in the acceptance system")] = ""
    major: Annotated[int, note("1：重大项目", "1: of a major project")] = 0
    agent: Annotated[str, note("代办人", "who brought it for the applicant")] = ""
    listed: Annotated[
        str, note("代办清单，JSON 列表", "of an agency case: papers handed in, a JSON list")
    ] = "[]"
    reported: Annotated[Micros, note("上报；0 没有", "when it was sent up; 0: not")] = 0
    heard: Annotated[Micros, note("上级批复；0 没有", "when it was answered from above; 0: not")] = 0


class DutyRow(Row):
    """投诉、差评和超期问责 | Follow-ups: complaints, bad ratings, accountability records."""

    table: ClassVar[str] = "follow_ups"
    follow_up: Annotated[str, note("编号", "its id")]
    number: Number = ""
    day: Annotated[str, note("开始日期", "the date it was opened")] = ""
    kind: Annotated[
        str, note("complaint 投诉、rating 差评、accountability 问责", "complaint, rating or accountability")
    ] = ""
    window: WindowId = ""
    clerk: ClerkColumn = ""
    state: Annotated[str, note("状态", "its state")] = ""
    finding: Annotated[str, note("结论", "the finding")] = ""
    visit: Annotated[
        int, note("差评的号票，见 tickets.visit；0 无", "of a bad rating: its ticket, see tickets.visit")
    ] = 0
    case_id: Annotated[str, note("办件的差评和问责：哪个办件", "of a case: which")] = ""
    rating: Annotated[int, note("差评的记录号；0 无", "of a bad rating: its seq; 0 none")] = 0
    tries: Annotated[int, note("回访次数", "tries to call back")] = 0
    counted: Annotated[
        str,
        note("差评整改已计入合计的各步，JSON 列表", "of a bad rating: the figures it counts in, a JSON list"),
    ] = "[]"
    excluded: Annotated[int, note("1：差评经复核排除", "1: the rating was excluded by a review")] = 0
    due: Annotated[Micros, note("期限", "due")] = 0
    closed: Annotated[Micros | None, note("办结；未办结为空", "when closed; else empty")] = None
    overdue: Annotated[int, note("1：超过期限", "1: it ran over")] = 0


class CaseRatingRow(Row):
    """办件的评价，记在评价那天 | Ratings of cases, under the day they were given."""

    table: ClassVar[str] = "case_ratings"
    seq: Seq
    day: DateColumn
    case_id: Annotated[str, note("办件编号，见 cases", "which case, see cases")]
    number: Number
    item: ItemId
    window: WindowId
    clerk: ClerkColumn
    at: Annotated[Micros, note("评价时刻", "when it was given")]
    level: Annotated[int, note("1 非常不满意 … 5 非常满意", "1 very dissatisfied … 5 very satisfied")]
    via: Annotated[str, note("途径", "evaluator, tablet, phone ...")]
    reasons: Annotated[str, note("差评原因，JSON 列表", "reasons of a bad rating, a JSON list")]


class FeeRow(Row):
    """收费，一张收据一行，按更正后的 | Fees: one row a receipt, as it was corrected last."""

    table: ClassVar[str] = "fees"
    fee: Annotated[str, note("编号", "its id")]
    seq: Annotated[int, note("记录号", "seq of the event")] = 0
    day: DateColumn = ""
    receipt: Annotated[str, note("收据号", "the receipt's number")] = ""
    number: Number = ""
    window: WindowId = ""
    clerk: ClerkColumn = ""
    item: ItemId = ""
    department: Annotated[str, note("执收部门", "department it is taken for")] = ""
    units: Annotated[int, note("数量", "how many units")] = 0
    price: Annotated[int, note("单价，分", "price of one, in fen")] = 0
    full_sum: Annotated[int, note("应收，分", "the full sum, in fen")] = 0
    amount: Annotated[int, note("实收，分", "what was taken, in fen")] = 0
    first_amount: Annotated[int, note("更正前的金额，分", "the amount before any correction, in fen")] = 0
    discount: Annotated[str, note("减免的编号；无为空", "its discount; empty without one")] = ""
    way: Annotated[str, note("收款方式", "way of payment")] = ""
    reference: Annotated[str, note("参考号；现金为空", "reference; empty for cash")] = ""
    taken: Annotated[Micros, note("收款", "when it was taken")] = 0
    corrections: Annotated[int, note("更正次数", "how often it was corrected")] = 0
    reason: Annotated[str, note("更正原因", "why it was corrected last")] = ""


class PapersRow(Row):
    """要求补正材料 | Requests for papers."""

    table: ClassVar[str] = "paper_requests"
    voucher: Annotated[str, note("凭证编号", "id of its voucher")]
    seq: Annotated[int, note("记录号", "seq of the event")] = 0
    day: DateColumn = ""
    number: Number = ""
    item: ItemId = ""
    window: WindowId = ""
    clerk: ClerkColumn = ""
    again: Annotated[int, note("1：没有一次告知", "1: not all was asked for at once")] = 0
    void: Annotated[int, note("1：结果已更正，作废", "1: void, its outcome was corrected")] = 0
