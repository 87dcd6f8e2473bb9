"""What a line of the log is about: facts that are bound for the length of a request or of a stage.

Only names listed here get into the log, so that nobody's data slips in by being at hand.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from maquette.ports.tracing import Fact

ALLOWED = (
    "request_id",
    "method",
    "route",
    "status",
    "ms",
    "owner",
    "job_id",
    "pipeline",
    "stage",
    "engine",
    "attempt",
    "outcome",
    "code",
    "queue",
    "worker",
)
"""In the order in which a line shows them."""

_bound: ContextVar[Mapping[str, Fact]] = ContextVar("maquette_facts", default=MappingProxyType({}))


@contextmanager
def binding(facts: Mapping[str, Fact]) -> Generator[None, None, None]:
    """Within it every line carries the facts, in threads that ``asyncio.to_thread`` starts too."""
    token = _bound.set({**_bound.get(), **facts})
    try:
        yield
    finally:
        _bound.reset(token)


def add(facts: Mapping[str, Fact]) -> None:
    """Facts that became known only now. They end with the ``binding`` around them."""
    _bound.set({**_bound.get(), **facts})


def bound() -> Mapping[str, Fact]:
    """The facts at this place."""
    return _bound.get()
