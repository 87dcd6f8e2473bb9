"""``/api/v1/events`` as a WebSocket: one connection that follows many jobs, and changes its mind.

One task listens, another writes, so that what is said about a job comes in order: ``subscribed``, its events, ``ended``
or ``unsubscribed``. There is no queue that could overflow. The client's place in each job is a number, what it did not
take yet stays in the database, and reports of progress that pile up meanwhile become the latest of them. A client that
takes nothing at all is cut by the server, see ``cli.connections``.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError
from starlette.types import Receive, Scope, Send

from maquette.api.bounds import EVENTS_PATH, MESSAGE_BYTES, SOCKET_JOBS
from maquette.api.callers import owner_of
from maquette.api.problems import ProblemResponse
from maquette.api.reader import News, Reader
from maquette.api.schemas.sockets import SocketAsked
from maquette.api.tail import Tail
from maquette.api.told import latest
from maquette.domain.errors import MaquetteError, Refused, Unavailable
from maquette.ports.stores import Head

MOST_FAULTS = 5
"""Messages in a row that cannot be understood, until the socket is closed."""
MOST_REPLIES = 1000
"""Answers that wait for a client; until it takes some, no more questions are read."""
GOING_AWAY, NOT_TEXT, POLICY, TOO_BIG = 1001, 1003, 1008, 1009
"""Close codes of RFC 6455, section 7.4.1."""
_logger = logging.getLogger(__name__)


class SocketRoute:
    """Takes WebSockets, at most ``most`` of one owner at a time."""

    def __init__(self, tail: Tail, most: int) -> None:
        self._tail = tail
        self._most = most
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["path"] != EVENTS_PATH:
                raise Refused("not_found")
            with self._place_for(owner_of(scope)) as owner_id:
                await self._serve(owner_id, receive, send)
        except MaquetteError as error:
            await ProblemResponse(error)(scope, receive, send)

    @contextmanager
    def _place_for(self, owner_id: str) -> Generator[str]:
        if self._open[owner_id] >= self._most:
            raise Refused("too_many_streams", f"{self._most} WebSockets are open already.")
        self._open[owner_id] += 1
        try:
            yield owner_id
        finally:
            self._open[owner_id] -= 1

    async def _serve(self, owner_id: str, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        with self._tail.reader() as reader:
            socket = _Socket(self._tail, reader, owner_id, send)
            writing = asyncio.ensure_future(socket.write())
            try:
                await socket.listen(receive)
            finally:
                writing.cancel()
                # a client that has gone makes writing fail, which is no news
                await asyncio.gather(writing, return_exceptions=True)


class _Socket:
    """One connection."""

    __slots__ = ("_end", "_owner_id", "_reader", "_replies", "_send", "_tail", "_taken")

    def __init__(self, tail: Tail, reader: Reader, owner_id: str, send: Send) -> None:
        self._tail = tail
        self._reader = reader
        self._owner_id = owner_id
        self._send = send
        self._replies: list[str] = []
        self._taken = asyncio.Event()
        self._end = (GOING_AWAY, "The server stops; connect again.")

    async def listen(self, receive: Receive) -> None:
        """Until the client has gone."""
        faults = 0
        while (message := await receive())["type"] != "websocket.disconnect":
            text: str | None = message.get("text")
            if text is None:
                self._close(NOT_TEXT, "Send text.")
            elif len(text) > MESSAGE_BYTES or len(text.encode()) > MESSAGE_BYTES:
                self._close(TOO_BIG, f"A message has at most {MESSAGE_BYTES} bytes.")
            else:
                faults = 0 if await self._heed(text) else faults + 1
            if faults >= MOST_FAULTS:
                self._close(POLICY, "Too many messages that cannot be understood.")
            while len(self._replies) > MOST_REPLIES:
                self._taken.clear()
                await self._taken.wait()

    async def write(self) -> None:
        """Answers first, then events, until the reader is closed; then closes the socket."""
        try:
            while not self._reader.closed:
                await self._answer()
                news = await self._reader.take()
                if news is not None:
                    await self._tell(news)
                elif not self._replies:
                    await self._reader.wait()
            await self._answer()
            await self._send({"type": "websocket.close", "code": self._end[0], "reason": self._end[1]})
        finally:
            self._replies = []
            self._taken.set()

    async def _heed(self, text: str) -> bool:
        """Does what a message says; whether it could be understood."""
        try:
            asked = SocketAsked.model_validate_json(text)
        except ValidationError as error:
            self._refuse(Refused("invalid_request", _reason(error)))
            return False
        for job_id in asked.unsubscribe:
            self._reader.leave(job_id)
            self._reply({"type": "unsubscribed", "job_id": job_id})
        if asked.subscribe:
            await self._subscribe(tuple(dict.fromkeys(asked.subscribe)), asked.since)
        if asked.ping is not None:
            self._reply({"pong": asked.ping})
        return True

    async def _subscribe(self, job_ids: Sequence[str], since: Mapping[str, int]) -> None:
        try:
            heads = await self._tail.heads(self._owner_id, job_ids)
        except Exception as error:  # noqa: BLE001 - whatever ails the database, the socket outlives it
            _logger.warning("Jobs cannot be subscribed to now: %s", error)
            for job_id in job_ids:
                self._refuse(Unavailable("not_ready", "The database does not answer."), job_id)
            return
        for job_id in job_ids:
            if job_id not in heads:
                self._refuse(Refused("not_found"), job_id)
            elif job_id not in self._reader and len(self._reader) >= SOCKET_JOBS:
                self._refuse(Refused("too_many_streams", f"A socket follows at most {SOCKET_JOBS} jobs."), job_id)
            else:
                self._begin(job_id, since.get(job_id, 0), heads[job_id])

    def _begin(self, job_id: str, since: int, head: Head) -> None:
        # a number beyond the newest event is from another life of this database: begin at the beginning
        seq = since if since <= head.seq else 0
        self._reply({"type": "subscribed", "job_id": job_id, "seq": seq})
        if head.ended and seq == head.seq:
            self._reader.leave(job_id)
            self._reply({"type": "ended", "job_id": job_id, "seq": seq})
        else:
            self._reader.follow(job_id, seq, head.seq)

    async def _tell(self, news: News) -> None:
        if news.ended or news.gone:
            self._reader.leave(news.job_id)
        for text in latest(news.told):
            await self._send({"type": "websocket.send", "text": text})
        if news.ended:
            note = {"type": "ended", "job_id": news.job_id, "seq": news.told[-1].seq}
            await self._send({"type": "websocket.send", "text": _text(note)})
        elif news.gone:
            await self._send({"type": "websocket.send", "text": _error(Refused("not_found"), news.job_id)})

    async def _answer(self) -> None:
        while self._replies:
            replies, self._replies = self._replies, []
            for text in replies:
                await self._send({"type": "websocket.send", "text": text})
            self._taken.set()

    def _refuse(self, error: MaquetteError, job_id: str | None = None) -> None:
        self._replies.append(_error(error, job_id))
        self._reader.wake()

    def _reply(self, message: Mapping[str, Any]) -> None:
        self._replies.append(_text(message))
        self._reader.wake()

    def _close(self, code: int, reason: str) -> None:
        if not self._reader.closed:
            self._end = (code, reason)
            self._reader.close()


def _error(error: MaquetteError, job_id: str | None) -> str:
    told = {"type": "error", "code": error.code, "message": error.message, "hint": error.hint, "job_id": job_id}
    return _text(told)


def _text(message: Mapping[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return f"{field}: {first['msg']}" if field else str(first["msg"])
