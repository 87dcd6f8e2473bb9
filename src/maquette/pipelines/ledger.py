"""Writes down each step of a commission, and what it costs. Blocking: call it from a thread.

Whatever is written here is written before, or in the same transaction as, what depends on it.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from maquette.domain import money
from maquette.domain.calls import ProviderCall
from maquette.domain.errors import Problem, StageError
from maquette.domain.hosting import Abilities, Billed, CallState, Handle, Snapshot, Spread, Trouble
from maquette.domain.ids import token_hash
from maquette.domain.jobs import Job
from maquette.domain.money import Budget, Price
from maquette.domain.states import Stage
from maquette.pipelines.outcome import Stopped
from maquette.pipelines.troubles import failed
from maquette.ports.clock import Clock
from maquette.ports.costs import ESTIMATED
from maquette.ports.engines import EngineInfo
from maquette.ports.stores import Transaction

Live = Callable[[Transaction], object]
"""Raises ``Stopped`` where the job is no longer to be worked on."""
Writing = Callable[[], AbstractContextManager[Transaction]]
SPENDING = "spending"
"""Who reserves money holds this: sums must not change between the look and the row."""


@dataclass(frozen=True, slots=True)
class Purse:
    """What an operator said of money: prices by engine, and limits."""

    prices: Mapping[str, Price] = field(default_factory=dict[str, Price])
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a commission is for, and with whom it is made."""

    job: Job
    stage: Stage
    task_id: str
    order_key: str
    digest: str
    info: EngineInfo
    abilities: Abilities
    spread: Spread | None

    @property
    def charges(self) -> bool:
        """Whether the provider charges for work at all."""
        return bool(self.abilities.cost_unit)


@dataclass(frozen=True, slots=True)
class Full:
    """No room: as many commissions are open with this engine as may be."""


@dataclass(frozen=True, slots=True)
class TooDear:
    """Somebody has to allow it first."""

    why: str
    hint: str


class Ledger:
    """Implements the life of a row. ``writing`` opens transactions that count only while this process may work.

    Every method that takes a call gives it back as it is now, and raises ``Stopped`` where somebody else changed it.
    """

    def __init__(self, writing: Writing, clock: Clock, purse: Purse) -> None:
        self._writing = writing
        self._clock = clock
        self._purse = purse

    def standing(self, owner_id: str, order_key: str) -> ProviderCall | None:
        """What was commissioned for this very work already, by this try or an earlier one."""
        with self._writing() as tx:
            return tx.calls.standing(owner_id, order_key)

    def is_taken(self, call: ProviderCall, found: Handle) -> bool:
        """Whether what was found at the provider is another commission's."""
        with self._writing() as tx:
            return tx.calls.is_taken(call.engine, found.external_id, call.id)

    def others_unanswered(self, call: ProviderCall, since: datetime) -> bool:
        """Whether other commissions of the same engine never got the provider's first answer, either."""
        with self._writing() as tx:
            return tx.calls.is_unanswered(call.engine, since, call.id)

    def begin(self, account: Account, live: Live, call_id: str, wake: str) -> ProviderCall | Full | TooDear:
        """Reserves the money and writes the row, before anything is sent; only for a job that is ``live``.

        Gives the row that stands already, where there is one: another's, or this very one, whose commit was not heard.
        """
        at = self._clock.now()
        with self._writing() as tx:
            live(tx)
            tx.calls.hold(SPENDING, f"engine {account.info.name}")
            standing = tx.calls.standing(account.job.owner_id, account.order_key)
            if standing is not None:
                return standing
            if tx.calls.open_count(account.info.name) >= account.abilities.max_parallel:
                return Full()
            price = self._purse.prices.get(account.info.name)
            expected = money.estimate(account.spread, price, charges=account.charges)
            verdict = money.judge(expected, self._spent(tx, account.job, at), self._limits(account.job))
            if verdict.limit is not None:
                return TooDear(money.told(verdict, expected), money.hint(verdict.limit, account.info.name))
            call = replace(self._row(account, call_id, at, wake), number=self._number(tx, account))
            call = replace(
                call, reserved_usd=expected and expected.high, price_at=price.at.isoformat() if price else None
            )
            tx.calls.add(call)
            return call

    def reopened(self, call: ProviderCall, live: Live, wake: str) -> ProviderCall:
        """Before a row that was perhaps sent is sent once more, under its old key."""
        with self._writing() as tx:
            live(tx)
            fresh = {"wake_hash": token_hash(wake) if wake else None, "ended_at": None, "error": None}
            return self._save(tx, call, state=CallState.SUBMITTING, **fresh)

    def accepted(self, call: ProviderCall, handle: Handle, latency_ms: int | None = None) -> ProviderCall:
        """The provider's number: from here on nothing is sent again."""
        return self._changed(
            call,
            state=CallState.QUEUED,
            external_id=handle.external_id,
            handle=handle.document(),
            submitted_at=call.submitted_at or self._clock.now(),
            latency_ms=latency_ms if latency_ms is not None else call.latency_ms,
            billed=Billed.UNKNOWN if call.state is CallState.LOST else call.billed,
            ended_at=None,
            error=None,
        )

    def polled(self, call: ProviderCall, snapshot: Snapshot, polls: int) -> ProviderCall:
        """How it stands there, as long as it is not over."""
        told = response_of(snapshot)
        return self._changed(call, state=snapshot.state, response=told, polls=polls, ended_at=None, error=None)

    def failed(self, call: ProviderCall, trouble: Trouble, account: Account, snapshot: Snapshot | None) -> ProviderCall:
        """It came to nothing, and another may be made. What it cost all the same is settled."""
        spent = snapshot.spent if snapshot else None
        paid = trouble.billed is Billed.YES or (spent is not None and spent.units > 0)
        settled = self._settled(account, snapshot) if paid else None
        state = snapshot.state if snapshot and snapshot.state in _BAD_ENDS else CallState.FAILED
        return self._changed(
            call,
            state=state,
            void=True,
            ended_at=self._clock.now(),
            error=Problem.of(failed(account.info.name, trouble).error),
            http_status=trouble.http_status,
            response={**call.response, **_raw(trouble), **(response_of(snapshot) if snapshot else {})},
            billed=Billed.YES if paid else trouble.billed,
            cost_usd=settled.usd if settled else 0.0 if trouble.billed is Billed.NO else None,
            units=settled.units if settled else None,
            unit=settled.unit if settled else "",
        )

    def lost(self, call: ProviderCall, error: StageError, *, known: bool) -> ProviderCall:
        """Nobody knows, now, what becomes of it. It still stands: where its number is ``known`` it is asked for again,
        else a person decides."""
        return self._changed(
            call,
            state=CallState.LOST,
            ended_at=self._clock.now(),
            error=Problem.of(error),
            billed=Billed.UNKNOWN,
            handle=call.handle if known else None,
        )

    def settled(
        self,
        call: ProviderCall,
        account: Account,
        snapshot: Snapshot,
        parcels: tuple[Mapping[str, Any], ...],
        also: Callable[[Transaction], None],
    ) -> ProviderCall:
        """It succeeded and is here: the cost takes the reserve's place, and ``also`` writes the files' rows."""
        settled = self._settled(account, snapshot)
        with self._writing() as tx:
            found = tx.calls.get(call.id)
            if found is not None and found.state is CallState.SUCCEEDED and found.parcels == parcels:
                return found
            also(tx)
            return self._save(
                tx,
                call,
                state=CallState.SUCCEEDED,
                ended_at=self._clock.now(),
                parcels=parcels,
                response=response_of(snapshot) | ({ESTIMATED: True} if settled.estimated else {}),
                billed=Billed.YES if account.charges else Billed.NO,
                cost_usd=settled.usd,
                units=settled.units,
                unit=settled.unit,
            )

    def _row(self, account: Account, call_id: str, at: datetime, wake: str) -> ProviderCall:
        job = account.job
        return ProviderCall(
            id=call_id,
            owner_id=job.owner_id,
            job_id=job.id,
            batch_id=job.batch_id,
            task_id=account.task_id,
            stage=account.stage,
            attempt=job.attempt,
            engine=account.info.name,
            capability=account.info.capability.value,
            order_key=account.order_key,
            request_digest=account.digest,
            wake_hash=token_hash(wake) if wake else None,
            is_test=account.info.is_test,
            created_at=at,
            updated_at=at,
        )

    @staticmethod
    def _number(tx: Transaction, account: Account) -> int:
        return len(tx.calls.of_key(account.job.owner_id, account.order_key)) + 1

    def _limits(self, job: Job) -> Budget:
        return self._purse.budget.of_job(job.budget_usd)

    def _spent(self, tx: Transaction, job: Job, at: datetime) -> money.Spent:
        def gone(**which: Any) -> float:
            found = tx.calls.spent(**which)
            return found.cost_usd + found.reserved_usd

        batch = gone(batch_id=job.batch_id) if job.batch_id else 0.0
        return money.Spent(gone(job_id=job.id), batch, gone(since=money.day_of(at)))

    def _settled(self, account: Account, snapshot: Snapshot | None) -> money.Settled:
        price = self._purse.prices.get(account.info.name)
        return money.settle(snapshot and snapshot.spent, account.spread, price, charges=account.charges)

    def _changed(self, call: ProviderCall, **changes: Any) -> ProviderCall:
        with self._writing() as tx:
            return self._save(tx, call, **changes)

    def _save(self, tx: Transaction, call: ProviderCall, **changes: Any) -> ProviderCall:
        after = replace(call, updated_at=self._clock.now(), **changes)
        if tx.calls.save(call, after):
            return after
        found = tx.calls.get(call.id)
        # a commit whose answer was lost may have counted
        if found is not None and _but_for_times(found) == _but_for_times(after):
            return found
        raise Stopped


_BAD_ENDS = frozenset({CallState.FAILED, CallState.CANCELED, CallState.EXPIRED})


def response_of(snapshot: Snapshot) -> dict[str, Any]:
    """What is kept of an answer: no address, no text of the provider's but its own word for the status."""
    told = {
        "words": snapshot.words[:80],
        "progress": snapshot.progress,
        "queue_position": snapshot.queue_position,
        "eta_s": snapshot.eta_s,
    }
    return {name: value for name, value in told.items() if value not in (None, "")}


def _raw(trouble: Trouble) -> dict[str, Any]:
    told = {"fault": trouble.fault.value, "raw": trouble.raw[:120], "request_id": trouble.request_id[:120]}
    return {name: value for name, value in told.items() if value}


def _but_for_times(call: ProviderCall) -> ProviderCall:
    return replace(call, updated_at=call.created_at, ended_at=None, wakes=0)
