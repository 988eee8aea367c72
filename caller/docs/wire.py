"""Writes docs/wire.md from the types themselves: `python -m caller.docs.wire > docs/wire.md`.

Frames, commands, limits, codes and the roles table are read from the code that enforces them, so the page
cannot say anything else; a test holds the file current.
"""

import inspect
import sys
from collections.abc import Iterable
from typing import Any, get_args, get_type_hints

import msgspec

from caller import views
from caller.client import client, pending_commands, reconnecting
from caller.docs.types_in_words import beside, document_tables, remarks, table, type_words
from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand
from caller.protocol import frames, permissions
from caller.protocol.account_roles import ACCOUNT_MAY, ACCOUNT_ROLES, ACCOUNT_WATCHES, ACTS_ON, SIGNED_OUT
from caller.protocol.key_scopes import SCOPE_MAY, SCOPE_WATCHES, SCOPES
from caller.service import connection, session
from config.catalogue import templates, word

INTRODUCTION = """\
# The wire

Written by `python -m caller.docs.wire` from the types; do not edit.

A station opens a websocket to the caller (`ws://HOST:9300/`) with the subprotocol `{subprotocol}`; no
compression. Every message is one JSON object in a text frame; `type` says which. The station speaks first:

```
station                                   caller
{{"type":"hello","token":"…","watch":["board"]}}  →
                                      ←  {{"type":"welcome","role":"board",…}}
                                      ←  {{"type":"view","topic":"board","seq":41,"doc":{{…}}}}
{{"type":"command","id":"…","command":{{"type":"TakeTicket","items":["T001"]}}}}  →
                                      ←  {{"type":"done","id":"…","seq":42,"result":{{"number":"A042",…}}}}
                                      ←  {{"type":"view","topic":"board","seq":42,"patch":{{…}}}}
                                      ←  {{"type":"beat","seq":42,"now":…}}          every second
```

- **Commands.** The sender makes the id (UUIDv7) and saves it before it sends. The same id from the same
  station always gets the same answer and has one effect, also after a restart: without an answer, reconnect
  and send it again. `done` comes when the effect is on disk. `refused` is a proper answer for a person. A
  window verb carries `as_of`, the `version` of the window view it was pressed on, so that a second press on the
  same picture is refused.
- **Views.** A topic arrives whole (`doc`) after hello or watch, then as JSON merge patches (`patch`, RFC 7396:
  null removes a key, lists are replaced). Documents hold no nulls. A station that falls behind gets no backlog
  but the newest document whole, so a `doc` may come at any time. Nothing is shown before it is on disk.
- **Silence.** Nothing for {silent:g} s: show 信息未更新. For {dead:g} s: reconnect, after {first:g} s, doubling to
  {longest:g} s, with jitter. State is replayed; a call older than {announce} s is shown, never spoken.
- **Identity.** A token is made by `hallcall enrol ROLE NAME`; a phone's token is the key on its slip
  (the ticket's id, a dot and a MAC that only the caller can make; the page's address is `/t#KEY`).
  It is sent in hello, never in a URL or a cookie; so there is nothing a foreign page could ride on, and the
  Origin header is not checked. Keep the port inside the hall, or behind TLS.
- **Breaking a rule** gets a `bye` and a close code (below). A frame above {frame} KiB gets `too-large`; one above
  {message} KiB is cut off at once with 1009. Too many stations: HTTP 503.
"""

# Named constants of the wire, told with the comment that stands beside each in the code.
LIMITS = (
    (frames, "caller.protocol.frames"),
    (session, "caller.service.session"),
    (client, "caller.client.client"),
    (pending_commands, "caller.client.pending_commands"),
)


def page() -> str:
    """Return the whole page."""
    parts = [
        _introduction(),
        _section("Frames", (_frame(kind) for kind in _members(frames.StationFrame)), "### Station → caller"),
        _section("", (_frame(kind) for kind in _members(frames.CallerFrame)), "### Caller → station"),
        _section("Commands", (_command(kind) for kind in _members(AnyCommand)), COMMANDS_NOTE),
        _section("Who may send what", [_roles()], ROLES_NOTE),
        _section("Who may watch what", [_topics()]),
        _section("What a person may do", [_persons(), _person_topics()], PERSONS_NOTE),
        _section("What a key of a program may do", [_scopes()], SCOPES_NOTE),
        _section("Documents", document_tables(), DOCUMENTS_NOTE),
        _section("Codes of bye", [_byes()]),
        _section("Codes of refused", [_refusals()]),
        _section("Limits", [_limits()]),
    ]
    return "\n".join(parts)


COMMANDS_NOTE = (
    "Fields without a default must be given; an unknown field is a broken rule. *Result* is what `done.result` "
    "holds; a command without that line answers with nothing in it."
)
ROLES_NOTE = (
    "`●` anything; `○` only what is its own: a window acts for itself, and cancels or requeues only who waits or "
    "was last at it; an evaluator rates who was last served at its window; a phone touches its own ticket; an "
    "agent speaks for its own devices, a hard caller's window and an evaluator's ratings; a kiosk reports its own "
    "printers. Only guide and manager may place a transfer first or last. A rating's `via` must fit the role."
)
PERSONS_NOTE = (
    "Where the hall requires accounts (`[accounts] required`), a station on which a person acts (`welcome.sign_in`) sends "
    "nothing before a `sign-in` is `done`, and its commands carry that person's staff number into the log. Allowed is what "
    "the two tables above allow the station **and** what the two below allow a role of the account there; an agent's own "
    "reports, its readers and its printers need no person. A clerk acts at the window where they are the clerk; another "
    "clerk may end what is there when its own is gone, and begins nothing. Before a sign-in a station watches only what "
    "is marked `signed out`. A broken line is resumed by `hello.sessions`; `signed-out` tells that the caller has ended one."
)
SCOPES_NOTE = (
    "A key (`hallcall account add NUMBER --key --roles read,tickets`) signs in on a line of the web process, which then sends "
    "and watches what a scope of the key has, and nothing else; so it does over REST (docs/integrate.md). What stands in no "
    "row no key may send. The roles guide and manager of older keys mean the scopes read, tickets and appointments; manager "
    "cases as well."
)
DOCUMENTS_NOTE = (
    "What a view holds. A key without a condition is always there, and none is null. An *instant* is an integer, UTC "
    "microseconds. A key ending in `_en` may be empty: show the Chinese one then. New keys may come; ignore "
    "those you do not know."
)


def _introduction() -> str:
    return INTRODUCTION.format(
        subprotocol=frames.SUBPROTOCOL,
        silent=frames.SILENT_SECONDS,
        dead=client.DEAD_SECONDS,
        first=reconnecting.RETRY_SECONDS[0],
        longest=reconnecting.RETRY_SECONDS[-1],
        announce=frames.ANNOUNCE_SECONDS,
        frame=frames.FRAME_BYTES_MAX // 1024,
        message=4 * frames.FRAME_BYTES_MAX // 1024,
    )


def _section(title: str, parts: Iterable[str], note: str = "") -> str:
    head = [f"## {title}\n"] if title else []
    return "\n".join([*head, *([note + "\n"] if note else []), *parts])


# --- frames and commands


def _frame(kind: type[Any]) -> str:
    return _struct(kind, f"`{kind.__struct_config__.tag}`")


def _command(kind: type[Any]) -> str:
    result = frames.RESULTS.get(kind.__name__)
    told = ", ".join(f"`{name}` ({what})" for name, what in result.items()) if result else ""
    roles = ", ".join(role for role in permissions.ROLES if role in permissions.MAY[kind])
    text = _struct(kind, kind.__name__, f"*May send:* {roles}.")
    return text + (f"\n*Result:* {told}.\n" if told else "")


def _struct(kind: type[Any], title: str, extra: str = "") -> str:
    lines = [f"#### {title}\n"]
    about = " ".join(part for part in (_about(kind), extra) if part)
    lines += [about + "\n"] if about else []
    fields = msgspec.structs.fields(kind)
    if fields:
        hints, comments = get_type_hints(kind, include_extras=True), remarks(kind)
        lines += ["| field | type | default | |", "| --- | --- | --- | --- |"]
        lines += [_row(field, hints[field.name], comments.get(field.name, "")) for field in fields]
        lines.append("")
    return "\n".join(lines)


def _about(kind: type[Any]) -> str:
    doc = inspect.cleandoc(kind.__doc__ or "")
    return doc if doc and not doc.startswith(kind.__name__ + "(") else ""


def _row(field: msgspec.structs.FieldInfo, hint: Any, remark: str) -> str:
    default = field.default if field.default is not msgspec.NODEFAULT else None
    if default is None and field.default_factory is not msgspec.NODEFAULT:
        default = field.default_factory()
    shown = "" if field.required else f"`{msgspec.json.encode(default).decode()}`"
    return f"| `{field.name}` | {type_words(hint)} | {shown} | {remark} |"


def _members(union: Any) -> tuple[type[Any], ...]:
    return get_args(union)


# --- tables


def _roles() -> str:
    def mark(kind: type[Any], role: str) -> str:
        if role not in permissions.MAY[kind]:
            return ""
        return (
            "○"
            if role in permissions.TIES and not (role == "kiosk" and kind is not cmd.ReportDevice)
            else "●"
        )

    rows = ([kind.__name__, *(mark(kind, role) for role in permissions.ROLES)] for kind in permissions.MAY)
    names = table(["role", "zh"], ([role, word("role", role)] for role in permissions.ROLES))
    return table(["", *permissions.ROLES], rows) + "\n" + names


def _topics() -> str:
    def mark(topic: str, role: str) -> str:
        reach = permissions.WATCHES[role].get(topic, "")
        return {permissions.ANY: "●", permissions.OWN: "○"}.get(reach, "")

    rows = (
        [f"`{topic.form}`", topic.about, *(mark(name, role) for role in permissions.ROLES)]
        for name, topic in views.TOPICS.items()
    )
    return table(["topic", "", *permissions.ROLES], rows)


def _persons() -> str:
    stations = (
        [
            role,
            word("account-role", role),
            ", ".join(each for each, let_in in ACTS_ON.items() if role in let_in),
        ]
        for role in ACCOUNT_ROLES
    )
    rows = (
        [kind.__name__, *("●" if role in may else "" for role in ACCOUNT_ROLES)]
        for kind, may in ACCOUNT_MAY.items()
    )
    return table(["role", "zh", "signs in on"], stations) + "\n" + table(["", *ACCOUNT_ROLES], rows)


def _scopes() -> str:
    rows = (
        [
            f"`{scope}`",
            word("account-role", scope),
            ", ".join(sorted(each.__name__ for each in SCOPE_MAY[scope])),
            ", ".join(sorted(SCOPE_WATCHES[scope])),
        ]
        for scope in SCOPES
    )
    return table(["scope", "zh", "sends", "watches"], rows)


def _person_topics() -> str:
    rows = (
        [f"`{topic.form}`", ", ".join(each for each, free in SIGNED_OUT.items() if name in free)]
        + ["●" if name in ACCOUNT_WATCHES[role] else "" for role in ACCOUNT_ROLES]
        for name, topic in views.TOPICS.items()
    )
    return table(["topic", "signed out", *ACCOUNT_ROLES], rows)


def _byes() -> str:
    words = {each.code: each for each in templates("close-code")}
    rows = (
        [f"`{code}`", str(number), _bare(words[code].zh), _bare(words[code].en), words[code].next_en]
        for code, number in frames.CLOSE_CODES.items()
    )
    return table(["code", "close", "zh", "en", "next step"], rows)


def _refusals() -> str:
    rows = ([f"`{w.code}`", _bare(w.zh), _bare(w.en), _bare(w.next_en)] for w in templates("refusal"))
    return table(["code", "zh", "en", "next step"], rows)


def _bare(words: str) -> str:
    """Return a text with dots for its placeholders: what fills them differs each time."""
    for name in ("{detail}", "{why}"):
        words = words.replace(name, "…")
    return words.replace("{", "‹").replace("}", "›")


def _limits() -> str:
    rows: list[list[str]] = []
    for module, where in LIMITS:
        comments = beside(inspect.getsource(module))
        for name in (
            name for name in comments if name.isupper() and isinstance(getattr(module, name), int | float)
        ):
            rows.append([f"`{name}`", str(getattr(module, name)), comments[name], where])
    comments = beside(inspect.getsource(connection.Limits))
    for name, value in vars(connection.Limits()).items():
        rows.append([f"`{name}`", str(value), comments.get(name, ""), "caller.service.connection"])
    return table(["limit", "value", "why", "in"], rows)


if __name__ == "__main__":
    sys.stdout.write(page())
