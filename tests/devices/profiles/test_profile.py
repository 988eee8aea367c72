"""Profiles: the shipped ones work, a wrong one says where, and two are judged by code nobody here wrote."""

from pathlib import Path
from typing import Literal

import msgspec
import pytest
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, WriteMultipleRegistersRequest

from devices.profiles.profile import FRAME_NAMES, LEVELS, TEMPLATE_NAMES
from devices.profiles.profile_reader import ProfileMistake, find, names, read
from devices.protocols.display_text import shown
from devices.units import call_keypad, sign

EVALUATOR = """
name = "x"
kind = "evaluator"
[check]
kind = "sum8"
[keys]
layout = "AA {address} {key} {check}"
map = { "05" = "level-5" }
"""


@pytest.mark.parametrize("name", names())
def test_every_shipped_profile_is_sound_and_says_where_it_comes_from(name: str) -> None:
    profile = find(name)
    assert profile.name
    assert profile.name_en
    assert profile.source


@pytest.mark.parametrize("name", names("evaluator"))
def test_every_evaluator_has_five_levels_and_asks(name: str) -> None:
    profile = find(name)
    assert set(LEVELS) <= set(profile.meanings().values())
    assert profile.frame("prompt", profile.address)


def test_four_evaluators_differ_in_how_they_are_built() -> None:
    kinds = {(find(name).check.kind, find(name).ascii) for name in names("evaluator")}
    assert {("crc16", False), ("none", True), ("sum8", False), ("xor8", False)} <= kinds


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("sum8", "sum9"), r"\[check\] · kind"),
        (("level-5", "level-6"), "level-6"),
        (("{key}", "{key:2}"), "fits no layout"),
        (("{check}", "{chek}"), "go together|chek"),
        (("name =", "nmae ="), "nmae|name"),
        (('"05"', '"5"'), "hex|odd|non-hexadecimal"),
        (("[check]", "[chekc]"), "chekc"),
    ],
)
def test_a_mistake_in_a_profile_is_found_when_it_is_read(change: tuple[str, str], words: str) -> None:
    with pytest.raises(ProfileMistake, match=words):
        read(EVALUATOR.replace(*change), "mine.toml")


def test_a_length_that_does_not_read_back_is_found() -> None:
    wrong = EVALUATOR.replace("AA {address}", "AA {length} {address}").replace(
        "[check]", "length_adds = 20\n[check]", 1
    )
    with pytest.raises(ProfileMistake, match="length_adds"):
        read(wrong)


def test_a_line_that_is_never_silent_between_two_polls_is_found() -> None:
    """Silence ends half a frame; polled without a pause, a device's answers would wait behind it."""
    with pytest.raises(ProfileMistake, match="gap_ms"):
        read("poll_ms = 200\ngap_ms = 200\n" + EVALUATOR, "mine.toml")
    assert read("poll_ms = 201\ngap_ms = 200\n" + EVALUATOR, "mine.toml").poll_ms == 201


def test_an_unknown_profile_is_answered_with_the_nearest() -> None:
    with pytest.raises(ProfileMistake, match="evaluator-sum5"):
        find("evaluator-sum6")


def test_a_hall_may_keep_its_own_profiles_beside_its_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(EVALUATOR, "utf-8")
    assert find("mine", tmp_path).meanings() == {b"\x05": "level-5"}


@pytest.mark.parametrize(
    ("template", "words"),
    [("opne = 'x'", "opne"), ("open = '{number'", "bare name"), ("open = '{number.x}'", "bare name")],
)
def test_a_template_that_cannot_be_shown_is_found_when_it_is_read(template: str, words: str) -> None:
    sign = 'name = "s"\nkind = "sign"\n[frames]\nshow = "02 {text} 03"\n[text.templates]\n'
    with pytest.raises(ProfileMistake, match=words):
        read(sign + template)


def test_the_templates_of_the_displays_are_the_known_ones() -> None:
    assert set(call_keypad.TEMPLATES) == set(TEMPLATE_NAMES["caller-pad"])
    assert set(sign.TEMPLATES) == set(TEMPLATE_NAMES["sign"])


def test_unknown_frames_are_refused() -> None:
    with pytest.raises(ProfileMistake, match="promt"):
        read(EVALUATOR + '[frames]\npromt = "AA"\n')
    assert "prompt" in FRAME_NAMES["evaluator"]


# --- Modbus, judged by pymodbus


def test_the_modbus_sign_writes_what_pymodbus_reads() -> None:
    profile = find("sign-modbus")
    line = shown("请A042号", "gb2312", 16, pad=True)
    frame = profile.frame("show", 1, {"text": line})
    _, _, _, pdu = FramerRTU(DecodePDU(True)).decode(frame)
    request = DecodePDU(True).decode(pdu)
    assert isinstance(request, WriteMultipleRegistersRequest)
    assert request.address == 0
    assert b"".join(register.to_bytes(2, "big") for register in request.registers) == line


def test_the_modbus_poll_is_pymodbus_own_request() -> None:
    request = ReadHoldingRegistersRequest(address=0, count=1, dev_id=1)
    assert find("sign-modbus").frame("poll", 1) == FramerRTU(DecodePDU(False)).buildFrame(request)


def test_the_answers_of_a_modbus_device_prove_it_alive() -> None:
    from pymodbus.pdu.register_message import ReadHoldingRegistersResponse, WriteMultipleRegistersResponse

    framer = FramerRTU(DecodePDU(True))
    profile = find("sign-modbus")
    for answer in (
        WriteMultipleRegistersResponse(address=0, count=8, dev_id=1),
        ReadHoldingRegistersResponse(registers=[0xC7EB], dev_id=1),
    ):
        assert len(profile.decoder(1).feed(framer.buildFrame(answer))) == 1


# --- the Alpha protocol


def test_the_alpha_frame_is_built_as_its_manual_says() -> None:
    """Five NULs, SOH, type, address, STX, command, file, mode, text, ETX, sum from STX to ETX, EOT."""
    frame = find("sign-alpha").frame("show", 0, {"text": b"A042 > 3"})
    command = b"\x02AA\x1b bA042 > 3\x03"
    assert (
        frame == b"\x00\x00\x00\x00\x00\x01Z00" + command + f"{sum(command) & 0xFFFF:04X}".encode() + b"\x04"
    )
    assert max(frame) < 0x80  # seven data bits


def test_a_lone_surrogate_is_a_mistake_of_its_row() -> None:
    with pytest.raises(ProfileMistake):
        read('name = "x"\nkind = "\ud800"\n')


def test_the_twin_the_decoder_alone_lets_the_surrogate_out() -> None:
    with pytest.raises(UnicodeError):
        msgspec.convert("\ud800", Literal["reader"])
