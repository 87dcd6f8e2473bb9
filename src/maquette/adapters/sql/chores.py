"""Chores that one process of a fleet does at a time, told apart by a counter."""

from datetime import datetime

from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from maquette.adapters.sql.tables import CHORES
from maquette.ports.care import ChoreState

_C = CHORES.c
_NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class SqlChores:
    """Implements ``ChoreRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> ChoreState | None:
        row = self._connection.execute(select(CHORES).where(_C.name == name)).one_or_none()
        return None if row is None else ChoreState(row.turn, row.done_at)

    def take(self, name: str, turn: int) -> bool:
        """Of two who take the same turn one gets it."""
        if turn == 0:
            return self._first(name)
        statement = update(CHORES).where(_C.name == name, _C.turn == turn).values(turn=turn + 1)
        return self._connection.execute(statement).rowcount == 1

    def done(self, name: str, at: datetime) -> None:
        earlier = or_(_C.done_at < at, _C.done_at.is_(None))
        self._connection.execute(update(CHORES).where(_C.name == name, earlier).values(done_at=at))

    def _first(self, name: str) -> bool:
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(CHORES).values(name=name, turn=1, done_at=_NEVER))
        except IntegrityError:
            return False
        return True
