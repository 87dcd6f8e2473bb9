"""The engines of all machines: those of this one, and those that living workers say they have ready."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from maquette.domain.errors import MaquetteError
from maquette.domain.fleet import Queue, Worker
from maquette.ports.engines import Capability, EngineInfo, EngineRecord, EngineShelf, Readiness
from maquette.ports.stores import Database

_FIELDS = frozenset(field.name for field in fields(EngineInfo))


def ready_engines(shelf: EngineShelf) -> dict[str, dict[str, Any]]:
    """What a worker writes into its row: the engines that can run on its machine, by name."""
    return {record.name: asdict(record.info) for record in shelf.all() if record.info and record.readiness.ready}


class FleetShelf:
    """Implements ``EngineShelf`` for whoever accepts and plans jobs. What runs a stage looks at its own shelf."""

    def __init__(self, here: EngineShelf, database: Database) -> None:
        self._here = here
        self._db = database

    def all(self) -> tuple[EngineRecord, ...]:
        """This machine's engines; one that cannot run here but can elsewhere is ready."""
        elsewhere = self._elsewhere()
        here = {record.name: record for record in self._here.all()}
        ready = {name: elsewhere[name] for name, record in here.items() if _is_better(elsewhere.get(name), record)}
        others = {name: record for name, record in elsewhere.items() if name not in here}
        return (*(here | ready).values(), *others.values())

    def choose(self, capability: Capability, wanted: str | None = None) -> EngineRecord:
        """This machine's choice if it has one, else the first that fits elsewhere; a simulated one only by name."""
        try:
            return self._here.choose(capability, wanted)
        except MaquetteError:
            for record in sorted(self._elsewhere().values(), key=_rank, reverse=True):
                if _fits(record.info, capability, wanted):
                    return record
            raise

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
    return EngineRecord(name, "", Readiness(True, f"ready on {worker.host}"), info)


def _is_better(elsewhere: EngineRecord | None, here: EngineRecord) -> bool:
    return elsewhere is not None and not here.readiness.ready


def _fits(info: EngineInfo | None, capability: Capability, wanted: str | None) -> bool:
    if info is None or info.capability is not capability:
        return False
    return info.commercial_use and not info.is_test if wanted is None else info.name == wanted


def _rank(record: EngineRecord) -> int:
    return record.info.rank if record.info else 0
