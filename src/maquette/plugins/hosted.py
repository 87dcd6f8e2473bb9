"""Hosted engines: adapters are entry points of the group ``maquette.hosted``, configuration says which are there.

An adapter is loaded when it is configured and not before; making one opens no connection.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from maquette.domain.errors import MaquetteError, Refused, Unavailable
from maquette.domain.fleet import Queue
from maquette.domain.hosting import Abilities, Amount, Cancelled, Clocks, Handle, Snapshot, Spread
from maquette.ports.engines import EngineInfo, EngineRecord, Readiness
from maquette.ports.hosting import HostedEngine, Options, Order, Parcel
from maquette.ports.outbound import Fetcher

GROUP = "maquette.hosted"
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Contract:
    """One hosted engine as an operator configured it: what its adapter is told, and what overrules the adapter.

    Clocks are in seconds; None leaves them to the adapter.
    """

    options: Options
    adapter: str
    max_parallel: int | None = None
    queue_s: float | None = None
    run_s: float | None = None
    stall_s: float | None = None
    total_s: float | None = None

    def clocks(self, own: Clocks) -> Clocks:
        """The adapter's clocks, where the operator did not set others."""
        given = {"queue_s": self.queue_s, "run_s": self.run_s, "stall_s": self.stall_s, "total_s": self.total_s}
        return replace(own, **{name: seconds for name, seconds in given.items() if seconds is not None})


class Contracted:
    """Implements ``HostedEngine`` over an adapter: what the operator said of it holds, whatever the adapter says."""

    def __init__(self, engine: HostedEngine, contract: Contract) -> None:
        self._engine = engine
        self._contract = contract
        self.info = _info(engine.info, contract.options)
        own = engine.abilities
        most = contract.max_parallel or own.max_parallel
        self.abilities: Abilities = replace(own, max_parallel=most, clocks=contract.clocks(own.clocks))

    @classmethod
    def configured(cls, options: Options, fetcher: Fetcher) -> HostedEngine:
        """Only adapters are configured."""
        raise NotImplementedError

    def check(self) -> Readiness:
        return self._engine.check()

    def spread(self, order: Order) -> Spread | None:
        try:
            return self._engine.spread(order)
        except Exception as error:  # noqa: BLE001 - a price that a stranger's adapter cannot tell is an unknown one
            _logger.warning("%s cannot say what an order costs: %s", self.info.name, type(error).__name__)
            return None

    async def submit(self, order: Order, into: Path) -> Handle:
        return await self._engine.submit(order, into)

    async def poll(self, handle: Handle) -> Snapshot:
        return await self._engine.poll(handle)

    async def result(self, handle: Handle, into: Path) -> tuple[Parcel, ...]:
        return await self._engine.result(handle, into)

    async def cancel(self, handle: Handle) -> Cancelled:
        return await self._engine.cancel(handle)

    async def find(self, order: Order, since: float) -> Handle | None:
        return await self._engine.find(order, since)

    def called_by(self, headers: Mapping[str, str], body: bytes, now: float) -> str:
        return self._engine.called_by(headers, body, now)

    async def balance(self) -> Amount | None:
        return await self._engine.balance()


class Agency:
    """The hosted engines of a configuration. ``fetcher`` makes what they all speak through, when one is first asked."""

    def __init__(
        self,
        contracts: Iterable[Contract],
        fetcher: Callable[[], Fetcher],
        points: Iterable[EntryPoint] | None = None,
    ) -> None:
        self._contracts = tuple(contracts)
        self._make_fetcher = fetcher
        self._points = points
        self._engines: dict[str, Contracted | Readiness] = {}
        self._fetcher: Fetcher | None = None

    def records(self) -> tuple[EngineRecord, ...]:
        """Every configured engine, by name. Each is asked anew whether it can be used; no server is."""
        return tuple(self._record(contract) for contract in sorted(self._contracts, key=lambda one: one.options.name))

    def engine(self, name: str) -> HostedEngine:
        """Raises ``Refused("unknown_engine")``, or ``Unavailable("engine_unavailable")`` where there is a trouble."""
        contract = next((one for one in self._contracts if one.options.name == name), None)
        if contract is None:
            names = ", ".join(one.options.name for one in self._contracts) or "none"
            raise Refused("unknown_engine", f"There is no hosted engine called {name!r}.", f"Configured: {names}.")
        engine = self._hired(contract)
        if isinstance(engine, Readiness):
            raise Unavailable("engine_unavailable", f"{name}: {engine.message}", engine.hint)
        return engine

    def idle(self) -> tuple[str, ...]:
        """The adapters that no configured engine uses, by name."""
        used = {point.name for contract in self._contracts if (point := self._point(contract))}
        return tuple(sorted(set(self._adapters()) - used))

    def _record(self, contract: Contract) -> EngineRecord:
        engine, name = self._hired(contract), contract.options.name
        point = self._point(contract)
        reference = point.value if point else contract.adapter
        if isinstance(engine, Readiness):
            return EngineRecord(name, reference, engine, hosted=True)
        record = EngineRecord(name, reference, _checked(engine), engine.info, hosted=True, abilities=engine.abilities)
        return replace(record, base_url=contract.options.base_url)

    def _hired(self, contract: Contract) -> Contracted | Readiness:
        name = contract.options.name
        if name not in self._engines:
            self._engines[name] = self._hire(contract)
        return self._engines[name]

    def _hire(self, contract: Contract) -> Contracted | Readiness:
        point = self._point(contract)
        table = f"[engines.{contract.options.name}]"
        if point is None:
            known = ", ".join(sorted(self._adapters())) or "none"
            hint = f'Name one in {table}: adapter = "…". Installed: {known}.'
            return Readiness(False, f"there is no adapter called {contract.adapter!r}", hint)
        try:
            engine = point.load().configured(contract.options, self._speaker())
            return Contracted(engine, contract)
        except MaquetteError as error:
            return Readiness(False, error.message, error.hint)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's adapter raises is its record, not our crash
            # its text may repeat what it was configured with
            return Readiness(False, f"cannot be configured: {type(error).__name__}", f"Look at {table}.")

    def _speaker(self) -> Fetcher:
        if self._fetcher is None:
            self._fetcher = self._make_fetcher()
        return self._fetcher

    def _point(self, contract: Contract) -> EntryPoint | None:
        """Names of tables have no hyphens, those of adapters may."""
        known = self._adapters()
        return known.get(contract.adapter) or known.get(contract.adapter.replace("_", "-"))

    def _adapters(self) -> dict[str, EntryPoint]:
        points = entry_points(group=GROUP) if self._points is None else self._points
        return {point.name: point for point in sorted(points, key=lambda point: point.value, reverse=True)}


def _info(own: EngineInfo, options: Options) -> EngineInfo:
    return replace(
        own,
        name=options.name,
        licence=options.licence or own.licence,
        commercial_use=own.commercial_use if options.commercial_use is None else options.commercial_use,
        is_test=options.is_test or own.is_test,
        rank=options.rank or own.rank,
        queue=Queue.NET,
    )


def _checked(engine: HostedEngine) -> Readiness:
    try:
        return engine.check()
    except Exception as error:  # noqa: BLE001 - the port forbids it, but a stranger's adapter may do it
        return Readiness(False, f"its check failed: {type(error).__name__}", "Report it to its makers.")
