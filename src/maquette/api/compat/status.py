"""``GET /api/status/{job_id}``: what polling front ends ask for, thousands at a time.

Raw ASGI in front of the framework: one indexed read and one small JSON body cost a tenth of a framework's route.
``GET /api/status?job_id=`` is the same. Where older callers give the id of a photo, or their own name for a model, one
more read finds the job.
"""

import asyncio
import json
import re
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from maquette.api.identity import Identity
from maquette.api.problems import RETRY_AFTER_S
from maquette.api.security import HEADERS
from maquette.app.joining import Joining
from maquette.app.sessions import Sessions
from maquette.domain.access import How
from maquette.domain.errors import Refused, Unavailable
from maquette.domain.ids import token_hash
from maquette.domain.projections import Projection, project
from maquette.domain.states import Stage, Status, WaitingFor
from maquette.pipelines.catalog import CATALOG
from maquette.ports.status import FOREIGN, Foreign, StatusReader, StatusRow

PLACE = "/api/status"
PREFIX = f"{PLACE}/"
PARAMETERS = ("job_id", "jobId", "photo_id", "photoId", "model_id", "modelId")
"""What the job may be called in the query; the first one counts."""
MAX_NAME = 200
FAILED = "Processing failed. Please try again."
_JOB = "job_"
_TOKEN = re.compile(rb"[A-Za-z0-9_-]{20,100}")
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    *((name.encode(), value.encode()) for name, value in HEADERS),
]


class StatusRoute:
    """Answers in the polling front end's own shape, errors included."""

    def __init__(self, reader: StatusReader, identity: Identity, sessions: Sessions, joining: Joining) -> None:
        self._reader = reader
        self._identity = identity
        self._sessions = sessions
        self._joining = joining

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await _send(send, 405, _failure("METHOD_NOT_ALLOWED"), (b"allow", b"GET, HEAD"))
            return
        try:
            found = await self._find(scope, _named(scope))
        except Unavailable as error:
            again = b"%d" % RETRY_AFTER_S
            await _send(send, error.entry.status, _failure(error.code.upper()), (b"retry-after", again))
            return
        if found is None:
            await _send(send, 401, _failure("UNAUTHORIZED"))
        elif isinstance(found, Foreign):
            await _send(send, 404, _failure("NOT_FOUND"))
        else:
            await _send(send, 200, json.dumps(body_of(found), separators=(",", ":")).encode())

    async def _find(self, scope: Scope, named: str) -> StatusRow | Foreign | None:
        """None without a token or key that is good for anything. Raises ``Unavailable``."""
        token = _token(scope)
        if token is not None:
            return await self._of_session(token, named) if token else None
        try:
            principal = await self._identity.principal_of(scope)
        except Refused:
            return None
        if principal.how not in (How.KEY, How.SIGN_IN):
            return None
        job_id = await self._job_id(principal.owner_id, named)
        return await self._reader.read_owned(principal.owner_id, job_id) or FOREIGN

    async def _of_session(self, token: str, named: str) -> StatusRow | Foreign | None:
        if named.startswith(_JOB):
            return await self._reader.read(token_hash(token), named)
        known = await asyncio.to_thread(self._sessions.recognise, token)
        if known is None:
            return None
        return await self._reader.read(token_hash(token), await self._job_id(known.owner_id, named))

    async def _job_id(self, owner_id: str, named: str) -> str:
        """Empty where there is none of that name."""
        if named.startswith(_JOB):
            return named
        if len(named) > MAX_NAME or "\0" in named:
            return ""
        try:
            return (await asyncio.to_thread(self._joining.find, owner_id, named)).id
        except Refused:
            return ""


def body_of(job: StatusRow) -> dict[str, object]:
    """The body for a job that was found: the front end's own fields and then ours."""
    seen = _seen(job)
    body: dict[str, object] = {
        "success": True,
        "status": seen.status,
        "stage": seen.stage,
        "progress": job.progress,
        "resultId": job.result_id,
        "updatedAt": job.updated_at,
    }
    if seen.status == "failed":
        body["errorMessage"] = job.error_message or FAILED
    return body | {
        "generationStatus": seen.generation_status,
        "modelStatus": seen.model_status,
        "failedStage": job.failed_stage,
        "attempt": job.attempt,
        "queuePosition": job.queue_position,
        "costUsd": job.cost_usd,
    }


def _seen(job: StatusRow) -> Projection:
    return project(
        CATALOG[job.pipeline].pipeline,
        Status(job.status),
        Stage(job.stage) if job.stage else None,
        Stage(job.failed_stage) if job.failed_stage else None,
        WaitingFor(job.waiting_for) if job.waiting_for else None,
    )


def _named(scope: Scope) -> str:
    """What the caller calls the job; empty if nothing."""
    if scope["path"] != PLACE:
        return scope["path"][len(PREFIX) :]
    try:
        given = parse_qs(scope.get("query_string", b"").decode("ascii"), max_num_fields=50)
    except ValueError:
        return ""
    return next((given[name][0] for name in PARAMETERS if name in given), "")


def _token(scope: Scope) -> str | None:
    """The token; empty if it has not the form of one, None if there is none."""
    for name, value in scope["headers"]:
        if name == b"x-session-token":
            return value.decode() if _TOKEN.fullmatch(value) else ""
    return None


def _failure(code: str) -> bytes:
    return b'{"success":false,"error":{"code":"%s"}}' % code.encode()


async def _send(send: Send, status: int, body: bytes, *more: tuple[bytes, bytes]) -> None:
    headers = [*_HEADERS, (b"content-length", b"%d" % len(body)), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
