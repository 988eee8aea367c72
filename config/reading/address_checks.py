"""Cross checks of addresses: where the processes listen, the slip's QR, which a phone must be able to open, and
the receivers of webhooks."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from config.reading.draft_rows import Draft
from config.reading.errors import Mistake

EXAMPLE = "http://192.168.1.10:9301"
HOOK_EXAMPLE = "https://example.gov.cn/hallcall"


def listening(draft: Draft) -> Iterable[Mistake]:
    """Two processes cannot listen on one port; 0 is any free one."""
    for row in draft.rows["listen"]:
        taken: dict[int, str] = {}
        for key, default in (("caller", 9300), ("web", 9301), ("kiosk", 9302)):
            port = row.get(key, default)
            if port and port in taken:
                zh, en = f"端口 {port} 已由 {taken[port]} 使用", f"Port {port} is taken by {taken[port]}"
                yield row.mistake(key, zh, en)
            taken.setdefault(port, key)


def public_address(draft: Draft) -> Iterable[Mistake]:
    """`public_url` is scheme, host and port: the pages lie at the root of a host, so a path leads nowhere."""
    for row in draft.each("listen", "public_url"):
        url = row.good["public_url"]
        if not url:
            continue
        parts = _split(url)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            zh, en = f"“{url}”不是完整网址", f"'{url}' is no whole address"
            yield row.mistake(
                "public_url", f"{zh}，应写作 {EXAMPLE}", f"{en}; write it as {EXAMPLE}", _completed(url)
            )
        elif parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
            root = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
            zh = f"“{url}”在主机之后还有内容，号票二维码会打不开"
            en = f"'{url}' has more than scheme, host and port: the slip's QR would lead nowhere"
            yield row.mistake("public_url", zh, en, root)
        elif _is_unspecified(parts.hostname):
            zh, en = f"没有手机能打开 {url}", f"No phone can open {url}"
            yield row.mistake(
                "public_url",
                f"{zh}，请写本机在局域网中的地址",
                f"{en}; write this PC's address in the network",
            )


def phone_address(draft: Draft) -> Iterable[Mistake]:
    """Check that a hall that listens for others prints slips for phones; its QR must not say "this machine"."""
    for row in draft.rows["listen"]:
        url, host = row.get("public_url", ""), row.get("host", "127.0.0.1")
        parts = _split(url) if url else None
        if parts and parts.hostname and _is_this_machine(parts.hostname):
            zh, en = f"只有本机能打开 {url}，手机不能", f"Only this machine can open {url}, no phone can"
            yield row.mistake("public_url", zh, en)
        elif not url and _is_unspecified(host):
            zh = f"host = “{host}”时要写 public_url，否则号票二维码是没有手机能打开的 http://{host}:…"
            en = f"With host '{host}' write public_url, or the slip's QR says http://{host}:…, which no phone can open"
            yield row.mistake("host", zh, en)


def webhooks(draft: Draft) -> Iterable[Mistake]:
    """A receiver's address is whole, and names no user: a password there would be in every log line."""
    for row in draft.each("webhook", "url"):
        url = row.good["url"]
        parts = _split(url)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            zh, en = f"“{url}”不是完整网址", f"'{url}' is no whole address"
            yield row.mistake(
                "url", f"{zh}，应写作 {HOOK_EXAMPLE}", f"{en}; write it as {HOOK_EXAMPLE}", _completed(url)
            )
        elif parts.username is not None or parts.fragment:
            zh, en = "网址里不能有用户名、密码或 #", "An address may hold no user, password or #"
            yield row.mistake(
                "url", zh, en, f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
            )


def private_webhooks(draft: Draft) -> Iterable[Mistake]:
    """An address that is plainly of the inner network is refused at every try unless the row allows it."""
    for row in draft.each("webhook", "url"):
        parts = _split(row.good["url"])
        if parts and parts.hostname and not row.get("private", False) and _is_inner(parts.hostname):
            zh = f"{parts.hostname} 是内网地址，须写 private = true 才会发送"
            yield row.mistake(
                "url", zh, f"{parts.hostname} is a private address: nothing is sent without private = true"
            )


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
        return parts
    except ValueError:  # half an IPv6 address, or no port a computer has
        return None


def _completed(url: str) -> str:
    return "" if "://" in url or not url.split("/")[0].strip() else f"http://{url}"


def _is_unspecified(host: str) -> bool:
    return _is(host, "is_unspecified")


def _is_this_machine(host: str) -> bool:
    return host == "localhost" or _is(host, "is_loopback")


def _is_inner(host: str) -> bool:
    return host == "localhost" or _is(host, "is_private")


def _is(host: str, what: str) -> bool:
    try:
        return bool(getattr(ip_address(host.strip("[]")), what))
    except ValueError:
        return False


MISTAKES = (listening, public_address, webhooks)
WARNINGS = (phone_address, private_webhooks)
