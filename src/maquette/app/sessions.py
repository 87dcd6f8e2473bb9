"""Session tokens: what front ends without a key have of their one job."""

from maquette.domain.access import How, Principal, is_token
from maquette.domain.ids import token_hash
from maquette.ports.stores import Database, Transaction


class Sessions:
    """Recognises session tokens and knows what belongs to their jobs. All methods block."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def recognise(self, token: str) -> Principal | None:
        """The job that a token opens and its owner; None for an unknown token."""
        if not is_token(token):
            return None
        with self._db.read() as tx:
            found = tx.sessions.find(token_hash(token))
        return None if found is None else Principal(found.owner_id, False, How.SESSION, job_id=found.job_id)

    def has_result(self, owner_id: str, job_id: str, result_id: str) -> bool:
        """Whether the result is the job's."""
        with self._db.read() as tx:
            result = tx.results.get(result_id, owner_id)
        return result is not None and result.job_id == job_id

    def has_asset(self, owner_id: str, job_id: str, asset_id: str) -> bool:
        """Whether the job started from the asset or made it."""
        with self._db.read() as tx:
            job = tx.jobs.get(job_id, owner_id)
            if job is None:
                return False
            return any(given.asset_id == asset_id for given in job.inputs) or asset_id in _made(tx, job_id)


def _made(tx: Transaction, job_id: str) -> set[str]:
    return {asset_id for task in tx.tasks.of_job(job_id) for asset_id in task.output_assets}
