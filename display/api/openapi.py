"""`/openapi.json`: the REST interface as a document, made from the same types that decode the requests."""

from typing import Any

import msgspec

from config.catalogue import Message
from display.api.rest import OPERATIONS, PREFIX, Operation, TicketStatus, asks_who

API_VERSION = "1.0"  # of the interface, not of the program; the path carries its major part
PROBLEMS = {
    "401": "密钥无效 / The key is not known",
    "403": "该密钥无权 / The key may not do that",
    "404": "没有这个号码、事项或预约 / No such ticket, item or appointment",
    "409": "大厅拒绝，见 code 与下一步 / The hall says no; see code and next step",
    "413": "内容过长 / The body is too large",
    "422": "内容不符合接口 / The body does not fit",
    "429": "过于频繁 / Too many commands",
    "503": "叫号服务暂不可用，可重试 / The caller is away; repeat",
}
KEY = {"type": "http", "scheme": "bearer", "description": "hallcall enrol web NAME"}
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
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 8, "maxLength": 64, "pattern": "^[A-Za-z0-9-]+$"},
    "description": "重复发送得到同样的回答，不会办两次 / A repeat gets the same answer and no second effect",
}


def document(hall: str) -> dict[str, Any]:
    """Return the whole OpenAPI 3.1 document."""
    bodies = [operation.command for operation in OPERATIONS]
    types = [*bodies, *{operation.result for operation in OPERATIONS}, Message, TicketStatus]
    _, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    components["Problem"] = components.pop(Message.__name__)
    paths = {PREFIX + operation.path: {"post": _post(operation, components)} for operation in OPERATIONS}
    paths[f"{PREFIX}/tickets/{{ticket}}"] = {"get": _status()}
    return {
        "openapi": "3.1.0",
        "info": {"title": f"hallcall · {hall}", "version": API_VERSION},
        "security": [{"key": []}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"key": KEY}},
    }


def _post(operation: Operation, components: dict[str, Any]) -> dict[str, Any]:
    name = operation.command.__name__
    _trim(components[name], operation.part)
    if asks_who(operation):
        _ask_who(components[name])
    return {
        "operationId": name,
        "summary": f"{operation.zh} / {operation.en}",
        "parameters": [IDEMPOTENCY, *([_path(operation.part)] if operation.part else [])],
        "requestBody": {"content": {"application/json": {"schema": _ref(name)}}},
        "responses": {"200": _answer("OK", operation.result.__name__), **_problems()},
    }


def _status() -> dict[str, Any]:
    return {
        "operationId": "TicketStatus",
        "summary": "号码现在怎样 / Where a ticket stands",
        "parameters": [_path("ticket")],
        "responses": {"200": _answer("OK", "TicketStatus"), **_problems()},
    }


def _trim(schema: dict[str, Any], part: str) -> None:
    """Return a body's schema without what the path of REST names: which command it is, and of what."""
    for field in ("type", part):
        schema["properties"].pop(field, None)
        if field in schema.get("required", []):
            schema["required"].remove(field)
    schema.pop("title", None)


def _ask_who(schema: dict[str, Any]) -> None:
    """Describe how a person and a client are named: by a document's number or by its hash; where a person is needed,
    by one of them."""
    schema["properties"] |= {"id_number": ID_NUMBER, "client_number": CLIENT_NUMBER}
    both: list[dict[str, Any]] = [{"required": ["id_number"]}, {"required": ["person"]}]
    if "person" in schema.get("required", []):
        schema["required"].remove("person")
        schema["oneOf"] = both
    else:
        schema["not"] = {"required": ["id_number", "person"]}
    schema["allOf"] = [{"not": {"required": ["client_number", "client"]}}]


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "maxLength": 64}}


def _problems() -> dict[str, Any]:
    return {status: _answer(words, "Problem") for status, words in PROBLEMS.items()}


def _answer(words: str, schema: str) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": _ref(schema)}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
