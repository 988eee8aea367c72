"""Accounts: who works here, what they may do, and their first password. Each change is an act in the chain.

A manager cannot disable themselves or take their own role away, so that one manager is always left. A drawn password is
shown once, in the dialog that made it, and is in no log.
"""

import time
from typing import Any

from nicegui import ui

from caller.identity.accounts import STARS, Account, AccountKind, new_secret, roles_for
from config.text_safety import for_html
from display.office.acting import act_of, administer
from display.office.pages.account_portrait import PortraitBox
from display.office.parts import DataTable, TableColumn
from display.office.screen import OfficePage, OfficeScreen, answer_of, dialog_box

COLUMNS = ("staff", "name", "roles", "department", "star", "kind", "state")
STATE_LIGHTS = {"usable": "green", "must-change": "yellow", "locked": "red", "disabled": "grey"}


def draw(screen: OfficeScreen) -> None:
    """Draw the table of all accounts."""
    ui.button(screen.say("new"), on_click=lambda: _add(screen)).classes("above")
    columns = [TableColumn(each, screen.say(each), each == "star") for each in COLUMNS]
    DataTable(
        screen,
        columns,
        lambda: _rows(screen),
        lambda staff: _detail(screen, staff),
        search=True,
        rows_a_page=50,
    )


def _rows(screen: OfficeScreen) -> list[dict[str, Any]]:
    store = screen.office.accounts
    store.refresh()
    locked = store.locked(time.time_ns() // 1000)
    return [_row(screen, each, _state(each, each.staff in locked)) for each in store.all()]


def _state(account: Account, locked: bool) -> str:
    if account.disabled:
        return "disabled"
    return "locked" if locked else "must-change" if account.must_change else "usable"


def _row(screen: OfficeScreen, account: Account, state: str) -> dict[str, Any]:
    return {
        "id": account.staff, "light": STATE_LIGHTS[state], "staff": account.staff, "name": account.name,
        "roles": screen.listed(screen.word("account-role", each) for each in account.roles),
        "department": _department(screen, account.department), "star": account.star or "",
        "kind": screen.say(f"kind-{account.kind}"), "state": screen.word("account-state", state),
    }  # fmt: skip


def _department(screen: OfficeScreen, id: str) -> str:
    return next((screen.named(each) for each in screen.settings.departments if each.id == id), id)


class AccountFields:
    """The inputs of what an account says of a person."""

    def __init__(self, screen: OfficeScreen, account: Account | None) -> None:
        known = account or Account("")
        departments = {each.id: screen.named(each) for each in screen.settings.departments}
        if known.department and known.department not in departments:
            departments[known.department] = known.department
        self._screen = screen
        self.name = ui.input(screen.say("name"), value=known.name).props("outlined dense maxlength=64")
        self.roles = ui.select([], label=screen.say("roles"), multiple=True)
        self.department = ui.select(
            {"": screen.say("none"), **departments}, label=screen.say("department"), value=known.department
        )
        self.star = ui.select({each: str(each) for each in STARS}, label=screen.say("star"), value=known.star)
        self.party = ui.checkbox(screen.say("party"), value=known.party)
        for each in (self.roles, self.department, self.star):
            each.props("outlined dense options-dense")
        self.roles.props("use-chips")
        self.is_for(known.kind, list(known.roles))

    def is_for(self, kind: AccountKind, roles: list[str]) -> None:
        """Show the fields of a person or of a program's key, which has scopes and no face."""
        screen, may = self._screen, roles_for(kind)
        self.roles.set_options(
            {each: screen.word("account-role", each) for each in may},
            value=[each for each in roles if each in may],
        )
        self.roles.props(f'label="{screen.say("scopes" if kind == "key" else "roles")}"')
        for each in (self.department, self.star, self.party):
            each.set_visibility(kind == "person")

    def given(self) -> dict[str, Any]:
        """Return the fields as the account has them."""
        return {
            "name": (self.name.value or "").strip(), "department": self.department.value or "",
            "star": int(self.star.value or 0), "party": bool(self.party.value),
        }  # fmt: skip


async def _add(screen: OfficeScreen) -> None:
    """Ask for a new account, add it, and show its first password once."""
    with dialog_box(screen.say("new"), "ask form") as dialog:
        ui.label(screen.say("new")).classes("question")
        staff = ui.input(screen.say("staff")).props("outlined dense maxlength=32 autofocus")
        key = ui.checkbox(screen.say("key"))
        fields = AccountFields(screen, None)
        pin = ui.checkbox(screen.say("pin")).bind_visibility_from(key, "value", value=False)
        key.on_value_change(lambda: fields.is_for("key" if key.value else "person", list(fields.roles.value)))
        _verbs(screen, dialog, screen.say("add"))
    while await dialog:
        kind: AccountKind = "key" if key.value else "person"
        number = (staff.value or "").strip()
        made = Account(
            number, roles=tuple(fields.roles.value), kind=kind, must_change=not key.value, **fields.given()
        )
        secret = new_secret(made, bool(pin.value) and kind == "person")
        act = act_of(screen, "account-added", f"account/{number}")

        def added(made: Account = made, secret: str = secret, act: Any = act) -> bool:
            screen.office.accounts.add(made, secret, act)
            return True

        if await administer(screen, "accounts", added):
            await _show_secret(screen, made, secret)
            break
        dialog.open()
    if not dialog.is_deleted:
        dialog.delete()


async def _detail(screen: OfficeScreen, staff: str) -> None:
    """Show one account with what may be done to it."""
    account = screen.office.accounts.get(staff)
    if account is None:
        return
    with dialog_box(staff, "ask form") as dialog:
        ui.html(for_html(f"{staff} {account.name}"), sanitize=False, tag="h2")
        fields = AccountFields(screen, account)
        if account.kind == "person":
            PortraitBox(screen, account)
        with ui.row().classes("verbs"):
            ui.button(screen.say("save"), on_click=lambda: dialog.submit("save"))
            renew = "reset" if account.kind == "person" else "reset-key"
            ui.button(screen.say(renew), on_click=lambda: dialog.submit("reset")).props("outline")
            if account.kind == "person":
                ui.button(screen.say("reset-pin"), on_click=lambda: dialog.submit("pin")).props("outline")
            ui.button(screen.say("unlock"), on_click=lambda: dialog.submit("unlock")).props("outline")
            verb = "enable" if account.disabled else "disable"
            ui.button(screen.say(verb), on_click=lambda: dialog.submit(verb)).props("outline")
            ui.button(screen.say("close"), on_click=lambda: dialog.submit("")).props("outline")
    chosen = await answer_of(dialog)
    given, roles = fields.given(), tuple(fields.roles.value)
    match chosen:
        case "save":
            await _save(screen, account, given, roles)
        case "reset" | "pin":
            await _reset(screen, account, chosen == "pin")
        case "unlock":
            act = act_of(screen, "account-unlocked", f"account/{staff}")
            unlocked = screen.say("unlock-done", staff=staff)
            await administer(screen, "accounts", lambda: screen.office.accounts.unlock(staff, act), unlocked)
        case "disable" | "enable":
            await _switch(screen, account, chosen == "disable")
        case _:
            return


async def _save(
    screen: OfficeScreen, account: Account, given: dict[str, Any], roles: tuple[str, ...]
) -> None:
    store, staff = screen.office.accounts, account.staff
    if staff == screen.session.staff and "manager" not in roles:
        screen.note(screen.say("own-role"), good=False)
        return
    changed = {name: value for name, value in given.items() if value != getattr(account, name)}
    done = screen.say("saved", staff=staff)
    if changed:
        act = act_of(screen, "account-changed", f"account/{staff}")
        if await administer(screen, "accounts", lambda: store.change(staff, act, **changed), done) is None:
            return
    if set(roles) != set(account.roles):
        act = act_of(screen, "account-roles", f"account/{staff}")
        await administer(screen, "accounts", lambda: store.change(staff, act, roles=roles), done)


async def _reset(screen: OfficeScreen, account: Account, pin: bool) -> None:
    """Draw a new secret and show it once."""
    staff, secret = account.staff, new_secret(account, pin)
    sure, verb = ("reset-sure", "reset") if account.kind == "person" else ("reset-key-sure", "reset-key")
    if not await screen.ask(screen.say(sure, staff=staff), screen.say(verb)):
        return
    act, must = act_of(screen, "account-password", f"account/{staff}"), account.kind == "person"
    store = screen.office.accounts
    if await administer(
        screen, "accounts", lambda: store.change(staff, act, secret=secret, must_change=must)
    ):
        await _show_secret(screen, account, secret)


async def _switch(screen: OfficeScreen, account: Account, disabled: bool) -> None:
    staff = account.staff
    if staff == screen.session.staff:
        screen.note(screen.say("own-role"), good=False)
        return
    verb = "disable" if disabled else "enable"
    if not await screen.ask(screen.say(f"{verb}-sure", staff=staff), screen.say(verb)):
        return
    act = act_of(screen, "account-disabled" if disabled else "account-enabled", f"account/{staff}")
    done = screen.say(f"{verb}-done", staff=staff)
    await administer(
        screen, "accounts", lambda: screen.office.accounts.change(staff, act, disabled=disabled), done
    )


async def _show_secret(screen: OfficeScreen, account: Account, secret: str) -> None:
    part = "key" if account.kind == "key" else "secret"
    with dialog_box(screen.say("key-secret" if part == "key" else "password"), "ask") as dialog:
        dialog.props("persistent")
        ui.label(screen.say(f"{part}-once", staff=account.staff)).classes("question")
        ui.label(secret).classes("secret")
        ui.label(screen.say(f"{part}-change"))
        ui.button(screen.say("noted"), on_click=dialog.close)
    await answer_of(dialog)


def _verbs(screen: OfficeScreen, dialog: ui.dialog, verb: str) -> None:
    with ui.row().classes("verbs"):
        ui.button(verb, on_click=lambda: dialog.submit(True))
        ui.button(screen.say("cancel"), on_click=lambda: dialog.submit(False)).props("outline")


PAGE = OfficePage("accounts", frozenset({"manager"}), draw)
