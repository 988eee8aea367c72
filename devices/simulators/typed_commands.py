"""What one types to a twin, and what it answers: keys, scans and cards, and everything that can go wrong.

Every twin on a cable understands `unplug`, `plug`, `plug elsewhere` (another port, the same name) and the
knobs; what is none of these is the twin's own.
"""

from devices.profiles.profile import MEANINGS
from devices.simulators.keypad import Keypad
from devices.simulators.pty_cable import Cable
from devices.simulators.reader import CardTwin, ScannerTwin, number_for

SWITCHES = ("silent", "deaf", "babble")
NUMBERS = {"slow": ("slow_ms", float), "lose": ("lose", float), "cut": ("cut_after", int)}
CABLE_WORDS = (
    "unplug, plug, plug elsewhere, silent on|off, deaf on|off, babble on|off, slow MS, lose CHANCE, cut BYTES"
)
DONE = "好 / done"


def to_keypad(twin: Keypad, line: str) -> str:
    """A keypad, a hard caller or a sign; "5" is a level, "digits 12" two keys."""
    if answer := to_cable(twin.cable, line):
        return answer
    word, _, rest = line.partition(" ")
    if word == "digits":
        keys = [f"digit-{digit}" for digit in rest]
    else:
        keys = [f"level-{word}" if word.isdigit() else word]
    known = twin.profile.meanings().values()
    if not keys or any(key not in known for key in keys):
        return f"没有这个键 / no such key: {line}; {_keys(twin)}{CABLE_WORDS}"
    for key in keys:
        twin.press(key)
    return DONE


def _keys(twin: Keypad) -> str:
    meanings = [each for each in MEANINGS[twin.profile.kind] if not each.startswith(("digit-", "alive"))]
    named = [each.removeprefix("level-") for each in meanings if each in twin.profile.meanings().values()]
    digits = ["digits N"] if "digit-0" in twin.profile.meanings().values() else []
    return "".join(f"{word}, " for word in [*named, *digits])


def to_scanner(twin: ScannerTwin, line: str) -> str:
    """Any line that is no knob is scanned."""
    if answer := to_cable(twin.cable, line):
        return answer
    if not line or not line.isascii():
        return f"输入一个号码或网址 / type a code or an address; or: {CABLE_WORDS}"
    twin.scan(line)
    return DONE


def to_cards(twin: CardTwin, line: str) -> str:
    """ "姓名 7 1950" lays the made-up card number seven of one born in 1950; "take" or nothing takes it off."""
    if answer := to_cable(twin.cable, line):
        return answer
    if line in ("", "take"):
        twin.take()
        return DONE
    name, serial, born = _card_words(line.split())
    if not (serial.isdecimal() and born.isdecimal() and len(born) == 4):
        return f"应写作：姓名 [序号 [出生年]] / write: NAME [SERIAL [YEAR OF BIRTH]]; take; or: {CABLE_WORDS}"
    twin.lay(name, number_for(int(serial), int(born)))
    return DONE


def _card_words(words: list[str]) -> tuple[str, str, str]:
    return words[0], words[1] if len(words) > 1 else "1", words[2] if len(words) > 2 else "1990"


def to_cable(cable: Cable, line: str) -> str:
    """Plugging and knobs; nothing when the line is none of these."""
    word, _, rest = line.partition(" ")
    if word == "unplug":
        cable.unplug()
        return "已拔出 / unplugged"
    if word == "plug" and rest in ("", "elsewhere"):
        cable.plug(elsewhere=bool(rest))
        return f"已插入 / plugged in: {cable.socket}"
    if word in SWITCHES and rest in ("", "on", "off"):
        setattr(cable.knobs, word, rest != "off")
        return DONE
    return _number(cable, word, rest) if word in NUMBERS else ""


def _number(cable: Cable, word: str, rest: str) -> str:
    knob, kind = NUMBERS[word]
    try:
        setattr(cable.knobs, knob, kind(rest))
    except ValueError:
        return f"应是数字 / must be a number: {word} {rest}"
    return DONE
