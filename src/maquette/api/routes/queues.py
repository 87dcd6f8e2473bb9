"""The queues in which work waits for workers. For admins."""

from fastapi import APIRouter

from maquette.api.dependencies import AdminDep, ServicesDep
from maquette.api.problems import documented
from maquette.api.schemas.queues import QueueList, QueueOut
from maquette.domain.fleet import Queue

router = APIRouter(prefix="/api/v1/queues", tags=["queues"])


@router.get("", response_model=QueueList, responses=documented())
def list_queues(services: ServicesDep, _: AdminDep) -> QueueList:
    """Every queue: whether it is paused, how much waits and since when."""
    return QueueList(items=[QueueOut.of(queue) for queue in services.queues.list()])


@router.post("/{name}/pause", response_model=QueueOut, responses=documented("storage_full"))
def pause_queue(name: Queue, services: ServicesDep, _: AdminDep) -> QueueOut:
    """Lets nothing more begin. What has begun goes on, and jobs are still accepted."""
    return QueueOut.of(services.queues.pause(name))


@router.post("/{name}/resume", response_model=QueueOut, responses=documented("storage_full"))
def resume_queue(name: Queue, services: ServicesDep, _: AdminDep) -> QueueOut:
    """Lets work begin again."""
    return QueueOut.of(services.queues.resume(name))
