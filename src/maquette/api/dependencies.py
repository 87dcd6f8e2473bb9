"""What routes ask FastAPI for."""

from typing import Annotated

from fastapi import Depends, Query, Request

from maquette.api.services import Services
from maquette.domain.ids import LOCAL_OWNER


async def _services(request: Request) -> Services:
    return request.app.state.services


async def _owner() -> str:
    """Everything belongs to the local owner while the server answers on loopback only."""
    return LOCAL_OWNER


ServicesDep = Annotated[Services, Depends(_services)]
OwnerDep = Annotated[str, Depends(_owner)]
Deleted = Annotated[bool, Query(description="Those that were deleted and can still be restored")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most")]
