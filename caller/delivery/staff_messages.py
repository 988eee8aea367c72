"""One message to the staff, by Apprise: mail, ntfy, JSON, and the chat robots that halls have (WeCom, DingTalk, Feishu).

Apprise says only whether it went well, so its host is connected to first: one that cannot be reached has been sent nothing
and is tried again. Whatever fails after that may have arrived, and is not repeated. Apprise is an extra
(`pip install '.[notify]'`): without it a hall says so at `hallcall check` and with each delivery that waits.
"""

import logging
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from caller.delivery import webhooks
from caller.delivery.webhooks import Answer
from config.delivery_settings import StaffReceiver
from config.reading.draft_rows import Draft
from config.reading.errors import Mistake

LACKING = (
    "没有安装 Apprise，请在程序文件夹里运行 /opt/hallcall/bin/pip install '.[notify]'",
    "Apprise is not installed; in the product's folder: /opt/hallcall/bin/pip install '.[notify]'",
)
CONNECT_SECONDS = 10.0
MAIL_PORT, PLAIN_PORT, SECURE_PORT = 25, 80, 443


def send_to_staff(receiver: StaffReceiver, secret: str, title: str, text: str) -> Answer:
    """Send a text to one address and return what came of it."""
    try:
        import apprise
    except ModuleNotFoundError:
        return Answer("away", " / ".join(LACKING))
    target: Any = apprise.Apprise.instantiate(receiver.url.replace("{secret}", quote(secret, safe="")))
    if not target:
        return Answer("refused", "Apprise 不认识这个地址 / Apprise does not know this address")
    try:
        _reach(target, receiver.private)
    except webhooks.UNREACHED as error:
        return Answer("away", _without(str(error) or repr(error), secret))
    with apprise.LogCapture(level=logging.WARNING) as lines:
        done = target.notify(body=text, title=title)
        said = str(getattr(lines, "getvalue", str)()).strip()
    if done:
        return Answer("taken", "")
    return Answer("unknown", _without(said, secret) or "Apprise: False")


def _reach(target: Any, private: bool) -> None:
    """Connect to where an address of Apprise sends, by an address that may be spoken to. Raises `OSError`."""
    host, port = place_of(target)
    allowed = webhooks.allowed_addresses(host, port, private)
    socket.create_connection((allowed[0], port), CONNECT_SECONDS).close()


def place_of(target: Any) -> tuple[str, int]:
    """Return the host and the port that an address of Apprise sends to."""
    mail, host = str(getattr(target, "smtp_host", "") or ""), str(getattr(target, "host", "") or "")
    public = (
        "" if host else getattr(target, "cloud_notify_url", "")
    )  # of a service that one may also run oneself
    fixed = str(getattr(target, "notify_url", "") or public)
    if mail:
        return mail, int(target.port or MAIL_PORT)
    if urlsplit(fixed).hostname:
        return urlsplit(fixed).hostname or "", SECURE_PORT
    return host, int(
        getattr(target, "port", 0) or (SECURE_PORT if getattr(target, "secure", False) else PLAIN_PORT)
    )


def _without(text: str, secret: str) -> str:
    return (text.replace(secret, "…") if secret else text)[-webhooks.DETAIL_CHARS :]


def known_addresses(draft: Draft, **_: Path) -> Iterable[Mistake]:
    """Check that each address of the staff is one that Apprise can send to, where it is installed; say so where it is not."""
    rows = list(draft.each("staff", "url"))
    if not rows:
        return
    try:
        import apprise
    except ModuleNotFoundError:
        yield rows[0].mistake("url", *LACKING)
        return
    for row in rows:
        if not apprise.Apprise.instantiate(
            row.good["url"].replace("{secret}", "secret1234567890"), suppress_exceptions=True
        ):
            zh, en = (
                "Apprise 不认识这个地址，请照它的说明写",
                "Apprise does not know this address; write it as its docs say",
            )
            yield row.mistake("url", zh, en)
