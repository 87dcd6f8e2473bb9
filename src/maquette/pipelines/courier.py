"""Drives one order to delivered files: reserve, submit, follow, fetch, settle.

Each step is written down before the next one depends on it, so that whoever comes after a crash goes on where it was:
a row with a provider's number is asked for again, one that succeeded is answered from our own store, and one that was
perhaps sent is sent again only where the provider makes nothing twice. Otherwise a person decides.
"""

import asyncio
from collections.abc import Callable

from maquette.domain.errors import Permanent
from maquette.domain.hosting import Billed, CallState, Fault, Snapshot, Trouble
from maquette.domain.states import Status
from maquette.pipelines.clocks import Pace
from maquette.pipelines.commission import Commission, Waiting, canceled_there
from maquette.pipelines.following import Follower
from maquette.pipelines.ledger import Account, Ledger
from maquette.pipelines.parcels import Brought, Porter
from maquette.pipelines.patience import patiently, until_written
from maquette.pipelines.sending import Sender
from maquette.ports.clock import Clock
from maquette.ports.hosting import HostedEngine
from maquette.ports.stores import Database


def nowhere(engine: str, secret: str) -> str:  # noqa: ARG001 - the shape of a callback
    """No provider can call here."""
    return ""


class Courier:
    """Fulfils commissions. ``callback`` makes the address under which a provider may call: engine, secret part."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        porter: Porter,
        clock: Clock,
        pace: Pace | None = None,
        callback: Callable[[str, str], str] = nowhere,
    ) -> None:
        pace = pace or Pace()
        waiting = Waiting(database, clock, pace)
        self._db = database
        self._ledger = ledger
        self._porter = porter
        self._waiting = waiting
        self._sender = Sender(ledger, waiting, clock, pace, callback)
        self._follower = Follower(ledger, waiting, porter, clock, pace)
        self._calling_off: set[asyncio.Task[None]] = set()

    async def fulfil(self, commission: Commission) -> tuple[Brought, ...]:
        """The files that the provider made. Raises ``CallFailed``, ``OnHold``, ``Stopped``, ``LeaseLost``.

        When this is cancelled because its job was, the provider is told so; when the process ends, nothing is: whoever
        takes the job up goes on.
        """
        account = commission.account
        call = await patiently(self._ledger.standing, account.job.owner_id, account.order_key)
        if call is not None and call.state is CallState.SUCCEEDED:
            kept = await patiently(self._porter.again, call, commission.folder)
            if kept is not None:
                return kept
            call = None if call.handle is None else call
        try:
            call = await self._sender.handed_over(commission, call)
            return await self._follower.followed(commission, call)
        except asyncio.CancelledError:
            self._call_off_later(commission)
            raise

    # -- canceling

    def _call_off_later(self, commission: Commission) -> None:
        """In a task of its own: the present one is being cancelled."""
        task = asyncio.ensure_future(self._call_off(commission))
        self._calling_off.add(task)
        task.add_done_callback(self._calling_off.discard)

    async def _call_off(self, commission: Commission) -> None:
        account = commission.account
        call = await patiently(self._ledger.standing, account.job.owner_id, account.order_key)
        if call is None:
            return
        await self._sender.settle(call)
        await self.call_off(call.id, commission.engine, account)

    async def call_off(self, call_id: str, engine: HostedEngine, account: Account) -> None:
        """Cancels a commission there, if its job was canceled. One that cannot be canceled still stands."""
        call = await patiently(self._waiting.row, call_id)
        if call is None or not call.is_open or not await patiently(self._is_canceled, call.job_id):
            return
        if call.handle is not None and await canceled_there(engine, call):
            billed = Billed.NO if call.state is CallState.QUEUED or not account.charges else Billed.UNKNOWN
            trouble = Trouble(Fault.PROVIDER, "The job was canceled.", billed=billed)
            await until_written(lambda: self._ledger.failed(call, trouble, account, Snapshot(CallState.CANCELED)))
            return
        error = Permanent("canceled")
        await until_written(lambda: self._ledger.lost(call, error, known=call.handle is not None))

    def _is_canceled(self, job_id: str) -> bool:
        with self._db.read() as tx:
            job = tx.jobs.get(job_id)
        return job is None or job.status is Status.CANCELED
