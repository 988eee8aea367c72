"""The photo of an account in its dialog: what there is, another one, none. Each change is an act in the chain at once.

What is handed in is made a portrait (`caller.identity.portraits`) before anything of it is kept; what will not do is told in
words and changes nothing.
"""

import asyncio
import base64
from collections.abc import Callable

from nicegui import ui
from nicegui.events import UploadEventArguments

from caller.identity.accounts import Account
from caller.identity.portraits import FILE_BYTES_MAX, portrait
from display.office.acting import act_of, administer
from display.office.screen import OfficeScreen


class PortraitBox:
    """The photo in the element that is open now."""

    def __init__(self, screen: OfficeScreen, account: Account) -> None:
        self._screen, self._account = screen, account
        with ui.element("div").classes("portrait"):
            self._face = ui.element("div").classes("face")
            with ui.element("div").classes("hands"):
                self._upload = ui.upload(
                    label=screen.say("photo-take"), auto_upload=True, max_file_size=FILE_BYTES_MAX,
                    on_upload=self._taken, on_rejected=lambda: screen.note(screen.say("photo-rejected"), good=False),
                )  # fmt: skip
                self._upload.props('accept=".jpg,.jpeg,.png" flat bordered').classes("import")
                self._remove = ui.button(screen.say("photo-remove"), on_click=self._removed).props("outline")
                ui.label(screen.say("photo-how")).classes("quiet")
                if "photo" not in screen.settings.accounts.card:
                    ui.label(screen.say("photo-hidden")).classes("quiet")
        ui.timer(0, self._draw, once=True)

    async def _draw(self) -> None:
        """Show what the account has."""
        screen, name = self._screen, self._account.photo
        picture = await asyncio.to_thread(screen.office.accounts.portrait, name) if name else None
        self._remove.set_visibility(bool(name))
        self._face.clear()
        with self._face:
            if picture:
                shown = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
                face = ui.element("img")
                face.props["src"], face.props["alt"] = (
                    shown,
                    screen.say("photo-of", staff=self._account.staff),
                )
            else:
                ui.label(screen.say("photo-file", name=name) if name else screen.say("photo-none"))

    async def _taken(self, event: UploadEventArguments) -> None:
        given = await event.file.read()
        self._upload.reset()
        await self._change(lambda: portrait(given), "photo-done")

    async def _removed(self) -> None:
        staff = self._account.staff
        if await self._screen.ask(
            self._screen.say("photo-sure", staff=staff), self._screen.say("photo-remove")
        ):
            await self._change(lambda: b"", "photo-gone")

    async def _change(self, made: Callable[[], bytes], done: str) -> None:
        screen, staff = self._screen, self._account.staff
        act = act_of(screen, "account-changed", f"account/{staff}")
        changed = await administer(
            screen,
            "accounts",
            lambda: screen.office.accounts.set_portrait(staff, act, made()),
            screen.say(done, staff=staff),
        )
        if changed:
            self._account = changed
            await self._draw()
