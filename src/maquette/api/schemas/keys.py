"""Keys, sign-ins and tickets on the wire."""

from typing import Annotated, Any

from pydantic import Field

from maquette.api.schemas.common import Answer, Asked, Instant
from maquette.app.keys import MAX_NAME, NewKey
from maquette.app.tickets import PATHS
from maquette.domain.access import ApiKey, How, Principal
from maquette.domain.ids import LOCAL_OWNER


class NewKeyIn(Asked):
    """What a new key is to be. Without `owner_id` it is the caller's."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    owner_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")] | None = Field(
        default=None, description=f"Whose things it opens; `{LOCAL_OWNER}` is whoever works on the server's machine"
    )
    is_admin: Annotated[bool, Field(strict=True)] = False
    expires_days: Annotated[int, Field(strict=True, ge=1, le=3650)] | None = None


class KeyOut(Answer):
    """A key without its secret. `prefix` is how the secret begins, for people to tell keys apart."""

    id: str
    owner_id: str
    name: str
    prefix: str
    is_admin: bool
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Instant | None
    revoked_at: Instant | None

    @classmethod
    def of(cls, key: ApiKey) -> "KeyOut":
        """As admins see it."""
        return cls.model_validate(_told(key))


class NewKeyOut(KeyOut):
    """A key that was just made. `key` is the secret; it is shown this once."""

    key: str

    @classmethod
    def of(cls, key: NewKey) -> "NewKeyOut":  # pyright: ignore[reportIncompatibleMethodOverride] # made from more
        """With the secret."""
        return cls.model_validate(_told(key.key) | {"key": key.secret})


def _told(key: ApiKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in KeyOut.model_fields}


class KeyPage(Answer):
    """The keys of all owners, newest first."""

    items: list[KeyOut]
    next_cursor: str | None


class SignInIn(Asked):
    """The key that a person types in."""

    key: Annotated[str, Field(min_length=1, max_length=200)]


class MeOut(Answer):
    """Who the server takes the caller for. `key_required` says whether somebody without a key is turned away."""

    owner_id: str
    is_admin: bool
    how: How
    key_required: bool

    @classmethod
    def of(cls, principal: Principal, key_required: bool) -> "MeOut":
        """As the caller sees itself."""
        return cls(
            owner_id=principal.owner_id, is_admin=principal.is_admin, how=principal.how, key_required=key_required
        )


class NewTicketIn(Asked):
    """The path that the ticket is to open, without a query."""

    path: Annotated[str, Field(pattern=f"^{PATHS.pattern}$", max_length=300)]


class TicketOut(Answer):
    """A ticket: append it to the path as `?ticket=`. It works once."""

    ticket: str
    path: str
    expires_at: Instant
