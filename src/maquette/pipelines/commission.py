"""One order on its way to one provider, and what is known of how that stands."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from maquette.domain.calls import ProviderCall
from maquette.domain.errors import Permanent
from maquette.domain.hosting import CallState, Cancelled, Handle, Trouble
from maquette.domain.states import WaitingFor
from maquette.pipelines.clocks import Pace
from maquette.pipelines.ledger import Account, Ledger, Live
from maquette.pipelines.outcome import Stopped
from maquette.pipelines.patience import patiently, until_written
from maquette.pipelines.troubles import OnHold
from maquette.ports.clock import Clock
from maquette.ports.hosting import HostedEngine, Order
from maquette.ports.outbound import PUBLIC, Policy
from maquette.ports.stores import Database

CANCEL_S = 15.0
"""How long a provider may take to answer that it has canceled something."""


@dataclass(frozen=True, slots=True)
class Commission:
    """One order, who is asked, for whom, and where the files shall lie. ``left_s`` is what the job's deadline leaves.

    ``live`` raises ``Stopped`` within a transaction where the job is no longer to be worked on. ``report`` takes the
    provider's progress, 0 to 0.99.
    """

    engine: HostedEngine
    account: Account
    order: Order
    folder: Path
    live: Live
    report: Callable[[float], None]
    left_s: float | None = None
    policy: Policy = PUBLIC

    @property
    def name(self) -> str:
        """The engine's name."""
        return self.account.info.name


class Waiting:
    """How the row of a commission is waited on: cheaply, and whoever decides about it meanwhile is heard."""

    def __init__(self, database: Database, clock: Clock, pace: Pace) -> None:
        self._db = database
        self._clock = clock
        self._pace = pace

    async def rest(self, call: ProviderCall, seconds: float) -> ProviderCall:
        """Waits, unless the provider calls. Raises ``Stopped`` where somebody else has decided about the row."""
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0:
            await asyncio.sleep(min(self._pace.look_s, left))
            found = await patiently(self.row, call.id)
            if found is None or found.void or found.state is not call.state:
                raise Stopped
            if found.wakes != call.wakes:
                return replace(call, wakes=found.wakes)
        return call

    def row(self, call_id: str) -> ProviderCall | None:
        """As the database has it. Blocking."""
        with self._db.read() as tx:
            return tx.calls.get(call_id)


async def canceled_there(engine: HostedEngine, call: ProviderCall) -> bool:
    """Whether the provider has agreed to stop."""
    try:
        async with asyncio.timeout(CANCEL_S):
            return await engine.cancel(handle_of(call)) is Cancelled.ACCEPTED
    except (Trouble, TimeoutError):
        return False


async def uncertain(ledger: Ledger, call: ProviderCall) -> OnHold:
    """Writes down that nobody knows whether it was made, and why its job has to wait."""
    error = Permanent("provider_uncertain", f"{call.engine} was asked, and no answer came.")
    if call.state is not CallState.LOST or call.handle is not None:
        await until_written(lambda: ledger.lost(call, error, known=False))
    return OnHold(WaitingFor.UNCERTAIN, error)


def handle_of(call: ProviderCall) -> Handle:
    """The handle that was written down."""
    if call.handle is None:
        raise Stopped
    return Handle.of(call.handle)
