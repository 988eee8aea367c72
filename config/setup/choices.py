"""What a PC of a hall is set up for: which processes, under which account, with which folders.

1. What is not chosen follows from the hall's file: caller, web and deliver on the caller's PC; the office where persons
   sign in; a kiosk or an agent where the hall has one only. A hall with several kiosks or PCs must say which this is.
2. A PC without the caller is told where it is (`caller`), and has no backups: the log is not there.
3. `Choices` is kept in `setup.json`, so that the same command without options, such as the one of a package's update,
   does the same again.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from msgspec import Struct

from config.settings import Settings, agents

PROCESSES = ("caller", "web", "office", "deliver", "kiosk", "agent")
USER = "hallcall"
CONFIG_FOLDER = PurePosixPath("/etc/hallcall")
RECORD_NAME = "setup.json"
MAIN = "hall.toml"
DAYS_KEPT = 14  # backups of so many days stay; of older ones the first of each month
HIDDEN = (
    "/home",
    "/root",
    "/run/user",
    "/tmp",
    "/var/tmp",
)  # ProtectHome and PrivateTmp keep them from a unit


class ChoiceMistake(ValueError):
    """A choice that this hall does not allow; `zh` and `en` say what to write."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")


class Choices(Struct, frozen=True, omit_defaults=True):
    """What this PC is set up for. Folders are absolute paths on it."""

    processes: list[str]
    program: list[str]  # the words of the command line that runs hallcall
    kiosk: str = ""
    pc: str = ""
    caller: str = ""  # ws:// address of the caller on another PC; empty: on this one
    log: str = ""  # postgresql://… address of the database with the log, without a password; empty: in the data folder
    data: str = "/var/lib/hallcall"
    backups: str = "/var/backups/hallcall"
    keys: str = "/var/backups/hallcall-keys"  # apart from the backups: who finds one must not find the other
    days: int = DAYS_KEPT
    screen: bool = False  # the kiosk's browser is started on the PC's screen

    @property
    def has_backups(self) -> bool:
        return "caller" in self.processes

    @property
    def hall(self) -> PurePosixPath:
        """Where the hall's file lies once the PC is set up."""
        return CONFIG_FOLDER / MAIN

    @property
    def stations(self) -> list[tuple[str, str]]:
        """Role and name of each process of this PC that greets the caller."""
        names = {
            "web": "web",
            "office": "office",
            "deliver": "deliver",
            "kiosk": self.kiosk,
            "agent": self.pc,
        }
        return [(each, names[each]) for each in self.processes if each in names]


def needed(settings: Settings, kiosk: str = "", pc: str = "") -> list[str]:
    """Return the processes that a hall's file needs on the caller's PC, in the order of `PROCESSES`."""
    wanted = {"caller", "web", "deliver"}
    if settings.accounts.required:
        wanted.add("office")
    if kiosk or len(settings.kiosks) == 1:
        wanted.add("kiosk")
    if pc or len(agents(settings)) == 1:
        wanted.add("agent")
    return [each for each in PROCESSES if each in wanted]


def choose(settings: Settings, wanted: Sequence[str], given: Choices) -> Choices:
    """Return the choices with what the hall's file says of this PC's kiosk and devices.

    Args:
        wanted: the processes that were named; none: what the hall needs.
        given: the rest, with empty names where nothing was given.

    Raises:
        ChoiceMistake: a process, kiosk or PC that the hall does not have, or several to choose from.
    """
    unknown = [each for each in wanted if each not in PROCESSES]
    if unknown:
        known = ",".join(PROCESSES)
        raise ChoiceMistake(
            f"没有程序 {unknown[0]}，可选 {known}", f"There is no process {unknown[0]}; known: {known}"
        )
    chosen = [each for each in PROCESSES if each in wanted] or needed(settings, given.kiosk, given.pc)
    kiosks, pcs = [each.id for each in settings.kiosks], agents(settings)
    kiosk = _one_of("kiosk", "取号机", given.kiosk, kiosks) if "kiosk" in chosen else ""
    pc = _one_of("pc", "电脑", given.pc, pcs) if "agent" in chosen else ""
    if "caller" not in chosen and not given.caller:
        raise ChoiceMistake(
            "本机不运行叫号服务，请用 --caller ws://叫号主机:9300 指明它在哪里",
            "The caller does not run on this PC: say where it is with --caller ws://HOST:9300",
        )
    return Choices(
        processes=chosen,
        program=given.program,
        kiosk=kiosk,
        pc=pc,
        caller=given.caller,
        log=given.log if "caller" in chosen else "",
        data=given.data,
        backups=given.backups,
        keys=given.keys,
        days=given.days,
        screen=given.screen and "kiosk" in chosen,
    )


def _one_of(option: str, zh: str, given: str, known: Sequence[str]) -> str:
    """Return the name that was given, or the only one there is. Raises `ChoiceMistake`."""
    if given in known:
        return given
    if not given and len(known) == 1:
        return known[0]
    names = ", ".join(known) or "-"
    if given:
        raise ChoiceMistake(
            f"大厅文件里没有{zh} {given}，有：{names}",
            f"The hall's file has no {option} {given}; it has: {names}",
        )
    raise ChoiceMistake(
        f"请用 --{option} 写明本机是哪个{zh}：{names}",
        f"Say with --{option} which of these this PC is: {names}",
    )


def hidden_program(program: Sequence[str]) -> str:
    """Return the path of a program that a hardened unit could not see; empty where it can."""
    path = PurePosixPath(program[0])
    return str(path) if any(path.is_relative_to(each) for each in HIDDEN) else ""
