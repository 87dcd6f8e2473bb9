"""Counts failed sign-ins per address, so that nobody tries keys all day."""

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from maquette.domain.errors import Refused

MOST = 10
WITHIN_S = 60.0
MAX_ADDRESSES = 10_000


class Attempts:
    """Of the addresses that failed lately. Each process counts for itself."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Raises ``too_many_attempts`` when ten failed within the last minute."""
        times = self._failed.get(_network(address))
        while times and times[0] <= self._seconds() - WITHIN_S:
            times.popleft()
        if times and len(times) >= MOST:
            raise Refused("too_many_attempts")

    def failed(self, address: str) -> None:
        """Notes one. The address that failed longest ago is forgotten first."""
        network = _network(address)
        self._failed.setdefault(network, deque(maxlen=MOST)).append(self._seconds())
        self._failed.move_to_end(network)
        if len(self._failed) > MAX_ADDRESSES:
            self._failed.popitem(last=False)


def _network(address: str) -> str:
    """Whoever has an IPv6 address has the other 2^64 of its network as well."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
