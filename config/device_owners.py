"""Which program of the hall opens a device: a kiosk's own process, or the agent of its PC. Pure."""

from config.settings import Device, Settings


def is_on_kiosk(settings: Settings, device: Device) -> bool:
    """Return whether a kiosk's own process opens this reader, for the applicant before it."""
    return device.kind == "reader" and any(kiosk.id == device.agent for kiosk in settings.kiosks)


def agent_printers(settings: Settings, pc: str) -> list[Device]:
    """Return the printers that the agent of `pc` drives: those that no kiosk prints on."""
    at_kiosks = {name for kiosk in settings.kiosks for name in kiosk.printers}
    return [
        each
        for each in settings.devices
        if each.kind == "printer" and each.agent == pc and each.name not in at_kiosks
    ]


def agents(settings: Settings) -> list[str]:
    """Return the PCs whose agent drives a device: one that no kiosk's own process opens."""
    at_kiosks = {name for kiosk in settings.kiosks for name in kiosk.printers}
    own = [row for row in settings.devices if row.name not in at_kiosks and not is_on_kiosk(settings, row)]
    return sorted({each.agent for each in own})
