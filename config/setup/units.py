"""The text of each unit of systemd: how a process of the hall is run, and what it may not touch.

Rules:
1. Every unit runs as the account `hallcall`, without capabilities, sees the system read-only (ProtectSystem=strict) and
   writes to its data folder alone.
2. A kiosk and an agent open serial ports, USB printers and sound; they keep the real /dev, where the groups dialout and lp
   decide. No PrivateDevices, DeviceAllow or ProtectClock there: each closes /dev to drivers that are not loaded when the
   process starts, and a keypad plugged in for the first time would then stay away until the next restart.
3. The caller is `Type=notify`: it says when it listens and then, twice in `WATCHDOG_SECONDS`, that its event loop is alive.
   Its start may fold years of events, so it has time.
4. Restart=always, without a limit: a hall has no operator who would press a button at the third crash.
5. Timers are persistent: a village PC that is switched off at night makes its backup in the morning.

Source: systemd.exec(5), systemd.service(5), systemd.timer(5); what is set here is known to systemd 252 (Debian 12).
"""

from collections.abc import Sequence

from config.catalogue import both_words
from config.process.running import LOG_ADDRESS
from config.setup.choices import USER, Choices

WATCHDOG_SECONDS = 60  # a busy disk holds the event loop for seconds at most
START_MINUTES = 30  # folds 70 million events
STOP_SECONDS = 20  # byes and the last commit take at most 7
HARDENING = """\
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
LimitCORE=0
UMask=0077
"""
WITHOUT_DEVICES = "PrivateDevices=yes\nProtectClock=yes\nProtectKernelTunables=yes\n"
WITH_DEVICES = ("kiosk", "agent")

BACKUP_AT = "02:30"  # each night, on the PC's own clock


def unit_names(choices: Choices) -> list[str]:
    """Return the services and timers that are started with the machine, by their files' names."""
    names = [service_name(each, choices) for each in choices.processes]
    if choices.screen:
        names.append("hallcall-screen.service")
    if choices.has_backups:
        names += ["hallcall-backup.timer", "hallcall-backup-test.timer"]
    return names


def service_name(process: str, choices: Choices) -> str:
    """Return the file name of a process's unit."""
    name = {"kiosk": f"-{choices.kiosk}", "agent": f"-{choices.pc}"}.get(process, "")
    return f"hallcall-{process}{name}.service"


def command_of(process: str, choices: Choices) -> list[str]:
    """Return the words of the command line of a process."""
    name = {"kiosk": choices.kiosk, "agent": choices.pc}.get(process)
    words = [*choices.program, process, str(choices.hall), "--data", choices.data]
    words += ["--name", name] if name else []
    follows = process not in ("caller", "deliver") and choices.caller
    return words + (["--caller", choices.caller] if follows else [])


def quoted(words: Sequence[str]) -> str:
    """Return words as ExecStart= takes them: its own quoting, with the specifiers' and variables' signs doubled."""
    return " ".join(_quoted(each) for each in words)


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace("%", "%%").replace("$", "$$")
    return '"' + text.replace('"', '\\"') + '"' if not text or set(text) & set(" \t'\";") else text


def _assigned(name: str, value: str) -> str:
    """Return an assignment as Environment= takes it: specifiers' signs doubled, a variable's sign as it is."""
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{name}={text}"'


def service(process: str, choices: Choices) -> str:
    """Return the unit of a process that keeps running."""
    notifies = process == "caller"
    kind = "Type=notify\nNotifyAccess=main\n" if notifies else "Type=exec\n"
    kind += f"WatchdogSec={WATCHDOG_SECONDS}\nTimeoutStartSec={START_MINUTES}min\n" if notifies else ""
    after = "network.target time-sync.target" + ("" if notifies else " hallcall-caller.service")
    log = choices.log if notifies else ""
    after += " postgresql.service" if log else ""
    environment = f"Environment={_assigned(LOG_ADDRESS, log)}\n" if log else ""
    groups = "SupplementaryGroups=dialout lp\n" if process in WITH_DEVICES else WITHOUT_DEVICES
    return (
        f"[Unit]\nDescription=hallcall {_described(process)}\nAfter={after}\nStartLimitIntervalSec=0\n\n"
        f"[Service]\n{kind}User={USER}\nGroup={USER}\nWorkingDirectory={choices.data}\n"
        f"{environment}ExecStart={quoted(command_of(process, choices))}\n"
        f"Restart=always\nRestartSec=2\nTimeoutStopSec={STOP_SECONDS}\nLimitNOFILE=65536\n"
        f"ReadWritePaths={choices.data}\n{groups}{HARDENING}\n"
        "[Install]\nWantedBy=multi-user.target\n"
    )


def _described(process: str) -> str:
    return both_words("probe" if process in ("caller", "deliver") else "role", process)


def backup_services(choices: Choices) -> dict[str, str]:
    """Return the units and timers of the nightly backup and the monthly restore test, by file name."""
    make = ["backup", "make", choices.backups, "--data", choices.data, "--days", str(choices.days)]
    if choices.keys:
        make += ["--keys", choices.keys]
    test = ["backup", "test", choices.backups]
    return {
        "hallcall-backup.service": _once("夜间备份 / nightly backup", make, choices),
        "hallcall-backup.timer": _timer("夜间备份 / nightly backup", f"*-*-* {BACKUP_AT}"),
        "hallcall-backup-test.service": _once("恢复演练 / restore test", test, choices),
        "hallcall-backup-test.timer": _timer("每月恢复演练 / monthly restore test", "*-*-02 03:30"),
    }


def _once(description: str, words: Sequence[str], choices: Choices) -> str:
    places = " ".join(filter(None, (choices.data, choices.backups, choices.keys)))
    return (
        f"[Unit]\nDescription=hallcall {description}\n\n"
        f"[Service]\nType=oneshot\nUser={USER}\nGroup={USER}\nNice=15\nIOSchedulingClass=idle\n"
        f"ExecStart={quoted([*choices.program, *words])}\n"
        f"ReadWritePaths={places}\n{WITHOUT_DEVICES}{HARDENING}"
    )


def _timer(description: str, when: str) -> str:
    return (
        f"[Unit]\nDescription=hallcall {description}\n\n"
        f"[Timer]\nOnCalendar={when}\nRandomizedDelaySec=10min\nPersistent=true\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


SCREEN_USER = "hallcall-screen"
SCREEN_UNIT = f"""\
[Unit]
Description=hallcall 取号机屏幕 / kiosk's screen
Wants=dbus.socket systemd-logind.service
After=dbus.socket systemd-logind.service systemd-user-sessions.service getty@tty1.service {{after}}
Conflicts=getty@tty1.service
ConditionPathExists=/dev/tty0
StartLimitIntervalSec=0

[Service]
User={SCREEN_USER}
PAMName=login
TTYPath=/dev/tty1
TTYReset=yes
TTYVHangup=yes
TTYVTDisallocate=yes
StandardInput=tty
StandardOutput=journal
StandardError=journal
UtmpIdentifier=tty1
UtmpMode=user
LoadCredential=page.key:{{data}}/kiosk-{{kiosk}}/page.key
ExecStart=/bin/sh {{script}}
Restart=always
RestartSec=3

[Install]
WantedBy=multi-user.target
"""
SCREEN_SCRIPT = """\
#!/bin/sh
# Shows the kiosk's page on this PC's screen; systemd hands over the page's key, which no other account reads.
set -eu
exec cage -- chromium --ozone-platform=wayland --kiosk --incognito --noerrdialogs --no-first-run \\
  --autoplay-policy=no-user-gesture-required --disable-pinch --overscroll-history-navigation=0 \\
  "{scheme}://{host}:{port}/#key=$(cat "$CREDENTIALS_DIRECTORY/page.key")"
"""
