"""What adapters are alike in: how they are configured, what they say of themselves, and the answers of those that
cannot cancel, list, sign or tell a balance."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from maquette.domain.errors import Refused
from maquette.domain.fleet import Queue
from maquette.domain.hosting import Abilities, Amount, CallState, Cancelled, Fault, Handle, Snapshot, Spread, Trouble
from maquette.engines.hosted.documents import number
from maquette.engines.hosted.exchange import Exchange
from maquette.engines.hosted.parts import Arrived, array, found_again, noted, spent_of
from maquette.ports.engines import Capability, EngineInfo, Readiness
from maquette.ports.hosting import Options, Order, Parcel
from maquette.ports.outbound import Answer, Fetcher


@dataclass(frozen=True, slots=True)
class Imprint:
    """What an adapter says of itself before anybody configures it. ``own_base`` is empty where there is no provider
    but only servers of the operator's; ``asks_model`` where no model may be assumed."""

    title: str
    capabilities: tuple[Capability, ...]
    version: str = "1"
    licence: str = "as the provider's terms say"
    commercial_use: bool = False
    own_base: str = ""
    asks_model: bool = False


class Outline:
    """An adapter as configured; subclasses add ``abilities``, ``submit``, ``poll`` and ``result``."""

    imprint: ClassVar[Imprint]

    def __init__(self, options: Options, fetcher: Fetcher) -> None:
        self.options = options
        self.capability = options.capability or self.imprint.capabilities[0]
        if self.capability not in self.imprint.capabilities:
            known = ", ".join(self.imprint.capabilities)
            raise Refused(
                "invalid_setting", f"{options.name} cannot be a {self.capability}.", f"Choose one of: {known}."
            )
        headers = self.authorised(options.key) if options.key else {}
        self.exchange = Exchange(fetcher, self.imprint.own_base, options.base_url, headers, self.reading)

    @classmethod
    def configured(cls, options: Options, fetcher: Fetcher) -> Self:
        """Raises ``Refused("invalid_setting")``."""
        engine = cls(options, fetcher)
        try:
            engine.abilities  # noqa: B018 - reads the numbers among the options
        except (ValueError, TypeError) as error:
            raise Refused("invalid_setting", f"An option of {options.name} is not what it should be.") from error
        return engine

    @property
    def abilities(self) -> Abilities:
        raise NotImplementedError

    @property
    def info(self) -> EngineInfo:
        options, imprint = self.options, self.imprint
        commercial = imprint.commercial_use if options.commercial_use is None else options.commercial_use
        return EngineInfo(
            options.name,
            self._version(),
            self.capability,
            imprint.title,
            options.licence or imprint.licence,
            commercial,
            needs="a server of your own" if not imprint.own_base else "a key of the provider's",
            is_test=options.is_test,
            queue=Queue.NET,
            repeatable=self.abilities.idempotent,
            rank=options.rank,
        )

    def check(self) -> Readiness:
        options, imprint = self.options, self.imprint
        if not imprint.own_base and not options.base_url:
            return self._lacks("base_url", "address")
        if not options.key and not options.base_url:
            return self._lacks("key", "key")
        if imprint.asks_model and not options.model:
            return self._lacks("model", "model")
        return Readiness(True)

    def authorised(self, key: str) -> dict[str, str]:
        """The headers that carry the key."""
        return {"authorization": f"Bearer {key}"}

    def reading(self, answer: Answer, trouble: Trouble) -> Trouble:  # noqa: ARG002
        """What a failed answer means in this provider's words."""
        return trouble

    def spread(self, order: Order) -> Spread | None:  # noqa: ARG002 - the port's
        """What ``more.units`` says, a number or a pair: the prices of anybody's model are known to nobody else."""
        given = self.options.more.get("units")
        bounds = [number(bound) for bound in (array(given) or [given])]
        low, high = bounds[0], bounds[-1]
        return None if low is None or high is None else Spread(low, high, self.abilities.cost_unit)

    async def cancel(self, handle: Handle) -> Cancelled:  # noqa: ARG002
        return Cancelled.UNSUPPORTED

    async def find(self, order: Order, since: float) -> Handle | None:  # noqa: ARG002
        return None

    def called_by(self, headers: Mapping[str, str], body: bytes, now: float) -> str:  # noqa: ARG002
        raise Trouble(Fault.AUTH, "This provider does not call back.")

    async def balance(self) -> Amount | None:
        return None

    def _lacks(self, field: str, what: str) -> Readiness:
        name = self.options.name
        variable = f"MAQUETTE_ENGINES__{name.upper()}__{field.upper()}"
        return Readiness(False, f"No {what} is set.", f"Set {field} in [engines.{name}], or {variable}.")

    def _version(self) -> str:
        """Another model, server or mapping may give another output, and must miss the cache."""
        options = self.options
        told = json.dumps([options.model, options.base_url, options.more], sort_keys=True, default=str)
        return f"{self.imprint.version}+{hashlib.sha256(told.encode()).hexdigest()[:10]}"


class Instant(Outline):
    """One whose answer to the submit is the result: a subclass has ``fetch`` and nothing else."""

    async def fetch(self, order: Order, into: Path) -> Arrived:
        """Does the work and writes what comes ``into`` the folder. Raises ``Trouble``."""
        raise NotImplementedError

    async def submit(self, order: Order, into: Path) -> Handle:
        return noted(order.key, await self.fetch(order, into))

    async def poll(self, handle: Handle) -> Snapshot:
        return Snapshot(CallState.SUCCEEDED, "done", 100.0, spent=spent_of(handle))

    async def result(self, handle: Handle, into: Path) -> tuple[Parcel, ...]:
        return found_again(handle, into)
