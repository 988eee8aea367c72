"""A kiosk's copies of the playlist: brought from the routes that the web process serves, over real sockets."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from msgspec.structs import replace
from starlette.applications import Starlette

from caller.client import media_files
from caller.client.media_copies import MediaCopies, media_of, of_the_other_pc, web_addresses
from caller.eventlog.calling_here import CallingHere, note_address
from config.probe import Examined
from config.setting_types import MediaEntry
from config.settings import Listen, Settings
from tests.instruments.caller_fixture import SETTINGS
from tests.instruments.played_media import picture
from tests.instruments.running_hall import until


class Web:
    """The routes of the web process over one folder; what it sends may break off after so many bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.settings, self.asked = (
            folder / media_files.FOLDER,
            playing("a.png", "b.png"),
            list[Any](),
        )
        self.cut_after = 0
        app = Starlette(
            routes=media_files.routes(self.folder, lambda: (self.settings, media_files.wall_now()))
        )
        self.socket = socket.create_server(("127.0.0.1", 0))
        self._server = uvicorn.Server(uvicorn.Config(self._through(app), log_config=None, lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, args=([self.socket],))
        self._thread.start()
        until(lambda: self._server.started, "it serves")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def _through(self, app: Any) -> Any:
        async def asked(scope: Any, receive: Any, send: Any) -> None:
            heads = {name.decode(): value.decode() for name, value in scope["headers"]}
            self.asked.append((scope["path"], heads.get("range", "")))
            left = self.cut_after

            async def cut(message: Any) -> None:
                nonlocal left
                if self.cut_after and "body" in message and scope["path"].startswith("/media/"):
                    part = message["body"][:left]
                    left -= len(part)
                    await send(message | {"body": part, "more_body": bool(left)})
                    if not left:
                        raise ConnectionError("the line breaks")
                else:
                    await send(message)

            await app(scope, receive, cut)

        return asked

    def files(self) -> list[Any]:
        return [each for each in self.asked if each[0].startswith("/media/")]

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(60)
        self.socket.close()


def playing(*names: str) -> Settings:
    return replace(SETTINGS, media=tuple(MediaEntry(file=name) for name in names))


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    made = Web(tmp_path / "web")
    picture(made.folder / "a.png")
    picture(made.folder / "b.png", colour="#803010")
    yield made
    made.close()


class Kiosk:
    def __init__(self, folder: Path, web: Web) -> None:
        self.settings, self.folder = web.settings, folder / media_files.FOLDER
        self.copies = MediaCopies(folder, lambda: self.settings, lambda: ["http://127.0.0.1:9", web.address])

    def lying(self) -> dict[str, bytes]:
        return {each.name: each.read_bytes() for each in self.folder.glob("*") if each.name[:1] != "."}


def there(web: Web) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in web.folder.iterdir()}


def test_a_kiosk_has_what_the_web_process_has_each_fetched_once_and_no_more(web: Web, tmp_path: Path) -> None:
    kiosk = Kiosk(tmp_path / "kiosk", web)
    kiosk.folder.mkdir(parents=True)
    (kiosk.folder / "own.png").write_bytes(b"put here by hand")
    kiosk.copies.look()
    assert kiosk.lying() == there(web) | {"own.png": b"put here by hand"}
    kiosk.copies.look()
    assert sorted(web.files()) == [("/media/a.png", ""), ("/media/b.png", "")]
    picture(web.folder / "a.png", colour="#000000")  # another one under its name
    kiosk.copies.look()
    assert kiosk.lying()["a.png"] == (web.folder / "a.png").read_bytes()
    kiosk.settings = playing("a.png")
    kiosk.copies.look()
    assert sorted(kiosk.lying()) == ["a.png", "own.png"]


def test_a_line_that_breaks_costs_only_the_rest(web: Web, tmp_path: Path) -> None:
    kiosk = Kiosk(tmp_path / "kiosk", web)
    kiosk.settings = playing("a.png")
    web.cut_after = 1000
    kiosk.copies.look()
    assert kiosk.lying() == {}, "half a picture is not played"
    web.cut_after = 0
    kiosk.copies.look()
    assert kiosk.lying() == {"a.png": (web.folder / "a.png").read_bytes()}
    assert web.files() == [("/media/a.png", ""), ("/media/a.png", "bytes=1000-")]


def test_what_is_not_what_was_promised_is_thrown_away_and_the_last_is_played_on(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kiosk = Kiosk(tmp_path / "kiosk", web)
    kiosk.copies.look()
    before = kiosk.lying()
    picture(web.folder / "a.png", colour="#000000")
    with monkeypatch.context() as wrong:
        wrong.setattr(
            media_files.FileSums, "of", lambda _self, path: ("0" if "web" in str(path) else "1") * 64
        )
        kiosk.copies.look()
    assert "another file came" in caplog.text
    assert kiosk.lying() == before
    assert list(kiosk.folder.glob(".part-*")) == []
    web.close()
    kiosk.copies.look()
    assert kiosk.lying() == before, "the web process is away"


def test_the_pc_that_stands_by_copies_from_the_one_that_calls_and_the_doctor_names_what_differs(
    web: Web, tmp_path: Path
) -> None:
    port = web.socket.getsockname()[1]
    settings = replace(web.settings, listen=Listen(web=port))
    caller, data = "ws://127.0.0.1:9300", tmp_path / "second"
    copies = MediaCopies(data, lambda: settings, lambda: of_the_other_pc(data, settings, caller))
    data.mkdir()
    copies.look()
    assert not (data / media_files.FOLDER).exists(), "a hall of one PC copies from nobody"
    note_address(data, "postgresql:///hall")
    examined = Examined(tmp_path / "hall.toml", settings, data, caller, 0)
    assert [each.code for each in media_of(examined)] == ["media-missing", "media-missing", "media-differs"]
    calling = CallingHere(data)
    copies.look()
    assert not (data / media_files.FOLDER).exists(), "what the PC that calls has is what holds"
    calling.end()
    copies.look()
    assert (data / "media/a.png").read_bytes() == (web.folder / "a.png").read_bytes()
    assert list(media_of(examined)) == []
    picture(web.folder / "a.png", colour="#000000")
    (found,) = media_of(examined)
    assert "a.png" in found.message.zh
    assert "b.png" not in found.message.zh


def test_where_the_web_process_is_looked_for() -> None:
    settings = replace(SETTINGS, listen=Listen(web=9301, public_url="https://hall.example/"))
    assert web_addresses(settings, "ws://10.0.0.5:9300, wss://[fd00::5]:9300") == [
        "http://10.0.0.5:9301", "http://[fd00::5]:9301", "https://hall.example",
    ]  # fmt: skip
    encrypted = replace(settings, listen=Listen(web=9301, tls="auto"))
    assert web_addresses(encrypted, "wss://10.0.0.5:9300") == ["https://10.0.0.5:9301"]
