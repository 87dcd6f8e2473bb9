"""Engines whose work is done by another machine: a hosted provider, a neighbour's server, somebody's own.

Such an engine never works in one call. It is commissioned: ``submit`` returns at once with a ``Handle``, ``poll`` tells
how the commission stands, ``result`` says where the outcome lies. Whoever drives it (``pipelines.courier``) writes
each step down, so that a crash amid any of them neither pays twice nor loses what was paid.

Adapters hold no state between calls but their configuration, speak only through the ``Fetcher`` they were given, and
raise ``domain.hosting.Trouble`` and nothing else. They never try a submit again by themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from maquette.domain.assets import View
from maquette.domain.hosting import Abilities, Amount, Cancelled, Handle, Snapshot, Spread
from maquette.ports.engines import Capability, Engine, EngineShelf
from maquette.ports.outbound import Fetcher


@dataclass(frozen=True, slots=True)
class Options:
    """How an operator configured one hosted engine: the table ``[engines.NAME]``.

    ``base_url`` is empty for the provider's own. ``key`` and ``webhook_secret`` are secrets and never shown.
    ``more`` holds what only this adapter knows (a workflow, the mapping of a model's inputs).
    """

    name: str
    base_url: str = ""
    key: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)
    model: str = ""
    capability: Capability | None = None
    """Which of its capabilities an adapter that has several is to serve here."""
    licence: str = ""
    commercial_use: bool | None = None
    """None keeps what the adapter says of the provider."""
    is_test: bool = False
    rank: int = 0
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Enclosure:
    """One picture of an order, prepared to the adapter's ``Takes``: sRGB, 8 bits, upright, PNG or JPEG."""

    path: Path
    media_type: str
    width: int
    height: int
    view: View | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a provider, in nobody's own words.

    ``key`` is the same for every try of this very work. ``pictures`` show the object (or the photo to edit first, then
    references). ``mask``: PNG, 8-bit grey, the size of the first picture, white where it is to be edited. ``model`` is
    a GLB, ``sound`` a WAV. ``wants`` are the settings of the stage (``quality``, ``texture``, ``seed``, ``width``…);
    an adapter takes those that it knows. ``callback`` is where the provider may call, empty where it cannot.
    """

    capability: Capability
    key: str
    pictures: tuple[Enclosure, ...] = ()
    mask: Path | None = None
    model: Path | None = None
    sound: Path | None = None
    prompt: str = ""
    wants: Mapping[str, Any] = field(default_factory=dict[str, Any])
    callback: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One file of an outcome, not checked yet: at a ``url`` of the provider's, or already in a file here.

    ``role`` is ``model``, ``picture``, ``mask``, ``texture``, ``thumbnail``, ``text`` or ``other``. ``headers`` are
    needed for the download (never the key, unless the file lies behind the very address that was configured).
    """

    role: str
    media_type: str = ""
    url: str = ""
    path: Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@runtime_checkable
class HostedEngine(Engine, Protocol):
    """An engine that is commissioned. Made by ``configured``; making one opens no connection."""

    @classmethod
    def configured(cls, options: Options, fetcher: Fetcher) -> "HostedEngine":
        """The engine as configured. Raises ``Refused("invalid_setting")`` for options that it cannot have."""
        ...

    @property
    def abilities(self) -> Abilities: ...

    def spread(self, order: Order) -> Spread | None:
        """What the order will cost in the provider's units, by its published list; None where nobody can say."""
        ...

    async def submit(self, order: Order, into: Path) -> Handle:
        """Commissions the work, once. A synchronous engine writes its outcome ``into`` this folder.

        Raises ``Trouble``; its ``billed`` is ``UNKNOWN`` when the request was sent and no answer came.
        """
        ...

    async def poll(self, handle: Handle) -> Snapshot:
        """How it stands. Raises ``Trouble`` when that could not be learnt: the commission is as it was."""
        ...

    async def result(self, handle: Handle, into: Path) -> tuple[Parcel, ...]:
        """Where the outcome of a commission that has succeeded lies now; asked again it gives fresh addresses.

        What comes within the answer itself is written ``into`` this folder.
        """
        ...

    async def cancel(self, handle: Handle) -> Cancelled: ...

    async def find(self, order: Order, since: float) -> Handle | None:
        """The commission that a submit without an answer made, looked for among those since then (Unix seconds).

        Only where ``abilities.reconciles``. None says that there is none.
        """
        ...

    def called_by(self, headers: Mapping[str, str], body: bytes, now: float) -> str:
        """The external id that a call back is about, once its signature holds; names of headers are in lower case.

        ``now`` is in Unix seconds. Raises ``Trouble(AUTH)`` for a forged or late one. Such a call wakes whoever polls,
        and nothing else.
        """
        ...

    async def balance(self) -> Amount | None:
        """What is left there, None where the provider does not tell."""
        ...


class HostedShelf(EngineShelf, Protocol):
    """A shelf on which hosted engines stand too."""

    def hosted(self, name: str) -> HostedEngine:
        """The engine of a record that says ``hosted``, ready to be commissioned from this machine.

        Raises ``Refused("unknown_engine")`` for one that is not configured here, ``Unavailable("engine_unavailable")``
        for one that cannot be used as it is.
        """
        ...
