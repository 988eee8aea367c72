"""Enrolling a station by the code it shows, and revoking one: the caller decides, and this is the form."""

from pathlib import Path
from typing import Any

from nicegui import ui

from caller.engine.envelope import EnrolStation, RevokeStation
from caller.identity.enrolment import station_names
from caller.protocol.permissions import ENROLLED_ROLES
from config.process.tls import AUTO, fingerprint, hall_ca
from config.settings import Settings
from display.office.acting import PLACE
from display.office.screen import OfficeScreen, answer_of, dialog_box

FIRST_ROLE = "window"  # of most stations


def enrol_button(screen: OfficeScreen) -> None:
    """Draw the button that opens the form, for a person who may enrol."""
    if screen.may(EnrolStation):
        ui.button(screen.say("enrol"), on_click=lambda: _enrol(screen)).classes("above")


class EnrolmentForm:
    """Code, role and name of a station. Where the hall's settings name the stations of a role, one of them is chosen."""

    def __init__(self, screen: OfficeScreen) -> None:
        self._screen = screen
        self.code = ui.input(screen.say("code")).props(
            "outlined dense maxlength=32 autofocus autocomplete=off"
        )
        roles = {role: screen.word("role", role) for role in ENROLLED_ROLES}
        self.role = ui.select(roles, label=screen.say("role"), value=FIRST_ROLE, on_change=self._choose)
        self._listed = ui.select([], label=screen.say("name"), with_input=True)
        self._typed = ui.input(screen.say("name")).props("outlined dense maxlength=32 autocomplete=off")
        for field in (self.role, self._listed):
            field.props("outlined dense")
        self._choose()

    def _choose(self) -> None:
        """Offer the names of the chosen role."""
        names = station_names(str(self.role.value), self._screen.settings)
        self._listed.set_visibility(names is not None)
        self._typed.set_visibility(names is None)
        windows = {each.id: f"{each.id} {self._screen.named(each)}" for each in self._screen.settings.windows}
        ordered = sorted(names or (), key=lambda name: (len(name), name))
        self._listed.set_options({name: windows.get(name, name) for name in ordered}, value=None)
        self._typed.value = ""

    @property
    def command(self) -> EnrolStation:
        name = self._listed.value if self._listed.visible else self._typed.value
        return EnrolStation((self.code.value or "").strip(), str(self.role.value), (name or "").strip())

    def clear(self) -> None:
        """Make ready for the next station of this role."""
        self.code.value = ""
        self._choose()
        self.code.run_method("focus")


def ca_fingerprint(settings: Settings, data: Path) -> str:
    """Return the fingerprint of the hall's CA as a new screen shows it; empty where the hall has no TLS of its own."""
    return fingerprint(hall_ca(data)) if settings.listen.tls == AUTO else ""


async def _enrol(screen: OfficeScreen) -> None:
    """Enrol one station after the other until the person closes the form; what was done stays in sight."""
    with dialog_box(screen.say("enrol"), "ask form") as dialog:
        ui.label(screen.say("enrol")).classes("question")
        ui.label(screen.say("enrol-how"))
        if printed := ca_fingerprint(screen.settings, screen.office.data):
            ui.label(screen.say("fingerprint", fingerprint=printed))
        form = EnrolmentForm(screen)
        done = ui.column().props('role="status"').classes("done")
        with ui.row().classes("verbs"):
            ui.button(screen.say("enrol-this"), on_click=lambda: _send(screen, form, done))
            ui.button(screen.say("close"), on_click=dialog.close).props("outline")
    await answer_of(dialog)


async def _send(screen: OfficeScreen, form: EnrolmentForm, done: ui.column) -> None:
    command = form.command
    result = await screen.send(command)
    if result is None or done.is_deleted:
        return
    about = {"role": screen.word("role", command.role), "name": command.name}
    with done:
        ui.label(screen.say("enrol-done", address=result["address"], **about))
        if result["replaced"]:
            ui.label(screen.say("replaced", **about)).classes("warning")
    form.clear()


def revoke_button(screen: OfficeScreen, row: dict[str, Any]) -> None:
    """Draw the button that revokes a station of the document; this office itself is revoked at the command line only."""
    if screen.may(RevokeStation) and f"{row['role']}/{row['name']}" != PLACE:
        ui.button(screen.say("revoke"), on_click=lambda: _revoke(screen, row)).props("outline color=negative")


async def _revoke(screen: OfficeScreen, row: dict[str, Any]) -> None:
    about = {"role": screen.word("role", row["role"]), "name": row["name"]}
    if await screen.ask(
        screen.say("revoke-sure", **about), screen.say("revoke"), [screen.say("revoke-what")]
    ):
        await screen.send(RevokeStation(row["role"], row["name"]), screen.say("revoke-done", **about))
