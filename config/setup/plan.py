"""The plan of a set-up: every file with its text, every command in its order. Reads the hall's files; changes nothing.

1. Accounts and folders are declared (sysusers.d, tmpfiles.d), so that an image gets them at its first start and a second
   run finds them there.
2. The hall's file and what lies beside it are copied to /etc/hallcall: a unit sees no home folder. From then on that
   copy is the hall's file.
3. Commands that would do again what is done are left out: a station whose token is kept is not enrolled anew.
"""

from pathlib import Path

from msgspec import Struct

from config.hosts import is_encrypted, is_loopback
from config.process.tls import AUTO
from config.settings import Settings
from config.setup import units
from config.setup.choices import CONFIG_FOLDER, MAIN, USER, Choices
from config.versions import bundle

UNIT_FOLDER = "/etc/systemd/system"
PUBLIC, HALLS = 0o644, 0o640  # rights: of a unit; of the hall's file, which names persons
JOURNAL = """\
[Journal]
Storage=persistent
SystemMaxUse=1G
MaxRetentionSec=1year
"""
SCREEN_SCRIPT = "/usr/local/lib/hallcall/screen.sh"


class SystemFile(Struct, frozen=True):
    """A file that a set-up writes: its absolute path on the PC, its bytes, its rights."""

    path: str
    content: bytes
    mode: int = PUBLIC


class SetupPlan(Struct, frozen=True):
    """What a set-up does: files first, then commands."""

    files: list[SystemFile]
    commands: list[list[str]]


def plan(hall: Path, settings: Settings, choices: Choices, root: Path) -> SetupPlan:
    """Return the plan for a PC whose file system begins at `root`. Raises `Unreadable`, `OSError`."""
    return SetupPlan(
        [*_unit_files(settings, choices), *_hall_files(hall, settings)], _commands(choices, root)
    )


def _unit_files(settings: Settings, choices: Choices) -> list[SystemFile]:
    texts = {units.service_name(each, choices): units.service(each, choices) for each in choices.processes}
    if choices.has_backups:
        texts |= units.backup_services(choices)
    files = [SystemFile(f"{UNIT_FOLDER}/{name}", text.encode()) for name, text in texts.items()]
    if choices.screen:
        files += _screen_files(settings, choices)
    return [
        SystemFile("/etc/sysusers.d/hallcall.conf", _accounts(choices).encode()),
        SystemFile("/etc/tmpfiles.d/hallcall.conf", _folders(choices).encode()),
        SystemFile("/etc/systemd/journald.conf.d/hallcall.conf", JOURNAL.encode()),
        *files,
    ]


def _screen_files(settings: Settings, choices: Choices) -> list[SystemFile]:
    unit = units.SCREEN_UNIT.format(
        data=choices.data,
        kiosk=choices.kiosk,
        after=units.service_name("kiosk", choices),
        script=SCREEN_SCRIPT,
    )
    own = settings.listen
    encrypted = is_encrypted(own.tls) and not is_loopback(own.kiosk_host)
    script = units.SCREEN_SCRIPT.replace("{scheme}", "https" if encrypted else "http")
    script = script.replace("{host}", "127.0.0.1").replace("{port}", str(own.kiosk))
    return [
        SystemFile(f"{UNIT_FOLDER}/hallcall-screen.service", unit.encode()),
        SystemFile(SCREEN_SCRIPT, script.encode()),
    ]


def _accounts(choices: Choices) -> str:
    """Return the accounts as sysusers.d(5) takes them."""
    lines = [
        "g dialout -",
        "g lp -",
        f'u {USER} - "hallcall" {choices.data}',
        f"m {USER} dialout",
        f"m {USER} lp",
    ]
    if choices.screen:
        lines += [f'u {units.SCREEN_USER} - "hallcall screen" /var/lib/{units.SCREEN_USER}']
        lines += [f"m {units.SCREEN_USER} {group}" for group in ("video", "render", "input", "audio")]
    return "\n".join(lines) + "\n"


def _folders(choices: Choices) -> str:
    """Return folders and rights as tmpfiles.d(5) takes them."""
    own = [choices.data, *([choices.backups, choices.keys] if choices.has_backups else [])]
    lines = [f"d {path} 0700 {USER} {USER} -" for path in own if path]
    if choices.screen:
        lines.append(f"d /var/lib/{units.SCREEN_USER} 0700 {units.SCREEN_USER} {units.SCREEN_USER} -")
    lines.append(f"Z {CONFIG_FOLDER} ~0750 root {USER} -")  # files without the x
    return "\n".join(lines) + "\n"


def _hall_files(hall: Path, settings: Settings) -> list[SystemFile]:
    """Return the hall's file and what it refers to; none where it lies in its place already."""
    if hall.resolve() == Path(CONFIG_FOLDER / MAIN):
        return []
    whole = bundle(hall)
    files = dict(whole.files)
    listen, clips = settings.listen, settings.voice.clips
    if listen.tls != AUTO and is_encrypted(listen.tls):
        files[listen.tls] = (hall.parent / listen.tls).read_bytes()
    if clips and (hall.parent / clips).is_dir():
        own = sorted(each for each in (hall.parent / clips).rglob("*") if each.is_file())
        files |= {str(each.relative_to(hall.parent)): each.read_bytes() for each in own}
    beside = {name: data for name, data in files.items() if not Path(name).is_absolute()}
    return [
        SystemFile(str(CONFIG_FOLDER / MAIN), whole.main, HALLS),
        *(SystemFile(str(CONFIG_FOLDER / name), data, HALLS) for name, data in sorted(beside.items())),
    ]


def _commands(choices: Choices, root: Path) -> list[list[str]]:
    """Return the commands. An image is only told what starts with it: accounts and folders come at its first start."""
    names = units.unit_names(choices)
    if root != Path("/"):
        return [["systemctl", f"--root={root}", "enable", *names]]
    missing = [] if choices.caller else [each for each in choices.stations if not _has_token(*each, choices)]
    return [
        ["systemd-sysusers", "hallcall.conf"],
        ["systemd-tmpfiles", "--create", "hallcall.conf"],
        *(_enrol(role, name, choices) for role, name in missing),
        ["systemctl", "daemon-reload"],
        ["systemctl", "enable", "--now", *names],
    ]


def _has_token(role: str, name: str, choices: Choices) -> bool:
    return (Path(choices.data) / "tokens" / f"{role}-{name}").exists()


def _enrol(role: str, name: str, choices: Choices) -> list[str]:
    own = [*choices.program, "enrol", role, name, "--data", choices.data, "--hall", str(choices.hall)]
    return ["runuser", "-u", USER, "--", *own]


def open_ports(settings: Settings, choices: Choices) -> list[tuple[str, int]]:
    """Return the ports of this PC that other machines must reach, each with the process behind it."""
    listen = settings.listen
    hosts = {
        "caller": listen.host,
        "web": listen.host,
        "office": listen.office_host,
        "kiosk": listen.kiosk_host,
    }
    ports = {"caller": listen.caller, "web": listen.web, "office": listen.office, "kiosk": listen.kiosk}
    return [
        (each, ports[each]) for each in choices.processes if each in ports and not is_loopback(hosts[each])
    ]
