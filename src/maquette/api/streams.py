"""The events of one job, or of many, as a stream (server-sent events).

``GET /api/v1/jobs/{job_id}/events``: each event carries its sequence number as ``id``; whoever comes back with
``Last-Event-ID`` (or ``?since=``) goes on exactly there.

``GET /api/v1/events?jobs=a,b,c``: each ``id`` is a token that says how far all of the jobs were told, and goes on with
all of them in the same way. A job that is missing, or is deleted meanwhile, is told once as ``gone``.

A stream ends after the event that ended the last of its jobs. A reader who has that event already gets 204, which tells
an ``EventSource`` to stop coming back; after a retry there are new events to come back for.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from maquette.api.bounds import STREAM_JOBS
from maquette.api.callers import owner_of
from maquette.api.cursors import Cursors, read_seq
from maquette.api.problems import ProblemResponse, not_allowed
from maquette.api.reader import News, Reader
from maquette.api.tail import Tail
from maquette.domain.errors import MaquetteError, Refused
from maquette.ports.stores import Head

PATH = re.compile(r"/api/v1/jobs/([^/]+)/events")
ROUTE = "/api/v1/jobs/{job_id}/events"
PING_S = 15.0
_PING = b"event: ping\ndata: {}\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Up to where the caller has each job, how far each has come, and how to write the ``id`` of an event.

    ``gone`` makes what tells of a job that does not exist.
    """

    since: Mapping[str, int]
    heads: Mapping[str, Head]
    stamp: Callable[[str, int], str]
    gone: Callable[[str], bytes]

    @property
    def open(self) -> set[str]:
        """The jobs of which something is, or may be, still to come."""
        return {name for name, head in self.heads.items() if not head.ended or self.since[name] < head.seq}


class EventRoute:
    """Streams of events. A slow reader holds nothing back: what it misses is read again when it is ready."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await not_allowed("GET", "HEAD")(scope, receive, send)
            return
        try:
            asked = await self._ask(scope)
        except MaquetteError as error:
            await ProblemResponse(error)(scope, receive, send)
            return
        if not asked.open:
            await Response(status_code=204)(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        if scope["method"] == "GET":
            await self._stream(asked, receive, send)
        await send({"type": "http.response.body", "body": b""})

    async def _ask(self, scope: Scope) -> _Asked:
        match = PATH.fullmatch(scope["path"])
        if match is None:
            return await self._ask_for_many(scope)
        since = read_seq(_last(scope) or "0")
        heads = await self._heads(scope, (match[1],))
        return _Asked(_bounded({match[1]: since}, heads), heads, _plain, _nothing)

    async def _ask_for_many(self, scope: Scope) -> _Asked:
        job_ids = tuple(dict.fromkeys(name for name in _query(scope, "jobs").split(",") if name))
        if not 1 <= len(job_ids) <= STREAM_JOBS:
            raise Refused("invalid_request", f"jobs names 1 to {STREAM_JOBS} jobs, separated by commas.")
        cursors = Cursors(job_ids, _last(scope))
        heads = await self._heads(scope, job_ids)
        since = _bounded({job_id: cursors[job_id] for job_id in job_ids}, heads)
        for job_id, seq in since.items():
            cursors[job_id] = seq

        def stamp(job_id: str, seq: int) -> str:
            cursors[job_id] = seq
            return cursors.token()

        return _Asked(since, heads, stamp, _gone)

    async def _heads(self, scope: Scope, job_ids: tuple[str, ...]) -> Mapping[str, Head]:
        """Raises ``not_found`` when there is none of the jobs."""
        heads = await self._tail.heads(owner_of(scope), job_ids)
        if not heads:
            raise Refused("not_found")
        return heads

    async def _stream(self, asked: _Asked, receive: Receive, send: Send) -> None:
        missing = b"".join(map(asked.gone, asked.since.keys() - asked.heads.keys()))
        with self._tail.reader() as reader:
            watch = asyncio.ensure_future(_close_when_gone(receive, reader))
            try:
                await _write(send, b"retry: 2000\n\n" + missing)
                await _follow(reader, asked, send)
            finally:
                watch.cancel()


async def _follow(reader: Reader, asked: _Asked, send: Send) -> None:
    left = asked.open
    for job_id in left:
        reader.follow(job_id, asked.since[job_id], asked.heads[job_id].seq)
    while left and not reader.closed:
        await reader.wait()
        news = await reader.take()
        if news is not None:
            await _write(send, _frames(news, asked))
        elif reader.is_due:
            reader.is_due = False
            await _write(send, _PING)
        if news is not None and (news.ended or news.gone):
            left.discard(news.job_id)
            reader.leave(news.job_id)


def _frames(news: News, asked: _Asked) -> bytes:
    if news.gone:
        return asked.gone(news.job_id)
    return b"".join(b"id: %b\n%b" % (asked.stamp(news.job_id, one.seq).encode(), one.frame) for one in news.told)


def _gone(job_id: str) -> bytes:
    return f"event: gone\ndata: {json.dumps({'job_id': job_id})}\n\n".encode()


def _nothing(_: str) -> bytes:
    return b""


def _plain(_: str, seq: int) -> str:
    return str(seq)


def _bounded(since: Mapping[str, int], heads: Mapping[str, Head]) -> dict[str, int]:
    """A number beyond the newest event is from another life of this database: begin at the beginning."""
    return {job_id: seq if job_id in heads and seq <= heads[job_id].seq else 0 for job_id, seq in since.items()}


def _last(scope: Scope) -> str:
    """``Last-Event-ID`` goes before ``?since=``: a client that reconnects repeats the address it began with."""
    return Headers(scope=scope).get("last-event-id") or _query(scope, "since")


def _query(scope: Scope, name: str) -> str:
    return parse_qs(scope.get("query_string", b"").decode("latin-1")).get(name, [""])[0]


async def _write(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


async def _close_when_gone(receive: Receive, reader: Reader) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    reader.close()
