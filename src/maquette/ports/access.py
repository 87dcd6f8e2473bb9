"""Where keys, sign-ins and tickets are kept: only the hashes of their secrets."""

from datetime import datetime
from typing import Protocol

from maquette.domain.access import ApiKey, SignIn, Ticket
from maquette.ports.pages import Page


class KeyRows(Protocol):
    def add(self, key: ApiKey) -> None: ...

    def by_hash(self, key_hash: str) -> ApiKey | None:
        """Also a revoked or expired one."""
        ...

    def get(self, key_id: str) -> ApiKey | None:
        """Also a revoked or expired one."""
        ...

    def list(self, *, cursor: str | None = None, limit: int = 50) -> Page[ApiKey]:
        """The keys of all owners."""
        ...

    def revoke(self, key_id: str, at: datetime) -> bool:
        """Ends the key, its sign-ins and its tickets. True if it was not revoked yet."""
        ...

    def used(self, key_id: str, at: datetime, unless_after: datetime) -> None:
        """Notes a use, unless one was noted after ``unless_after``."""
        ...

    def opening(self, now: datetime) -> bool:
        """Whether there is a key that is neither revoked nor expired."""
        ...


class SignInRows(Protocol):
    def add(self, sign_in: SignIn) -> None: ...

    def find(self, token_hash: str) -> tuple[SignIn, ApiKey] | None:
        """With the key behind it."""
        ...

    def end(self, token_hash: str) -> None: ...

    def sweep(self, now: datetime) -> None:
        """Removes the expired ones."""
        ...


class TicketRows(Protocol):
    def add(self, ticket: Ticket) -> None: ...

    def take(self, token_hash: str, path: str) -> Ticket | None:
        """Removes and gives it, in one statement: of two that ask, one gets it."""
        ...

    def sweep(self, now: datetime) -> None:
        """Removes the expired ones."""
        ...
