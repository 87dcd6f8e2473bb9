"""Keys, for admins."""

from fastapi import APIRouter, Request, Response

from maquette.api.dependencies import AdminDep, Cursor, Limit, ServicesDep
from maquette.api.identity import Identity
from maquette.api.problems import documented
from maquette.api.schemas.keys import KeyOut, KeyPage, NewKeyIn, NewKeyOut
from maquette.app.keys import Asked
from maquette.domain.errors import Refused

router = APIRouter(prefix="/api/v1/keys", tags=["access"])


@router.post("", status_code=201, response_model=NewKeyOut, responses=documented("storage_full", "not_ready"))
def create_key(asked: NewKeyIn, response: Response, services: ServicesDep, admin: AdminDep) -> NewKeyOut:
    """Makes a key. The secret is shown this once. For admins."""
    owner_id = asked.owner_id or admin.owner_id
    made = services.access.keys.create(Asked(asked.name, owner_id, asked.is_admin, asked.expires_days))
    response.headers["cache-control"] = "no-store"
    return NewKeyOut.of(made)


@router.get("", response_model=KeyPage, responses=documented())
def list_keys(services: ServicesDep, _: AdminDep, cursor: Cursor = None, limit: Limit = 50) -> KeyPage:
    """The keys of all owners, newest first, revoked ones included. For admins."""
    page = services.access.keys.list(cursor, limit)
    return KeyPage(items=[KeyOut.of(key) for key in page.items], next_cursor=page.next_cursor)


@router.delete("/{key_id}", status_code=204, responses=documented("not_found", "in_use"))
def revoke_key(key_id: str, request: Request, services: ServicesDep, admin: AdminDep) -> None:
    """Ends a key and whoever signed in with it; not the key that asks for it. For admins."""
    if key_id == admin.key_id:
        raise Refused("in_use", "This is the key that you use.", "Use another, or: maquette keys revoke ID")
    services.access.keys.revoke(key_id)
    identity: Identity = request.app.state.identity
    identity.forget()
