"""Every status byte, at every question: nothing but four good answers makes a printer ready."""

import itertools
from typing import get_args

import pytest

from devices.printer import status
from devices.printer.status import QUESTIONS, DeviceState, Question, state

GOOD = 0x12
ALL_GOOD: dict[Question, int] = dict.fromkeys(QUESTIONS, GOOD)


def with_one(question: Question, byte: int) -> DeviceState:
    """The state of a printer that is well but for one answer."""
    answers = dict(ALL_GOOD)
    answers[question] = byte
    return state(answers)


def test_four_good_answers_are_ready() -> None:
    assert state(ALL_GOOD) == "ready"


@pytest.mark.parametrize(
    ("question", "byte", "expected"),
    [
        (1, 0x1A, "offline"),
        (1, 0x32, "offline"),
        (2, 0x16, "cover-open"),
        (2, 0x32, "paper-out"),
        (2, 0x52, "error"),
        (3, 0x1A, "error"),
        (3, 0x32, "error"),
        (3, 0x52, "error"),
        (4, 0x1E, "paper-low"),
        (4, 0x72, "paper-out"),
        (4, 0x7E, "paper-out"),
    ],
)
def test_the_signs_of_the_command_reference(question: Question, byte: int, expected: DeviceState) -> None:
    assert with_one(question, byte) == expected


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_byte_at_every_question_is_a_named_state_and_garbage_is_never_good(question: Question) -> None:
    for byte in range(256):
        found = with_one(question, byte)
        assert found in get_args(DeviceState)
        if byte & 0x93 != 0x12:
            assert found == "unknown", f"{byte:#x} is no answer"


def test_a_missing_answer_is_unknown_unless_another_tells_a_fault() -> None:
    for count in range(4):
        for asked in itertools.combinations(QUESTIONS, count):
            assert state(dict.fromkeys(asked, GOOD)) == "unknown"
    assert state({1: 0x1A, 2: 0x16}) == "cover-open"


def test_ready_with_a_fault_anywhere_never_happens() -> None:
    """All 2^3 meaningful bits of each of the four bytes together: 4,096 printers."""
    bits = [0x00, 0x04, 0x08, 0x20, 0x40, 0x0C, 0x60, 0x6C]
    for extra in itertools.product(bits, repeat=4):
        answers: dict[Question, int] = {
            question: GOOD | more for question, more in zip(QUESTIONS, extra, strict=True)
        }
        found = state(answers)
        fault = any((extra[0] & 0x28, extra[1] & 0x64, extra[2] & 0x6C, extra[3] & 0x60))
        assert (found in status.PRINTS) == (not fault), (extra, found)


def test_answers_receipts_and_flow_control_cannot_be_mistaken_for_each_other() -> None:
    for byte in range(256):
        assert not (status.is_answer(byte) and status.is_receipt(byte))
    assert not any(status.is_answer(byte) or status.is_receipt(byte) for byte in status.FLOW_CONTROL)
