"""The recorded voice, in the office: which phrases of the hall's calls a person says and which the synthesiser, one heard, one
taken in, one removed.

A recording is checked as a whole before it is kept (`display.voice.hall_phrases`); what cannot be used is said in words and
changes nothing. Who adds or removes one is in the audit. The next call is said with it.
"""

import asyncio
import base64
from pathlib import Path
from typing import Any, cast

from msgspec.structs import replace
from nicegui import ui
from nicegui.events import UploadEventArguments

from config.settings import Settings
from display.office.acting import note
from display.office.parts import DataTable, TableColumn, facts, heading
from display.office.screen import OfficeScreen, answer_of, dialog_box
from display.voice.hall_phrases import Phrase, PhraseState, hall_phrases, remove_clip, state_of, take_clip
from display.voice.speech_audio import CLIP_BYTES_MAX, ClipError, check_clip, espeak, espeak_found, to_wav

COLUMNS = ("phrase", "language", "kind", "said")
LIGHTS = {"recorded": "green", "folder": "green", "broken": "red", "synthesised": "grey"}


class VoiceClips:
    """The phrases of one hall, on the page of one person. `settings`: those of the draft."""

    def __init__(self, screen: OfficeScreen, settings: Settings) -> None:
        self._screen, self._data = screen, screen.office.data
        self._settings = _beside(screen.office.hall_folder, settings)
        self._phrases = {each.id: each for each in hall_phrases(settings)}
        self._states: dict[str, PhraseState] = {}
        heading(screen.say("clips"))
        ui.label(screen.say("clips-how")).classes("quiet")
        self._sum = ui.label("").classes("clips-sum")
        columns = [TableColumn(each, screen.say(f"clip-{each}")) for each in COLUMNS]
        DataTable(screen, columns, self._rows, self._open, search=True, rows_a_page=25)
        ui.timer(0, self.read, once=True)

    async def read(self) -> None:
        """Look at the folders."""
        self._states = await asyncio.to_thread(self._looked)
        calls = [self._states[id] for id, each in self._phrases.items() if each.kind == "phrase"]
        missing = sum(each.said_by in ("synthesised", "broken") for each in calls)
        self._sum.text = self._screen.say("clips-sum", count=len(calls) - missing, all=len(calls))

    def _looked(self) -> dict[str, PhraseState]:
        return {id: state_of(each, self._settings, self._data) for id, each in self._phrases.items()}

    def _rows(self) -> list[dict[str, Any]]:
        screen = self._screen
        return [
            {
                "id": id, "light": LIGHTS[state.said_by], "phrase": each.text,
                "language": screen.word("notice-language", each.language), "kind": screen.say(f"clip-{each.kind}"),
                "said": self._said(state),
            }
            for id, each in self._phrases.items() if (state := self._states.get(id))
        ]  # fmt: skip

    def _said(self, state: PhraseState) -> str:
        return self._screen.say(f"clip-by-{state.said_by}", seconds=f"{state.seconds:.1f}")

    # --- one phrase

    async def _open(self, id: str) -> None:
        """Show a phrase until the person closes it or has changed who says it."""
        screen, phrase, state = self._screen, self._phrases[id], self._states[id]
        heard = await asyncio.to_thread(_sound, phrase, state)
        with dialog_box(phrase.text, "ask") as dialog:
            ui.label(phrase.text).classes("question")
            facts([
                (screen.say("clip-language"), screen.word("notice-language", phrase.language)),
                (screen.say("clip-said"), self._said(state)), (screen.say("clip-why"), _one(state.why, screen)),
            ])  # fmt: skip
            if heard:
                player = ui.audio(f"data:audio/wav;base64,{base64.b64encode(heard).decode()}")
                player.props["aria-label"] = screen.say("clip-hear", text=phrase.text)
            else:
                ui.label(screen.say("clip-silent")).classes("quiet")
            ui.label(screen.say("clip-wanted")).classes("quiet")
            upload = ui.upload(
                label=screen.say("clip-add"), auto_upload=True, max_file_size=CLIP_BYTES_MAX,
                on_upload=lambda event: self._taken(event, phrase, dialog),
                on_rejected=lambda: screen.note(screen.say("clip-large"), good=False),
            )  # fmt: skip
            upload.props('accept=".wav" flat bordered').classes("import")
            with ui.row().classes("verbs"):
                if state.path and state.path.is_relative_to(self._data):
                    ui.button(screen.say("remove"), on_click=lambda: self._removed(phrase, dialog)).props(
                        "outline"
                    )
                ui.button(screen.say("close"), on_click=dialog.close).props("outline")
        await answer_of(dialog)

    async def _taken(self, event: UploadEventArguments, phrase: Phrase, dialog: ui.dialog) -> None:
        screen, wav = self._screen, await event.file.read()
        try:
            await asyncio.to_thread(check_clip, wav)
            await asyncio.to_thread(note, screen, "clip-added", "clips")
            length = await asyncio.to_thread(take_clip, phrase, self._data, wav)
        except (ClipError, OSError) as error:
            screen.note(
                screen.say("clip-not", name=event.file.name, why=_one(str(error), screen)), good=False
            )
            cast(ui.upload, event.sender).reset()
            return
        screen.note(screen.say("clip-done", text=phrase.text, seconds=f"{length:.1f}"))
        dialog.close()
        await self.read()

    async def _removed(self, phrase: Phrase, dialog: ui.dialog) -> None:
        screen = self._screen
        if not await screen.ask(screen.say("clip-sure", text=phrase.text), screen.say("remove")):
            return
        await asyncio.to_thread(note, screen, "clip-removed", "clips")
        await asyncio.to_thread(remove_clip, phrase, self._data)
        dialog.close()
        await self.read()


def _sound(phrase: Phrase, state: PhraseState) -> bytes:
    """Return the WAV of a phrase as the hall hears it today; empty where nothing says it. Blocks."""
    if state.path and state.said_by != "broken":
        return state.path.read_bytes()
    samples = espeak(phrase.text, phrase.language) if espeak_found() else None
    return to_wav(samples) if samples else b""


def _beside(folder: Path, settings: Settings) -> Settings:
    """Return the settings with the folder of clips that they name beside the hall's file."""
    voice = settings.voice
    return (
        replace(settings, voice=replace(voice, clips=str(folder / voice.clips))) if voice.clips else settings
    )


def _one(text: str, screen: OfficeScreen) -> str:
    """Return words in both languages in the one of the person."""
    zh, _, en = text.partition(" / ")
    return (en or zh) if screen.lang == "en" else zh
