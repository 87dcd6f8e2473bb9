"""Fresh ids for everything in an archive, also for what it only mentions.

No id is taken over: it may be that of somebody's thing here. Texts that are exactly an id of the archive (in reports,
events, parameters) follow; whatever else they say stays.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import JsonValue

from maquette.app.portable.content import Content
from maquette.domain.ids import new_id


class Renaming:
    """Old ids to new ones, for one import."""

    def __init__(self, content: Content) -> None:
        groups: Mapping[str, Iterable[str | None]] = {
            "prj": [content.project.id],
            "ast": [asset.id for asset in content.assets],
            "job": [job.id for job in content.jobs],
            "task": [task.id for task in content.tasks],
            "res": list(content.results),
        }
        self._names = {old: new_id(kind) for kind, olds in groups.items() for old in olds if old}

    def of(self, old: str, kind: str) -> str:
        """The new id of what is in the archive, or one that leads nowhere for what is only mentioned."""
        return self._names.setdefault(old, new_id(kind))

    def maybe(self, old: str | None, kind: str) -> str | None:
        """None stays None."""
        return None if old is None else self.of(old, kind)

    def many(self, olds: Iterable[str], kind: str) -> tuple[str, ...]:
        """In the same order."""
        return tuple(self.of(old, kind) for old in olds)

    def within(self, value: JsonValue) -> Any:
        """A JSON value in which every text that is an id of the archive is replaced."""
        if isinstance(value, str):
            return self._names.get(value, value)
        if isinstance(value, list):
            return [self.within(item) for item in value]
        if isinstance(value, dict):
            return {self._names.get(name, name): self.within(item) for name, item in value.items()}
        return value
