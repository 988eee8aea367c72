"""What one types to a simulator, and what it answers: keys, scans, cards and papers, and what can go wrong.

Every simulator on a cable understands `unplug`, `plug`, `plug elsewhere` (another port, the same name) and the
cable's faults; what is none of these is the device's own.
"""

from collections.abc import Callable

from config.catalogue import message
from devices.printer.status import state
from devices.profiles.profile import MEANINGS
from devices.simulators.keypad import SimulatedKeypad
from devices.simulators.printer import PrinterModel
from devices.simulators.printer_ports import SerialPrinter, TcpPrinter
from devices.simulators.pty_cable import Cable
from devices.simulators.reader import SimulatedCardReader, SimulatedScanner, number_for

SWITCHES = ("silent", "deaf", "babble")
NUMBERS = {"slow": ("slow_ms", float), "lose": ("lose", float), "cut": ("cut_after", int)}
CABLE_WORDS = (
    "unplug, plug, plug elsewhere, silent on|off, deaf on|off, babble on|off, slow MS, lose CHANCE, cut BYTES"
)
DONE = "好 / done"


def to_keypad(simulator: SimulatedKeypad, line: str) -> str:
    """Press the keypad as a typed line says, and return the reply; "5" is a level, "digits 12" two keys."""
    if answer := to_cable(simulator.cable, line):
        return answer
    word, _, rest = line.partition(" ")
    if word == "digits":
        keys = [f"digit-{digit}" for digit in rest]
    else:
        keys = [f"level-{word}" if word.isdigit() else word]
    known = simulator.profile.meanings().values()
    if not keys or any(key not in known for key in keys):
        return f"没有这个键 / no such key: {line}; {_keys(simulator)}{CABLE_WORDS}"
    for key in keys:
        simulator.press(key)
    return DONE


def _keys(simulator: SimulatedKeypad) -> str:
    meanings = [each for each in MEANINGS[simulator.profile.kind] if not each.startswith(("digit-", "alive"))]
    named = [
        each.removeprefix("level-") for each in meanings if each in simulator.profile.meanings().values()
    ]
    digits = ["digits N"] if "digit-0" in simulator.profile.meanings().values() else []
    return "".join(f"{word}, " for word in [*named, *digits])


def to_scanner(simulator: SimulatedScanner, line: str) -> str:
    """Scan any line that is no fault to set."""
    if answer := to_cable(simulator.cable, line):
        return answer
    if not line or not line.isascii():
        return f"输入一个号码或网址 / type a code or an address; or: {CABLE_WORDS}"
    simulator.scan(line)
    return DONE


def to_cards(simulator: SimulatedCardReader, line: str) -> str:
    """Move a card: "姓名 7 1950" lays the made-up card number seven of one born in 1950; "take" or nothing takes it
    off."""
    if answer := to_cable(simulator.cable, line):
        return answer
    if line in ("", "take"):
        simulator.take()
        return DONE
    name, serial, born = _card_words(line.split())
    if not (serial.isdecimal() and born.isdecimal() and len(born) == 4):
        return f"应写作：姓名 [序号 [出生年]] / write: NAME [SERIAL [YEAR OF BIRTH]]; take; or: {CABLE_WORDS}"
    simulator.lay(name, number_for(int(serial), int(born)))
    return DONE


def _card_words(words: list[str]) -> tuple[str, str, str]:
    return words[0], words[1] if len(words) > 1 else "1", words[2] if len(words) > 2 else "1990"


def to_cable(cable: Cable, line: str) -> str:
    """Obey plugging and faults; return nothing when the line is none of these."""
    word, _, rest = line.partition(" ")
    if word == "unplug":
        cable.unplug()
        return "已拔出 / unplugged"
    if word == "plug" and rest in ("", "elsewhere"):
        cable.plug(elsewhere=bool(rest))
        return f"已插入 / plugged in: {cable.socket}"
    if word in SWITCHES and rest in ("", "on", "off"):
        setattr(cable.faults, word, rest != "off")
        return DONE
    return _number(cable, word, rest) if word in NUMBERS else ""


def _number(cable: Cable, word: str, rest: str) -> str:
    knob, kind = NUMBERS[word]
    try:
        setattr(cable.faults, knob, kind(rest))
    except ValueError:
        return f"应是数字 / must be a number: {word} {rest}"
    return DONE


# --- printers


def _cover(model: PrinterModel, word: str) -> None:
    model.faults.cover_open = word == "open"


def _paper(model: PrinterModel, word: str) -> None:
    if word == "out":
        model.faults.lines = 0
    elif word == "low":
        model.faults.near_end = True
    elif word == "in":
        model.refill()
    else:
        model.faults.lines = int(word)


def _knife(model: PrinterModel, word: str) -> None:
    model.faults.knife = word == "ok"


def _silent(model: PrinterModel, word: str) -> None:
    model.faults.silent = word == "on"


def _babble(model: PrinterModel, word: str) -> None:
    model.faults.babbles = 0.5 if word == "on" else 0.0


def _speed(model: PrinterModel, word: str) -> None:
    model.faults.rows_per_second = float(word)


WORDS_TYPED: dict[str, tuple[Callable[[PrinterModel, str], None], str]] = {
    "cover": (_cover, "open | closed"),
    "paper": (_paper, "out | low | in | LINES"),
    "knife": (_knife, "ok | stuck"),
    "silent": (_silent, "on | off"),
    "babble": (_babble, "on | off"),
    "speed": (_speed, "ROWS_PER_SECOND"),
}


def to_printer(line: TcpPrinter | SerialPrinter, text: str) -> str:
    """Obey one typed line: its plug, or what goes wrong inside it."""
    text = text.strip()
    if text == "unplug":
        line.unplug()
        return "已拔出 / unplugged"
    if text in ("plug", "plug elsewhere") and isinstance(line, TcpPrinter):
        line.plug()
        return f"已插入 / plugged in: {line.port}"
    return obey(line.model, text)


def obey(model: PrinterModel, line: str) -> str:
    """Turn a fault of the printer as a typed line says; return the state it now shows."""
    words = line.split()
    usage = "; ".join(f"{word} {values}" for word, (_, values) in WORDS_TYPED.items()) + "; unplug; plug"
    if len(words) != 2 or not _known(*words):
        return f"可以输入 / type: {usage}"
    try:
        WORDS_TYPED[words[0]][0](model, words[1])
    except ValueError:
        return f"应是数字 / must be a number: {words[1]}"
    return " / ".join(message("printer-state", state(model.answers())).with_next_step)


def _known(word: str, value: str) -> bool:
    """Return one of the values that are offered, or a number where the last of them is a number's name."""
    values = WORDS_TYPED[word][1].split(" | ") if word in WORDS_TYPED else [""]
    return value in values or values[-1].isupper()
