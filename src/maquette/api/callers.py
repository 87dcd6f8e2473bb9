"""Whose things a raw route is asked about."""

from starlette.types import Scope

from maquette.api.door import PRINCIPAL
from maquette.domain.access import Principal
from maquette.domain.errors import Refused


def owner_of(scope: Scope) -> str:
    """The owner that the door found. Raises ``unauthorized`` on a path where it asks nobody."""
    principal: Principal | None = scope[PRINCIPAL]
    if principal is None:
        raise Refused("unauthorized")
    return principal.owner_id
