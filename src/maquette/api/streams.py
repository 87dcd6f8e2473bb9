"""``GET /api/v1/jobs/{job_id}/events``: the events of a job as a stream (server-sent events).

Each event carries its sequence number as ``id``; whoever comes back with ``Last-Event-ID`` (or ``?since=``) goes on
exactly there. The stream ends after the event that ended the job. A reader who has that event already gets 204,
which tells an ``EventSource`` to stop coming back; after a retry there are new events to come back for.
"""

import asyncio
import json
import re
from collections.abc import Awaitable
from contextlib import aclosing
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from maquette.api.door import PRINCIPAL
from maquette.api.observation import see
from maquette.api.problems import ProblemResponse, not_allowed
from maquette.api.schemas.common import instant
from maquette.api.tail import Tail
from maquette.app.jobs import Jobs
from maquette.domain.errors import MaquetteError, Refused
from maquette.domain.jobs import Event, EventType, Job
from maquette.domain.states import ENDED

PATH = re.compile(r"/api/v1/jobs/([^/]+)/events")
ROUTE = "/api/v1/jobs/{job_id}/events"
PING_S = 15.0
TERMINAL = frozenset({EventType.COMPLETED, EventType.FAILED, EventType.CANCELED})
_PING = b"event: ping\ndata: {}\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class EventRoute:
    """Streams of events. A slow reader holds nothing back and costs nothing: what it misses is read again."""

    def __init__(self, jobs: Jobs, ping_s: float = PING_S) -> None:
        self._jobs = jobs
        self._ping_s = ping_s
        self._tail = Tail(jobs.events)

    def close(self) -> None:
        """Ends every stream, so that a server which stops need not wait for readers."""
        self._tail.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        see(scope, ROUTE)
        if scope["method"] not in ("GET", "HEAD"):
            await not_allowed("GET", "HEAD")(scope, receive, send)
            return
        try:
            job, since = await self._open(scope)
        except MaquetteError as error:
            await ProblemResponse(error)(scope, receive, send)
            return
        if job.status in ENDED and since >= job.seq:
            await Response(status_code=204)(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        await _until_gone(receive, self._stream(job, since, send))

    async def _open(self, scope: Scope) -> tuple[Job, int]:
        match = PATH.fullmatch(scope["path"])
        job = await asyncio.to_thread(self._jobs.get, scope[PRINCIPAL].owner_id, match[1] if match else "")
        since = _since(scope)
        # a number from another life of this database: begin at the beginning
        return job, since if since <= job.seq else 0

    async def _stream(self, job: Job, since: int, send: Send) -> None:
        await _write(send, b"retry: 2000\n\n")
        async with aclosing(self._tail.follow(job.owner_id, job.id, since, self._ping_s)) as batches:
            async for events in batches:
                await _write(send, b"".join(map(encoded, events)) or _PING)
                if events and events[-1].type in TERMINAL:
                    break
        await send({"type": "http.response.body", "body": b""})


def encoded(event: Event) -> bytes:
    """One event as the stream carries it."""
    data = {
        "job_id": event.job_id,
        "seq": event.seq,
        "type": event.type,
        "at": instant(event.at),
        "data": dict(event.data),
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"id: {event.seq}\nevent: {event.type}\ndata: {text}\n\n".encode()


def _since(scope: Scope) -> int:
    """``Last-Event-ID`` goes before ``?since=``: a client that reconnects repeats the address it began with."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    text = Headers(scope=scope).get("last-event-id") or query.get("since", ["0"])[0]
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise Refused("invalid_request", "Last-Event-ID and since are sequence numbers.")
    return int(text)


async def _write(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


async def _until_gone(receive: Receive, streaming: Awaitable[None]) -> None:
    """Streams until the end or until the client has closed the connection, whichever comes first."""
    stream = asyncio.ensure_future(streaming)
    gone = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({stream, gone}, return_when=asyncio.FIRST_COMPLETED)
        if stream.done():
            stream.result()
    finally:
        stream.cancel()
        gone.cancel()
        await asyncio.gather(stream, gone, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
