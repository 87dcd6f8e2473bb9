"""Which addresses are on the public internet.

``ipaddress.is_global`` will not do: it is True for multicast, for ``fec0::/10`` and for addresses that carry a private
IPv4 address in them (NAT64, ``::127.0.0.1``). The lists are IANA's special-purpose registries of 2025.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

_NOT_PUBLIC_4 = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
# the only block that is given out; NAT64, mapped, site-local, link-local, unique-local and multicast lie outside
_GIVEN_OUT_6 = ip_network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
# an IPv4 address behind this in the lower half is reached through a tunnel (ISATAP, RFC 5214)
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def is_public(text: str) -> bool:
    """Whether a numeric address belongs to the public internet. False for whatever is not a plain address."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    if address.scope_id is not None or address not in _GIVEN_OUT_6:
        return False
    tunnelled = (int(address) >> 32) & 0xFFFFFFFF in _ISATAP
    return not tunnelled and not any(address in network for network in _NOT_PUBLIC_6)
