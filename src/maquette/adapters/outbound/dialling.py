"""Connecting to addresses that were tested, and to no others.

httpcore asks for a connection to the URL's host; it gets one to an address that was chosen before. The name stays what
it was for the Host header, for SNI and for the check of the certificate, so that a name which resolves differently a
moment later changes nothing.
"""

from collections.abc import Iterable, Sequence

import httpcore

MOST = 4
"""Addresses of one name that are tried."""


class TestedAddresses(httpcore.AsyncNetworkBackend):
    """Dials ``addresses`` in turn, whatever host it is asked for. ``network`` makes the connections."""

    def __init__(self, addresses: Sequence[str], network: httpcore.AsyncNetworkBackend) -> None:
        self._addresses = addresses[:MOST]
        self._network = network
        self.connected = False

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - the point of it: the host was resolved and tested before
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the name is the library's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._addresses:
            try:
                stream = await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                self.connected = True
                return stream
        raise failure
