"""Tickets, for streams and downloads that cannot carry a header."""

from fastapi import APIRouter, Response

from maquette.api.dependencies import PrincipalDep, ServicesDep
from maquette.api.door import check_reach
from maquette.api.problems import documented
from maquette.api.schemas.keys import NewTicketIn, TicketOut
from maquette.domain.access import How

router = APIRouter(prefix="/api/v1/tickets", tags=["access"])


@router.post("", status_code=201, response_model=TicketOut, responses=documented("not_found", "not_ready"))
def create_ticket(asked: NewTicketIn, response: Response, services: ServicesDep, principal: PrincipalDep) -> TicketOut:
    """Gives a secret that opens one path once within 30 s, as `?ticket=`: the only one that may stand in an address."""
    if principal.how is How.SESSION:
        check_reach(services.access, principal, "GET", asked.path)
    issued = services.access.tickets.issue(principal, asked.path)
    response.headers["cache-control"] = "no-store"
    return TicketOut(ticket=issued.secret, path=asked.path, expires_at=issued.expires_at)
