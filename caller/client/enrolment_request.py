"""How a program without a token gets one: it shows a code, and waits until a manager enters it; the token is then kept.

1. The caller is asked again and again until it is there; each connection has another code, and so has each ten minutes.
2. A code of the printed sheet (`sheet_code`) is tried once; where it is wrong the program goes on with a code of its own.
3. `shown` is called for each change: with a code, or without one and with what is the matter.
4. Over TLS a station that has no CA of the hall asks the caller for it, trusts it for this connection, and shows its
   fingerprint: the manager compares it with their own before they enter the code. The CA is kept with the token, and
   from then on nothing else is trusted. So who stands between the two would have to show another fingerprint.
5. What the PC left that was this station before comes with the token: the keys of ID numbers are kept here, the rest is
   the program's (`received`).
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from caller.client.client import OPEN_SECONDS
from caller.client.pending_commands import reason_of
from caller.client.reconnecting import CallerAddresses
from caller.identity import keys
from caller.identity.tokens import find_token, keep_token
from caller.protocol import frames
from caller.protocol.frames import Bye, EnrolCode, Enrolled, Hello, PeerError, message_of
from config.catalogue import both
from config.instants import Seconds
from config.owner_only import BadKey
from config.process.options import Unable
from config.process.tls import client_context, fingerprint, has_ca, keep_ca, learn_ca, pinned_context

AGAIN_SECONDS: Seconds = 2.0  # before the caller is asked again
GROUP = 3  # signs of a code that are read together


class EnrolmentState(NamedTuple):
    """What a station shows while it waits: its code (empty without one), where the caller sees it, what is the matter."""

    code: str = ""
    address: str = ""
    trouble: str = ""
    fingerprint: str = ""  # of the hall's CA, where it was learnt just now

    @property
    def grouped(self) -> str:
        """The code as it is read out."""
        return " ".join(self.code[at : at + GROUP] for at in range(0, len(self.code), GROUP))


ShowState = Callable[[EnrolmentState], None]


class EnrolmentRequest(NamedTuple):
    """What a station wants to be, and where its caller is."""

    url: str
    role: str
    name: str
    data: Path
    sheet_code: str = ""
    anew: bool = False  # the hall may have another CA now
    received: "Callable[[dict[str, str]], None] | None" = None  # keeps what the PC before left, beside keys

    async def answered(self, shown: ShowState) -> str:
        """Return the token, kept on this machine, once there is one. Raises `Unable` where it cannot be kept."""
        code, addresses = self.sheet_code, CallerAddresses(self.url)
        while True:
            try:
                ca = await self._unknown_ca(addresses.now)
                made = await self._ask(addresses.now, code, shown, ca)
                break
            except _Refused as refused:
                shown(EnrolmentState(trouble=str(refused)))
            except (OSError, TimeoutError, WebSocketException, PeerError) as error:
                shown(EnrolmentState(trouble=reason_of(addresses.now, error)))
            code = ""
            addresses.go_on()
            await asyncio.sleep(AGAIN_SECONDS)
        try:
            if ca:
                await asyncio.to_thread(keep_ca, self.data, ca)
            await asyncio.to_thread(keep_token, self.data, self.role, self.name, made.token)
            await asyncio.to_thread(self._take_over, made.kept)
        except OSError as error:
            raise Unable(
                f"已登记，但令牌不能存在本机（{error.strerror}）。请检查 {self.data} 的权限和空间，再登记一次\n"
                f"Enrolled, but the token cannot be kept here: {error.strerror}. Check {self.data}, and enrol once more"
            ) from None
        return made.token

    def _take_over(self, kept: dict[str, str]) -> None:
        """Keep what the PC before this one left. Raises `OSError`."""
        try:
            keys.take_over(self.data, keys.PERSON, kept)
        except BadKey as error:  # this PC goes on with its own, as before
            click.echo(str(error), err=True)
        if self.received:
            self.received(kept)

    async def _unknown_ca(self, url: str) -> bytes:
        """Return the hall's CA by the caller's word where this station does not know it; else empty. Raises `OSError`."""
        if client_context(url) is None or (has_ca(self.data) and not self.anew):
            return b""
        return await asyncio.to_thread(learn_ca, url)

    async def _ask(self, url: str, code: str, shown: ShowState, ca: bytes) -> Enrolled:
        """Hold one connection until the token comes. Raises `_Refused` and whatever a network raises."""
        hello = Hello("", [], enrol=f"{self.role}/{self.name}", code=code)
        async with greeted(url, hello, ca) as line:
            async for text in line:
                match frames.decode_caller(text):
                    case Enrolled() as made:
                        return self._fitting(made)
                    case EnrolCode() as frame:
                        shown(EnrolmentState(frame.code, frame.address, fingerprint=fingerprint(ca)))
                    case Bye() as bye:
                        raise _Refused(" / ".join(message_of(bye).with_next_step))
                    case _:
                        raise PeerError("bad-frame")
        raise TimeoutError

    def _fitting(self, made: Enrolled) -> Enrolled:
        """Return what was made, if it is of the station that this program is. Raises `_Refused`."""
        if (made.role, made.station) != (self.role, self.name):
            zh = f"管理人员登记成了 {made.role} {made.station}，而本程序是 {self.role} {self.name}，请再登记一次"
            en = f"It was enrolled as {made.role} {made.station}, but is {self.role} {self.name}: enrol it once more"
            raise _Refused(f"{zh} / {en}")
        return made

    def command(self, code: str) -> str:
        """Return what the manager runs on the caller's PC."""
        return f"hallcall enrol approve {code} --role {self.role} --name {self.name} --data DATA"


@asynccontextmanager
async def greeted(url: str, hello: Hello, ca: bytes) -> AsyncGenerator[ClientConnection]:
    """Open a line to a caller for a machine without a token, and send `hello`; close it with the block.

    ca: the only one that is trusted, learnt just now; empty: those that this machine trusts. Raises whatever a network raises.
    """
    async with connect(
        url,
        subprotocols=[Subprotocol(frames.SUBPROTOCOL)],
        compression=None,
        proxy=None,
        open_timeout=OPEN_SECONDS,
        close_timeout=1,
        max_size=frames.VIEW_BYTES_MAX,
        ssl=pinned_context(ca) if ca else client_context(url),
    ) as line:
        await line.send(frames.encode(hello))
        yield line


class _Refused(Exception):
    """The caller hung up; says why, and what to do."""


def obtain_token(request: EnrolmentRequest, given: str | None, again: bool) -> str:
    """Return the token given or kept; without one show a code on this terminal until the station is enrolled.

    Args:
        given: by the command line or the environment.
        again: whatever is given or kept, this station is enrolled anew.

    Raises:
        Unable: the token cannot be kept.
    """
    found = None if again else find_token(request.data, request.role, request.name, given)
    if found:
        return found
    return asyncio.run(request._replace(anew=again).answered(tells(request)))


def tells(request: EnrolmentRequest) -> ShowState:
    """Return what prints each new state once, on standard error."""
    last: list[Any] = []

    def tell(state: EnrolmentState) -> None:
        if [state] != last:
            last[:] = [state]
            click.echo(_text(request, state), err=True)

    return tell


def _text(request: EnrolmentRequest, state: EnrolmentState) -> str:
    if not state.code:
        return state.trouble
    zh, en = both("role", request.role)
    command = request.command(state.code)
    compare = f"\n大厅证书指纹 fingerprint  {state.fingerprint}：请与管理人员看到的核对 / compare it with what the manager sees"
    return (
        f"\n本站点尚未登记：{zh} {request.name}（{state.address}）\n登记码  {state.grouped}\n"
        f"请管理人员在管理台“站点设备”输入，或在叫号主机运行：{command}\n登记后自动继续；十分钟后换新码\n"
        f"Not enrolled yet: {en} {request.name}. Code  {state.grouped}\n"
        f"The manager enters it in the office (Stations), or runs on the caller's PC: {command}\n"
        f"It goes on by itself; a new code comes every ten minutes{compare if state.fingerprint else ''}"
    )
