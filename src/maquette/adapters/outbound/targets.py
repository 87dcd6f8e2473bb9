"""Reading URLs strictly: whatever two programs might read in two ways is refused."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, urljoin, urlsplit

import httpx

LONGEST = 4096
_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# what a request line may hold as it is; signed URLs must arrive letter by letter
_SAFE = "!#$%&'()*+,-./:;=?@[]_~"


class Unfit(Exception):
    """A URL that nobody may be asked to fetch. The text is for the log and repeats nothing of the URL."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in parts. ``host`` is a name in ASCII or an address without brackets; ``path`` includes the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def is_numeric(self) -> bool:
        """Whether the host is an address and no name."""
        return ":" in self.host or _NUMBER.fullmatch(self.host.rsplit(".", 1)[-1]) is not None

    @property
    def place(self) -> str:
        """The origin as text, fit for a log: no path, for paths may hold secrets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def join(self, location: str) -> "Target":
        """Where a redirect leads. Raises ``Unfit``."""
        _check_text(location)
        try:
            return read(urljoin(self.place + self.path, location))
        except ValueError:
            raise Unfit("a location that cannot be read") from None


def read(url: str) -> Target:
    """Raises ``Unfit``."""
    _check_text(url)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Unfit("not a URL") from None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        raise Unfit("neither http nor https")
    if not host or "@" in parts.netloc:
        raise Unfit("no host, or a user's name in it")
    if port == 0 or parts.netloc.endswith(":"):
        raise Unfit("no port")
    path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
    return Target(scheme, _host(host, bracketed="[" in parts.netloc), port or _PORTS[scheme], path)


def _check_text(url: str) -> None:
    if len(url) > LONGEST:
        raise Unfit("too long")
    if not url.isprintable() or any(char.isspace() or char == "\\" for char in url):
        raise Unfit("spaces, control characters or backslashes")


def _host(text: str, *, bracketed: bool) -> str:
    if bracketed:
        return _address_6(text)
    name = text if text.isascii() else _in_ascii(text)
    if _NUMBER.fullmatch(name.rstrip(".").rsplit(".", 1)[-1]):
        return _address_4(name)
    if not _NAME.fullmatch(name):
        raise Unfit("not a host name")
    return name


def _address_4(text: str) -> str:
    """Four decimal numbers: other programs read ``127.1``, ``0x7f.1`` and ``0177.0.0.1`` as addresses too."""
    try:
        return str(IPv4Address(text))
    except ValueError:
        raise Unfit("an unusual spelling of an address") from None


def _address_6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except ValueError:
        raise Unfit("not an IPv6 address") from None
    if address.scope_id is not None:
        raise Unfit("an address with a zone")
    return str(address)


def _in_ascii(name: str) -> str:
    """IDNA 2008, which knows no letters that stand for others: full-width digits are refused."""
    try:
        return httpx.URL(scheme="http", host=name).raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError):
        raise Unfit("not a host name") from None
