"""What stands with the receivers of a hall's deliveries, in words and as JSON: what waits, what failed, and why.

A message to a person that may have arrived, one that was refused, one that a province does not take: each is listed with its
reason, for a person to decide what to do. None holds another back.
"""

from datetime import UTC, datetime

import msgspec

from caller.delivery.outbox import Outbox
from caller.delivery.outbox_tables import Delivery, ReceiverRow
from config.catalogue import both_words
from config.instants import Micros
from config.process.tables import columns_of, text_table
from config.text_safety import for_json

DOUBTFUL = ("unknown", "refused", "unfit", "late")
DEAD_LISTED = 50  # messages given up, and of each doubtful state; the rest is counted
HEADINGS = ("接收方 receiver", "等候 waiting", "最早 oldest", "放弃 dead", "存疑 in doubt", "最近成功 last success", "状态 state")  # fmt: skip


def in_words(outbox: Outbox) -> str:
    rows = outbox.receivers()
    if not rows:
        return "没有接收方 / no receivers"
    lines = text_table([HEADINGS, *(_row(outbox, row) for row in rows)], columns_of(len(HEADINGS), 0, 5, 6))
    for row in rows:
        for each in outbox.messages(row.name, "dead", DEAD_LISTED):
            lines.append(f"  {row.name} {each.seq} {each.kind} {each.subject}: {each.detail}")
        lines += [f"  {row.name} {_doubt(each)}" for each in _doubtful(outbox, row.name)]
    return "\n".join(lines)


def _row(outbox: Outbox, row: ReceiverRow) -> tuple[str, ...]:
    backlog = outbox.backlog(row.name)
    state = "已暂停 paused" if row.paused else "正常 well"
    if row.trouble:
        state = f"{'已暂停 paused; ' if row.paused else ''}{row.trouble} ({_instant(row.since)})"
    oldest = str(backlog.oldest) if backlog.oldest else "-"
    return (
        row.name,
        str(backlog.waiting),
        oldest,
        str(backlog.dead),
        str(backlog.doubtful),
        _instant(row.sent),
        state,
    )


def _doubtful(outbox: Outbox, name: str) -> list[Delivery]:
    """Return what ended unsent or in doubt, by state."""
    return [each for state in DOUBTFUL for each in outbox.messages(name, state, DEAD_LISTED)]


def _doubt(each: Delivery) -> str:
    return (
        f"{each.seq} {each.kind} {each.subject} [{both_words('delivery-state', each.state)}]: {each.detail}"
    )


def _instant(at: Micros) -> str:
    return datetime.fromtimestamp(at / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else "-"


def in_json(outbox: Outbox) -> str:
    found = [
        {
            "receiver": row.name,
            "told_to": row.head.seq,
            **outbox.backlog(row.name)._asdict(),
            "paused": row.paused,
            "last_success": _instant(row.sent),
            "trouble": row.trouble,
            "since": _instant(row.since),
            "given_up": [
                {
                    "seq": each.seq,
                    "id": each.id,
                    "kind": each.kind,
                    "subject": each.subject,
                    "detail": each.detail,
                }
                for each in outbox.messages(row.name, "dead", DEAD_LISTED)
            ],
            "in_doubt": [
                {
                    "seq": each.seq,
                    "kind": each.kind,
                    "subject": each.subject,
                    "state": each.state,
                    "detail": each.detail,
                }
                for each in _doubtful(outbox, row.name)
            ],
        }
        for row in outbox.receivers()
    ]
    return for_json(msgspec.json.encode(found).decode())
