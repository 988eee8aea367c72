"""The versions of the settings at the office, what each changed, taking one back; and what a rehearsal found."""

import asyncio
from collections.abc import Callable

from nicegui import ui

from caller.engine.commands import ChangeSettings
from caller.simulate.rehearsal_tables import NAMED_MAX
from caller.simulate.rehearse import Rehearsal, WaitChange
from config.versions import Version, contents
from display.office.parts import DataTable, TableColumn, heading
from display.office.screen import OfficeScreen
from display.office.settings_draft import SettingsDraft
from display.office.words import office_word

FIELDS_SHOWN = 4


def draw_versions(screen: OfficeScreen, draft: SettingsDraft, again: Callable[[], None]) -> None:
    """Draw the versions, newest first; a row opens what it changed. `again`: called after a version was taken back."""
    found = draft.versions(draft.base)
    rows = [_row(screen, each) for each in found]
    columns = [
        TableColumn(each, screen.say(f"version-{each}"))
        for each in ("number", "when", "who", "source", "fields")
    ]

    async def open_version(id: str) -> None:
        await _open(screen, draft, next(each for each in found if str(each.number) == id), again)

    DataTable(screen, columns, lambda: rows, open_version, rows_a_page=25)


def _row(screen: OfficeScreen, version: Version) -> dict[str, str]:
    note = version.note
    account = screen.office.accounts.get(note.account) if note.account else None
    source = screen.say(f"source-{note.source}", number=note.taken_back)
    more = f" … {len(note.fields)}" if len(note.fields) > FIELDS_SHOWN else ""
    return {
        "id": str(version.number), "number": str(version.number), "when": screen.date_and_clock(note.at),
        "who": f"{note.account} {account.name if account else ''}".strip() or f"{note.role}/{note.station}",
        "source": source, "fields": ", ".join(note.fields[:FIELDS_SHOWN]) + more,
    }  # fmt: skip


async def _open(
    screen: OfficeScreen, draft: SettingsDraft, version: Version, again: Callable[[], None]
) -> None:
    """Show what a version changed, with the verb that takes it back."""
    found = await asyncio.to_thread(draft.differences, version.number)
    with ui.context.client, ui.dialog() as dialog, ui.card().classes("detail"):
        heading(screen.say("version-title", number=version.number))
        for each in found:
            ui.label(str(each)).classes("change")
        if not found:
            ui.label(screen.say("first-version" if version.number == 1 else "no-difference"))
        with ui.row().classes("verbs"):
            if version.number != draft.base and screen.may(ChangeSettings):
                ui.button(screen.say("take-back"), on_click=lambda: dialog.submit("back"))
            ui.button(screen.say("close"), on_click=dialog.close).props("outline")
    wanted = await dialog
    dialog.delete()
    question = screen.say("take-back-sure", number=version.number)
    if wanted == "back" and await screen.ask(question, screen.say("take-back")):
        hash = await asyncio.to_thread(lambda: draft.store.put_draft(contents(version)))
        command = ChangeSettings(hash, draft.base, taken_back=version.number)
        done = await screen.send(command)
        if done is not None:
            screen.note(screen.say("saved", version=done["version"]))
            again()


async def put_in_force(screen: OfficeScreen, draft: SettingsDraft) -> bool:
    """Put a draft in force as the next version, and begin anew as it; return whether the caller took it."""
    hash = await asyncio.to_thread(draft.hash)
    done = await screen.send(ChangeSettings(hash, draft.base))
    if done is None:
        return False
    screen.note(office_word(screen.lang, "settings", "saved", version=done["version"]))
    if still := done.get("kept"):
        names = ", ".join(map(str, still))
        screen.note(office_word(screen.lang, "settings", "still-used", names=names))
    draft.begin(draft.settings, int(done["version"]))
    screen.office.adopt(draft.settings, draft.base)
    return True


def draw_rehearsal(screen: OfficeScreen, found: Rehearsal) -> None:
    """Draw the waits before and after, and who would have waited longer."""
    settings = screen.settings
    names = {each.id: screen.named(each) for each in (*settings.queues, *settings.classes)}
    heading(screen.say("rehearsal", days=len(found.days)))
    ui.label(" ".join(found.days)).classes("quiet")
    columns = [
        TableColumn(each, screen.say(f"r-{each}"), each != "what")
        for each in ("what", "visits", "p50", "p50_after", "p90", "p90_after", "longer", "shorter")
    ]
    rows = [_waits("all", screen.say("all"), found.all)]
    rows += [
        _waits(f"queue {queue}", f"{queue} {names.get(queue, '')}", each)
        for queue, each in found.queues.items()
    ]
    rows += [_waits(f"class {name}", names.get(name, name), each) for name, each in found.classes.items()]
    DataTable(screen, columns, lambda: rows)
    if found.new_windows:
        ui.label(screen.say("new-windows", windows=" ".join(found.new_windows))).classes("later")
    for code, (before, after) in (("not-called", found.not_called), ("turned-away", found.turned_away)):
        if before or after:
            ui.label(f"{screen.say(code)}: {before} → {after}")
    heading(screen.say("longer", count=len(found.longer)))
    if found.longer:
        listed = [TableColumn(each, screen.say(f"l-{each}"), each in ("before", "after")) for each in ("number", "who", "came", "before", "after")]  # fmt: skip
        longer = [
            {
                "id": f"{each.day} {each.number}", "number": each.number, "who": names.get(each.priority, each.priority),
                "came": screen.date_and_clock(each.came), "before": f"{each.before:.1f}", "after": f"{each.after:.1f}",
            }
            for each in found.longer[:NAMED_MAX]
        ]  # fmt: skip
        DataTable(screen, listed, lambda: longer)
    for day in found.left_out:
        ui.label(f"{screen.say('left-out')}: {day}").classes("quiet")


def _waits(id: str, what: str, change: WaitChange) -> dict[str, str | int]:
    minutes = {
        "p50": change.p50_before, "p50_after": change.p50_after, "p90": change.p90_before, "p90_after": change.p90_after,
    }  # fmt: skip
    shown: dict[str, str | int] = {name: f"{value:.1f}" for name, value in minutes.items()}
    return {
        "id": id,
        "what": what.strip(),
        "visits": change.visits,
        **shown,
        "longer": change.longer,
        "shorter": change.shorter,
    }
