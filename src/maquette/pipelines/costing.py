"""What the ledger says of costs, on its way to tasks and jobs."""

from dataclasses import replace

from maquette.domain.jobs import Move, Task
from maquette.ports.stores import Transaction


def charged(tx: Transaction, task: Task) -> Task:
    """The task with what its commissions cost, and the provider's number for the last of them."""
    calls = [call for call in tx.calls.of_job(task.job_id) if call.task_id == task.id]
    if not calls:
        return task
    return replace(task, cost_usd=sum(call.cost_usd or 0.0 for call in calls), external_task_id=calls[-1].external_id)


def costing(tx: Transaction, move: Move) -> Move:
    """The move, with the job's costs as they are now."""
    cost = tx.calls.spent(job_id=move.after.id).cost_usd
    return move if cost == move.after.cost_usd else replace(move, after=replace(move.after, cost_usd=cost))
