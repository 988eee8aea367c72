"""A hall with an office: caller and office as processes, and accounts that sign in there."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from caller.client.client import new_id
from caller.engine.administration import ActCode
from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account
from tests.instruments.browser import still
from tests.instruments.past_days import write_past_days
from tests.instruments.running_hall import REPO, Process, RunningHall, until

SECRET = "plain-good-secret"  # of every account here but of the newcomer's, who must change it
NEWCOMER, NEW_SECRET = "1002", "another-good-secret"
PEOPLE: dict[str, tuple[str, ...]] = {
    "1001": ("manager",), NEWCOMER: ("manager",), "1003": ("clerk",), "1004": ("clerk",), "1005": ("auditor",),
    "1006": ("technician",), "1009": ("supervisor",),
}  # fmt: skip
FIRST_PAGE_MS = 90_000  # a bound: its scripts are read by a browser that shares the processor with all others
SIGN_IN_TRIES, AWAY = 6, re.compile("连不上叫号服务|cannot be reached")
NAMES = {"1001": "王芳", "1003": "李秀英", "1004": "阿卜杜热依木·买买提艾力"}


class OfficeHall(RunningHall):
    """The village hall; `office` is the process."""

    def __init__(self, folder: Path, hall: str | Path = "village", past: int = 0) -> None:
        """`hall`: one that comes with the product, or a file; `past`: so many days before today are in its log."""
        super().__init__(folder, hall if isinstance(hall, Path) else REPO / f"config/halls/{hall}.toml")
        self.past = write_past_days(self.data, self.settings, past) if past else []
        self.office: Process | None = None

    def start(self) -> "OfficeHall":
        self.data.mkdir(parents=True, exist_ok=True)
        self._enrol(("manager", "m1"), ("office", "office"))
        self.store = AccountStore(self.data)
        for staff, roles in PEOPLE.items():
            account = Account(staff, name=NAMES.get(staff, ""), roles=roles, must_change=staff == NEWCOMER)
            self.store.add(account, SECRET, self.act("account-added", staff))
        self.caller = self._start_caller(0)
        self.port = int(self.caller.address.rpartition(":")[2])
        self.start_office()
        self._connect()
        until(lambda: self.views["board"]["hall"]["open"], "the business day opened by itself")
        return self

    def act(self, act: ActCode, staff: str) -> Act:
        return Act(new_id(), act, f"account/{staff}", "test", "test", 1)

    def start_office(self, port: int = 0) -> Process:
        args = ["office", str(self.hall), "--data", str(self.data), "--port", str(port)]
        args += ["--caller", self.caller.address, "--token", self.tokens["office", "office"]]
        self.office = Process(*args, output=self.folder / "office.txt")
        return self.office

    @property
    def address(self) -> str:
        assert self.office
        return self.office.address

    def close(self) -> None:
        self.store.close()
        if self.office:
            self.office.stop()
        super().close()


def sign_in(page: Page, staff: str, secret: str = SECRET) -> None:
    """Fill the sign-in in, which is open, and wait for the page behind it; once more where the caller was not reached in
    time, as a person does."""
    for _ in range(SIGN_IN_TRIES):
        page.locator("input[name=staff]").fill(staff)
        page.locator("input[name=secret]").fill(secret)
        with page.expect_navigation():
            page.locator("button[type=submit]").click()
        if not page.locator("[role=alert]", has_text=AWAY).count():
            break
    expect(page.locator("nav a").first).to_be_visible(timeout=FIRST_PAGE_MS)


def choose_option(
    page: Page, field: Locator, option: str, *, exact: bool = True, closes: bool = True
) -> None:
    """Choose from a list once it has come to rest: while it opens, its lines move on under the pointer."""
    field.click()
    line = page.get_by_role("option", name=option, exact=exact)
    expect(line).to_be_visible()
    still(page)
    line.click()
    if closes:
        expect(page.get_by_role("option")).to_have_count(0)
