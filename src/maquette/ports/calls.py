"""Where commissions to providers are kept."""

from datetime import datetime
from typing import Protocol

from maquette.domain.calls import Outlay, ProviderCall


class CallRows(Protocol):
    def add(self, call: ProviderCall) -> None:
        """Raises ``Refused("conflict")`` where one that is not void has this owner's key."""
        ...

    def save(self, before: ProviderCall, after: ProviderCall) -> bool:
        """Writes what differs, if the row still is in the state and as void as it was; ``wakes`` never.

        False where somebody else was first.
        """
        ...

    def get(self, call_id: str, owner_id: str | None = None) -> ProviderCall | None:
        """With ``owner_id`` None only for the server's own work, never for a person."""
        ...

    def standing(self, owner_id: str, order_key: str) -> ProviderCall | None:
        """The one with this key that is not void."""
        ...

    def of_key(self, owner_id: str, order_key: str) -> tuple[ProviderCall, ...]:
        """All with this key, void ones included, the first first."""
        ...

    def of_job(self, job_id: str) -> tuple[ProviderCall, ...]:
        """The first first."""
        ...

    def open(self) -> tuple[ProviderCall, ...]:
        """Those of all owners that providers may be at work on, the first first."""
        ...

    def is_taken(self, engine: str, external_id: str, but: str) -> bool:
        """Whether another commission than ``but``, of whatever owner, has this number of the provider's."""
        ...

    def is_unanswered(self, engine: str, since: datetime, but: str) -> bool:
        """Whether another commission than ``but`` was perhaps sent to this engine, and has no number of the provider's:
        one that is being sent, or one since then of which nobody knows or a person said to forget it."""
        ...

    def open_count(self, engine: str) -> int:
        """How many commissions are open with this engine, of all owners and processes, for jobs that go on."""
        ...

    def wake(self, wake_hash: str) -> ProviderCall | None:
        """Counts a call back and gives the commission that it is about; None where no open one has this hash."""
        ...

    def of_wake(self, wake_hash: str) -> ProviderCall | None:
        """The commission that a provider may call about under this hash, ended or not."""
        ...

    def hold(self, *names: str) -> None:
        """Until this transaction ends nobody else holds any of these names: whoever counts and then adds asks first."""
        ...

    def spent(
        self,
        *,
        owner_id: str | None = None,
        job_id: str | None = None,
        batch_id: str | None = None,
        since: datetime | None = None,
    ) -> Outlay:
        """Sums over the commissions of those, written since then."""
        ...
