"""The engines of all machines: those of this one, and those that living workers say they have ready."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from maquette.domain.errors import MaquetteError
from maquette.domain.fleet import Queue, Worker
from maquette.pipelines.ranking import check_known, in_order, rank_of
from maquette.ports.engines import Capability, EngineInfo, EngineRecord, EngineShelf, Readiness
from maquette.ports.hosting import HostedEngine, HostedShelf
from maquette.ports.stores import Database

_FIELDS = frozenset(field.name for field in fields(EngineInfo))
_HOSTED = "hosted"


def ready_engines(shelf: EngineShelf) -> dict[str, dict[str, Any]]:
    """What a worker writes into its row: the engines that can run on its machine, by name."""
    ready = (record for record in shelf.all() if record.readiness.ready)
    return {record.name: asdict(record.info) | {_HOSTED: record.hosted} for record in ready if record.info}


class FleetShelf:
    """Implements ``EngineShelf`` for whoever accepts and plans jobs. What runs a stage looks at its own shelf."""

    def __init__(
        self, here: HostedShelf, database: Database, preferred: Mapping[Capability, Sequence[str]] | None = None
    ) -> None:
        self._here = here
        self._db = database
        self._preferred = preferred or {}

    def all(self) -> tuple[EngineRecord, ...]:
        """This machine's engines; one that cannot run here but can elsewhere is ready."""
        elsewhere = self._elsewhere()
        here = {record.name: record for record in self._here.all()}
        ready = {name: elsewhere[name] for name, record in here.items() if _is_better(elsewhere.get(name), record)}
        others = {name: record for name, record in elsewhere.items() if name not in here}
        return (*(here | ready).values(), *others.values())

    def choose(self, capability: Capability, wanted: str | None = None) -> EngineRecord:
        """The first of ``order_of``. Every name of a list must be known."""
        if wanted is not None:
            check_known(self.all(), capability, wanted)
        return self.order_of(capability, wanted)[0]

    def order_of(self, capability: Capability, wanted: str | None = None) -> tuple[EngineRecord, ...]:
        """By name wherever they are. Without a list this machine's choice if it has one, else the best elsewhere.

        A simulated one, or one that may not be used commercially, only by its name.
        """
        preferred = self._preferred.get(capability, ())
        if wanted is not None or preferred:
            return in_order(self.all(), capability, wanted, preferred)
        try:
            return (self._here.choose(capability),)
        except MaquetteError:
            for record in sorted(self._elsewhere().values(), key=rank_of, reverse=True):
                if _fits(record.info, capability):
                    return (record,)
            raise

    def hosted(self, name: str) -> HostedEngine:
        """One that this machine has configured."""
        return self._here.hosted(name)

    def _elsewhere(self) -> dict[str, EngineRecord]:
        with self._db.read() as tx:
            workers = tx.workers.living()
        return {name: _record(name, worker, said) for worker in workers for name, said in _served(worker).items()}


def _served(worker: Worker) -> Mapping[str, Mapping[str, Any]]:
    """An engine is of use only where its queue is served. A newer version may name things unknown here."""
    served = frozenset(Queue) & set(worker.queues)
    known = frozenset(Capability)
    return {
        name: said for name, said in worker.engines.items() if said["queue"] in served and said["capability"] in known
    }


def _record(name: str, worker: Worker, said: Mapping[str, Any]) -> EngineRecord:
    """A worker of another version may say more than we know."""
    facts: dict[str, Any] = {key: value for key, value in said.items() if key in _FIELDS}
    facts |= {"capability": Capability(said["capability"]), "queue": Queue(said["queue"])}
    info = EngineInfo(**facts)
    ready = Readiness(True, f"ready on {worker.host}")
    return EngineRecord(name, "", ready, info, hosted=bool(said.get(_HOSTED)))


def _is_better(elsewhere: EngineRecord | None, here: EngineRecord) -> bool:
    return elsewhere is not None and not here.readiness.ready


def _fits(info: EngineInfo | None, capability: Capability) -> bool:
    return info is not None and info.capability is capability and info.commercial_use and not info.is_test
