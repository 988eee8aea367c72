"""The console as a Textual app: the desk screen, the help, nothing else."""

from collections.abc import Callable

from textual.app import App

from caller.console.caller_link import CallerLink
from caller.console.menus.help import HelpDialog
from caller.console.presentation import HallNames
from caller.console.screen import DeskScreen
from caller.console.words import Lang, say
from caller.service.clock import wall_micros
from config.settings import Settings


class Console(App[None]):
    """One window's console. `now` is injected so that pictures of it can be compared."""

    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 as Textual types it
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012 as Textual types it

    def __init__(
        self,
        link: CallerLink,
        settings: Settings,
        window: str,
        clerk: str = "",
        lang: Lang = "zh",
        now: Callable[[], int] = wall_micros,
    ) -> None:
        super().__init__()
        names = HallNames(settings, lang)
        self._lang: Lang = lang
        self._desk = DeskScreen(link, window, names, settings.hall.zone, now).signing_in_as(clerk)
        self.title = names.window(window)

    def on_mount(self) -> None:
        self.push_screen(self._desk)

    def action_help_quit(self) -> None:
        """Ctrl+C is no way out, lest it be pressed by habit; says which key is."""
        self.notify(say(self._lang, "how-to-quit"), severity="warning")

    def action_help(self) -> None:
        if not isinstance(self.screen, HelpDialog):
            self.push_screen(HelpDialog(self._lang))
