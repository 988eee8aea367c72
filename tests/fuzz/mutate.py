"""Changes to good input: what a broken line, a careless hand or an attacker makes of it. Pure; seeded."""

import copy
import random
from collections.abc import Callable
from typing import Any

# quotes, full-width, invisible, turning, controls, unassigned, far planes, of a spreadsheet and of TOML
SIGNS = "“”＝，：\u00a0\u200b\u202e\u0000\u001b\u0378\ue000\U0001f600号é\n\r\t'\"\\[]{}#=;,./*%~\x7f\u2028"
PIECES = ("\\u0000", "\\ud800", "\ud800", "inf", "nan", "-0", "1e400", "[[window]]", "[a.b.c]", "'''", "../../..",
          "2026-02-30", "9999-12-31", "25:61", "=1+1", "#REF!", "x" * 300, "[" * 2_000, "{n}", "0x7f", "true", "=")  # fmt: skip
NUMBERS = (0, -1, 1, 2**31, 2**53, 2**53 + 1, 2**63, 2**64, -(2**63), 1e308, -0.0, 10**30, 10**5_000)
PIECE_MAX = 64  # bytes moved at a time


def bytes_of(rng: random.Random, data: bytes, most: int = 8) -> bytes:
    """Return `data` after one to `most` changes: bits flipped, pieces cut, doubled, moved or made up."""
    found = bytearray(data)
    for _ in range(rng.randint(1, most)):
        at, size = rng.randint(0, len(found)), rng.randint(1, PIECE_MAX)
        match rng.randrange(6):
            case 0 if found:
                found[at % len(found)] ^= 1 << rng.randrange(8)
            case 1:
                del found[at : at + size]
            case 2:
                found[at:at] = found[at : at + size]
            case 3:
                found[at:at] = rng.randbytes(rng.randint(1, 8))
            case 4:
                del found[at:]
            case _:
                piece = bytes(found[at : at + size])
                del found[at : at + size]
                other = rng.randint(0, len(found))
                found[other:other] = piece
    return bytes(found)


def text_of(rng: random.Random, text: str, most: int = 6) -> str:
    """Return `text` with signs put in, values replaced, lines lost, doubled or swapped, and pieces cut."""
    for _ in range(rng.randint(1, most)):
        at = rng.randint(0, len(text))
        lines = text.split("\n")
        one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        match rng.randrange(7):
            case 0:
                text = text[:at] + rng.choice(SIGNS) + text[at:]
            case 1:
                text = text[:at] + text[at + rng.randint(1, 12) :]
            case 2:
                lines[one : one + 1] = [lines[one]] * rng.choice((0, 2, 3))
                text = "\n".join(lines)
            case 3:
                lines[one], lines[other] = lines[other], lines[one]
                text = "\n".join(lines)
            case 4:
                text = text[:at] + rng.choice(PIECES) + text[at:]
            case 5:
                key, equals, value = lines[one].partition("=")
                lines[one] = key + equals + (_value(rng, lines[other]) if equals else value)
                text = "\n".join(lines)
            case _:
                text = text[:at] + str(rng.choice(NUMBERS[:-1])) + text[at:]
    return text


def _value(rng: random.Random, other: str) -> str:
    """Return another value for a key: another line's, or a strange one, bare or in quotes."""
    kept = other.partition("=")[2]
    strange = rng.choice((*PIECES, rng.choice(SIGNS), str(rng.choice(NUMBERS[:-1]))))
    return rng.choice((kept, f" {strange}", f' "{strange}"', f' ["{strange}"]', ' ""', " []", f" [{kept}]"))


def json_of(rng: random.Random, value: Any, depth: int = 0) -> Any:
    """Return a JSON document like `value` with some of its parts replaced by something else."""
    if rng.random() < 0.15 or depth > 5:
        return rng.choice(_STRANGE)(rng)
    if isinstance(value, dict):
        found = {key: json_of(rng, each, depth + 1) for key, each in value.items() if rng.random() > 0.1}
        if rng.random() < 0.2:
            key = rng.choice(("type", "id", "ticket", "window", "as_of", "until", "x" * 99))
            found[key] = rng.choice(_STRANGE)(rng)
        return found
    if isinstance(value, list):
        return [json_of(rng, each, depth + 1) for each in value] * rng.choice((0, 1, 1, 2))
    return value


def _deep(rng: random.Random) -> Any:
    """Return lists within lists, deeper than a decoder likes and shallower than the encoder's limit."""
    found: Any = []
    for _ in range(rng.choice((10, 100, 500))):
        found = [found]
    return found


_STRANGE: tuple[Callable[[random.Random], Any], ...] = (
    lambda rng: rng.choice(NUMBERS[:-1]),
    lambda rng: "".join(rng.choice(SIGNS) for _ in range(rng.randint(0, 40))),
    lambda rng: rng.choice((None, True, False, [], {}, [[]], "", "x" * 20_000, "\ud800")),
    lambda rng: {"type": rng.choice(("TakeTicket", "CallNext", "RequestJob", "hello", "Rate", "nothing"))},
    lambda rng: [rng.choice(NUMBERS[:-1])] * rng.randint(0, 200),
    _deep,
)


def document_of(rng: random.Random, document: dict[str, Any], most: int = 3) -> dict[str, Any]:
    """Return a document of tables, whose shape stays, after one to `most` changes of a value, a key or a list."""
    found = copy.deepcopy(document)
    for _ in range(rng.randint(1, most)):
        place: Any = found
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = rng.choice(keys)
            if isinstance(place[key], dict | list) and place[key] and rng.random() < 0.9:
                place = place[key]
                continue
            _replace(rng, place, key)
            break
    return found


def _replace(rng: random.Random, place: Any, key: Any) -> None:
    """Replace the value at `key` of a table or a list, or delete or double it."""
    value = place[key]
    match rng.randrange(5):
        case 0 if isinstance(place, dict):
            place[rng.choice(("id", "name", "port", "opens", "x", "号", "id "))] = place.pop(key)
        case 0:
            place.append(value)
        case 1 if isinstance(value, str):
            place[key] = text_of(rng, value, most=2)
        case 2 if isinstance(value, int | float):
            place[key] = rng.choice((0, -1, value + 1, 10**6, 2**31, 2**62, -(2**63), 1e308, 0.5))
        case _:
            place[key] = rng.choice(
                (value, [value], str(value), "", 0, True, 1.5, [], {}, rng.choice(PIECES), rng.choice(SIGNS))
            )
