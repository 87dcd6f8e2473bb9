"""From a provider's number to delivered files: asks by four clocks, fetches at once, settles."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from secrets import SystemRandom
from types import MappingProxyType

from maquette.domain.calls import ProviderCall
from maquette.domain.errors import Permanent, Temporary
from maquette.domain.hosting import CALL_ENDED, PASSING, Billed, CallState, Fault, Handle, Snapshot, Trouble
from maquette.pipelines.clocks import Pace, Stopwatch
from maquette.pipelines.commission import Commission, Waiting, canceled_there, handle_of, uncertain
from maquette.pipelines.ledger import Ledger, response_of
from maquette.pipelines.parcels import Brought, Porter, told
from maquette.pipelines.patience import patiently, until_written
from maquette.pipelines.troubles import CODE_OF, CallFailed, OnHold, failed
from maquette.ports.clock import Clock

GONE_AFTER = 3
"""So many polls in a row that find no such commission are believed."""
GONE = Snapshot(CallState.EXPIRED, "not found")
ENDS: Mapping[CallState, tuple[Fault, str]] = MappingProxyType(
    {
        CallState.FAILED: (Fault.PROVIDER, "The provider failed."),
        CallState.CANCELED: (Fault.PROVIDER, "The commission was canceled there."),
        CallState.EXPIRED: (Fault.EXPIRED, "The provider has it no more."),
        CallState.LOST: (Fault.PROVIDER, "The provider does not know it any more."),
    }
)
"""What an end means where the provider says nothing better."""
CLOCKS: Mapping[str, str] = MappingProxyType(
    {
        "deadline": "was not done before the job's deadline",
        "total": "took too long in all",
        "queue": "did not begin in time",
        "run": "was at work for too long",
        "stall": "did not get on",
    }
)
_logger = logging.getLogger(__name__)


class Follower:
    """Follows commissions to their end."""

    def __init__(self, ledger: Ledger, waiting: Waiting, porter: Porter, clock: Clock, pace: Pace) -> None:
        self._ledger = ledger
        self._waiting = waiting
        self._porter = porter
        self._clock = clock
        self._pace = pace
        self._chance = SystemRandom()

    # -- until it is done there

    async def followed(self, commission: Commission, call: ProviderCall) -> tuple[Brought, ...]:
        handle = handle_of(call)
        watch = Stopwatch(commission.engine.abilities.clocks, self._clock.monotonic(), commission.left_s)
        polls, gone, hint = 0, 0, None
        if commission.engine.abilities.synchronous or call.polls:
            hint = 0.0
        while True:
            call = await self._waiting.rest(call, self._pace.wait(polls, hint, self._chance.random()))
            polls += 1
            snapshot, hint = await self._asked(commission, handle)
            gone = gone + 1 if snapshot is GONE else 0
            if snapshot is GONE and gone >= GONE_AFTER:
                snapshot = Snapshot(CallState.EXPIRED)
            if snapshot is not None and snapshot is not GONE:
                watch.see(snapshot, self._clock.monotonic())
                if snapshot.state is CallState.SUCCEEDED:
                    return await self._fetched(commission, call, snapshot)
                if snapshot.state in CALL_ENDED:
                    raise await self._ended_badly(commission, call, snapshot)
                call = await self._noted(commission, call, snapshot, call.polls + 1)
            clock = watch.run_out(self._clock.monotonic())
            if clock:
                raise await self._given_up(commission, call, clock)

    async def _asked(self, commission: Commission, handle: Handle) -> tuple[Snapshot | None, float | None]:
        """How it stands, None where that could not be learnt, and when to ask again."""
        try:
            snapshot = await commission.engine.poll(handle)
        except Trouble as trouble:
            _logger.info("%s could not be asked: %s", commission.name, trouble.fault)
            return GONE if trouble.fault is Fault.EXPIRED else None, trouble.retry_after
        return snapshot, snapshot.retry_after

    async def _noted(self, commission: Commission, call: ProviderCall, snapshot: Snapshot, polls: int) -> ProviderCall:
        if snapshot.progress is not None:
            commission.report(min(max(snapshot.progress / 100, 0.0), 0.99))
        if response_of(snapshot) == call.response and snapshot.state is call.state and call.ended_at is None:
            return call
        return await until_written(lambda: self._ledger.polled(call, snapshot, polls))

    # -- once it is over there

    async def _fetched(self, commission: Commission, call: ProviderCall, snapshot: Snapshot) -> tuple[Brought, ...]:
        files = await self._brought(commission, call, snapshot)
        kept = await patiently(self._porter.keep, call, files)
        also = self._porter.write(kept)
        account = commission.account
        await until_written(lambda: self._ledger.settled(call, account, snapshot, told(files, kept), also))
        return files

    async def _brought(self, commission: Commission, call: ProviderCall, snapshot: Snapshot) -> tuple[Brought, ...]:
        """Asked for twice at most: addresses expire, and downloads break off."""
        handle = handle_of(call)
        try:
            return await self._carried(commission, handle)
        except Trouble as trouble:
            if trouble.fault not in (Fault.EXPIRED, Fault.BAD_OUTPUT):
                raise await self._undelivered(commission, call, snapshot, trouble) from trouble
        try:
            return await self._carried(commission, handle)
        except Trouble as trouble:
            raise await self._undelivered(commission, call, snapshot, trouble) from trouble

    async def _carried(self, commission: Commission, handle: Handle) -> tuple[Brought, ...]:
        parcels = await commission.engine.result(handle, commission.folder)
        return await self._porter.bring(parcels, commission.folder, commission.policy)

    async def _undelivered(
        self, commission: Commission, call: ProviderCall, snapshot: Snapshot, trouble: Trouble
    ) -> CallFailed:
        """It was made and is paid; so long as it may still be there, the next try asks for it again."""
        account = commission.account
        billed = Billed.YES if account.charges else Billed.NO
        paid = Trouble(trouble.fault, trouble.message, billed=billed, raw=trouble.raw, request_id=trouble.request_id)
        if trouble.fault in (Fault.EXPIRED, Fault.REFUSED, Fault.INVALID_INPUT):
            billed = trouble.billed if trouble.fault is not Fault.EXPIRED else billed
            over = Trouble(trouble.fault, trouble.message, billed=billed, raw=trouble.raw)
            state = CallState.EXPIRED if trouble.fault is Fault.EXPIRED else CallState.FAILED
            ended = replace(snapshot, state=state)
            await until_written(lambda: self._ledger.failed(call, over, account, ended))
            return failed(commission.name, over)
        if trouble.fault in PASSING:
            return CallFailed(paid, Temporary(CODE_OF[trouble.fault], trouble.message, retry_after=trouble.retry_after))
        wrong = failed(commission.name, paid)
        await until_written(lambda: self._ledger.lost(call, wrong.error, known=True))
        return wrong

    async def _ended_badly(self, commission: Commission, call: ProviderCall, snapshot: Snapshot) -> CallFailed | OnHold:
        if snapshot.state is CallState.LOST and commission.account.charges:
            return await uncertain(self._ledger, call)
        trouble = snapshot.error or Trouble(*ENDS[snapshot.state])
        await until_written(lambda: self._ledger.failed(call, trouble, commission.account, snapshot))
        paid = trouble.billed is Billed.NO and snapshot.spent is not None and snapshot.spent.units > 0
        if paid:
            trouble = Trouble(trouble.fault, trouble.message, billed=Billed.YES, raw=trouble.raw)
        return failed(commission.name, trouble)

    async def _given_up(self, commission: Commission, call: ProviderCall, clock: str) -> CallFailed:
        """A clock has run out. What cannot be canceled there stands, and a retry asks for it again."""
        why = CLOCKS[clock]
        code = "deadline_exceeded" if clock == "deadline" else "provider_timeout"
        error = Permanent(code, f"{commission.name} {why}.")
        canceled = await canceled_there(commission.engine, call)
        free = canceled and call.state is CallState.QUEUED
        billed = Billed.NO if free or not commission.account.charges else Billed.UNKNOWN
        trouble = Trouble(Fault.TIMEOUT, why, billed=billed)
        if canceled:
            ended = Snapshot(CallState.CANCELED)
            await until_written(lambda: self._ledger.failed(call, trouble, commission.account, ended))
        else:
            await until_written(lambda: self._ledger.lost(call, error, known=True))
        return CallFailed(trouble, error)
