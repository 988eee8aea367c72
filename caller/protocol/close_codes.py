"""What the caller says before it hangs up: the rules of the wire as codes, with words for a person.

A bye is for a peer that broke a rule (or for the caller stopping). It is no refusal: those answer a fair
command and leave the connection open. The close code follows the bye, for programs that read only that.
"""

from typing import Literal

from caller.engine.refusals import RefusalWords

ErrorCode = Literal[
    "not-json",
    "too-large",
    "unknown-kind",
    "bad-frame",
    "no-hello",
    "bad-token",
    "not-allowed",
    "too-fast",
    "too-many-topics",
    "unknown-topic",
    "full",
    "shutting-down",
]

# What the caller's goodbye says, and the websocket close code that follows it.
BYES: dict[ErrorCode, tuple[int, RefusalWords]] = {
    "not-json": (
        4000,
        RefusalWords(
            "消息不是 JSON", "The frame is not JSON", "请核对程序版本", "Check the program's version"
        ),
    ),
    "too-large": (
        4001,
        RefusalWords(
            "消息超过 16 KiB",
            "The frame is larger than 16 KiB",
            "请核对程序版本",
            "Check the program's version",
        ),
    ),
    "unknown-kind": (
        4002,
        RefusalWords(
            "未知的消息类型：{detail}",
            "Unknown kind of frame: {detail}",
            "请核对程序版本",
            "Check the program's version",
        ),
    ),
    "bad-frame": (
        4003,
        RefusalWords(
            "消息不符合协议：{detail}",
            "The frame does not fit the protocol: {detail}",
            "请核对程序版本",
            "Check the program's version",
        ),
    ),
    "no-hello": (
        4004,
        RefusalWords(
            "连接后没有先发送 hello", "The first frame was not hello", "请先发送 hello", "Send hello first"
        ),
    ),
    "bad-token": (
        4005,
        RefusalWords(
            "令牌无效",
            "Unknown token",
            "请用 hallcall enrol 重新登记本站点",
            "Enrol this station again with: hallcall enrol",
        ),
    ),
    "not-allowed": (
        4006,
        RefusalWords(
            "本站点的令牌属于{own_zh}，不能查看 {detail}",
            "This station's token is that of {own}, which may not watch {detail}",
            "请换用这些站点的令牌：{who_zh}；没有时先登记，如 hallcall enrol {enrol}",
            "Use the token of one of these: {who}; without one, enrol it first: hallcall enrol {enrol}",
        ),
    ),
    "too-fast": (
        4007,
        RefusalWords(
            "发送过快",
            "Too many commands",
            "请检查按键是否卡住，稍候自动重连",
            "Check for a stuck key; it reconnects by itself",
        ),
    ),
    "too-many-topics": (
        4008,
        RefusalWords("订阅过多，至多 64 个", "Too many topics; at most 64", "请减少订阅", "Watch fewer"),
    ),
    "unknown-topic": (
        4009,
        RefusalWords("没有 {detail}", "There is no {detail}", "请核对编号", "Check its id"),
    ),
    "full": (
        4010,
        RefusalWords(
            "连接已满",
            "Too many connections",
            "请稍候，自动重连",
            "Wait a moment; it reconnects by itself",
        ),
    ),
    "shutting-down": (
        1012,
        RefusalWords(
            "叫号服务正在重启",
            "The caller restarts",
            "请稍候，自动重连",
            "Wait a moment; it reconnects by itself",
        ),
    ),
}
