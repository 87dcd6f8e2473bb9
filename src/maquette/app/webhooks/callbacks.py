"""Calls of providers: each wakes whoever polls the commission that it is about, and does nothing else.

What a provider says in such a call is never believed: the commission is asked for anew. So a call that is lost costs
some seconds, a doubled or late one nothing, and a forged one that gets through no more than one question too many.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping

from maquette.domain.errors import MaquetteError, Refused
from maquette.domain.hosting import Trouble
from maquette.domain.ids import token_hash
from maquette.ports.clock import Clock
from maquette.ports.hosting import HostedEngine
from maquette.ports.stores import Database

MAX_BODY = 256 * 1024
"""Bytes of a call."""
REMEMBERED = 4096
"""Calls that are recognised when they come again."""


class Callbacks:
    """``engine`` gives a configured engine by its name, or raises. All methods block."""

    def __init__(self, database: Database, engine: Callable[[str], HostedEngine], clock: Clock) -> None:
        self._db = database
        self._engine = engine
        self._clock = clock
        self._seen: OrderedDict[str, None] = OrderedDict()

    def receive(self, engine: str, secret: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether somebody was woken; False for what came before, or too late. Names of ``headers`` in lower case.

        Raises ``not_found`` for an address that was never given out, and ``callback_refused`` for a call that its
        provider did not make. Neither tells whose commission it is.
        """
        wake_hash = token_hash(secret)
        told = hashlib.sha256(b"\0".join((wake_hash.encode(), body))).hexdigest()
        with self._db.write() as tx:
            call = tx.calls.of_wake(wake_hash)
            if call is None or call.engine != engine:
                raise Refused("not_found")
            self._check(engine, call.external_id, headers, body)
            if told in self._seen or not call.is_open:
                return False
            tx.calls.wake(wake_hash)
        self._remember(told)
        return True

    def _check(self, engine: str, external_id: str | None, headers: Mapping[str, str], body: bytes) -> None:
        try:
            named = self._engine(engine).called_by(headers, body, self._clock.now().timestamp())
        except (Trouble, MaquetteError) as error:
            raise Refused("callback_refused") from error
        # a provider may be quicker than its own answer to our request
        if external_id is not None and named != external_id:
            raise Refused("callback_refused")

    def _remember(self, told: str) -> None:
        self._seen[told] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
