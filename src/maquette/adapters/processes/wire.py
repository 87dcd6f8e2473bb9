"""What the service, the zygote and its children say to each other: lines of JSON over local sockets.

Service to zygote, on the control socket: ``{"start": 7, "memory": bytes, "cpu": seconds}`` together with two sockets,
and ``{"kill": 7}``. Zygote to service, on the second of the two: ``{"pid": 123}`` and, once the process is dead and
reaped, ``{"status": 9, "cpu": seconds, "peak": bytes}``. Child to service, on the first: ``{"progress": 0.5}`` and at
last one of ``value``, ``error`` and ``crash``. Service to child: the call, one line; whatever ends the connection
ends the child.
"""

import json
import traceback
from collections.abc import Mapping
from typing import Any

from maquette.domain.errors import (
    MaquetteError,
    Permanent,
    Refused,
    StageError,
    Temporary,
    Unavailable,
    is_full_disk,
)
from maquette.ports.processes import Crashed

OUT_OF_MEMORY = 86
"""The exit status of a child that ran out of memory: it may not even have enough left to say so."""

_CLASSES = {kind.__name__: kind for kind in (Refused, Unavailable, StageError, Permanent, Temporary, MaquetteError)}


def line(**message: Any) -> bytes:
    """One message, ready to be sent."""
    return json.dumps(message).encode() + b"\n"


def told(error: BaseException) -> dict[str, Any]:
    """The last message of a child whose function raised ``error``."""
    if is_full_disk(error):
        error = Unavailable("storage_full")
    if not isinstance(error, MaquetteError):
        return {"crash": {"message": f"{type(error).__name__}: {error}", "detail": "".join(_traceback(error))}}
    kind = next(parent.__name__ for parent in type(error).__mro__ if parent.__name__ in _CLASSES)
    said: dict[str, Any] = {"class": kind, "code": error.code, "message": error.message, "hint": error.hint}
    if isinstance(error, Temporary):
        said["retry_after"] = error.retry_after
    return {"error": said}


def raised(message: Mapping[str, Any]) -> Exception:
    """The exception that ``told`` described."""
    if crash := message.get("crash"):
        return Crashed(crash["message"], crash["detail"])
    said = message["error"]
    error = _CLASSES[said["class"]](said["code"], said["message"], said["hint"])
    if isinstance(error, Temporary):
        error.retry_after = said["retry_after"]
    return error


def _traceback(error: BaseException) -> list[str]:
    return traceback.format_exception(type(error), error, error.__traceback__)
