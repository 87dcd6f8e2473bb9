"""What ``maquette jobs calls``, ``adopt``, ``repeat`` and ``forget`` do."""

import asyncio
from collections.abc import Callable, Sequence

from rich.markup import escape

from maquette.api.schemas.calls import CallOut
from maquette.api.schemas.jobs import JobOut
from maquette.app.calls import Calls
from maquette.bootstrap import open_for_looking
from maquette.cli.screen import Screen, plain_table
from maquette.cli.steering import find_job
from maquette.domain.calls import ProviderCall
from maquette.domain.errors import Refused
from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.jobs import Job
from maquette.settings import Settings

Decision = Callable[[Calls, str, str], Job]


def list_calls(settings: Settings, screen: Screen, wanted: str) -> None:
    """Shows a job's commissions."""

    async def work() -> None:
        async with open_for_looking(settings) as house:
            job = find_job(house, wanted)
            calls = house.calls.of_job(LOCAL_OWNER, job.id)
            if screen.as_json:
                screen.document({"items": [CallOut.of(call).model_dump(mode="json") for call in calls]})
            else:
                _show(screen, job, calls)

    asyncio.run(work())


def adopt_call(settings: Settings, screen: Screen, wanted: str, call: str, external_id: str) -> None:
    """Goes on with what the provider calls by this number."""
    _decide(settings, screen, wanted, call, lambda calls, job, one: calls.adopt(LOCAL_OWNER, job, one, external_id))


def repeat_call(settings: Settings, screen: Screen, wanted: str, call: str) -> None:
    """Asks once more."""
    _decide(settings, screen, wanted, call, lambda calls, job, one: calls.repeat(LOCAL_OWNER, job, one))


def forget_call(settings: Settings, screen: Screen, wanted: str, call: str) -> None:
    """Gives it up."""
    _decide(settings, screen, wanted, call, lambda calls, job, one: calls.forget(LOCAL_OWNER, job, one))


def _decide(settings: Settings, screen: Screen, wanted: str, call: str, decision: Decision) -> None:
    async def work() -> None:
        async with open_for_looking(settings, steering=True) as house:
            job = find_job(house, wanted)
            found = _find(house.calls.of_job(LOCAL_OWNER, job.id), call, job)
            moved = decision(house.calls, job.id, found.id)
            if screen.as_json:
                screen.document(JobOut.of(moved, None, house.jobs.elapsed_ms(moved)).model_dump(mode="json"))
            else:
                screen.out.print(f"{moved.id} is {moved.status}.")

    asyncio.run(work())


def _find(calls: Sequence[ProviderCall], wanted: str, job: Job) -> ProviderCall:
    """By its id or the beginning of it; ``-`` is the only one that is undecided."""
    if wanted == "-":
        found = [call for call in calls if call.is_undecided]
    else:
        found = [call for call in calls if call.id.removeprefix("call_").startswith(wanted.removeprefix("call_"))]
    if len(found) != 1:
        raise Refused("not_found", f"{len(found)} commissions fit {wanted!r}.", f"maquette jobs calls {job.id}")
    return found[0]


def _show(screen: Screen, job: Job, calls: Sequence[ProviderCall]) -> None:
    table = plain_table("commission", "stage", "engine", "state", "provider's number", "cost", "")
    for call in calls:
        why = call.error.code if call.error else ""
        table.add_row(
            call.id, call.stage, escape(call.engine), _state(call), escape(call.external_id or "-"), _cost(call), why
        )
    screen.out.print(table)
    for call in calls:
        if call.is_undecided:
            screen.note(f"Look at {call.engine}'s own list of tasks. If it is there: ")
            screen.note(f"  maquette jobs adopt {job.id} {call.id} NUMBER")
            screen.note(f"If it is not: maquette jobs repeat {job.id} {call.id}")


def _state(call: ProviderCall) -> str:
    return "undecided" if call.is_undecided else call.state.value


def _cost(call: ProviderCall) -> str:
    if call.cost_usd is not None:
        return f"${call.cost_usd:.2f}"
    return f"(${call.reserved_usd:.2f})" if call.is_open and call.reserved_usd is not None else "unknown"
