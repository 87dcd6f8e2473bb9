"""Brings events to the addresses that want them, at least once, however often a process dies amid that.

Nothing is remembered here: what is to be sent next stands in the rows, which were written in the very transactions in
which the events happened. A try that was made and not written down is made again under the same id. One process
usually does it for all; that two may do it at a time costs a receiver a duplicate at most.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from maquette.app.webhooks.sending import Sender
from maquette.domain.errors import MaquetteError
from maquette.domain.webhooks import Delivery, DeliveryStatus, Outcome, Webhook, after_delivery, after_try
from maquette.ports.clock import Clock
from maquette.ports.stores import Database

LOOK_EVERY_S = 1.0
AT_ONCE = 32
"""Addresses that are served at a time. Each gets one message after the other, so that a dead one delays no other."""
KEPT = timedelta(days=30)
"""How long what was delivered or given up can be looked at."""
SWEEP_EVERY_S = 3600.0

_log = logging.getLogger(__name__)


class Postman:
    """Does it in a thread of its own, from ``start`` to ``stop``; ``is_mine`` says whether it falls to this process."""

    def __init__(self, database: Database, sender: Sender, clock: Clock, is_mine: Callable[[], bool]) -> None:
        self._db = database
        self._sender = sender
        self._clock = clock
        self._is_mine = is_mine
        self._served: dict[str, asyncio.Task[int]] = {}
        self._swept: float | None = None
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._work, name="postman", daemon=True)

    def start(self) -> None:
        """Looks each second whether there is something to send."""
        self._thread.start()

    def stop(self) -> None:
        """What is being sent is given up; it will be sent anew."""
        self._stopping.set()
        if self._thread.is_alive():
            loop = self._loop
            if loop is not None:
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(_cancel_all, loop)
            self._thread.join()

    async def deliver(self) -> int:
        """Sends all that is due now, and says how much arrived."""
        waiting = await asyncio.to_thread(self._waiting)
        return sum(await asyncio.gather(*(self._serve(webhook_id) for webhook_id in waiting)))

    def sweep(self) -> int:
        """Forgets what is older than ``KEPT``. Blocks."""
        before = self._clock.now() - KEPT
        with self._db.write() as tx:
            tx.webhooks.sweep(before)
            return tx.deliveries.sweep(before)

    def _waiting(self) -> tuple[str, ...]:
        with self._db.read() as tx:
            return tx.deliveries.waiting(self._clock.now(), AT_ONCE + len(self._served))

    async def _serve(self, webhook_id: str) -> int:
        """One message after the other, until nothing is due or one does not arrive."""
        arrived = 0
        while (found := await asyncio.to_thread(self._next, webhook_id)) is not None:
            webhook, delivery = found
            outcome = await self._sender.send(webhook, delivery.id, delivery.payload)
            await asyncio.to_thread(self._settle, delivery, outcome)
            if not outcome.arrived:
                break
            arrived += 1
        return arrived

    def _next(self, webhook_id: str) -> tuple[Webhook, Delivery] | None:
        with self._db.read() as tx:
            webhook, delivery = tx.webhooks.get(webhook_id), tx.deliveries.next_of(webhook_id, self._clock.now())
        return None if webhook is None or delivery is None else (webhook, delivery)

    def _settle(self, delivery: Delivery, outcome: Outcome) -> None:
        tried = after_try(delivery, outcome, self._clock.now())
        with self._db.write() as tx:
            if not tx.deliveries.save(tried, DeliveryStatus.PENDING, delivery.tries):
                return
            webhook = tx.webhooks.get(delivery.webhook_id)
            after = webhook and after_delivery(webhook, tried)
            if after is not None and after != webhook:
                tx.webhooks.save(after)
                if not after.enabled:
                    _log.warning("Nothing is sent to %s any more: %s.", after.id, tried.last_error)

    # -- the thread

    def _work(self) -> None:
        with asyncio.Runner() as runner, contextlib.suppress(asyncio.CancelledError):
            self._loop = runner.get_loop()
            runner.run(self._rounds())

    async def _rounds(self) -> None:
        while not self._stopping.is_set():
            try:
                if await asyncio.to_thread(self._is_mine):
                    await self._look()
            except MaquetteError as error:
                _log.warning("Webhooks have to wait: %s", error)
            except Exception:  # noqa: BLE001 - what breaks must not end the thread; the log tells
                _log.exception("Sending webhooks broke; it is tried again.")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        """Begins to serve whoever waits and is not being served."""
        for webhook_id in await asyncio.to_thread(self._waiting):
            if webhook_id not in self._served and len(self._served) < AT_ONCE:
                task = asyncio.create_task(self._serve(webhook_id))
                self._served[webhook_id] = task
                task.add_done_callback(lambda ended, served=webhook_id: self._ended(served, ended))
        now = self._clock.monotonic()
        if self._swept is None or now - self._swept > SWEEP_EVERY_S:
            self._swept = now
            await asyncio.to_thread(self.sweep)

    def _ended(self, webhook_id: str, task: asyncio.Task[int]) -> None:
        del self._served[webhook_id]
        if not task.cancelled() and task.exception() is not None:
            _log.error("Sending to %s broke; it is tried again.", webhook_id, exc_info=task.exception())


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
