"""A rehearsed change of settings as tables for a person, Chinese first."""

from caller.simulate.rehearse import SAME_MINUTES, Rehearsal, WaitChange
from caller.simulate.text_tables import table
from config.instants import local

NAMED_MAX = 20  # of those who would have waited longer; the others are counted


def rehearsal_tables(found: Rehearsal, names: dict[str, str], zone: str) -> str:
    """Return what a change would have done: waits before and after, and who would have waited longer."""
    head = (
        "等候，分钟 wait, minutes",
        "人次 n",
        "一半 p50",
        "→",
        "九成 p90",
        "→",
        "更久 longer",
        "更短 shorter",
    )
    rows = [list(head), _changed("全部 all", found.all)]
    rows += [
        _changed(f"{queue} {names.get(queue, '')}".strip(), each) for queue, each in found.queues.items()
    ]
    rows += [_changed(f"    {names.get(name, name)} {name}", each) for name, each in found.classes.items()]
    parts = [f"预演的营业日 days rehearsed: {' '.join(found.days)}", "", *table(rows)]
    for words, (before, after) in (
        ("始终没有叫到 never called", found.not_called), ("没有取到号 turned away", found.turned_away),
    ):  # fmt: skip
        if before or after:
            parts.append(f"{words}: {before} → {after}")
    if found.new_windows:
        windows = " ".join(found.new_windows)
        parts += ["", f"新窗口当时没有人，按未开计：{windows}；可用 --what-if 让它开放",
                  f"Nobody sat at a new window, so it stays closed: {windows}; open it with --what-if"]  # fmt: skip
    parts += ["", *_longer(found, names, zone)]
    parts += [f"未预演 left out: {day}  {why}" for day, why in found.left_out.items()]
    return "\n".join(parts)


def _changed(title: str, change: WaitChange) -> list[str]:
    minutes = (change.p50_before, change.p50_after, change.p90_before, change.p90_after)
    return [title, str(change.visits), *(f"{each:.1f}" for each in minutes), str(change.longer), str(change.shorter)]  # fmt: skip


def _longer(found: Rehearsal, names: dict[str, str], zone: str) -> list[str]:
    if not found.longer:
        return [
            f"没有人会多等 {SAME_MINUTES:g} 分钟 / nobody would have waited {SAME_MINUTES:g} minute longer"
        ]
    rows = [
        ["会等得更久的 would have waited longer", "号码 number", "来的时间 came", "原 before", "后 after"]
    ]
    for each in found.longer[:NAMED_MAX]:
        who = f"{each.queue} {names.get(each.priority, each.priority)}"
        came = f"{each.day} {local(each.came, zone):%H:%M}"
        rows.append([who, each.number, came, f"{each.before:.1f}", f"{each.after:.1f}"])
    more = len(found.longer) - NAMED_MAX
    return [*table(rows, 0, 1, 2), *([f"… 另有 {more} 人 / {more} more"] if more > 0 else [])]
