"""The page's desk in a hall that requires accounts: number and password, a new first one, and a session that a reload keeps."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Page, expect

from caller.cli.account import account
from caller.identity.enrolment import Stations
from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import REPO, Process, at_noon, comes_to

WINDOW, STAFF, SECOND = "1", "1003", "another-good-one"


class Hall:
    """Caller and web of a village hall with one account; no driver, which would have to sign in as well."""

    def __init__(self, folder: Path) -> None:
        file, data = at_noon(REPO / "config/halls/village.toml", folder), folder / "data"
        file.write_text(file.read_text() + "\n[accounts]\nrequired = true\n")
        data.mkdir()
        stations = Stations(data / "stations.db")
        now = datetime.now(UTC).isoformat()
        tokens = {
            role: stations.enrol(role, name, now) for role, name in (("window", WINDOW), ("web", "web"))
        }
        stations.close()
        added = CliRunner().invoke(
            account, ["add", "--data", str(data), STAFF, "--name", "王芳", "--roles", "clerk"]
        )
        assert added.exit_code == 0, added.output
        self.secret = added.stdout.strip()
        self.caller = Process(
            "caller", str(file), "--data", str(data), "--port", "0", output=folder / "caller.txt"
        )
        more = ("--port", "0", "--caller", self.caller.address, "--token", tokens["web"])
        self.web = Process("web", str(file), "--data", str(data), *more, output=folder / "web.txt")
        self.page = f"{self.web.address}/desk?window={WINDOW}#token={tokens['window']}"

    def stop(self) -> None:
        self.web.stop()
        self.caller.stop()


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    made = Hall(tmp_path_factory.mktemp("accounts"))
    yield made
    made.stop()


def fill(page: Page, **fields: str) -> None:
    for name, text in fields.items():
        page.locator(f"#sign-in input[name={name}]").fill(text)
    page.keyboard.press("Enter")


def says(page: Page, words: str) -> None:
    expect(page.locator("#words")).to_contain_text(words)


def test_a_clerk_signs_in_with_a_password_changes_the_first_and_stays_signed_in_through_a_reload_alone(
    hall: Hall, open_page: OpenPage
) -> None:
    page = open_page(hall.page, 1280, 800)
    expect(page.locator("#sign-in input[name=secret]")).to_be_visible()
    page.keyboard.press("F1")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    fill(page, clerk=STAFF, secret="not-the-password")
    says(page, "工号或口令不对")
    fill(page, secret=hall.secret)
    says(page, "第一次登录要先改口令")
    fill(page, fresh=SECOND, again="another-good-two")
    says(page, "两次输入的新口令不同")
    fill(page, again=SECOND)
    says(page, f"{STAFF} 已登录")
    expect(page.locator("#state")).to_have_text("空闲")
    expect(page.locator("#sign-in input")).to_have_count(0)  # no password stays in the page
    assert SECOND not in page.evaluate("JSON.stringify([{ ...sessionStorage }, { ...localStorage }])")
    page.reload()
    expect(page.locator("#clerk")).to_have_text(f"工号 {STAFF}")
    expect(page.locator("#sign-in")).to_be_hidden()
    expect(page.locator('[data-verb="out"]')).to_have_attribute("data-state", "live")
    page.locator('[data-verb="out"]').click()
    expect(page.locator("#sign-in input[name=secret]")).to_be_visible()
    comes_to(lambda: page.evaluate("sessionStorage.length"), 0)

    fill(page, clerk=STAFF, secret=SECOND)
    says(page, f"{STAFF} 已登录")
    other = open_page(hall.page, 1280, 800)  # another tab does not share the session
    expect(other.locator("#sign-in input[name=secret]")).to_be_visible()
    other.locator('[data-verb="next"]').click(force=True)
    says(other, "这一步要先登录")
