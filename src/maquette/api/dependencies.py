"""What routes ask FastAPI for."""

from typing import Annotated

from fastapi import Depends, Query, Request

from maquette.api.door import PRINCIPAL
from maquette.api.services import Services
from maquette.domain.access import Principal
from maquette.domain.errors import Refused


async def _services(request: Request) -> Services:
    return request.app.state.services


async def _visitor(request: Request) -> Principal | None:
    return request.scope[PRINCIPAL]


async def _principal(request: Request) -> Principal:
    found: Principal | None = request.scope[PRINCIPAL]
    if found is None:
        raise Refused("unauthorized")
    return found


PrincipalDep = Annotated[Principal, Depends(_principal)]
"""Whoever makes the request."""


async def _owner(principal: PrincipalDep) -> str:
    return principal.owner_id


async def _admin(principal: PrincipalDep) -> Principal:
    if not principal.is_admin:
        raise Refused(
            "forbidden", "Only an admin may do this.", "Use a key made with: maquette keys create NAME --admin"
        )
    return principal


ServicesDep = Annotated[Services, Depends(_services)]
OwnerDep = Annotated[str, Depends(_owner)]
"""Whose things the request is about: put it into every question to a use case."""
AdminDep = Annotated[Principal, Depends(_admin)]
"""Whoever makes the request, if it is an admin; else the answer is ``forbidden``."""
VisitorDep = Annotated[Principal | None, Depends(_visitor)]
"""On open paths: whoever makes the request, where that is known."""
Deleted = Annotated[bool, Query(description="Those that were deleted and can still be restored")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most")]
