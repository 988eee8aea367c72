"""`hallcall web` and `hallcall voice`: composes the rooms of display/ into processes."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from caller.client.kept_settings import StationSettings
from config import hall_lists, owner_only
from config.process.options import (
    Unable,
    caller_address,
    caller_option,
    data_option,
    hall_argument,
    settings_of,
    token_option,
)
from config.process.running import begin_again, listen, server_tls, write_log_lines
from config.process.tls import ServerTls
from config.settings import Settings, Voice

if TYPE_CHECKING:
    from caller.client.client import Client
    from display.voice.announcement_text import Destination
    from display.web.app import FollowSettings

WEB_STATION = "web"  # the name this process is enrolled under: hallcall enrol web web

NOT_ENROLLED = (
    f"本服务尚未登记，只有网页，没有声音和接口。请运行 hallcall enrol web {WEB_STATION} --data {{data}}，再重新启动\n"
    f"Not enrolled: pages only, no sound, no REST. Run hallcall enrol web {WEB_STATION} --data {{data}} and start again"
)

NO_ESPEAK = (
    "没有 espeak-ng，念不出来。请安装：sudo apt install espeak-ng，或在 [voice] clips 中放齐录音\n"
    "espeak-ng is missing, so nothing can be said. Install it: sudo apt install espeak-ng, or put a whole set of "
    "recordings where [voice] clips says"
)


@click.command()
@hall_argument
@data_option
@token_option
@caller_option
@click.option("--host", default="", help="监听地址 / address to bind")
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="监听端口 / port to bind")
def web(hall: Path, data: Path, token: str | None, url: str, host: str, port: int | None) -> None:
    """网页、声音与接口 / the web process: pages, sound and REST."""
    owner_only.make_folder(data)
    kept = StationSettings(hall, data, "web", WEB_STATION)
    settings = _beside(hall, kept.load())
    address, secret = caller_address(settings, url), _token(data, token)
    bound = listen(
        host or settings.listen.host, settings.listen.web if port is None else port, "[listen] web"
    )
    tls = server_tls(settings.listen, hall.parent, data)
    if not secret:
        click.echo(NOT_ENROLLED.format(data=data), err=True)
    write_log_lines("web")
    with contextlib.suppress(KeyboardInterrupt):
        if asyncio.run(serve(settings, data, address, secret, bound, follow=_follower(hall, kept), tls=tls)):
            begin_again()


@click.group()
def voice() -> None:
    """叫号声音 / the hall's voice."""
    write_log_lines("voice")


@voice.command()
@click.argument("number")
@click.argument("window")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="WAV 文件；不给则播放 / else played"
)
@click.option("--hall", type=click.Path(path_type=Path), default=None, help="用此大厅的声音设置 / its voice")
def say(number: str, window: str, out: Path | None, hall: Path | None) -> None:
    """念一次叫号，如 say A042 3 / say one call as the hall would."""
    from display.voice.announcement_text import announcement
    from display.voice.speech_audio import Announcements, espeak_found, seconds

    settings = _settings(hall) if hall else None
    destination = _destination(settings, window)
    words = _voice(settings)
    announcements = Announcements(words)
    if not espeak_found() and announcements.needs_espeak(number.upper(), destination):
        raise Unable(NO_ESPEAK)
    wav = announcements.render(number.upper(), destination)
    click.echo(announcement(number.upper(), destination, yao=words.yao).text)
    if out:
        out.write_bytes(wav)
        click.echo(f"{out} {seconds(wav):.1f} s")
    else:
        _play(wav)


@voice.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--hall",
    type=click.Path(path_type=Path),
    default=None,
    help="也做此大厅的窗口名和通知 / its windows and messages too",
)
@click.option(
    "--engine",
    default="espeak-ng",
    show_default=True,
    help="谁来说：espeak-ng、piper:文件夹、sherpa-onnx:文件夹 / who says them",
)
def build(folder: Path, hall: Path | None, engine: str) -> None:
    """生成全部语音片段，可逐个换成真人录音 / make all clips; replace any by a recording of the same name."""
    from display.voice.announcement_text import MESSAGE_CLIP, clip_names, pieces_of
    from display.voice.engines import EngineError, engine_of
    from display.voice.phrase_cache import trimmed
    from display.voice.speech_audio import clip_path, to_wav

    try:
        voice = engine_of(engine)
    except EngineError as error:
        raise Unable(str(error)) from None
    settings = _settings(hall) if hall else None
    wanted = {name: name for name in clip_names(_destinations(settings))}
    if settings:
        wanted |= {
            f"{MESSAGE_CLIP['zh']}{each.id}": each.name for each in hall_lists.reasons(settings, "notice")
        }
        if engine != "espeak-ng":  # a natural voice says a phrase better than its words one by one
            queues = [each.id for each in settings.queues]
            yao, recall = settings.voice.yao, settings.voice.say_recall
            phrases = pieces_of(queues, _destinations(settings), yao=yao, recall=recall)
            wanted = {phrase: phrase for phrase in phrases} | wanted
    folder.mkdir(parents=True, exist_ok=True)
    made, silent = 0, list[str]()
    for name, text in wanted.items():
        path = clip_path(folder, name)
        if path.exists():  # never over somebody's recording
            continue
        if samples := trimmed(voice.say(text)):
            path.write_bytes(to_wav(samples))
            made += 1
        else:
            silent.append(name)
    click.echo(f"{folder}: 新做 {made} 个片段 / {made} clips made")
    if silent:
        names = "、".join(silent)
        raise Unable(f"{engine} 说不出：{names}\n{engine} says nothing for: {names}")


async def serve(
    settings: Settings,
    data: Path,
    url: str,
    token: str,
    bound: socket.socket,
    ready: bool = True,
    follow: "FollowSettings | None" = None,
    tls: ServerTls | None = None,
) -> bool:
    """Serve until stopped, encrypted with `tls`; True: begin again. Without a token there are pages, but no sound and no
    REST."""
    from config.process import http_server
    from display.web.app import application

    restart = asyncio.Event()
    app = application(settings, data, url, token, follow, tls.ca if tls else b"", restart)
    await http_server.serve(
        app,
        bound,
        "web",
        tls,
        ready=ready,
        until=restart,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=2,
    )
    return restart.is_set()


def _follower(hall: Path, kept: StationSettings) -> "FollowSettings":
    async def follow(client: "Client") -> AsyncIterator[tuple[Settings, int]]:
        async for settings in kept.follow(client):
            yield _beside(hall, settings), kept.version

    return follow


def _settings(hall: Path) -> Settings:
    return _beside(hall, settings_of(hall))


def _beside(hall: Path, settings: Settings) -> Settings:
    """Return the settings with the folder of the clips beside the hall's file, where it is a relative one."""
    from msgspec.structs import replace

    if not settings.voice.clips:
        return settings
    beside = hall.parent / settings.voice.clips  # a relative folder lies beside the hall's file
    return replace(settings, voice=replace(settings.voice, clips=str(beside)))


def _token(data: Path, given: str | None) -> str:
    from caller.client.client import find_token

    return find_token(data, "web", WEB_STATION, given) or ""


def _voice(settings: Settings | None) -> Voice:
    return settings.voice if settings else Voice(repeat=1)


def _destinations(settings: Settings | None) -> "list[Destination]":
    from display.voice.announcement_text import Destination

    return [Destination(each.id, each.name, each.name_en) for each in settings.windows] if settings else []


def _destination(settings: Settings | None, window: str) -> "Destination":
    from display.voice.announcement_text import Destination

    known = {each.id: each for each in _destinations(settings)}
    if settings and window not in known:
        raise Unable(f"没有窗口 {window}，可用：{'、'.join(known)} / No window {window}")
    return known.get(window, Destination(window, f"{window}窗口"))


def _play(wav: bytes) -> None:
    """Play through the PC's loudspeaker, with whichever player Debian has."""
    import shutil
    import subprocess

    player = next((name for name in ("aplay", "paplay", "pw-play") if shutil.which(name)), None)
    if not player:
        raise Unable("没有播放程序，请用 --out 写成文件，或安装 alsa-utils / no player; use --out FILE")
    subprocess.run(
        [player, "-q", "-"] if player == "aplay" else [player, "/dev/stdin"], input=wav, check=False
    )
