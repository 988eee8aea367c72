"""Which devices a PC owns: the config decides, and a device whose row is wrong takes no neighbour down."""

from typing import Any

import pytest

from config.settings import Device, HallTable, Kiosk, Settings
from devices.inventory import BuildContext, Inventory, PortOptionMistake, agent_devices, kiosk_devices, topics
from devices.profiles.profile import DEFAULT_PROFILES


def hall(*devices: Device) -> Settings:
    return Settings(HallTable("t1", "大厅"), (), (), (), devices=devices)


def device(name: str, kind: Any = "evaluator", **facts: Any) -> Device:
    given: dict[str, Any] = {"port": f"serial:///dev/{name}", "window": "3", **facts}
    return Device(name, kind, **given)


def names(settings: Settings, pc: str) -> list[str]:
    return [each.device.name for each in agent_devices(settings, pc, {}).entries]


def test_a_pc_owns_its_own_devices_and_no_printer() -> None:
    settings = hall(device("e1"), device("e2", agent="pc-2"), device("p1", "printer", port="tcp://h:9100"))
    assert names(settings, "pc-1") == ["e1"]


@pytest.mark.parametrize("kind", DEFAULT_PROFILES)
def test_every_kind_has_a_profile_when_the_hall_names_none(kind: str) -> None:
    assert agent_devices(hall(device("d", kind)), "pc-1", {}).entries[0].profile.kind == kind


def test_a_reader_on_a_kiosk_belongs_to_the_kiosk_and_to_no_agent_of_that_name() -> None:
    hung = device("cards", "reader", agent="k1", window="")
    settings = Settings(
        HallTable("t1", "大厅"), (), (), (), kiosks=(Kiosk("k1"),),
        devices=(hung, device("s1", "sign", agent="k1"), device("r2", "reader", agent="pc-1")),
    )  # fmt: skip
    assert [each.device.name for each in kiosk_devices(settings, "k1", {}).entries] == ["cards"]
    assert names(settings, "k1") == ["s1"]
    assert names(settings, "pc-1") == ["r2"]
    assert kiosk_devices(settings, "pc-1", {}) == Inventory()


def test_what_must_be_watched_follows_from_the_devices() -> None:
    settings = hall(device("e1"), device("s0", "sign", window=""), device("s4", "sign", window="4"))
    owned = agent_devices(settings, "pc-1", {})
    assert topics(BuildContext(settings), owned) == ["board", "window/3", "window/4"]


def test_a_port_may_be_named_anew() -> None:
    owned = agent_devices(hall(device("e1")), "pc-1", {"e1": "serial:///tmp/e1?address=7"}).entries
    assert (owned[0].where.place, owned[0].address) == ("/tmp/e1", 7)


def test_a_broken_device_takes_no_neighbour_down() -> None:
    settings = hall(
        device("e1", profile="evaluator-sum6"),
        device("e2", port="usb://1:2"),
        device("e3", profile="sign-strip"),
        device("e4", window=""),
        device("e5", port="serial:///dev/bus"),
        device("e6", port="serial:///dev/bus"),
        device("e7", port="serial:///dev/bus?address=2"),
        device("e8", port="tcp://127.0.0.1:99999"),
    )
    found = agent_devices(settings, "pc-1", {})
    why = {broken.device.name: broken.why for broken in found.broken}
    assert names(settings, "pc-1") == ["e5", "e7"]
    assert list(why) == ["e1", "e2", "e3", "e4", "e6", "e8"]
    assert "evaluator-sum5" in why["e1"]
    assert "e5" in why["e6"]


def test_a_port_for_a_device_that_does_not_exist_stops_the_start() -> None:
    with pytest.raises(PortOptionMistake, match="--port e9: "):
        agent_devices(hall(device("e1")), "pc-1", {"e9": "serial:///dev/x"})
