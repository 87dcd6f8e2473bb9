"""Projects."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from maquette.adapters.sql.paging import page
from maquette.adapters.sql.rows import load, values
from maquette.adapters.sql.tables import PROJECTS
from maquette.domain.errors import Refused
from maquette.domain.projects import Project
from maquette.ports.stores import Page

_P = PROJECTS.c
_FIXED = frozenset({"id", "owner_id", "created_at", "deleted_at"})


class SqlProjects:
    """Implements ``ProjectRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, project: Project) -> None:
        self._connection.execute(insert(PROJECTS).values(values(project)))

    def save(self, project: Project) -> None:
        """Raises ``Refused("not_found")`` for a missing, deleted or foreign project."""
        changed = {name: value for name, value in values(project).items() if name not in _FIXED}
        mine = (_P.id == project.id, _P.owner_id == project.owner_id, _P.deleted_at.is_(None))
        if self._connection.execute(update(PROJECTS).where(*mine).values(changed)).rowcount == 0:
            raise Refused("not_found", "There is no such project.")

    def get(self, project_id: str, owner_id: str) -> Project | None:
        query = select(PROJECTS).where(_P.id == project_id, _P.owner_id == owner_id, _P.deleted_at.is_(None))
        row = self._connection.execute(query).one_or_none()
        return None if row is None else load(Project, row)

    def by_sku(self, owner_id: str, sku: str) -> Project | None:
        mine = (_P.owner_id == owner_id, _P.sku == sku, _P.deleted_at.is_(None))
        query = select(PROJECTS).where(*mine).order_by(_P.created_at, _P.id).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else load(Project, row)

    def list(self, owner_id: str, *, cursor: str | None = None, limit: int = 50) -> Page[Project]:
        query = select(PROJECTS).where(_P.owner_id == owner_id, _P.deleted_at.is_(None))
        return page(self._connection, query, PROJECTS, Project, cursor, limit)

    def delete(self, project_id: str, owner_id: str, at: datetime | None) -> bool:
        """A project that is deleted already counts as missing."""
        query = update(PROJECTS).where(_P.id == project_id, _P.owner_id == owner_id).values(deleted_at=at)
        if at is not None:
            query = query.where(_P.deleted_at.is_(None))
        return self._connection.execute(query).rowcount == 1
