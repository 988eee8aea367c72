"""Which devices a PC owns: the config decides, and all its mistakes are told before a port is opened."""

from typing import Any

import pytest

from config.settings import Device, HallTable, Kiosk, Settings
from devices.inventory import DEFAULT_PROFILES, BuildContext, InventoryMistakes, kiosk_rows, rows, topics


def hall(*devices: Device) -> Settings:
    return Settings(HallTable("t1", "大厅"), (), (), (), devices=devices)


def device(name: str, kind: Any = "evaluator", **facts: Any) -> Device:
    given: dict[str, Any] = {"port": f"serial:///dev/{name}", "window": "3", **facts}
    return Device(name, kind, **given)


def mistakes(settings: Settings, **ports: str) -> str:
    with pytest.raises(InventoryMistakes) as caught:
        rows(settings, "pc-1", ports)
    return str(caught.value)


def test_a_pc_owns_its_own_devices_and_no_printer() -> None:
    settings = hall(device("e1"), device("e2", agent="pc-2"), device("p1", "printer", port="tcp://h:9100"))
    assert [row.device.name for row in rows(settings, "pc-1", {})] == ["e1"]


@pytest.mark.parametrize("kind", DEFAULT_PROFILES)
def test_every_kind_has_a_profile_when_the_hall_names_none(kind: str) -> None:
    assert rows(hall(device("d", kind)), "pc-1", {})[0].profile.kind == kind


def test_a_reader_on_a_kiosk_belongs_to_the_kiosk_and_to_no_agent_of_that_name() -> None:
    hung = device("cards", "reader", agent="k1", window="")
    settings = Settings(
        HallTable("t1", "大厅"), (), (), (), kiosks=(Kiosk("k1"),),
        devices=(hung, device("s1", "sign", agent="k1"), device("r2", "reader", agent="pc-1")),
    )  # fmt: skip
    assert [row.device.name for row in kiosk_rows(settings, "k1", {})] == ["cards"]
    assert [row.device.name for row in rows(settings, "k1", {})] == ["s1"]
    assert [row.device.name for row in rows(settings, "pc-1", {})] == ["r2"]
    assert kiosk_rows(settings, "pc-1", {}) == []


def test_what_must_be_watched_follows_from_the_devices() -> None:
    settings = hall(device("e1"), device("s0", "sign", window=""), device("s4", "sign", window="4"))
    owned = rows(settings, "pc-1", {})
    assert topics(BuildContext(settings), owned) == ["board", "window/3", "window/4"]


def test_a_port_may_be_named_anew() -> None:
    owned = rows(hall(device("e1")), "pc-1", {"e1": "serial:///tmp/twin?address=7"})
    assert (owned[0].where.place, owned[0].address) == ("/tmp/twin", 7)


def test_all_mistakes_are_told_at_once() -> None:
    settings = hall(
        device("e1", profile="evaluator-sum6"),
        device("e2", port="usb://1:2"),
        device("e3", profile="sign-strip"),
        device("e4", window=""),
        device("e5", port="serial:///dev/bus"),
        device("e6", port="serial:///dev/bus"),
        device("e7", port="serial:///dev/bus?address=2"),
    )
    words = mistakes(settings, e9="serial:///dev/x")
    assert [name for name in ("e1", "e2", "e3", "e4", "e5", "e6", "e7", "e9") if f" {name}:" in words] == [
        "e1", "e2", "e3", "e4", "e6", "e9",
    ]  # fmt: skip
    assert "evaluator-sum5" in words
