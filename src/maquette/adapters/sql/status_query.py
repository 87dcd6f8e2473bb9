"""What the status readers ask, in the words of each database.

Status polling is the commonest request by far. It needs a few columns and no framework, so this module and the readers
import neither SQLAlchemy nor the mapping.
"""

from dataclasses import dataclass

from maquette.ports.status import FOREIGN, Foreign, StatusRow

_COLUMNS = """
       j.pipeline, j.status, j.stage, j.progress, j.failed_stage, j.waiting_for, j.result_id,
       {message}, j.attempt, j.seq, j.cost_usd,
       CASE WHEN j.status = 'pending' THEN (
           SELECT count(*) + 1 FROM jobs AS o
           WHERE o.status = 'pending' AND o.deleted_at IS NULL AND (o.priority > j.priority
              OR (o.priority = j.priority AND (o.turn, o.created_at, o.id) < (j.turn, j.created_at, j.id)))
       ) END,
       {updated_at}
"""
_OF_SESSION = """
SELECT s.job_id = {second} AND j.deleted_at IS NULL, {columns}
FROM sessions AS s JOIN jobs AS j ON j.id = s.job_id
WHERE s.token_hash = {first}
"""
_OF_OWNER = """
SELECT j.deleted_at IS NULL, {columns}
FROM jobs AS j
WHERE j.owner_id = {first} AND j.id = {second}
"""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a database spells the two parameters, the message in ``error``, and ``updated_at`` as ISO 8601 in UTC."""

    first: str
    second: str
    message: str
    updated_at: str

    @property
    def of_session(self) -> str:
        """Parameters: the token's hash and the job's id. The first column: whether the token opens that job."""
        return self._filled(_OF_SESSION)

    @property
    def of_owner(self) -> str:
        """Parameters: the owner's id and the job's id. The first column: whether the job is still there."""
        return self._filled(_OF_OWNER)

    def _filled(self, query: str) -> str:
        columns = _COLUMNS.format(message=self.message, updated_at=self.updated_at)
        return query.format(first=self.first, second=self.second, columns=columns)


def found(row: tuple[object, ...] | None) -> StatusRow | Foreign | None:
    """What a row of either query says."""
    if row is None:
        return None
    return StatusRow._make(row[1:]) if row[0] else FOREIGN
