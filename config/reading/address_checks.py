"""Cross checks of addresses: where the processes listen, the slip's QR, which a phone must be able to open, and
the receivers of webhooks."""

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from config import hosts
from config.hosts import Host, HostMistake
from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake

EXAMPLE = "http://192.168.1.10:9301"
PEM_ENDINGS = (".pem", ".crt", ".cer", ".key")
POSTED_TO = ("webhook", "gateway", "province", "centre")
HOOK_EXAMPLE = "https://example.gov.cn/hallcall"


def listening(draft: Draft) -> Iterable[Mistake]:
    """Require a port of its own for each process; 0 is any free one."""
    for row in draft.rows["listen"]:
        taken: dict[int, str] = {}
        for key, default in (("caller", 9300), ("web", 9301), ("kiosk", 9302), ("office", 9303)):
            port = row.get(key, default)
            if port and port in taken:
                zh, en = f"端口 {port} 已由 {taken[port]} 使用", f"Port {port} is taken by {taken[port]}"
                yield row.mistake(key, zh, en)
            taken.setdefault(port, key)


def public_address(draft: Draft) -> Iterable[Mistake]:
    """Require that `public_url` is scheme, host and port: the pages lie at the root of a host, so a path leads
    nowhere."""
    for row in draft.each("listen", "public_url"):
        url = row.good["public_url"]
        if not url:
            continue
        parts = _split(url)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            zh, en = f"“{url}”不是完整网址", f"'{url}' is no whole address"
            yield row.mistake(
                "public_url",
                f"{zh}，应写作 {EXAMPLE}",
                f"{en}; write it as {EXAMPLE}",
                _root(_completed(url)),
            )
        elif parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
            zh = f"“{url}”在主机之后还有内容，号票二维码会打不开"
            en = f"'{url}' has more than scheme, host and port: the slip's QR would lead nowhere"
            yield row.mistake("public_url", zh, en, _root(url))
        else:
            yield from _no_phone(row, url, parts.hostname)


def _no_phone(row: DraftRow, url: str, name: str) -> Iterable[Mistake]:
    """Check that a phone can look the host up and connect to it."""
    try:
        one_device = hosts.parse(name).is_one_device
    except HostMistake as wrong:
        yield row.mistake("public_url", f"“{url}”：{wrong.zh}", f"'{url}': {wrong.en}")
        return
    if not one_device:
        zh, en = f"没有手机能打开 {url}", f"No phone can open {url}"
        yield row.mistake(
            "public_url", f"{zh}，请写本机在局域网中的地址", f"{en}; write this PC's address in the network"
        )


def listening_host(draft: Draft) -> Iterable[Mistake]:
    """`host` is an address of this machine, or all of them: no address on the web, no port."""
    for key in ("host", "kiosk_host", "office_host"):
        for row in draft.each("listen", key):
            yield from _cannot_listen(row, key, row.good[key])


def _cannot_listen(row: DraftRow, key: str, text: str) -> Iterable[Mistake]:
    try:
        found = hosts.parse(text)
        if (found.is_any or found.is_one_device) and not text.startswith("["):
            return
        zh, en = f"“{text}”不能用来监听", f"No program can listen on '{text}'"
    except HostMistake as wrong:
        zh, en = wrong.zh, wrong.en
    yield row.mistake(key, f"{zh}，应写作 192.168.1.10", f"{en}; write it as 192.168.1.10", _bare(text))


def _bare(text: str) -> str:
    """Return the host inside a URL, brackets or with a port, or ""."""
    parts = _split(text if "://" in text else f"http://{text}")
    try:
        bare = hosts.parse(parts.hostname).text if parts and parts.hostname else ""
        return bare if bare != text else ""
    except HostMistake:
        return ""


def phone_address(draft: Draft) -> Iterable[Mistake]:
    """Check that a hall that listens for others prints slips for phones; its QR must not say "this machine"."""
    for row in draft.rows["listen"]:
        url, host = row.get("public_url", ""), row.get("host", "127.0.0.1")
        parts = _split(url) if url else None
        if parts and parts.hostname and (at := _host(parts.hostname)) and at.is_this_machine:
            zh, en = f"只有本机能打开 {url}，手机不能", f"Only this machine can open {url}, no phone can"
            yield row.mistake("public_url", zh, en)
        elif not url and (at := _host(host)) and at.is_any:
            shown = f"[{host}]" if ":" in host else host
            zh = f"host = “{host}”时要写 public_url，否则号票二维码是没有手机能打开的 http://{shown}:…"
            en = f"With host '{host}' write public_url, or the slip's QR says http://{shown}:…, which no phone can open"
            yield row.mistake("host", zh, en)


def encryption(draft: Draft) -> Iterable[Mistake]:
    """Require that `tls` is auto, off, or looks like a file; whether the file can be used is seen where it is used."""
    for row in draft.each("listen", "tls"):
        value = row.good["tls"]
        if value and value not in ("auto", "off") and not value.endswith(PEM_ENDINGS):
            zh, en = f"tls = “{value}”不认识", f"tls = '{value}' is unknown"
            near = "auto" if value.lower() in ("auto", "on", "yes", "true", "1") else ""
            yield row.mistake(
                "tls", f"{zh}，应为 auto、off 或 PEM 文件", f"{en}: auto, off, or a PEM file", near
            )


def plain_network(draft: Draft) -> Iterable[Mistake]:
    """Warn where other machines connect in plain text and the hall has not said that this is meant."""
    for row in draft.rows["listen"]:
        if row.get("tls", "") or ((at := _host(row.get("host", "127.0.0.1"))) and at.is_this_machine):
            continue
        zh = '其他电脑的连接没有加密，令牌和口令在网上是明文；请写 tls = "auto"（docs/tls.md），确实要明文时写 tls = "off"'
        en = (
            'Connections of other machines are not encrypted: tokens and passwords go in plain text. Write tls = "auto" '
            '(docs/tls.md), or tls = "off" if that is meant'
        )
        yield row.mistake("tls", zh, en)


def webhooks(draft: Draft) -> Iterable[Mistake]:
    """Require a receiver's address that is whole and names no user: a password there would be in every log line."""
    for row in (row for table in POSTED_TO for row in draft.each(table, "url")):
        url = row.good["url"].replace("{secret}", "x")
        if not url and row.table == "centre":
            continue  # there is none
        parts = _split(url)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            zh, en = f"“{url}”不是完整网址", f"'{url}' is no whole address"
            yield row.mistake(
                "url", f"{zh}，应写作 {HOOK_EXAMPLE}", f"{en}; write it as {HOOK_EXAMPLE}", _completed(url)
            )
        elif wrong := _no_host(parts.hostname):
            yield row.mistake("url", f"“{url}”：{wrong.zh}", f"'{url}': {wrong.en}")
        elif parts.username is not None or parts.fragment:
            zh, en = "网址里不能有用户名、密码或 #", "An address may hold no user, password or #"
            yield row.mistake(
                "url", zh, en, f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
            )


def _no_host(name: str) -> HostMistake | None:
    """Return what is wrong with a receiver's host; None where a program can look it up."""
    try:
        hosts.parse(name)
    except HostMistake as wrong:
        return wrong
    return None


def private_webhooks(draft: Draft) -> Iterable[Mistake]:
    """Warn of an address that is plainly of the inner network: it is refused at every try unless the row allows it."""
    for row in (row for table in POSTED_TO for row in draft.each(table, "url")):
        parts = _split(row.good["url"])
        if parts and parts.hostname and not row.get("private", False) and _is_inner(parts.hostname):
            zh = f"{parts.hostname} 是内网地址，须写 private = true 才会发送"
            yield row.mistake(
                "url", zh, f"{parts.hostname} is a private address: nothing is sent without private = true"
            )


def _split(url: str) -> SplitResult | None:
    if any(sign.isspace() or not sign.isprintable() for sign in url):
        return None
    try:
        parts = urlsplit(url)
        return None if parts.port == 0 else parts
    except ValueError:  # half an IPv6 address, or no port a computer has
        return None


def _completed(url: str) -> str:
    close = re.sub(r"\s", "", url)
    if not close.split("/")[0]:
        return ""
    full = close if "://" in close else f"http://{close}"
    parts = _split(full)
    return full if parts and parts.scheme in ("http", "https") and parts.hostname else ""


def _root(url: str) -> str:
    """Return scheme, host and port of an address, where it has them."""
    parts = _split(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts and parts.hostname else ""


def _host(text: str) -> Host | None:
    try:
        return hosts.parse(text)
    except HostMistake:
        return None


def _is_inner(text: str) -> bool:
    host = _host(text)
    return bool(host and (host.is_this_machine or (host.address and not hosts.is_public(host.address))))


MISTAKES = (listening, listening_host, public_address, encryption, webhooks)
WARNINGS = (phone_address, plain_network, private_webhooks)
