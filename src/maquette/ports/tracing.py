"""Tells what happens while it happens, for logs and traces: spans with facts, nested as the calls are."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Fact = str | int | float | bool


class Tracer(Protocol):
    """Never raises of its own and never waits for anybody: whoever listens may be gone."""

    def span(self, name: str, parent: str | None = None, **facts: Fact) -> AbstractContextManager[None]:
        """Something that takes time. An exception that leaves it marks it as failed.

        ``parent`` is a W3C ``traceparent`` when the cause is in another process or was another time.
        """
        ...

    def note(self, **facts: Fact) -> None:
        """Facts about the span around this place."""
        ...

    def here(self) -> str | None:
        """The ``traceparent`` of the span around this place, if traces are made at all."""
        ...


class Silent:
    """Implements ``Tracer`` by saying nothing."""

    def span(self, name: str, parent: str | None = None, **facts: Fact) -> AbstractContextManager[None]:  # noqa: ARG002
        """Does nothing."""
        return nullcontext()

    def note(self, **facts: Fact) -> None:
        """Does nothing."""

    def here(self) -> str | None:
        """Nowhere."""
        return None
