"""Bytes that no decoder of JSON takes, one for each exception that decoding raises."""

UNDECODABLE: dict[str, bytes] = {
    "cut": b'{"a":',
    "name-no-utf-8": b'{"q\xffu":1}',
    "text-no-utf-8": b'{"text":"\xff","queue":"\xff","ticket":"\xff","number":"\xff"}',
    "nested": b'{"items":' + b"[" * 4000 + b"]" * 4000 + b"}",
    "nested-unknown": b'{"a":' * 1500 + b"1" + b"}" * 1500,
    "utf-16": '{"queue":"A"}'.encode("utf-16"),
}
