"""What a station is told that may not watch a topic: whose token it has, whose would do, and how to get one. Pure.

The words stand in the catalogue under `close-code`, `not-allowed`; here are the facts that fill them in. The roles and what
they may watch are those of `permissions`.
"""

from caller.protocol.permissions import ENROLLED_ROLES, OWN, WATCHES, Station
from config.catalogue import both, word

# A name that a station of this role could bear, for the command that enrols it.
EXAMPLES = {
    "board": "hall",
    "kiosk": "k1",
    "guide": "guide",
    "supervisor": "office",
    "manager": "office",
    "office": "office",
}
# The role whose token one usually enrols to watch a topic.
USUAL = {
    "board": "board",
    "kiosk": "kiosk",
    "window": "evaluator",
    "ticket": "guide",
    "supervise": "supervisor",
}


def who_may_watch(station: Station, topic: str) -> dict[str, str]:
    """Return the facts of a `not-allowed` bye: whose token this is, whose would do, and how to get one."""
    kind, _, rest = topic.partition("/")
    may = {role: WATCHES[role][kind] for role in ENROLLED_ROLES if kind in WATCHES[role]}
    named = {role: f" {rest}" if reach == OWN and role != "agent" else "" for role, reach in may.items()}
    own_zh, own = both("role", station.role)
    name = "" if station.role == "phone" else f" {station.name}"  # a phone's name is its key
    wanted = station.role if may.get(station.role) == OWN else USUAL.get(kind, "manager")
    return {
        "own_zh": f"{own_zh}{name}", "own": f"{own}{name}",
        "who_zh": "、".join(f"{word('role', role)}{of}" for role, of in named.items()) or "（没有）",
        "who": ", ".join(f"{role}{of}" for role, of in named.items()) or "(none)",
        "enrol": f"{wanted}{named.get(wanted) or ' ' + EXAMPLES.get(wanted, 'NAME')}",
    }  # fmt: skip
