"""Where a request may lead: a feed that anyone names must not reach this machine or the network around it.

A name is resolved once, every address that it has is checked, and the connection goes to a checked
address: a name that says something else a moment later leads nowhere else. However an address is
written (``2130706433``, ``0177.0.0.1``, ``::ffff:127.0.0.1``), it is the one that the system connects to
that is checked. Behind a proxy the proxy resolves names, and only addresses written as such can be checked.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from typing import TypeAlias
from urllib.request import getproxies, proxy_bypass

import httpx

from flows.feeds.errors import FeedError

__all__ = ["PublicTransport", "is_public", "proxy_of", "require_public_name"]

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_PORTS = {"http": 80, "https": 443}


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the open network.

    Loopback, private, shared, link-local, multicast and reserved ones are not, nor are those of IPv6 that
    lead to such an address of IPv4. What is no address at all is not public.

    Examples
    --------
    >>> is_public("93.184.216.34"), is_public("2606:2800:21f:cb07::1")
    (True, True)
    >>> is_public("10.0.0.1"), is_public("169.254.169.254"), is_public("::ffff:127.0.0.1")
    (False, False, False)
    """
    try:
        found = _inner(ipaddress.ip_address(address))
    except ValueError:
        return False
    if found.is_multicast or found.is_reserved or getattr(found, "is_site_local", False):
        return False
    return found.is_global


def _inner(address: Address) -> Address:
    """Address of IPv4 that one of IPv6 stands for, else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


async def _public_addresses(host: str, port: int) -> list[str]:
    """Addresses of a host, all of them public."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    for address in addresses:
        if not is_public(address):
            raise _refused(host, address)
    return addresses


def require_public_name(host: str) -> None:
    """Refuse a host that names this machine or a private address by itself, before a proxy is asked for it.

    Raises
    ------
    FeedError
        When it is such a name or address, in whatever form.
    """
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        raise _refused(host, name)
    try:
        address = socket.inet_ntoa(socket.inet_aton(name))
    except (OSError, UnicodeError):
        address = name
    is_written_out = ":" in address or address.replace(".", "").isdecimal()
    if is_written_out and not is_public(address):
        raise _refused(host, address)


def proxy_of(url: httpx.URL) -> str | None:
    """Proxy of the environment for an address, None without any."""
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(url.host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


class PublicTransport(httpx.AsyncBaseTransport):
    """Connects to public addresses only, and to none but those that were checked.

    `certificates` are checked against the host's name, not against its address.
    """

    def __init__(self, certificates: ssl.SSLContext) -> None:
        self._inner = httpx.AsyncHTTPTransport(verify=certificates, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer of the first address that takes the connection."""
        host = request.url.raw_host.decode("ascii").strip("[]")
        port = request.url.port or _PORTS.get(request.url.scheme, 0)
        failure: httpx.TransportError | None = None
        for address in await _public_addresses(host, port):
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
            try:
                return await self._inner.handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure or httpx.ConnectError("the name has no address")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def _refused(host: str, address: str) -> FeedError:
    leads = "is" if host == address else f"leads to {address},"
    return FeedError(
        f"{host} {leads} an address of this machine or of a private network, which a feed may not name; "
        "name a public address, or set allow_private_feeds = true"
    )
