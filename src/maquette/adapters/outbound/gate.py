"""Decides where a request may go, and to which addresses."""

from collections.abc import Mapping, Sequence

from maquette.adapters.outbound.addresses import is_public
from maquette.adapters.outbound.resolving import Resolver
from maquette.adapters.outbound.targets import Target, Unfit, read
from maquette.ports.outbound import Policy

PORTS = frozenset({80, 443})
_FOR_EVERYBODY = frozenset({"accept", "accept-language"})


class Gate:
    """Checks every hop of one exchange."""

    def __init__(self, policy: Policy, first: Target, resolver: Resolver) -> None:
        self._trusted = read(policy.base_url).origin if policy.base_url else None
        self._home = self._trusted or first.origin
        self._resolver = resolver

    def trusts(self, target: Target) -> bool:
        """Whether the operator named exactly this scheme, host and port."""
        return target.origin == self._trusted

    async def addresses(self, target: Target) -> Sequence[str]:
        """Those to connect to. Raises ``Unfit``, or ``OSError`` when the operator's server cannot be found."""
        if self.trusts(target):
            return await self._resolved(target)
        if target.port not in PORTS:
            raise Unfit("not a port of the web")
        if not target.is_numeric and "." not in target.host:
            raise Unfit("not a public name")
        try:
            found = await self._resolved(target)
        except OSError as error:
            raise Unfit(f"no address ({type(error).__name__})") from None
        if not found or not all(is_public(address) for address in found):
            raise Unfit("an address that is not public")
        return found

    def headers(self, target: Target, headers: Mapping[str, str]) -> dict[str, str]:
        """What of the caller's headers this hop may see: keys go home only."""
        home = target.origin == self._home
        return {name: value for name, value in headers.items() if home or name.lower() in _FOR_EVERYBODY}

    async def _resolved(self, target: Target) -> Sequence[str]:
        return [target.host] if target.is_numeric else await self._resolver.addresses(target.host, target.port)
