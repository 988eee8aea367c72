"""A clerk signs in with number and password at the console, on a real caller that requires accounts."""

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from caller.console.caller_link import SignInForm
from caller.console.sign_in_dialog import SignInDialog
from caller.engine import commands as cmd
from tests.caller.service.test_account_sessions import REQUIRED, change, hall_with_persons
from tests.instruments.caller_fixture import PASSWORD, Room, run
from tests.instruments.console_fixture import bright, on_stage, until, words


def line(hall: Room):
    return hall.client("window", "3", ["window/3"])


async def fill(pilot: Pilot[None], **fields: str) -> None:
    """Type into the lines of the dialog, and press Enter in the last."""
    for id, value in fields.items():
        pilot.app.screen.query_one(f"#{id}", Input).value = value
        pilot.app.screen.query_one(f"#{id}", Input).focus()
    await pilot.press("enter")


def test_a_clerk_signs_in_calls_is_revoked_and_a_colleague_ends_it(tmp_path: Path) -> None:
    async def scene() -> None:
        async with hall_with_persons(tmp_path) as hall, line(hall) as link:
            await hall.order(cmd.OpenDay("2026-03-03"))
            await hall.order(cmd.TakeTicket(queue="A"), "kiosk", "K1")
            async with on_stage(link, settings=REQUIRED) as pilot:
                await until(pilot, lambda: isinstance(pilot.app.screen, SignInDialog))
                await until(pilot, lambda: "口令" in words(pilot))
                await pilot.press(
                    "1", "0", "0", "3", "enter", "x", "enter"
                )  # the first Enter goes on to the password
                await until(pilot, lambda: "工号或口令不对" in words(pilot))
                pilot.app.screen.query_one("#secret", Input).value = PASSWORD
                await pilot.pause()
                assert PASSWORD not in words(pilot)
                await pilot.press("enter")
                await until(pilot, lambda: "next" in bright(pilot))
                await pilot.press("space")
                await until(pilot, lambda: "已叫 A001 号" in words(pilot))
                change(tmp_path, "1003", disabled=True)
                await until(pilot, lambda: "账户已停用或更改" in words(pilot))
                assert hall.loop.hall.state.windows["3"].ticket  # the call stays
                await fill(pilot, clerk="1004", secret=PASSWORD)
                await until(pilot, lambda: not isinstance(pilot.app.screen, SignInDialog))
                await pilot.press("x")
                await until(pilot, lambda: "A001 号已过号" in words(pilot) and "out" in bright(pilot))
                await pilot.press("q")
                await until(pilot, lambda: isinstance(pilot.app.screen, SignInDialog))
                assert hall.loop.hall.state.windows["3"].state == "closed"
                assert link.persons.missing  # whoever sits down next signs in

    run(scene())


def test_a_first_password_is_changed_in_the_dialog(tmp_path: Path) -> None:
    async def scene() -> None:
        async with hall_with_persons(tmp_path) as hall, line(hall) as link:
            hall.account("1006", "clerk", must_change=True)
            await hall.order(cmd.OpenDay("2026-03-03"))
            async with on_stage(link, settings=REQUIRED) as pilot:
                await until(pilot, lambda: isinstance(pilot.app.screen, SignInDialog))
                await fill(pilot, clerk="1006", secret=PASSWORD)
                await until(pilot, lambda: "第一次登录要先改口令" in words(pilot))
                await until(pilot, lambda: "新口令再输一次" in words(pilot))
                await fill(pilot, new="another-good-one", again="another-good-two")
                await until(pilot, lambda: "两次输入的新口令不同" in words(pilot))
                await fill(pilot, again="another-good-one")
                await until(pilot, lambda: "next" in bright(pilot) or "pause" in bright(pilot))
                assert hall.loop.hall.state.windows["3"].clerk == "1006"

    run(scene())


def test_what_was_typed_shows_its_password_nowhere() -> None:
    assert PASSWORD not in repr(SignInForm("1003", [], PASSWORD, PASSWORD))
