"""The way of a job through its stages.

A walk is replayed after a crash, perhaps on another machine and by another version: it decides by nothing but what its
steps returned. It names the steps in the order that ``WALK_VERSION`` of the job engine stands for.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from maquette.pipelines.outcome import Errand, Outcome
from maquette.pipelines.runner import Runner


class Hands(Protocol):
    """How a walk does things. What was done before, in this process or another, is not done again."""

    async def step(self, method: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        """Calls a runner's method durably; what it returns is JSON."""
        ...

    async def run(self, job_id: str, attempt: int, stage: str, *, leg: int) -> Outcome:
        """One try of a stage on this machine's processor: ``Runner.run_stage``, durably."""
        ...

    async def send(self, errand: Errand, job_id: str, attempt: int, number: int, *, leg: int) -> Outcome:
        """One try of a stage by a worker of another kind; ``number`` counts the tries from 1."""
        ...

    async def sleep(self, seconds: float) -> None: ...


async def walk(runner: Runner, job_id: str, attempt: int, leg: int, hands: Hands) -> None:
    """Takes one attempt of a job through its stages. Deterministic: whatever varies happens inside a step."""
    for planned in await hands.step(runner.plan, job_id, attempt, leg):
        outcome = await _through(hands, planned, job_id, attempt, leg)
        if outcome["kind"] == "stop":
            return
    await hands.step(runner.complete, job_id, attempt, leg)


async def _through(hands: Hands, planned: str | Errand, job_id: str, attempt: int, leg: int) -> Outcome:
    """As many tries of one stage as it takes."""
    number = 1
    while True:
        if isinstance(planned, str):
            outcome = await hands.run(job_id, attempt, planned, leg=leg)
        else:
            outcome = await hands.send(planned, job_id, attempt, number, leg=leg)
        if outcome["kind"] != "again":
            return outcome
        planned = outcome.get("instead", planned)
        await hands.sleep(outcome["delay"])
        number += 1
