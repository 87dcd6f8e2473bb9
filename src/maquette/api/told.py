"""An event as it goes out: encoded once, shared by all who follow the job."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maquette.api.schemas.common import instant
from maquette.domain.jobs import Event, EventType

TERMINAL = frozenset({EventType.COMPLETED, EventType.FAILED, EventType.CANCELED})


@dataclass(frozen=True, slots=True)
class Told:
    """``text`` is the event's JSON, ``frame`` the same as server-sent event but for its ``id``.

    ``step`` names the stage whose progress the event reports, and is None for all other events.
    """

    seq: int
    text: str
    frame: bytes
    step: str | None
    is_last: bool
    """Whether the job ended with it; it may have gone on with a retry."""


def tell(event: Event) -> Told:
    """Encodes an event."""
    data = {
        "job_id": event.job_id,
        "seq": event.seq,
        "type": event.type,
        "at": instant(event.at),
        "data": dict(event.data),
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    step = str(event.data.get("stage")) if event.type is EventType.PROGRESS else None
    frame = f"event: {event.type}\ndata: {text}\n\n".encode()
    return Told(event.seq, text, frame, step, event.type in TERMINAL)


def latest(told: Sequence[Told]) -> Iterable[str]:
    """The texts, with each run of progress in one stage made one: its last, which says how many it stands for.

    Whoever adds ``skipped`` can tell that nothing is missing: ``seq`` is the number before plus one plus ``skipped``.
    """
    skipped = 0
    for index, one in enumerate(told):
        following = told[index + 1] if index + 1 < len(told) else None
        if one.step is not None and following is not None and following.step == one.step:
            skipped += 1
        else:
            yield f'{one.text[:-1]},"skipped":{skipped}}}' if skipped else one.text
            skipped = 0
