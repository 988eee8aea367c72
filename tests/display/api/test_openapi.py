"""`/openapi.json`: valid by a validator that is not ours, complete, and every example in it is one the interface takes."""

import copy
from typing import Any

import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from display.api import openapi
from display.api.operations import OPERATIONS, PREFIX
from display.api.rest import EVENTS_PATH

DOCUMENT: dict[str, Any] = openapi.document("测试大厅")


def mistakes(document: dict[str, Any]) -> list[str]:
    return [
        f"{list(each.absolute_path)}: {each.message}"
        for each in OpenAPIV31SpecValidator(document).iter_errors()
    ]


def test_the_document_is_valid() -> None:
    assert mistakes(DOCUMENT) == []


def test_twin_a_reference_that_leads_nowhere_and_a_part_that_is_not_described_are_seen() -> None:
    broken = copy.deepcopy(DOCUMENT)
    broken["paths"][f"{PREFIX}/windows/{{window}}"]["get"]["parameters"] = []
    assert mistakes(broken)
    broken = copy.deepcopy(DOCUMENT)
    broken["paths"][f"{PREFIX}/hall"]["get"]["responses"] = {"200": {}}
    assert mistakes(broken)


def test_every_address_is_in_it_with_its_scope_and_its_problems() -> None:
    wanted = {(PREFIX + each.path, each.method.lower()) for each in OPERATIONS} | {(EVENTS_PATH, "get")}
    assert {(path, method) for path, row in DOCUMENT["paths"].items() for method in row} == wanted
    names = [each["operationId"] for row in DOCUMENT["paths"].values() for each in row.values()]
    assert len(names) == len(set(names))
    for path, method in wanted:
        found = DOCUMENT["paths"][path][method]
        assert found["tags"]
        assert {"401", "403", "429", "503"} <= found["responses"].keys(), path


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.body], ids=lambda each: each.name)
def test_every_example_is_taken(operation: Any) -> None:
    """With what the path and the interface add, an example is a command of the wire."""
    example = dict(operation.example)
    known = {"id_number": "person", "number": "ticket"}
    fields = {known.get(name, name): value for name, value in example.items()}
    if "person" in fields:
        fields["person"] = "0" * 64
    given = dict.fromkeys(operation.parts, "3") | {"type": operation.body.__name__}
    if "as_of" in operation.body.__struct_fields__:
        given["as_of"] = 1
    accepted = {
        name: value
        for name, value in given.items()
        if name in operation.body.__struct_fields__ or name == "type"
    }
    if operation.body.__struct_config__.tag is None:
        del accepted["type"]
    assert msgspec.convert(fields | accepted, operation.body)
    schema = DOCUMENT["components"]["schemas"][operation.body.__name__]
    assert example.keys() <= schema["properties"].keys()
    assert "type" not in schema["properties"]
    content = DOCUMENT["paths"][PREFIX + operation.path]["post"]["requestBody"]["content"]
    needs = schema.get("required") or schema.get("oneOf")
    assert "example" in content["application/json"] or not needs, "what needs fields shows them"


def test_an_event_in_it_is_what_a_webhook_sends() -> None:
    kinds = DOCUMENT["components"]["schemas"]["Event"]["properties"]["type"]["enum"]
    assert {"TicketIssued", "ServiceRated", "CaseMoved"} <= set(kinds)
    assert DOCUMENT["webhooks"]["event"]["post"]["requestBody"]
