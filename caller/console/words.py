"""What the clerk reads, Chinese first, English complete. States, outcomes and classes come from `config.catalogue`,
refusals from the view and the caller.

No character of doubtful width (ellipsis, dash, middle dot, arrow): terminals count one cell for them and
CJK fonts draw two, and the whole line shifts.
"""

from config.catalogue import Lang

WORDS: dict[str, tuple[str, str]] = {
    # the link
    "link-current": ("信息当前", "current"),
    "link-silent": ("信息未更新", "not current"),
    "link-away": ("正在重连", "reconnecting"),
    "link-closed": ("连接已断开", "disconnected"),
    "away-press": ("{link}，这次按键没有执行，也不会补做", "{link}: this press did nothing and never will"),
    "link-back": ("已恢复，可以按键了", "Connected again, the keys work"),
    "away-next": ("恢复后画面会自动更新，请看清再按", "The picture comes back by itself; then press again"),
    "no-view": ("还没有收到本窗口的信息", "No picture of this window yet"),
    "no-view-next": ("请稍候；一直没有请通知技术人员", "Wait a moment; tell the technician if it lasts"),
    "pending-press": ("“{verb}”还在等待回答", "'{verb}' is still waiting for its answer"),
    "pending-next": ("请等回答到了再按", "Press again when the answer is here"),
    "waiting-answer": ("{verb}：等待回答", "{verb}: waiting for the answer"),
    "no-answer": ("“{verb}”没有收到回答，不知是否执行", "No answer to '{verb}'; it may or may not be done"),
    "no-answer-next": ("请以画面为准，不要急着再按", "Trust the picture; do not press again in haste"),
    "how-to-quit": ("关闭程序请按 Ctrl+Q", "Press Ctrl+Q to close the program"),
    # done
    "did-next": ("已叫 {number} 号", "Called {number}"),
    "did-choose": ("已叫 {number} 号（选呼）", "Called {number} (chosen)"),
    "did-walk": ("{number} 号开始办理（免号）", "Serving {number} (walk-in)"),
    "did-recall": ("已重呼 {number} 号", "Called {number} again"),
    "did-start": ("{number} 号开始办理", "Serving {number}"),
    "did-finish": ("{number} 号已结束：{choice}", "{number} finished: {choice}"),
    "did-miss": ("{number} 号已过号", "{number} marked as missed"),
    "did-hold": ("{number} 号已挂起，按 C 可回呼", "{number} is on hold; C calls it back"),
    "did-transfer": ("{number} 号已转到 {choice}", "{number} transferred to {choice}"),
    "did-pause": ("已暂停：{choice}", "Paused: {choice}"),
    "did-resume": ("已恢复服务", "Serving again"),
    "did-out": ("已退出登录", "Signed out"),
    "did-sign-in": ("{clerk} 已登录", "{clerk} signed in"),
    # the ticket
    "nobody": ("没有正在叫的号", "Nobody at this window"),
    "press-next": ("按 空格 叫下一位", "Press Space for the next"),
    "nobody-waits": ("现在没有人等候", "Nobody is waiting now"),
    "paused-now": ("本窗口已暂停", "This window is paused"),
    "press-resume": ("按 P 恢复服务", "Press P to serve again"),
    "closed-now": ("本窗口没有登录", "Nobody is signed in here"),
    "since-called": ("已叫 {time}", "called {time} ago"),
    "since-serving": ("已办理 {time}", "serving for {time}"),
    "since-paused": ("已暂停 {time}", "paused for {time}"),
    "recalls": ("重呼 {count} 次", "recalled {count}x"),
    "entrusted": ("代办，今日第 {count} 笔", "for a client, no. {count} today"),
    "assist-mark": ("助", "As"),
    "message-from": ("引导台：", "Guide desk:"),
    "message-more": ("还有 {count} 条  ", "{count} more  "),
    "message-read": ("M 已读", "M read"),
    "rating-asked": ("正在请 {number} 号评价", "{number} is being asked to rate"),
    "rating-given": ("上一位已评价", "The last visitor has rated"),
    "items": ("事项", "Items"),
    "no-items": ("未指定事项", "no item named"),
    # lists
    "queues": ("队列等候人数", "Waiting by queue"),
    "minutes": ("{count}分", "{count}m"),
    "more": ("还有 {count} 位", "{count} more"),
    "none": ("无", "none"),
    "bound": ("限本窗口", "here only"),
    # the window
    "window": ("{id} 号窗口", "Window {id}"),
    "clerk": ("工号 {clerk}", "clerk {clerk}"),
    # menus
    "pick": ("按数字直接选，或上下键加回车；Esc 取消", "Press its number, or arrows and Enter; Esc cancels"),
    "find": ("输入号码或名称的一部分", "Type a part of the number or name"),
    "find-hint": ("上下键选择，回车确定；Esc 取消", "Arrows and Enter; Esc cancels"),
    "cancelled": ("已取消，没有执行", "Cancelled; nothing was done"),
    "finish-title": ("{number} 号怎样结束？", "How does {number} end?"),
    "refusal-title": ("不予受理的理由", "Why it is not accepted"),
    "papers-title": ("{number} 号哪些材料有问题？一次告知，一次列全", "{number}: what is wrong? All of it, at once"),
    "tick-title": ("{number} 号补正回来：逐项核对上次要求的材料", "{number} is back: tick off what was asked for"),
    "item-title": ("办的是哪个事项？", "Which item was it about?"),
    "papers-count": ("{count} 份材料", "{count} papers"),
    "paper-fine": ("没问题", "fine"),
    "papers-keys": ("空格 标记   回车 完成并打印   Esc 取消", "Space marks   Enter ends and prints   Esc cancels"),
    "tick-keys": ("空格 打勾或取消   回车 继续   Esc 取消", "Space ticks off   Enter goes on   Esc cancels"),
    "none-marked": ("还没有标记任何材料", "No paper is marked yet"),
    "paper-printed": ("《{paper}》已送打印 {case}", "{paper} is being printed {case}"),
    "paper-a4": (
        "本窗口没有打印机：《{paper}》可在网页叫号台打印，或 hallcall case print {code}",
        "No printer here: print the {paper} on the page desk, or hallcall case print {code}",
    ),
    "pause-title": ("暂停的原因", "Why pause"),
    "choose-title": ("选呼哪一位？", "Call whom?"),
    "walk-title": ("免号办理什么？", "Walk-in: serve what?"),
    "transfer-title": ("{number} 号转到哪里？", "Transfer {number} to where?"),
    "back-title": ("{number} 号办完后回本窗口吗？（不再排队）", "Does {number} come back here, no queueing?"),
    "yes": ("回来", "Comes back"),
    "no": ("不回来", "Does not come back"),
    "queue": ("队列", "queue"),
    # signing in
    "sign-in-title": ("登录", "Sign in"),
    "clerk-number": ("工号", "Clerk number"),
    "clerk-queues": ("可办队列（空：本窗口全部）", "Queues you serve (empty: all of this window)"),
    "password": ("口令", "Password"),
    "new-password": ("新口令（第一次登录要改）", "New password (to be changed at first)"),
    "once-more": ("新口令再输一次", "New password once more"),
    "not-alike": ("两次输入的新口令不同", "The two new passwords differ"),
    "not-alike-next": ("请重新输入", "Type both again"),
    "sign-in-button": ("登录（回车）", "Sign in (Enter)"),
    "sign-in-hint": ("Ctrl+Q 关闭程序", "Ctrl+Q closes the program"),
    "clerk-missing": ("请输入工号", "Type your clerk number"),
    "clerk-missing-next": ("工号只用字母和数字", "Letters and digits only"),
    # help
    "help": ("帮助", "Help"),
    "help-title": ("按键", "Keys"),
    "help-close": ("Esc 返回", "Esc goes back"),
    "help-1": ("每次按键只做一件事，只对您看到的画面有效。", "A press acts on the picture you saw, once."),
    "help-2": ("画面变了，按键会被拒绝，不会叫错人。", "If the picture changed, the press is refused."),
    "help-3": ("连接中断时按键不执行，也不会补做。", "While the link is away a press does nothing."),
    "help-4": ("中文输入法会吃掉字母键，请切到英文。", "Switch a Chinese input method to English."),
}  # fmt: skip

VERB_WORDS: dict[str, tuple[str, str]] = {
    "next": ("叫下一位；正在办理的按即办结束", "Call the next; a running service ends as done"),
    "recall": ("再叫一次同一个号", "Call the same number again"),
    "start": ("人到了，开始办理", "The applicant is here; begin"),
    "finish": ("办理结束，选结果", "End the service and pick its outcome"),
    "miss": ("叫了没有来", "Called and did not come"),
    "hold": ("先放一边，稍后用 C 回呼", "Put aside; C calls it back later"),
    "transfer": ("转到别的队列或窗口，不用重新排队", "Send to a queue or window, place in line kept"),
    "choose": ("从等候、挂起、过号里选一位", "Choose from waiting, on hold or missed"),
    "walk": ("没有号票的人直接办理，号码自动给出", "Serve who has no slip; a number is given"),
    "pause": ("暂停并说明原因；再按恢复", "Pause with a reason; again to resume"),
    "out": ("退出登录", "Sign out of this window"),
}


def pick(lang: Lang, pair: tuple[str, str]) -> str:
    """Return the wording of a (Chinese, English) pair in this language; Chinese where English is missing."""
    return pair[1] or pair[0] if lang == "en" else pair[0]


def say(lang: Lang, key: str, **facts: object) -> str:
    """Return the words for `key`, filled with `facts`."""
    return pick(lang, WORDS[key]).format(**facts)
