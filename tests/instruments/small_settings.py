"""A small good hall as text, for tests that break it."""

from pathlib import Path

GOOD = """\
notices = ["欢迎"]

[hall]
site = "small"
name = "小厅"
opens = "09:00"
closes = "17:00"
last_ticket = "16:45"

[rules]
helping_minutes = 12

[[class]]
id = "ordinary"
name = "普通"
target_minutes = 30

[[class]]
id = "appointment"
name = "预约"
target_minutes = 10

[[department]]
id = "tax"
name = "税务局"

[[queue]]
id = "A"
name = "登记"
hours = [["09:00", "11:30"], ["13:30", "16:45"]]
slot_quota = 2

[[queue]]
id = "B"
name = "发票"

[[area]]
id = "b2"
name = "二楼 B 区"
way = "上电扶梯右转"

[[window]]
id = "1"
name = "一号"
department = "tax"
queues = ["A"]
helps = ["B"]
area = "b2"

[[window]]
id = "2"
name = "二号"
queues = ["B"]
helps = { A = 7 }

[[item]]
id = "T1"
name = "开业登记"
department = "tax"
queue = "A"
case_type = "limited"
statutory_days = 20
promised_days = 5

[[item]]
id = "T2"
name = "发票领购"
department = "tax"
queue = "B"

[[device]]
name = "p1"
kind = "printer"
port = "tcp://127.0.0.1:9100"

[[device]]
name = "e1"
kind = "evaluator"
port = "serial:///dev/serial/by-id/usb-e1?baud=9600"
window = "1"

[[kiosk]]
id = "k1"
printers = ["p1"]

[[roster]]
role = "带班领导"
name = "王主任"
weekdays = ["mon", "wed"]
first = 2026-09-21
last = 2026-10-31
"""


def broken(old: str, new: str) -> str:
    """The good hall with one thing changed; the thing must be there."""
    assert GOOD.count(old) >= 1, old
    return GOOD.replace(old, new, 1)


def put(folder: Path, text: str | bytes, name: str = "hall.toml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
