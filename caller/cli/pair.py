"""`hallcall pair`: hands what lies in no database to the second PC of a hall, once, by a code typed there.

Without a code, on the PC that calls: makes one, good for ten minutes. With it, on the other PC: asks the caller and keeps what
comes. The caller notes in the log that it was done.
"""

import asyncio
import secrets
import socket
import time
from pathlib import Path

import click
from websockets.exceptions import WebSocketException

from caller.cli.acting import new_act
from caller.cli.enrol import checked_here, open_stations, remembered
from caller.client.client import OPEN_SECONDS
from caller.client.enrolment_request import greeted
from caller.client.pending_commands import reason_of
from caller.client.reconnecting import CallerAddresses
from caller.identity import pairing
from caller.identity.enrolment import NAME, STATIONS_NAME, EnrolError
from caller.identity.enrolment_sheet import PAIRING_MINUTES, write_pairing
from caller.identity.pairing import PC, PairingCode, PairingError
from caller.protocol import frames
from caller.protocol.frames import Bye, Enrolled, Hello, PeerError, message_of
from config import owner_only
from config.catalogue import both_words
from config.process.options import Unable, caller_option, data_option
from config.process.tls import AUTO, client_context, fingerprint, hall_ca, learn_ca, trust
from config.versions import MAIN

RANDOM_BYTES = 32
NO_STATIONS = (
    "{data} 里没有登记过站点：请在正在叫号的电脑上运行，并核对 --data\n"
    "{data} has no stations: run this on the PC that calls, and check --data"
)
NO_CODE = (
    "{typed} 不是配对码：三组，每组五个字母或数字，见叫号主机上的 hallcall pair\n"
    "{typed} is no pairing code: three groups of five signs; see hallcall pair on the PC that calls"
)
NO_CALLER = (
    "请写明正在叫号的那台：--caller wss://主机:9300\nSay where the PC that calls is: --caller wss://HOST:9300"
)
OTHER_CA = (
    "{url} 的证书不是出码那台的：配对码打错了，或地址是另一台、中间有别的设备。什么都没有发出。\n"
    "The certificate of {url} is not that of the PC that made the code: a slip of the finger, another PC's address, or something "
    "in between. Nothing was sent."
)
NO_SUCH = (
    "没有这个配对码，或已用过、过期：请在正在叫号的电脑上再运行 hallcall pair\n"
    "No such code, or it was used, or it is over: run hallcall pair on the PC that calls once more"
)
IN_USE = (
    "{data} 有叫号服务正在使用：配对码在另一台（待命的）电脑上输入\n"
    "A caller is using {data}: type the code on the other PC, which stands by"
)
MADE = """配对码  {code}
{minutes} 分钟内，在第二台电脑上运行（只能用一次，请勿发送给他人）：
Within {minutes} minutes, run on the second PC (good once; send it to nobody):
    hallcall pair {code} --caller {scheme}://{host}:{port} --data DATA"""
NO_HALL = (
    "对方没有给出大厅设置（太大，或版本较旧）：请把 HALL.toml 和它引用的文件复制过来\n"
    "The hall's file did not come (too large, or from an older version): copy HALL.toml and the files that it names"
)
OTHER_HALL = (
    "{path} 已有，与叫号主机的不同，没有改动；接替时以数据库里的设置为准\n"
    "{path} is there and differs from the one in force: it stays; what holds at a take-over lies in the database"
)
GOES_ON = """大厅设置 / the hall's file: {hall}
接着在本机启动（或 sudo hallcall setup {hall}）/ now start here, or set up the PC with it:
    hallcall caller {hall} --data {data} --log postgresql://…"""
PLAIN = (
    "本厅叫号服务没有加密：密钥只交给本机上的连接。请先设 [listen] tls = \"auto\"，或在第二台上用 ssh -L 9300:127.0.0.1:9300\n"
    "The caller is not encrypted: keys go to this PC's own connections only. Set [listen] tls = \"auto\" first, or ssh -L "
    "9300:127.0.0.1:9300 on the second PC"
)  # fmt: skip


@click.command()
@click.argument("code", required=False)
@data_option
@caller_option
@click.option("--name", default="", help="这台第二电脑的名称，写入记录 / the second PC's name, for the log")
@click.option(
    "--hall",
    type=click.Path(path_type=Path, dir_okay=False),
    help="取来的大厅设置写到哪里，默认 DATA/hall/hall.toml / where the hall's file is written",
)
def pair(code: str | None, data: Path, url: str, name: str, hall: Path | None) -> None:
    """配对第二台电脑：不给 CODE 则出码，给了则取密钥 / pair a second PC: make a code, or with CODE take the keys."""
    if code:
        _keep_hall(hall or data / "hall" / MAIN, data, _take(code, data, url))
    else:
        _offer(data, name or "second")


def _offer(data: Path, name: str) -> None:
    """Make a code for the second PC. Raises `Unable`."""
    if not (data / STATIONS_NAME).exists():
        raise Unable(NO_STATIONS.format(data=data))
    if not NAME.fullmatch(name):
        raise Unable("名称只能用字母、数字、- 和 _\nA name is letters, digits, - and _")
    checked_here(data)
    settings = remembered(data)
    ca = hall_ca(data) if settings and settings.listen.tls == AUTO else b""
    with open_stations(data) as stations:
        try:
            by, now = new_act(data, "pc-paired", f"{PC}/{name}").by, time.time_ns() // 1000
            secret = write_pairing(stations.path, name, secrets.token_bytes(RANDOM_BYTES), by, now)
        except EnrolError as error:
            raise Unable(str(error)) from None
    encrypted = bool(settings and settings.listen.tls not in ("", "off"))
    port = settings.listen.caller if settings else 9300
    words = {"scheme": "wss" if encrypted else "ws", "host": socket.gethostname(), "port": port}
    click.echo(MADE.format(code=pairing.bound(secret, ca).grouped, minutes=PAIRING_MINUTES, **words))
    if not encrypted:
        click.echo(PLAIN, err=True)


def _take(typed: str, data: Path, url: str) -> str:
    """Take over what the PC that calls has; return the hall's file, packed. Raises `Unable`."""
    code = pairing.read_code(typed)
    if code is None:
        raise Unable(NO_CODE.format(typed=typed))
    if not url:
        raise Unable(NO_CALLER)
    owner_only.make_folder(data)
    if owner_only.is_locked(data):
        raise Unable(IN_USE.format(data=data))
    try:
        made = asyncio.run(_asked(code, CallerAddresses(url)))
        aside = pairing.install(data, made.files)
    except (PairingError, OSError) as error:
        raise Unable(f"没有配对：{error}\nNot paired: {error}") from None
    trust(data)
    groups = dict.fromkeys(pairing.group_of(name) for name in made.files)
    for group in groups:
        count = sum(pairing.group_of(name) == group for name in made.files)
        click.echo(f"{both_words('paired', group)}  {count}")
    if aside:
        names = "、".join(aside)
        click.echo(f"原有的保留为 / kept beside as NAME{pairing.BEFORE}: {names}", err=True)
    click.echo("已配对；本机若有叫号服务待命，请重新启动它 / paired; restart the caller that stands by here")
    return made.hall


def _keep_hall(path: Path, data: Path, packed: str) -> None:
    """Write the hall's file and those that it names, over nothing; say how this PC goes on. Raises `Unable`."""
    if not packed:
        click.echo(NO_HALL, err=True)
        return
    try:
        hall = pairing.unpacked(packed)
        for name, body in ((path.name, hall.main), *hall.files.items()):
            place = path.parent / name
            if not place.exists():
                owner_only.make_folder(place.parent)
                owner_only.write_whole(place, body)
            elif place.read_bytes() != body:
                click.echo(OTHER_HALL.format(path=place), err=True)
    except (PairingError, OSError) as error:
        raise Unable(f"大厅设置没有写下：{error}\nThe hall's file is not written: {error}") from None
    click.echo(GOES_ON.format(hall=path, data=data))


async def _asked(code: PairingCode, addresses: CallerAddresses) -> Enrolled:
    """Return what the PC that calls hands over. Raises `Unable` where none does."""
    why = ""
    for _ in range(len(addresses)):
        try:
            return await _ask(code, addresses.now)
        except (OSError, TimeoutError, WebSocketException, PeerError) as error:
            why = reason_of(addresses.now, error)
        except _NotWriterError as error:
            why = str(error)
        addresses.go_on()
    raise Unable(why)


async def _ask(code: PairingCode, url: str) -> Enrolled:
    ca = await asyncio.to_thread(learn_ca, url) if client_context(url) else b""
    if not code.fits(ca):
        raise Unable(OTHER_CA.format(url=url))
    if ca:
        click.echo(f"大厅证书指纹 / fingerprint of the hall's CA: {fingerprint(ca)}", err=True)
    hello = Hello("", [], enrol=f"{PC}/second", code=code.secret)
    async with greeted(url, hello, ca) as line:
        async with asyncio.timeout(OPEN_SECONDS):
            match frames.decode_caller(await line.recv()):
                case Enrolled(role=role) as made if role == PC:
                    return made
                case Bye(code="not-writer") as bye:
                    raise _NotWriterError(_words(bye))
                case Bye() as bye:
                    raise Unable(_words(bye))
                case _:
                    raise PeerError("bad-frame")


def _words(bye: Bye) -> str:
    if bye.code == "bad-code":
        return NO_SUCH
    return "\n".join(message_of(bye).with_next_step)


class _NotWriterError(Exception):
    """The PC that was asked stands by itself."""
