"""`/openapi.json`: the REST interface as a document (OpenAPI 3.1), made from the same types that decode the requests."""

from typing import Any, get_args

import msgspec

from caller.delivery.webhooks import PRIVATE
from caller.engine import commands as cmd
from caller.engine.case_messages import MoveCase
from caller.engine.events import AnyEvent
from caller.protocol.key_scopes import SCOPES
from config.catalogue import both_words
from display.api.calls import BURST, PER_SECOND
from display.api.operations import OPERATIONS, PREFIX, Operation
from display.api.problems import MEDIA_TYPE, TITLES, Problem
from display.api.reads import LIMIT, LIMIT_MAX
from display.api.rest import EVENTS_PATH
from display.api.sends import PERSONS, asks_who

API_VERSION = "1.1"  # of the interface, not of the program; the path carries its major part
READ_PROBLEMS, POST_PROBLEMS = (401, 403, 404, 422, 429, 503), (401, 403, 404, 409, 413, 415, 422, 429, 503)
KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "编号:密钥，由 hallcall account add 编号 --key --roles 权限 建立 / NUMBER:KEY, made by hallcall account add NUMBER "
    f"--key --roles SCOPES: {', '.join(SCOPES)}。每秒 {PER_SECOND:g} 次，瞬时 {BURST:g} 次 / {PER_SECOND:g} requests a second, "
    f"{BURST:g} at once",
}
ID_NUMBER = {
    "type": "string",
    "writeOnly": True,
    "pattern": "^([0-9]{17}[0-9Xx]|passport:[A-Za-z0-9]{5,9})$",
    "description": "18 位身份证或居住证号码，或 passport:护照号码，收到即变为密钥散列，不保存；当天可在取号机刷身份证签到 / The "
    "18 characters of an ID or residence card, or passport:NUMBER, hashed on arrival and never kept; on the day the card "
    "checks in at the kiosk",
}
CLIENT_NUMBER = {
    "type": "string",
    "writeOnly": True,
    "pattern": "^([0-9]{17}[0-9Xx]|[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{18}|passport:[A-Za-z0-9]{5,9})$",
    "description": "代办时委托人的证件号（同 id_number）或 18 位统一社会信用代码，同样只存散列 / Whom one acts for: a number as in "
    "id_number, or the 18 characters of a unified social credit code; hashed in the same way",
}
AS_OF = {
    "type": "integer",
    "minimum": 0,
    "description": "按下时所见的版本（窗口或办件的 version）；不给则须有 Idempotency-Key，指送到时的情形 / The version that was "
    "seen, of the window or the case; without it an Idempotency-Key is needed, and it is meant for what is there on arrival",
}
NUMBER = {
    "type": "string",
    "maxLength": 16,
    "description": "号票上的号码，代替 ticket / What stands on the slip, instead of ticket",
}
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 8, "maxLength": 64, "pattern": "^[A-Za-z0-9-]+$"},
    "description": "重复发送得到同样的回答，不会办两次 / A repeat gets the same answer and no second effect",
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "上次的 ETag，未变则答 304 / The last ETag; 304 while nothing has changed",
}
QUERIES: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT},
    "after": {"type": "string", "description": "上一页的 next / The next of the page before"},
    "window": {"type": "string", "maxLength": 32},
    "number": {"type": "string", "minLength": 1, "maxLength": 16, "pattern": "^[A-Za-z0-9]+$"},
}
NEEDED = frozenset({"number"})


def document(hall: str) -> dict[str, Any]:
    """Return the whole OpenAPI 3.1 document."""
    bodies = {each.body for each in OPERATIONS if each.body}
    types = [*bodies, *{each.answer for each in OPERATIONS}, Problem]
    _, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    for operation in OPERATIONS:
        if operation.body:
            _fit(components[operation.body.__name__], operation)
    _as_ecma(components)
    components["Event"] = _event_schema()
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(PREFIX + operation.path, {})[operation.method.lower()] = _operation(operation)
    paths[EVENTS_PATH] = {"get": _events()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"hallcall · {hall}", "version": API_VERSION,
            "description": "docs/integrate.md。时刻为 UTC 微秒，等候为分钟，-1 为未知 / Instants are UTC microseconds, waits minutes, "
            "-1 unknown",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": each, "description": both_words("account-role", each)} for each in SCOPES],
        "security": [{"key": []}],
        "paths": paths,
        "webhooks": {"event": {"post": _webhook()}},
        "components": {
            "schemas": components,
            "securitySchemes": {"key": KEY},
            "responses": {f"Problem{status}": _problem(status) for status in sorted({*READ_PROBLEMS, *POST_PROBLEMS})},
        },
    }  # fmt: skip


def _scopes_in_words(operation: Operation) -> str:
    return " / ".join(f"`{each}`" for each in operation.scopes)


def _operation(operation: Operation) -> dict[str, Any]:
    is_read = operation.method == "GET"
    query = [
        {"name": name, "in": "query", "required": name in NEEDED, "schema": QUERIES[name]}
        for name in operation.query
    ]
    parts = [_path(name) for name in operation.parts]
    made: dict[str, Any] = {
        "operationId": operation.name,
        "summary": f"{operation.zh} / {operation.en}",
        "tags": [operation.scope],
        "description": f"权限 / scope: {_scopes_in_words(operation)}",
        "parameters": [IF_NONE_MATCH if is_read else IDEMPOTENCY, *parts, *query],
        "responses": {
            "200": _answer("OK", operation.answer.__name__),
            **({"304": {"description": "未变 / Not modified"}} if is_read else {}),
            **_problems(READ_PROBLEMS if is_read else POST_PROBLEMS),
        },
    }
    if operation.body:
        content: dict[str, Any] = {"schema": _ref(operation.body.__name__)}
        if operation.example:
            content["example"] = operation.example
        made["requestBody"] = {"content": {"application/json": content}}
    return made


def _fit(schema: dict[str, Any], operation: Operation) -> None:
    """Take out of a body's schema what the path says: which command it is, and of what; add what REST takes besides."""
    properties, required = schema["properties"], schema.get("required", [])
    optional = {"type", *operation.parts}
    for field in optional:
        properties.pop(field, None)
    assert operation.body
    if issubclass(operation.body, cmd.WindowVerb | MoveCase):
        properties["as_of"] = AS_OF
        optional.add("as_of")
    if operation.body is cmd.CallTicket:
        properties["number"] = NUMBER
        optional.add("ticket")
        schema["oneOf"] = [_having("ticket"), _having("number")]
    schema["required"] = [each for each in required if each not in optional]
    if not schema["required"]:
        del schema["required"]
    schema.pop("title", None)
    if asks_who(operation.body):
        _ask_who(schema)


def _ask_who(schema: dict[str, Any]) -> None:
    """Describe how a person and a client are named: by a document's number or by its hash; where a person is needed,
    by one of them."""
    assert set(PERSONS) == {"id_number", "client_number"}
    schema["properties"] |= {"id_number": ID_NUMBER, "client_number": CLIENT_NUMBER}
    both = [_having("id_number"), _having("person")]
    if "person" in schema.get("required", []):
        schema["required"].remove("person")
        schema["oneOf"] = both
    else:
        schema["not"] = _having("id_number", "person")
    schema["allOf"] = [{"not": _having("client_number", "client")}]


def _having(*names: str) -> dict[str, Any]:
    """Return the schema of an object that has these fields; it names them, for a reader who looks no further."""
    return {"required": list(names), "properties": {name: {} for name in names}}


def _as_ecma(schema: Any) -> None:
    r"""Write every pattern as JSON Schema does (ECMA 262): `\Z`, the end of a text for Python, is `$` there."""
    if isinstance(schema, dict):
        if isinstance(pattern := schema.get("pattern"), str):
            schema["pattern"] = pattern.replace(r"\Z", "$")
        schema = list(schema.values())
    if isinstance(schema, list):
        for each in schema:
            _as_ecma(each)


# --- events


def _event_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "大厅里发生的一件事，字段见 docs/wire.md；不含个人信息 / What happened in the hall, its fields as in "
        f"docs/wire.md, without {', '.join(sorted(PRIVATE))}",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"type": "string", "enum": sorted(each.__name__ for each in get_args(AnyEvent))},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {
                "type": "object",
                "required": ["site", "seq"],
                "properties": {"site": {"type": "string"}, "seq": {"type": "integer"}},
            },
        },
    }


def _events() -> dict[str, Any]:
    names = ("Last-Event-ID", "header"), ("after", "query"), ("kinds", "query")
    return {
        "operationId": "Events",
        "summary": "实时事件（SSE），断线后从上次的编号继续 / Live events (server-sent events); goes on behind the last id",
        "tags": ["events"],
        "description": "权限 / scope: `events`。每条的 data 为 Event / the data of each is an Event",
        "parameters": [
            {"name": name, "in": where, "required": False, "schema": {"type": "string"}} for name, where in names
        ],
        "responses": {
            "200": {"description": "OK", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
            **_problems((401, 403, 422, 429, 503)),
        },
    }  # fmt: skip


def _webhook() -> dict[str, Any]:
    return {
        "operationId": "Webhook",
        "summary": "推送给外部系统的事件，按 Standard Webhooks 签名 / An event sent outside, signed by Standard Webhooks",
        "security": [],
        "requestBody": {"content": {"application/json": {"schema": _ref("Event")}}},
        "responses": {
            "2XX": {"description": "收下 / taken"},
            "410": {"description": "不再推送 / never again"},
        },
    }


# --- parts


def _path(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    }


def _problems(statuses: tuple[int, ...]) -> dict[str, Any]:
    return {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in statuses}


def _problem(status: int) -> dict[str, Any]:
    return {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": _ref("Problem")}}}


def _answer(words: str, schema: str) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": _ref(schema)}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
