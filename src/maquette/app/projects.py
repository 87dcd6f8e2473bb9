"""Projects: create, look at, change."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from maquette.domain.errors import Refused
from maquette.domain.ids import new_id
from maquette.domain.projects import Project, ProjectKind
from maquette.ports.clock import Clock
from maquette.ports.stores import Database, Page, Transaction

CHANGEABLE = frozenset({"name", "kind", "sku", "dimensions", "room_type", "tags", "expires_at"})


class Projects:
    """The use cases around projects."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def create(self, owner_id: str, name: str, kind: ProjectKind, **details: Any) -> Project:
        """``details`` are the other fields of a project."""
        at = self._clock.now()
        project = Project(new_id("prj"), owner_id, kind, name, created_at=at, updated_at=at, **details)
        with self._db.write() as tx:
            tx.projects.add(project)
        return project

    def get(self, owner_id: str, project_id: str) -> Project:
        """Raises ``not_found``."""
        with self._db.read() as tx:
            return _owned(tx, owner_id, project_id)

    def find(self, owner_id: str, project_id: str | None) -> Project | None:
        """None for no project, and for one that is not there."""
        if project_id is None:
            return None
        with self._db.read() as tx:
            return tx.projects.get(project_id, owner_id)

    def list(self, owner_id: str, cursor: str | None, limit: int) -> Page[Project]:
        """The owner's projects, newest first."""
        with self._db.read() as tx:
            return tx.projects.list(owner_id, cursor=cursor, limit=limit)

    def change(self, owner_id: str, project_id: str, changes: Mapping[str, Any]) -> Project:
        """Sets the given fields; others stay. Raises ``invalid_request`` for a field that cannot be set."""
        if unknown := set(changes) - CHANGEABLE:
            raise Refused("invalid_request", f"A project's {', '.join(sorted(unknown))} cannot be changed.")
        with self._db.write() as tx:
            project = replace(_owned(tx, owner_id, project_id), **changes, updated_at=self._clock.now())
            tx.projects.save(project)
        return project


def _owned(tx: Transaction, owner_id: str, project_id: str) -> Project:
    project = tx.projects.get(project_id, owner_id)
    if project is None:
        raise Refused("not_found")
    return project
