"""Products as shops name them: a project for each, and the job that its photos go through."""

from collections.abc import Collection

from maquette.domain.errors import Refused
from maquette.domain.ids import new_id
from maquette.domain.jobs import Job
from maquette.domain.projects import Project, ProjectKind
from maquette.domain.states import ENDED, Status
from maquette.ports.clock import Clock
from maquette.ports.stores import Database, Transaction

PIPELINE = "product_to_model"
_OPEN = tuple(status for status in Status if status not in ENDED)
_LOOKED_AT = 200
"""Jobs of one product that are looked through, the newest first."""


class Products:
    """Finds what belongs to a product. All methods block."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def project(self, owner_id: str, product_id: str) -> Project:
        """The project of that id, or the oldest with that SKU; a new one where there is none.

        Raises ``not_found`` for the id of a project that is not there.
        """
        with self._db.write() as tx:
            found = _find(tx, owner_id, product_id)
            if found is None:
                at = self._clock.now()
                found = Project(new_id("prj"), owner_id, ProjectKind.PRODUCT, product_id, at, at, sku=product_id)
                tx.projects.add(found)
            return found

    def open_job(self, owner_id: str, project_id: str, photos: Collection[str]) -> Job | None:
        """The newest job of the product that has not ended and starts from all these photos."""
        return self._newest(owner_id, project_id, frozenset(photos), _OPEN)

    def newest_job(self, owner_id: str, product_id: str) -> Job:
        """The newest job of a product, whatever became of it. Raises ``not_found``."""
        with self._db.read() as tx:
            project = _find(tx, owner_id, product_id)
        job = self._newest(owner_id, project.id, frozenset(), ()) if project else None
        if job is None:
            raise Refused("not_found")
        return job

    def _newest(
        self, owner_id: str, project_id: str, photos: frozenset[str], statuses: tuple[Status, ...]
    ) -> Job | None:
        with self._db.read() as tx:
            page = tx.jobs.list(owner_id, statuses=statuses, project_id=project_id, limit=_LOOKED_AT)
        fitting = (job for job in page.items if job.pipeline == PIPELINE)
        return next((job for job in fitting if photos <= {given.asset_id for given in job.inputs}), None)


def _find(tx: Transaction, owner_id: str, product_id: str) -> Project | None:
    if not product_id.startswith("prj_"):
        return tx.projects.by_sku(owner_id, product_id)
    found = tx.projects.get(product_id, owner_id)
    if found is None:
        raise Refused("not_found", "There is no such project.")
    return found
