"""What a sign or a tablet may know of who serves: as much of the account as the hall says, and files of before."""

import io
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import structs
from PIL import Image

from caller.client.page_files import ASK_AGAIN, FOR_EVER
from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account
from caller.identity.portraits import portrait
from config.reading.reader import HALLS, read
from config.setting_types import CardPart
from config.settings import Settings
from display.web.clerk_cards import ClerkCards, routes
from tests.instruments.site import Site

ALL: list[CardPart] = ["name", "photo", "star", "party"]
ACT = Act("act-1", "account-added", "account/1003", "1001", "office/office", 1_772_503_200_000_000)
SECRET = "kuaile-zaochen"


class CardHall:
    """A hall whose accounts and settings a test changes, and the route of its cards."""

    def __init__(self, data: Path) -> None:
        self.data, self.acts = data, 0
        self.settings: Settings = read(HALLS / "village.toml")
        file = io.BytesIO()
        Image.new("RGB", (300, 400), "navy").save(file, "PNG")
        self.picture = portrait(file.getvalue())
        with self.accounts() as store:
            wang = Account("1003", name="王芳", roles=("clerk",), star=4, party=True)
            store.add(wang, SECRET, self.act())
            self.name = store.set_portrait("1003", self.act(), self.picture).photo
            store.add(Account("K1", name="程序", roles=("manager",), kind="key"), "x1y2z3" * 5, self.act())

    def accounts(self) -> "closing[AccountStore]":
        return closing(AccountStore(self.data))

    def act(self) -> Act:
        self.acts += 1
        return structs.replace(ACT, id=f"act-{self.acts}")

    def show(self, *parts: CardPart) -> None:
        table = structs.replace(self.settings.accounts, card=list(parts))
        self.settings = structs.replace(self.settings, accounts=table)


@pytest.fixture
def hall(tmp_path: Path) -> CardHall:
    return CardHall(tmp_path)


@pytest.fixture
def site(hall: CardHall) -> Iterator[Site]:
    from starlette.applications import Starlette

    app = Starlette(routes=routes(ClerkCards(hall.data, lambda: hall.settings)))
    with Site(app, host="hall.local:9301") as site:
        yield site


def test_by_default_nothing_is_known_but_the_number(hall: CardHall, site: Site) -> None:
    assert site.get("/clerks/1003.json").status_code == 204
    assert site.get(f"/clerks/{hall.name}").status_code == 204


def test_a_card_has_what_the_hall_shows_of_the_account(hall: CardHall, site: Site) -> None:
    hall.show(*ALL)
    assert site.get("/clerks/1003.json").json() == {
        "name": "王芳",
        "photo": hall.name,
        "star": 4,
        "party": True,
    }
    shown = site.get(f"/clerks/{hall.name}")
    assert (shown.body, shown.headers["content-type"]) == (hall.picture, "image/jpeg")
    assert shown.headers["cache-control"] == FOR_EVER
    hall.show("name")
    assert site.get("/clerks/1003.json").json() == {"name": "王芳"}
    assert site.get(f"/clerks/{hall.name}").status_code == 204, "a hall that shows no photos hands none out"
    assert site.get("/clerks/1004.json").status_code == site.get("/clerks/K1.json").status_code == 204


def test_a_photo_that_was_taken_away_or_is_of_a_disabled_account_is_gone(hall: CardHall, site: Site) -> None:
    hall.show(*ALL)
    with hall.accounts() as store:
        store.change("1003", hall.act(), disabled=True)
        assert (
            site.get(f"/clerks/{hall.name}").status_code == site.get("/clerks/1003.json").status_code == 204
        )
        store.change("1003", hall.act(), disabled=False)
        assert site.get(f"/clerks/{hall.name}").status_code == 200
        store.set_portrait("1003", hall.act(), b"")
    assert site.get(f"/clerks/{hall.name}").status_code == 204
    assert "photo" not in site.get("/clerks/1003.json").json()


def test_a_card_of_before_is_still_read_and_the_account_goes_first(hall: CardHall, site: Site) -> None:
    folder = hall.data / "clerks"
    folder.mkdir()
    (folder / "1003.json").write_text(json.dumps({"name": "旧名", "photo": "1003.png", "star": 1}))
    (folder / "1003.png").write_bytes(b"\x89PNG")
    assert site.get("/clerks/1003.json").json() == {"name": "旧名", "photo": "1003.png", "star": 1}
    assert site.get("/clerks/1003.png").headers["cache-control"] == ASK_AGAIN
    hall.show("star", "photo")
    assert site.get("/clerks/1003.json").json() == {"name": "旧名", "photo": hall.name, "star": 4}
    (folder / "1003.json").write_text("[1")
    assert site.get("/clerks/1003.json").json() == {"photo": hall.name, "star": 4}


def test_accounts_that_cannot_be_read_leave_the_number(hall: CardHall, site: Site) -> None:
    hall.show(*ALL)
    (hall.data / "accounts.db").write_bytes(b"no database at all, but some text that is long enough" * 20)
    assert site.get("/clerks/1003.json").status_code == 204
