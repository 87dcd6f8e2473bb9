"""What the commands of ``maquette jobs`` do."""

import asyncio
from collections.abc import Callable, Sequence

from maquette.api.schemas.jobs import JobOut, LogLineOut, TaskOut
from maquette.bootstrap import Maquette, open_for_looking, open_for_work
from maquette.cli import showing
from maquette.cli.progress import StageBar
from maquette.cli.screen import Screen
from maquette.cli.session import attend
from maquette.domain.errors import Refused
from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.jobs import Job, worked_ms
from maquette.domain.states import Stage, Status
from maquette.settings import Settings

LAST = "last"
SEARCHED = 200
"""How many of the newest jobs an abbreviated id is looked for in."""


def list_jobs(settings: Settings, screen: Screen, statuses: Sequence[str], limit: int) -> None:
    """Raises ``invalid_request`` for a status that does not exist."""
    wanted = [_status(text) for text in statuses]

    def look(house: Maquette) -> None:
        page = house.jobs.list(LOCAL_OWNER, wanted, limit=limit)
        if screen.as_json:
            items = [_document(house, job) for job in page.items]
            screen.document({"items": items, "next_cursor": page.next_cursor})
        else:
            showing.jobs(screen, page.items, {job.id: house.jobs.elapsed_ms(job) for job in page.items})

    _look(settings, look)


def show_job(settings: Settings, screen: Screen, wanted: str) -> None:
    def look(house: Maquette) -> None:
        job = find_job(house, wanted)
        tasks, logs = house.jobs.tasks(LOCAL_OWNER, job.id), house.jobs.logs(LOCAL_OWNER, job.id)
        if screen.as_json:
            more = {
                "tasks": [TaskOut.of(task).model_dump(mode="json") for task in tasks],
                "logs": [LogLineOut.of(line).model_dump(mode="json") for line in logs],
            }
            screen.document(_document(house, job) | more)
        else:
            position = house.jobs.queue_position(job)
            showing.job(screen, job, position, tasks, logs, house.estimates.eta(job, position, tasks))

    _look(settings, look)


def watch_job(settings: Settings, screen: Screen, wanted: str) -> None:
    async def work() -> None:
        async with open_for_work(settings) as house:
            job = find_job(house, wanted)
            with StageBar(screen) as bar:
                ended = await attend(house, screen, job, bar.show)
            if screen.as_json:
                screen.document(_document(house, ended))
            else:
                screen.out.print(f"{ended.id} is done.")

    asyncio.run(work())


def cancel_job(settings: Settings, screen: Screen, wanted: str) -> None:
    _steer(settings, screen, lambda house: house.jobs.cancel(LOCAL_OWNER, find_job(house, wanted).id), "")


def retry_job(settings: Settings, screen: Screen, wanted: str, from_stage: str | None) -> None:
    stage = _stage(from_stage) if from_stage else None
    _steer(settings, screen, lambda house: house.jobs.retry(LOCAL_OWNER, find_job(house, wanted).id, stage), "watch")


def resume_job(settings: Settings, screen: Screen, wanted: str, budget: float | None = None) -> None:
    _steer(settings, screen, lambda house: house.jobs.resume(LOCAL_OWNER, find_job(house, wanted).id, budget), "watch")


def prioritise_job(settings: Settings, screen: Screen, wanted: str, level: int) -> None:
    _steer(settings, screen, lambda house: house.jobs.prioritise(LOCAL_OWNER, find_job(house, wanted).id, level), "")


def find_job(house: Maquette, wanted: str) -> Job:
    """By id, by the beginning of an id (with or without ``job_``), or the newest. Raises ``not_found``."""
    newest = house.jobs.list(LOCAL_OWNER, limit=1 if wanted == LAST else SEARCHED).items
    if wanted == LAST and newest:
        return newest[0]
    found = [job for job in newest if wanted and job.id.removeprefix("job_").startswith(wanted.removeprefix("job_"))]
    if len(found) > 1:
        raise Refused("not_found", f"{len(found)} jobs begin with {wanted!r}.", "Give more of the id.")
    if found:
        return found[0]
    try:
        return house.jobs.get(LOCAL_OWNER, wanted)
    except Refused as error:
        raise Refused("not_found", f"There is no job {wanted!r}.", "List them with `maquette jobs list`.") from error


def _look(settings: Settings, look: Callable[[Maquette], None], *, steering: bool = False) -> None:
    async def work() -> None:
        async with open_for_looking(settings, steering=steering) as house:
            look(house)

    asyncio.run(work())


def _steer(settings: Settings, screen: Screen, steer: Callable[[Maquette], Job], then: str) -> None:
    def look(house: Maquette) -> None:
        job = steer(house)
        if screen.as_json:
            screen.document(_document(house, job))
            return
        screen.out.print(f"{job.id} is {job.status}.")
        if then:
            screen.note(f"It runs while `maquette serve` does, or with: maquette jobs {then} {job.id}")

    _look(settings, look, steering=True)


def _document(house: Maquette, job: Job) -> dict[str, object]:
    position, tasks = house.jobs.queue_position(job), house.jobs.tasks(job.owner_id, job.id)
    eta = house.estimates.eta(job, position, tasks)
    return JobOut.of(job, position, worked_ms(tasks), eta).model_dump(mode="json")


def _status(text: str) -> Status:
    try:
        return Status(text)
    except ValueError:
        raise Refused("invalid_request", f"There is no status {text!r}.", f"One of: {', '.join(Status)}.") from None


def _stage(text: str) -> Stage:
    try:
        return Stage(text)
    except ValueError:
        raise Refused("unknown_stage", f"There is no stage {text!r}.", f"One of: {', '.join(Stage)}.") from None
