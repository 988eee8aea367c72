"""Units are what systemd takes, closed where they may be, and the choices follow from the hall's file."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from config.reading.reader import HALLS, read
from config.settings import AccountsTable, Device, Kiosk, Settings
from config.setup import units
from config.setup.choices import PROCESSES, ChoiceMistake, Choices, choose, hidden_program, needed
from config.setup.plan import SetupPlan, open_ports, plan

PROGRAM = ["/opt/hallcall/bin/hallcall"]
GIVEN = Choices(processes=[], program=PROGRAM)
VERIFY_SECONDS = 120
# Directives without which a process that is broken into could change the PC.
CLOSED = (
    "NoNewPrivileges=yes", "CapabilityBoundingSet=\n", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes",
    "RestrictSUIDSGID=yes", "RestrictNamespaces=yes", "SystemCallFilter=@system-service", "User=hallcall\n",
)  # fmt: skip


def village() -> Settings:
    return read(HALLS / "village.toml")


def all_chosen(settings: Settings, **changes: object) -> Choices:
    given = replace(GIVEN, kiosk=settings.kiosks[0].id, pc="pc-1", **changes)
    return choose(settings, PROCESSES, given)


@pytest.fixture
def planned(tmp_path: Path) -> SetupPlan:
    """Every unit there is."""
    settings = with_devices(village())
    return plan(HALLS / "village.toml", settings, all_chosen(settings, screen=True), tmp_path)


def with_devices(settings: Settings, *pcs: str) -> Settings:
    devices = tuple(Device(f"e-{pc}", "evaluator", "file:///dev/null", agent=pc) for pc in pcs or ("pc-1",))
    return replace(settings, devices=devices)


def texts(planned: SetupPlan) -> dict[str, str]:
    files = {Path(each.path).name: each.content.decode() for each in planned.files}
    return {name: text for name, text in files.items() if name.endswith((".service", ".timer"))}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_every_unit(planned: SetupPlan, tmp_path: Path):
    assert verified(texts(planned), tmp_path) == ""


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_twin_a_misspelt_directive_is_seen(planned: SetupPlan, tmp_path: Path):
    misspelt = {name: text.replace("WatchdogSec", "WatchdogSecs") for name, text in texts(planned).items()}
    assert "WatchdogSecs" in verified(misspelt, tmp_path)


def verified(files: dict[str, str], folder: Path) -> str:
    """Return what systemd says against units, with a program of this machine in place of the product's."""
    for name, text in files.items():
        text = text.replace(PROGRAM[0], shutil.which("true") or "")
        (folder / name).write_text(text, encoding="utf-8")
    command = ["systemd-analyze", "verify", "--recursive-errors=no", *(str(folder / name) for name in files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=VERIFY_SECONDS, check=False)
    said = [line for line in done.stderr.splitlines() if "hallcall" in line or str(folder) in line]
    return "\n".join(said)


def test_every_process_is_closed(planned: SetupPlan):
    services = {name: text for name, text in texts(planned).items() if name.endswith(".service")}
    services.pop("hallcall-screen.service")  # a session on the PC's screen, under an account of its own
    assert len(services) == len(PROCESSES) + 2
    for name, text in services.items():
        assert [each for each in CLOSED if each not in text] == [], name
        writable = re.findall(r"^ReadWritePaths=(.*)$", text, re.M)
        assert len(writable) == 1, name
        assert all(path.startswith(("/var/lib/", "/var/backups/")) for path in writable[0].split()), name


def test_devices_stay_within_reach_of_kiosk_and_agent_alone(planned: SetupPlan):
    """PrivateDevices, DeviceAllow and ProtectClock each close /dev to a driver loaded later: a keypad plugged in."""
    for name, text in texts(planned).items():
        opens = name.startswith(("hallcall-kiosk-", "hallcall-agent-"))
        assert ("SupplementaryGroups=dialout lp" in text) == opens, name
        if opens:
            assert not re.search(r"^(PrivateDevices|DeviceAllow|DevicePolicy|ProtectClock)=", text, re.M), (
                name
            )


def test_the_caller_alone_is_watched(planned: SetupPlan):
    watched = {
        name for name, text in texts(planned).items() if "WatchdogSec=" in text or "Type=notify" in text
    }
    assert watched == {"hallcall-caller.service"}
    assert all("StartLimitIntervalSec=0" in text for text in texts(planned).values() if "Restart=" in text)


def test_words_of_a_command_line_survive_systemd():
    assert units.quoted(["/a b", "c%d", "$e", 'f"g', "h\\"]) == '"/a b" c%%d $$e "f\\"g" h\\\\'


# --- choices


def test_a_hall_gets_what_its_file_needs():
    plain = replace(village(), kiosks=(), devices=())
    assert needed(plain) == ["caller", "web", "deliver"]
    assert needed(replace(plain, accounts=AccountsTable(required=True))) == [
        "caller",
        "web",
        "office",
        "deliver",
    ]
    one = replace(with_devices(plain), kiosks=(Kiosk("k1"),))
    assert needed(one) == ["caller", "web", "deliver", "kiosk", "agent"]
    several = replace(with_devices(plain, "pc-1", "pc-2"), kiosks=(Kiosk("k1"), Kiosk("k2")))
    assert needed(several) == ["caller", "web", "deliver"]
    assert needed(several, kiosk="k2", pc="pc-2") == ["caller", "web", "deliver", "kiosk", "agent"]


def test_several_kiosks_must_be_told_apart():
    two = replace(village(), kiosks=(Kiosk("k1"), Kiosk("k2")))
    with pytest.raises(ChoiceMistake, match="k1, k2"):
        choose(two, ["caller", "kiosk"], GIVEN)
    assert choose(two, ["caller", "kiosk"], replace(GIVEN, kiosk="k2")).kiosk == "k2"
    with pytest.raises(ChoiceMistake, match="k3"):
        choose(two, ["caller", "kiosk"], replace(GIVEN, kiosk="k3"))


@pytest.mark.parametrize(("wanted", "said"), [(["calller"], "calller"), (["web"], "--caller ws://")])
def test_a_choice_that_cannot_be_is_explained_in_both_languages(wanted: list[str], said: str):
    with pytest.raises(ChoiceMistake) as caught:
        choose(village(), wanted, GIVEN)
    zh, en = str(caught.value).split("\n")
    assert said in zh + en
    assert re.search(r"[一-龥]", zh)
    assert not re.search(r"[一-龥]", en)


def test_a_kiosk_on_a_pc_of_its_own_is_led_to_the_caller_and_makes_no_backups():
    chosen = choose(village(), ["kiosk"], replace(GIVEN, caller="ws://10.0.0.2:9300"))
    text = units.service("kiosk", chosen)
    assert "--name k1 --caller ws://10.0.0.2:9300" in text
    assert units.unit_names(chosen) == ["hallcall-kiosk-k1.service"]


def test_ports_to_open_are_those_that_others_may_reach():
    settings = village()
    chosen = choose(settings, ["caller", "web", "deliver"], GIVEN)
    assert open_ports(settings, chosen) == []
    open_hall = replace(settings, listen=replace(settings.listen, host="0.0.0.0"))
    assert open_ports(open_hall, chosen) == [("caller", 9300), ("web", 9301)]


@pytest.mark.parametrize(("path", "hidden"), [("/home/a/hallcall", True), ("/opt/home/hallcall", False)])
def test_a_program_in_a_home_folder_is_out_of_sight(path: str, hidden: bool):
    assert bool(hidden_program([path])) == hidden
