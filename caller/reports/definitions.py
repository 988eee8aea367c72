"""What each figure of a report means: the one wording that docs/records.md, the office and every spreadsheet show. Pure."""

from typing import NamedTuple

from caller.reports.tables import Heading, ReportSheet


class Definition(NamedTuple):
    """A figure's name and its rule, in both languages."""

    name: str
    zh: str
    en: str


DEFINITIONS = (
    Definition("时刻 instants", "整数，UTC 微秒；时长也是微秒", "integers, UTC microseconds; spans are microseconds too"),
    Definition("等候 wait", "从进入队列到叫号；不含预约时间之前，也不含本人要求顺延的时间。一次来访可有几次等候", "from joining a queue to the call, without the time before the appointed time and the time the applicant asked for; a visit can have several"),
    Definition("办理 service", "从开始（没按开始的从叫号）到离开该窗口；挂起的时间不算，挂起前后合为一次，记在办完的窗口", "from the start (the call, where start was not pressed) to leaving the window; holds are not in it, and what was served before a hold belongs to the service that ends it"),
    Definition("取号、接待、取消、作废、未结束、在场 issued, served, cancelled, expired, not ended, live", "每张号一次，按取号时的队列、事项、类别、钟点；取号 = 其余五项之和；并入别的号的算取消，不算流失。接待是窗口结束的一次来访，不是办件的办结", "each ticket once, under the queue, item, class and hour it was issued with; issued is the sum of the other five; one merged into another number counts as cancelled and has not left. Served is a visit that a clerk ended, not a case that was completed"),
    Definition("未结束 not ended", "窗口没有按结束，下班后由系统结束：没有结果，时长不计入平均和忙碌，仍可评价", "a visit that no clerk ended and the system closed after hours: no outcome, its length is in no mean and no busy time, and it may be rated"),
    Definition("流失 left", "从未被叫到就取消或作废", "cancelled or expired without ever being called"),
    Definition("过号 missed", "叫了没有来的次数（不是号数）", "calls that ended in a no-show, not tickets"),
    Definition("过号率 no-show share", "过号 ÷ 叫号", "no-shows of calls"),
    Definition("事项 item", "一次来访有几项时，记在当时正在办的第一项", "of a visit with several, the first still to be dealt with"),
    Definition("部门 department", "其事项之和，按现在的设置；没有选事项的来访不在其中", "the sum of the items it has in the settings of now; a visit without an item is in none"),
    Definition("时段 hour", "大厅时区；等候按开始排队的钟点，办理按开始办理的钟点", "hall time; a wait by the hour it began in, a service likewise"),
    Definition("负荷 load", "某星期几的某个钟点的取号数 ÷ 该星期几的营业日数", "tickets issued in an hour of a weekday, of the business days of that weekday"),
    Definition("P50、P90", "最近秩法，从时长分布读出（见下）：至少这么多百分比的人不超过它；平均、最长是精确的", "nearest rank, read from a histogram (below): so many per cent really did not exceed it; mean and max are exact"),
    Definition("评价率 rated share", "已评 ÷ 可评的接待（窗口、人员：÷ 在那里结束的来访）", "rated of the visits that may be rated (of a window or clerk: of those that ended there)"),
    Definition("好评率 good share", "基本满意及以上 ÷ 已评；评价记在来访那天", "levels 3–5 of rated; a rating belongs to the day of its visit"),
    Definition("差评原因 reasons", "每条差评可有几个原因，各记一次", "a bad rating can have several; each counts once"),
    Definition("忙碌 busy", "窗口有人被叫或正在办理的时间", "a ticket was called or served there"),
    Definition("预计误差 estimate error", "取号到首次叫号，与取号时所告知的相比", "issue to first call, against what was quoted at issue"),
    Definition("告知准确率 quoted right", "首次叫号落在所告知范围内的 ÷ 告知过并叫到的", "first called inside the range quoted, of those that were quoted one and called"),
    Definition("对比 against before", "上一日（有记录的营业日）、上周、上月、上年；其他时段与之前同样多的天数相比", "the business day, week, month or year before; of other days, as many days before them"),
    Definition("收费 fees", "缴费窗口当天的收据；金额按更正后的，减免不足一分的不收；整数分，不经小数", "receipts of the day at pay windows; the amount as corrected last, less than one fen of a discount is not taken; whole fen throughout"),
    Definition("设备不可用 device out", "开门期间，不是 ready 或 paper-low 的时间", "time while open in a state other than ready or paper-low"),
)  # fmt: skip


def markdown() -> str:
    """Return the definitions as the rows of a table."""
    return "\n".join(f"| {each.name} | {each.zh} / {each.en} |" for each in DEFINITIONS)


def definition_sheet() -> ReportSheet:
    """Return the definitions as the last sheet of a report."""
    headings = [
        Heading("数字", "figure", "text"),
        Heading("算法", "rule", "text"),
        Heading("", "rule", "text"),
    ]
    rows = [[each.name, each.zh, each.en] for each in DEFINITIONS]
    return ReportSheet("怎么算", "Definitions", headings, [list(row) for row in rows])
