"""What every command of the command line shares: its options, its hall, and how it says that it cannot.

Here, in the lowest room, so that a kiosk and a clerk's console spell `--data` alike and a mistake in a hall's
file is told the same way wherever it is met. Bad input ends with exit code 2 and words for a person, Chinese
first; `config/process/click_messages.py` says the same of what click itself finds wrong.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import click

from config.hosts import is_encrypted
from config.text_safety import lines_for_terminal

if TYPE_CHECKING:
    from config.settings import Settings

BAD_INPUT = 2  # exit code
NO_ADDRESS = (
    "{url} 不是叫号服务的地址。--caller 应写作 ws://主机:{port}（加密为 wss://），例如 ws://192.168.1.10:{port}\n"
    "{url} is no address of a caller. Write --caller as ws://HOST:{port} (wss:// where encrypted), such as ws://192.168.1.10:{port}"
)

hall_argument = click.argument("hall", metavar="HALL.toml", type=click.Path(path_type=Path))


def _trust(_context: click.Context, _option: click.Parameter, data: Path) -> Path:
    """Trust the hall's CA that lies in a command's data folder, wherever this process connects to."""
    from config.process import tls  # with asyncio, which a command that prints and ends does not load

    tls.trust(data)
    return data


data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".hallcall"),
    show_default=True,
    callback=_trust,
    help="数据目录 / data folder",
)
caller_option = click.option(
    "--caller",
    "--url",
    "url",
    default="",
    help="叫号服务地址，默认取自配置；有待命的用逗号分开 / the caller's ws:// address; default from the hall. With a standby: both, by a comma",
)
token_option = click.option(
    "--token", envvar="HALLCALL_TOKEN", default=None, help="本站点令牌 / this station's token"
)
enrol_option = click.option(
    "--enrol",
    "again",
    is_flag=True,
    help="重新登记：显示登记码 / enrol anew: show a code, forget the kept token",
)
code_option = click.option(
    "--code",
    "sheet_code",
    default="",
    help="没有令牌时用登记单上的码 / without a token: the code on the printed sheet",
)
json_option = click.option("--json", "as_json", is_flag=True, help="打印 JSON / print JSON")
lang_option = click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="语言 / language"
)


class Unable(click.ClickException):
    """The command cannot begin or go on; the message says why and what to do, Chinese first."""

    exit_code = BAD_INPUT

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(lines_for_terminal(self.message), file=file, err=file is None)


class BadValue(click.BadParameter):
    """A value of one option that is not what it should be, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh


def settings_of(hall: Path) -> "Settings":
    """Return the hall's settings. Raises `Unable` with every mistake in its file."""
    from config.reading.errors import Mistakes
    from config.reading.reader import read

    try:
        return read(hall)
    except Mistakes as mistakes:
        raise Unable(str(mistakes)) from None


def caller_address(settings: "Settings", url: str) -> str:
    """Return where the caller is: what was given, else what the hall's file says. A wrong one would be tried for ever.

    Raises `Unable`.
    """
    if url and not all(_is_address(each.strip()) for each in url.split(",")):
        raise Unable(NO_ADDRESS.format(url=url, port=settings.listen.caller))
    scheme = "wss" if is_encrypted(settings.listen.tls) else "ws"
    return url or f"{scheme}://{reachable(settings.listen.host)}:{settings.listen.caller}"


def web_address(settings: "Settings") -> str:
    """Return where the hall's screens find its pages: the public address, else this PC's own."""
    listen = settings.listen
    scheme = "https" if is_encrypted(listen.tls) else "http"
    return (listen.public_url or f"{scheme}://{reachable(listen.host)}:{listen.web}").rstrip("/")


def reachable(host: str) -> str:
    """Return a listening address as one connects to it from this machine, as it stands in a URL."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]" if ":" in host else host


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0 and not parts.fragment
        )
    except ValueError:  # no port a computer has, or half an IPv6 address
        return False


def named_ports(option: str, given: Iterable[str]) -> dict[str, str]:
    """Return the ports of `option NAME=PORT`, given any number of times. Raises: Unable."""
    pairs = [text.partition("=") for text in given]
    for name, equals, port in pairs:
        if not equals:
            raise Unable(f"{option} {name}：应写作 名称=端口\n{option} {name}: write NAME=PORT")
        if not port:
            raise Unable(f"{option} {name}=：缺少端口\n{option} {name}=: the port is missing")
    return {name: port for name, _, port in pairs}


class CommandEntry(NamedTuple):
    """A command that is imported when it is run: "module:function", and its line of help."""

    where: str
    zh: str
    en: str


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is run.

    A kiosk must not wait for Textual, nor a caller for a web framework.
    """

    def __init__(self, *args: Any, entries: Mapping[str, CommandEntry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self._entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command now. Raises `ClickException` where a module it needs is not installed."""
        entry = self._entries.get(cmd_name)
        if entry is None:
            return None
        module, _, function = entry.where.partition(":")
        try:
            return getattr(import_module(module), function)
        except ModuleNotFoundError as error:
            raise click.ClickException(
                f"命令 {cmd_name} 需要模块 {error.name}，本机没有。请重新安装 hallcall。\n"
                f"The command {cmd_name} needs the module {error.name}, which is missing. Install hallcall again."
            ) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("命令 Commands"):
            formatter.write_dl([(name, f"{entry.zh} / {entry.en}") for name, entry in self._entries.items()])
