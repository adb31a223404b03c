"""The address of a model's endpoint, and whether a key may be sent there."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

from analytics.exceptions import InputError
from flows.feeds.addresses import is_public

__all__ = ["Endpoint", "parse_endpoint", "require_private_or_https"]

_PATH = "/chat/completions"
_EXAMPLE = "write it as http://localhost:11434 or https://api.example.org/v1"
_THIS_MACHINE = re.compile(r"localhost|::1|127\.\d+\.\d+\.\d+")
_SENDABLE_KEY = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go.

    Attributes
    ----------
    url : str
        Whole address, such as ``.../chat/completions``.
    host : str
        Name or address without the port.
    name : str
        Host with its port, for messages.
    """

    url: str
    host: str
    name: str

    @property
    def is_encrypted(self) -> bool:
        """Whether requests go by HTTPS."""
        return self.url.startswith("https:")

    @property
    def is_this_machine(self) -> bool:
        """Whether the address itself says so: no proxy leads there."""
        return _THIS_MACHINE.fullmatch(self.host) is not None


def parse_endpoint(text: str, request: str = _PATH, key_variable: str = "PAPERTRENDS_LABEL_KEY") -> Endpoint:
    """Address of an endpoint, given as a server, with its ``/v1``, or whole.

    Parameters
    ----------
    request : str
        What the kind of request adds to the address, such as ``/embeddings``.
    key_variable : str
        Where the key belongs, for messages.

    Raises
    ------
    InputError
        When it is not an address of HTTP, or holds a user, a key or a query; what is given is not repeated.

    Examples
    --------
    >>> parse_endpoint("http://localhost:11434").url
    'http://localhost:11434/v1/chat/completions'
    >>> parse_endpoint("https://api.example.org/openai/v1/").url
    'https://api.example.org/openai/v1/chat/completions'
    >>> parse_endpoint("https://api.example.org/v1", "/embeddings").url
    'https://api.example.org/v1/embeddings'
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise InputError(f"the endpoint is not an address; {_EXAMPLE}") from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s\\]", text.strip()):
        raise InputError(f"the endpoint is not an address of http or https; {_EXAMPLE}")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise InputError(
            f"the endpoint holds a user, a query or a fragment; {_EXAMPLE}, and give the key in "
            + key_variable
        )
    path = parts.path.rstrip("/")
    if not path.endswith(request):
        path = (path or "/v1") + request
    written = f"[{host}]" if ":" in host else host
    name = written if port is None else f"{written}:{port}"
    return Endpoint(f"{parts.scheme}://{name}{path}", host, name)


def require_private_or_https(endpoint: Endpoint, key: SecretStr) -> str:
    """Give the key as it is sent, where that is safe.

    Raises
    ------
    InputError
        When the key holds characters that no header takes, or would cross an open network unencrypted.
    """
    value = key.get_secret_value().strip()
    if not _SENDABLE_KEY.fullmatch(value):
        raise InputError("the key of the endpoint is empty or holds spaces or other signs; check label_key")
    if not endpoint.is_encrypted and not _is_private(endpoint.host):
        raise InputError(
            f"a key would be sent to {endpoint.name} unencrypted, and that is not known to be this machine "
            "or in a private network; use https, or give no key"
        )
    return value


def _is_private(host: str) -> bool:
    """Whether all addresses of a host are private; one that has no address is not known to be."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return False
    return bool(found) and not any(is_public(address) for address in found)
