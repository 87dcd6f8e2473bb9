"""What comes of one try of a stage, as a walk remembers it, and what keeps it from being written down."""

import traceback
from typing import NotRequired, TypedDict

from maquette.domain.errors import MaquetteError
from maquette.ports.processes import Crashed


class Errand(TypedDict):
    """A stage that goes to another queue: for which engine, and the place that its job has."""

    stage: str
    queue: str
    engine: str
    priority: int
    turn: int


class Outcome(TypedDict):
    """What a step tells the walk: ``done`` (go on), ``again`` (after ``delay`` seconds) or ``stop``.

    ``instead`` says who is to try it again, where it is somebody else than before.
    """

    kind: str
    delay: float
    instead: NotRequired[str | Errand]


WAITING = "waiting_for"
"""Under this the data of a stage says what the job has to wait for before the stage is done."""
PASSED_OVER = "passed_over"
"""Under this the data of a task names its engine, if the stage goes on with the next one of its list."""
DONE = Outcome(kind="done", delay=0.0)
AGAIN = Outcome(kind="again", delay=0.0)
STOP = Outcome(kind="stop", delay=0.0)


class Stopped(Exception):
    """The job ended, waits, or went on to another attempt or worker: whoever works on it must stop."""


class LeaseLost(Exception):
    """The others have given this process up: whatever it still does must not be written down."""


def detail_of(error: Exception) -> str:
    """What a job's log keeps of an error beyond its message: the traceback of a bug."""
    if isinstance(error, Crashed):
        return error.detail
    if isinstance(error, MaquetteError):
        return ""
    return "".join(traceback.format_exception(error))
