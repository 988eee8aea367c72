"""Halls made for a test: as many windows as asked, each with its queue."""

from pathlib import Path

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"

HEAD = """[hall]
site = "test-large"
name = "示例市政务服务中心"
name_en = "Sample City Service Centre"
opens = "00:00"
closes = "23:59"
last_ticket = "23:58"

[voice]
repeat = 1

[[class]]
id = "ordinary"
name = "普通"
target_minutes = 45
"""


def large_hall(folder: Path, windows: int, queues: int = 12, more: str = "") -> Path:
    """A hall of `windows` windows and `queues` queues, window N serving queue N modulo queues, and what `more` says."""
    ids = [LETTERS[index] for index in range(queues)]
    lines = [HEAD]
    lines += [f'[[queue]]\nid = "{id}"\nname = "综合业务{id}"\nname_en = "Business {id}"\n' for id in ids]
    lines += [
        f'[[window]]\nid = "{number}"\nname = "综合{number}号"\nname_en = "General {number}"\n'
        f'queues = ["{ids[number % queues]}"]\n'
        for number in range(1, windows + 1)
    ]
    path = folder / f"large-{windows}.toml"
    path.write_text("\n".join([*lines, more]), encoding="utf-8")
    return path
