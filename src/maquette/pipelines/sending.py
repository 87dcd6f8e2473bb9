"""From an order to a provider's number for it, whatever dies in between: submitted once, or found again."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from maquette.domain.calls import ProviderCall
from maquette.domain.errors import Permanent, Temporary
from maquette.domain.hosting import Billed, CallState, Fault, Handle, Trouble
from maquette.domain.ids import new_id, new_token
from maquette.domain.states import WaitingFor
from maquette.pipelines.clocks import Pace
from maquette.pipelines.commission import Commission, Waiting, uncertain
from maquette.pipelines.ledger import Full, Ledger, TooDear
from maquette.pipelines.patience import patiently, until_written
from maquette.pipelines.troubles import CODE_OF, CallFailed, OnHold, failed
from maquette.ports.clock import Clock
from maquette.ports.hosting import Order

SENDING_S = 60.0
"""How long a submit may be under way: no adapter waits longer for an answer."""
CLOCKS_DIFFER_S = 60.0
"""By how much a provider's clock may be behind ours when it is asked what it got lately."""
_logger = logging.getLogger(__name__)


class Sender:
    """Hands orders over. ``callback`` makes the address under which a provider may call, empty where none can."""

    def __init__(
        self, ledger: Ledger, waiting: Waiting, clock: Clock, pace: Pace, callback: Callable[[str, str], str]
    ) -> None:
        self._ledger = ledger
        self._waiting = waiting
        self._clock = clock
        self._pace = pace
        self._callback = callback
        self._under_way: dict[str, asyncio.Task[ProviderCall]] = {}

    async def handed_over(self, commission: Commission, call: ProviderCall | None) -> ProviderCall:
        """The row with a handle."""
        if call is None:
            return await self._reserved(commission)
        if call.id in self._under_way:
            return await asyncio.shield(self._under_way[call.id])
        if call.handle is not None and not self._is_lost_with_its_process(commission, call):
            return call
        return await self._recovered(commission, call)

    @staticmethod
    def _is_lost_with_its_process(commission: Commission, call: ProviderCall) -> bool:
        return commission.engine.abilities.synchronous and call.state is not CallState.SUCCEEDED

    async def _reserved(self, commission: Commission) -> ProviderCall:
        """A row with a handle, made once there is room for it and money."""
        call_id = new_id("call")
        while True:
            wake, order = self._addressed(commission)
            begun = await until_written(
                lambda wake=wake: self._ledger.begin(commission.account, commission.live, call_id, wake)
            )
            match begun:
                case Full():
                    await asyncio.sleep(self._pace.look_s)
                case TooDear(why, hint):
                    raise OnHold(WaitingFor.BUDGET, Permanent("budget_exceeded", why, hint))
                case ProviderCall():
                    if begun.id != call_id:
                        return await self.handed_over(commission, begun)
                    return await self._sent(commission, begun, order)

    async def _recovered(self, commission: Commission, call: ProviderCall) -> ProviderCall:
        """What was perhaps sent, by a process that is no more."""
        await self._let_others_finish(commission, call)
        abilities = commission.engine.abilities
        if abilities.reconciles:
            found = await self._found(commission, call)
            if found is not None:
                return await until_written(lambda: self._ledger.accepted(call, found))
        if not (abilities.idempotent or abilities.reconciles):
            raise await uncertain(self._ledger, call)
        wake, order = self._addressed(commission)
        again = await until_written(lambda: self._ledger.reopened(call, commission.live, wake))
        return await self._sent(commission, again, order)

    async def _let_others_finish(self, commission: Commission, call: ProviderCall) -> None:
        """A job that was canceled and retried at once: what another process sent for it may still be answered."""
        age = (self._clock.now() - call.updated_at).total_seconds()
        if call.state is CallState.SUBMITTING and call.attempt != commission.account.job.attempt and age < SENDING_S:
            await self._waiting.rest(call, SENDING_S - age)

    async def _found(self, commission: Commission, call: ProviderCall) -> Handle | None:
        order, since = self._keyed(commission.order, call), call.created_at - timedelta(seconds=CLOCKS_DIFFER_S)
        for pause in (0.0, self._pace.settle_s):
            await asyncio.sleep(pause)
            try:
                found = await commission.engine.find(order, since.timestamp())
            except Trouble as trouble:
                if trouble.fault is Fault.LOST:
                    raise await uncertain(self._ledger, call) from trouble
                again = Temporary("remote_failed", "The provider cannot say whether it got the order.")
                raise CallFailed(trouble, again) from trouble
            if found is not None and not await patiently(self._ledger.is_taken, call, found):
                return await self._if_nobody_elses(commission, call, found, since)
        return None

    async def _if_nobody_elses(
        self, commission: Commission, call: ProviderCall, found: Handle, since: datetime
    ) -> Handle:
        """Where only its time tells whose it is, and others wait for an answer too, a person decides."""
        by_time = commission.engine.abilities.finds_by_time
        if by_time and await patiently(self._ledger.others_unanswered, call, since):
            raise await uncertain(self._ledger, call)
        return found

    async def _sent(self, commission: Commission, call: ProviderCall, order: Order) -> ProviderCall:
        """Goes on when this is cancelled: what is on its way may be paid, and its number must not be lost."""
        sending = asyncio.ensure_future(self._submitted(commission, call, self._keyed(order, call)))
        self._under_way[call.id] = sending

        def over(done: asyncio.Task[ProviderCall]) -> None:
            self._under_way.pop(call.id, None)
            if not done.cancelled():
                # nobody may be left to hear of it; what matters is in the row
                done.exception()

        sending.add_done_callback(over)
        return await asyncio.shield(sending)

    async def _submitted(self, commission: Commission, call: ProviderCall, order: Order) -> ProviderCall:
        begun = self._clock.monotonic()
        try:
            handle = await commission.engine.submit(order, commission.folder)
        except Trouble as trouble:
            raise await self._not_accepted(commission, call, trouble) from trouble
        except Exception as error:
            _logger.exception("The adapter of %s failed.", commission.name)
            trouble = Trouble(Fault.PROVIDER, "The adapter failed.", billed=Billed.UNKNOWN)
            raise await self._not_accepted(commission, call, trouble) from error
        latency = int((self._clock.monotonic() - begun) * 1000)
        return await until_written(lambda: self._ledger.accepted(call, handle, latency))

    async def _not_accepted(self, commission: Commission, call: ProviderCall, trouble: Trouble) -> CallFailed | OnHold:
        abilities = commission.engine.abilities
        if trouble.billed is not Billed.UNKNOWN:
            await until_written(lambda: self._ledger.failed(call, trouble, commission.account, None))
            return failed(commission.name, trouble)
        if abilities.idempotent or abilities.reconciles:
            # the row stays as it is: the next try finds out
            return CallFailed(trouble, Temporary(CODE_OF[trouble.fault], retry_after=trouble.retry_after))
        return await uncertain(self._ledger, call)

    def _addressed(self, commission: Commission) -> tuple[str, Order]:
        """The secret of a call back, and the order that names its address."""
        wake, order = new_token(), commission.order
        address = self._callback(commission.name, wake)
        return (wake, replace(order, callback=address)) if address else ("", order)

    @staticmethod
    def _keyed(order: Order, call: ProviderCall) -> Order:
        """A provider that honours keys must not answer a second commission with the first one, which failed."""
        return order if call.number == 1 else replace(order, key=f"{order.key}-{call.number}")

    async def settle(self, call: ProviderCall) -> None:
        """Waits until what is on its way in this process has been answered."""
        if call.id in self._under_way:
            await asyncio.wait({self._under_way[call.id]})
