"""A host as it stands in a setting: a name or an IP address, in its one spelling. Pure.

1. What ends in a number is an IP address, as browsers and resolvers take it: `192.168.1` and `127.1` are refused, not
   guessed at.
2. A name has the labels of DNS, an underscore among them, which PCs in a hall's network have. A name in hanzi is
   checked in the form that is looked up (IDNA).
3. An address that is not one device's (unspecified, multicast, link-local) is told apart: where it may stand depends on
   the setting.
"""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from msgspec import Struct

NAME_MAX = 253  # letters, by DNS
PLAIN = ("", "off")  # values of [listen] tls under which nothing is encrypted
HOLDING_IPV4 = (IPv6Network("::/96"), IPv6Network("64:ff9b::/96"))  # in their last 32 bits
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


class HostMistake(ValueError):
    """A host written wrongly; `zh` and `en` say what is wrong."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


class Host(Struct, frozen=True):
    """A host taken apart: its spelling, and its address where it is one."""

    text: str
    address: IPv4Address | IPv6Address | None = None

    @property
    def is_this_machine(self) -> bool:
        name = self.text.rstrip(".")
        if self.address is None:
            return name in ("localhost", "localhost.localdomain") or name.endswith(".localhost")
        return self.address.is_loopback

    @property
    def is_any(self) -> bool:
        """Return whether it means every address of a machine, which can be listened on but not connected to."""
        return self.address is not None and self.address.is_unspecified

    @property
    def is_one_device(self) -> bool:
        """Return whether it can be connected to as it stands; a link-local address needs the name of a network card."""
        at = self.address
        return at is None or not (
            at.is_unspecified or at.is_multicast or (isinstance(at, IPv6Address) and at.is_link_local)
        )


def is_encrypted(tls: str) -> bool:
    """Return whether the hall's processes speak TLS under this value of [listen] tls."""
    return tls not in PLAIN


def is_loopback(text: str) -> bool:
    """Return whether a host is this machine alone."""
    try:
        return parse(text).is_this_machine
    except HostMistake:
        return False


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an address is of the public network. One of IPv4 inside one of IPv6 (mapped, compatible, 6to4, NAT64) is
    looked at as IPv4: a gateway sends what goes there to the inner one."""
    if isinstance(address, IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if not inside and any(address in net for net in HOLDING_IPV4):
            inside = IPv4Address(address.packed[-4:])
        if inside:
            return is_public(inside)
        if address.is_site_local or address.is_reserved:
            return False
    return address.is_global and not address.is_multicast


def parse(text: str) -> Host:
    """Take a host apart, an IPv6 address in brackets or bare. Raises `HostMistake`."""
    bare = text.removeprefix("[").removesuffix("]") if text.startswith("[") else text
    try:
        name = bare.encode("idna").decode().lower() if not bare.isascii() else bare.lower()
    except UnicodeError:
        name = ""
    labels = name.removesuffix(".").split(".")
    if ":" in bare or text.startswith("[") or _NUMBER.fullmatch(labels[-1]):
        try:
            address = ip_address(name)
        except ValueError:
            raise HostMistake(f"{text} 不是 IP 地址", f"{text} is no IP address") from None
        if isinstance(address, IPv6Address):
            address = address.ipv4_mapped or address
        return Host(str(address), address)
    if len(name) > NAME_MAX or not all(map(_LABEL.fullmatch, labels)):
        raise HostMistake(f"“{text}”不是主机名", f"'{text}' is no host's name")
    return Host(bare.lower())
