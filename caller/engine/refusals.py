"""Refusals: proper answers to a person. A stable code, words, and the next step, in Chinese and English.

A refusal is neither a broken rule of the wire nor a bug: the press was fair, the hall says no, and says
what to do. Words may hold {placeholders}; `Refused` fills them.
"""

from typing import NamedTuple


class RefusalWords(NamedTuple):
    zh: str
    en: str
    next_zh: str
    next_en: str


REFUSALS: dict[str, RefusalWords] = {
    # the day
    "day-not-open": RefusalWords("大厅现在不办公，营业日未开始或已结束", "The hall is closed now: its day has not begun, or is over", "请在办公时间再来，或咨询工作人员", "Come in opening hours, or ask the staff"),
    "day-already-open": RefusalWords("营业日 {day} 已经开始", "Business day {day} is already open", "无需再次开始", "Nothing to do"),
    "day-used": RefusalWords("营业日 {day} 已经用过", "Business day {day} was used before", "日期不对时请校准系统时间；误结束的请用“重新开始当天”", "If the date is wrong, set the clock; a day closed by mistake can be reopened"),
    "none-closed": RefusalWords("没有可以重新开始的营业日", "There is no business day to reopen", "请开始新的营业日", "Open a new business day"),
    "tickets-stopped": RefusalWords("今天已停止取号", "No more numbers today", "请明天再来或网上预约", "Come tomorrow or book an appointment"),
    "tickets-live": RefusalWords("还有 {count} 个号码没有办结", "{count} tickets are still open", "请先办结，或选择作废后关闭", "Finish them first, or close with expiry"),
    "bad-time": RefusalWords("时间不对：{why}", "That time will not do: {why_en}", "请重新选择", "Choose again"),
    # taking a number
    "numbers-from": RefusalWords("还没到取号时间，{time} 起取号", "Too early; numbers are given from {time}", "请稍候", "Please wait"),
    "item-not-today": RefusalWords("{item} 今天不办理", "{item_en} is not dealt with today", "请看事项说明上的办理日子，或咨询工作人员", "See the days in the item's guide, or ask the staff"),
    "unknown-item": RefusalWords("没有事项 {item}", "No item {item}", "请重新选择事项", "Choose the item again"),
    "unknown-queue": RefusalWords("没有队列 {queue}", "No queue {queue}", "请重新选择业务", "Choose the business again"),
    "unknown-priority": RefusalWords("本大厅没有设置优先类别 {priority}", "This hall has no priority class {priority}", "请按普通取号", "Take an ordinary number"),
    "no-item": RefusalWords("没有选择事项", "No item was chosen", "请先选择事项", "Choose an item first"),
    "queue-closed": RefusalWords("{queue} 现在不取号", "{queue} gives no numbers now", "取号时间：{hours}", "Hours: {hours}"),
    "quota-used": RefusalWords("{queue} 今天的号已取完", "All numbers of {queue} are taken today", "请明天再来或网上预约", "Come tomorrow or book an appointment"),
    "band-quota-used": RefusalWords("{queue} 本时段的号已取完", "All numbers of {queue} in this period are taken", "请在下一时段取号", "Take a number in the next period"),
    "live-ticket": RefusalWords("您已有号码 {number}", "You already hold number {number}", "请凭 {number} 号等候，可补打号票", "Wait with {number}; the slip can be printed again"),
    # a ticket's life
    "unknown-ticket": RefusalWords("没有这个号码", "No such number", "请核对号码，或重新取号", "Check the number, or take a new one"),
    "wrong-state": RefusalWords("{number} 号现在是“{state}”，不能这样操作", "Number {number} is now '{state_en}'", "请看最新画面再操作", "Look at the newest picture and try again"),
    "requeue-used": RefusalWords("{number} 号过号后已经排过一次", "Number {number} has come back once already", "请重新取号", "Take a new number"),
    "has-another": RefusalWords("该号已属于 {window} 号窗口", "This number belongs to window {window}", "请选别的号码", "Choose another number"),
    # windows
    "unknown-window": RefusalWords("没有窗口 {window}", "No window {window}", "请核对窗口编号", "Check the window's id"),
    "window-not-open": RefusalWords("{window} 号窗口没有登录", "Nobody is signed in at window {window}", "请先登录窗口", "Sign in first"),
    "window-taken": RefusalWords("{window} 号窗口已由 {clerk} 登录", "{clerk} is signed in at window {window}", "请先让对方退出", "Have them sign out first"),
    "clerk-elsewhere": RefusalWords("{clerk} 已在 {window} 号窗口登录", "{clerk} is signed in at window {window}", "请先在那里退出", "Sign out there first"),
    "cannot-serve": RefusalWords("{window} 号窗口不办理 {queue}", "Window {window} does not serve {queue}", "请选本窗口的业务", "Choose a business of this window"),
    "window-paused": RefusalWords("{window} 号窗口已暂停", "Window {window} is paused", "请先恢复服务", "Resume first"),
    "unknown-pause": RefusalWords("大厅没有暂停原因“{reason}”", "The hall has no reason to pause named '{reason}'", "请从中选择：{known}", "Choose one of its [[reason]] rows of kind 'pause'"),
    "window-not-paused": RefusalWords("{window} 号窗口没有暂停", "Window {window} is not paused", "无需恢复", "Nothing to resume"),
    "window-busy": RefusalWords("{number} 号还在本窗口", "Number {number} is still at this window", "请先开始、办结、过号或转移", "Start, finish, mark missed or transfer it first"),
    "nobody-here": RefusalWords("本窗口没有正在叫的号", "Nobody is at this window", "请先叫号", "Call someone first"),
    "nobody-waiting": RefusalWords("没有人等候", "Nobody is waiting", "有人取号后会自动显示", "The screen shows the next as soon as one comes"),
    "stale-view": RefusalWords("画面已经变化，这次按键没有执行", "The picture has changed; this press did nothing", "请看最新画面再按一次", "Look at the new picture and press again"),
    "recall-used": RefusalWords("{number} 号已重呼 {count} 次", "Number {number} was recalled {count} times", "请按过号", "Mark it as missed"),
    "nowhere-to": RefusalWords("没有说明转到哪里", "Where to was not said", "请选择一个队列或窗口", "Choose one queue or one window"),
    "place-not-allowed": RefusalWords("只有导办和管理人员可以插到最前或最后", "Only guides and managers may place first or last", "请保持原位转移", "Transfer with the place kept"),
    # rating
    "no-service": RefusalWords("没有可评价的服务", "There is no service to rate", "办结后再评价", "Rate after the service has ended"),
    "already-rated": RefusalWords("{number} 号已经评价过", "Number {number} is rated already", "谢谢，一次办理评价一次", "Thank you; one visit, one rating"),
    "rating-late": RefusalWords("评价时间已过", "The time for rating is over", "如有意见请投意见箱或拨打投诉电话", "Use the opinion box or the complaint phone"),
    # station jobs
    "no-printer": RefusalWords("{station} 没有可用的打印机 {device}", "{station} has no printer {device} of its own", "请核对 [[device]] 的 agent 和 kind", "Check agent and kind of its [[device]]"),
    "station-busy": RefusalWords("{station} 还有 {count} 项没有完成", "{station} has {count} jobs to do still", "请稍后再试", "Try again later"),
    "unknown-job": RefusalWords("没有这项任务", "No such job", "无需处理", "Nothing to do"),
    "job-over": RefusalWords("这项任务已取走、已结束或已过时限", "That job is taken, ended or past its limit", "不要再做；需要时请重新提出", "Do not do it; ask again if it is wanted"),
    # appointments
    "code-tries": RefusalWords("输错次数太多", "Too many wrong codes", "请 {minutes} 分钟后再试，或到服务台办理", "Try again in {minutes} minutes, or ask at the service desk"),
    "unknown-appointment": RefusalWords("没有这个预约", "No such appointment", "请核对预约码", "Check the appointment code"),
    "no-appointments": RefusalWords("{queue} 不接受预约", "{queue} takes no appointments", "请现场取号", "Take a number at the hall"),
    "slot-full": RefusalWords("该时段已约满", "That slot is full", "请选别的时段", "Choose another slot"),
    "slot-outside": RefusalWords("该时段不可预约：{why}", "That slot cannot be booked: {why_en}", "请选别的时段", "Choose another slot"),
    "person-booked": RefusalWords("您当天已有预约", "You already have an appointment that day", "请先取消或更改原预约", "Cancel or change it first"),
    "too-late-to-cancel": RefusalWords("距预约时间不足 {hours} 小时，不能取消或更改", "Less than {hours} hours before; it cannot be changed", "请按时前来", "Please come on time"),
    "too-early": RefusalWords("还没到签到时间，{time} 起可签到", "Too early; check in from {time}", "请稍候", "Please wait"),
    "too-late": RefusalWords("已超过预约时间 {minutes} 分钟以上", "More than {minutes} minutes late", "请现场取号", "Take a number at the hall"),
    "appointment-used": RefusalWords("该预约已{state}", "This appointment is {state_en}", "请现场取号或重新预约", "Take a number or book again"),
    # who and whether
    "not-allowed": RefusalWords("本站点（{role_zh}）无权进行此操作", "This station ({role}) may not do that", "请用有权限的站点，或联系管理人员", "Use a station that may, or ask the manager"),
    "not-saved": RefusalWords("系统暂时无法保存（{why}），没有办理", "The caller cannot save now ({why_en}); nothing was done", "请清理磁盘空间后重试，技术人员已可见告警", "Free disk space and try again; the technician sees the alarm"),
    "save-unknown": RefusalWords("磁盘出错（{why}），不能确定是否已办理", "The disk failed ({why_en}); it is unknown whether this was done", "请再按一次：同一操作不会办理两次", "Press again: the same command is never done twice"),
    "log-behind": RefusalWords("记录不完整，已停止发号：有号码发出过却不在记录里", "The log is incomplete and no numbers are given: some that were given are not in it", "请技术人员恢复备份：hallcall log restore；其间请人工发号", "Have the technician restore a backup: hallcall log restore; until then give numbers by hand"),
    "command-late": RefusalWords("这次操作等得太久，没有办理", "This command came too late and was not done", "请重新操作", "Do it again"),
    "too-fast": RefusalWords("操作过于频繁", "Too many commands", "请稍候再试", "Wait a moment and try again"),
    "id-used": RefusalWords("此命令编号已被别的站点用过，没有执行", "Another station has used this command's id; nothing was done", "请重试；若反复出现请重启本站点", "Try again; if it comes back, restart this station"),
    "failed": RefusalWords("程序出错，没有办理", "The program failed; nothing was done", "请换一种操作，并告诉技术人员", "Do it another way and tell the technician"),
}  # fmt: skip


class Refused(Exception):
    """The hall says no. `code` is a key of REFUSALS; `facts` fill its placeholders; nothing has changed."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.ticket = str(facts.get("ticket", ""))
        self.words = RefusalWords(*(line.format_map(Facts(facts)) for line in REFUSALS[code]))


class Facts(dict[str, object]):
    """A missing fact shows as nothing rather than failing a refusal."""

    def __missing__(self, key: str) -> str:
        return ""
