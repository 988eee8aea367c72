"""docs/devices.md is held to what it says: its example is executed, its tables are complete."""

import binascii
import re
from pathlib import Path

import pytest
from msgspec import structs

from config.device_port import OPTIONS
from devices.profiles.profile import (
    FRAME_NAMES,
    MEANINGS,
    KeysTable,
    Profile,
    Serial,
    StuffingTable,
    TextTable,
)
from devices.profiles.profile_reader import find, names, read
from devices.protocols.checksums import Checksum
from devices.protocols.onbon_bx import DynamicArea
from devices.simulators.typed_commands import WORDS_TYPED
from devices.units import call_keypad, sign

PAGE = (Path(__file__).parents[2] / "docs" / "devices.md").read_text("utf-8")
REFERENCE = PAGE[PAGE.index("### 全部字段 / All keys") : PAGE.index("## 仿真设备 / Simulators")]
MANUAL = "\n".join(line for line in PAGE.splitlines() if line.startswith(">"))


def example() -> Profile:
    return read(PAGE.split("```toml profile\n")[1].split("```")[0], "the example")


def printed(words: str) -> bytes:
    """The example frame that the manual prints after these words."""
    found = re.search(re.escape(words) + r".*?`(FA 55 [0-9A-F ]+)`", MANUAL.replace("\n> ", ""))
    assert found, words
    return bytes.fromhex(found[1])


def test_the_manuals_own_frames_have_the_check_it_describes() -> None:
    """Python's crc_hqx is somebody else's CRC with polynomial 1021."""
    frames = [bytes.fromhex(text) for text in re.findall(r"`(FA 55 [0-9A-F ]+ED)`", MANUAL)]
    assert len(frames) == 4
    for frame in frames:
        assert binascii.crc_hqx(frame[2:-3], 0xFFFF).to_bytes(2, "big") == frame[-3:-1]


def test_the_profile_of_the_example_reads_the_manuals_key_frames() -> None:
    profile = example()
    for words, meaning in (("按“非常满意”：", "level-5"), ("按“非常不满意”：", "level-1")):
        frame = printed(words)
        found = profile.decoder(1).feed(b"\x00\xfa" + frame)
        assert [profile.meanings()[each.fields["key"]] for each in found] == [meaning]
        assert profile.press(meaning, 1) == frame


def test_the_profile_of_the_example_writes_the_manuals_commands() -> None:
    profile = example()
    assert profile.frame("prompt", 1) == printed("开始评价")
    assert profile.frame("thanks", 1, {"level": 5}) == printed("致谢")


def keys_of(table: type) -> list[str]:
    return [field.encode_name for field in structs.fields(table)]


@pytest.mark.parametrize(
    "table", [Profile, Serial, Checksum, StuffingTable, KeysTable, TextTable, DynamicArea]
)
def test_every_key_of_a_profile_is_in_the_reference(table: type) -> None:
    missing = [key for key in keys_of(table) if not re.search(rf"[`\s]{key}[`\s,]", REFERENCE)]
    assert missing == []


def test_every_meaning_frame_template_and_port_option_is_in_the_page() -> None:
    meanings = {name for known in MEANINGS.values() for name in known if not name[-1].isdigit()}
    frames = {name for known in FRAME_NAMES.values() for name in known}
    templates = {*call_keypad.TEMPLATES, *sign.TEMPLATES}
    missing = [
        name for name in meanings | frames | templates if not re.search(rf"[`\s]{name}[`\s]", REFERENCE)
    ]
    assert missing == []
    assert all(f"`{option}`" in PAGE for option in OPTIONS[False, "serial"])


def test_every_word_typed_to_a_printers_twin_and_every_option_of_its_port_is_in_the_page() -> None:
    offered = {word: values.split(" | ") for word, (_, values) in WORDS_TYPED.items()}
    missing = [
        f"{word} {value}" for word in offered for value in offered[word] if f"`{word} {value}`" not in PAGE
    ]
    assert missing == []
    printers = PAGE[PAGE.index("## 打印机 / Printers") : PAGE.index("## 自带的协议 / Profiles")]
    assert all(
        re.search(rf"`{option}[`=]", printers)
        for (printer, _), known in OPTIONS.items()
        if printer
        for option in known
    )


def rows() -> dict[str, str]:
    found = re.findall(r"^\| `([a-z0-9-]+)` \|.*\| ([0-9.e-]*) ?\|$", PAGE, re.MULTILINE)
    return {name: chance for name, chance in found if name in names()}


def test_every_shipped_profile_is_listed_with_its_true_odds() -> None:
    assert set(rows()) == set(names())
    for name, chance in rows().items():
        if find(name).kind in ("evaluator", "caller-pad"):
            assert float(chance) == pytest.approx(find(name).accepted_at_random(), rel=0.05, abs=0), name
