"""Counts what the HTTP server does and shows all figures to a monitoring system."""

from typing import Protocol


class Meter(Protocol):
    """``count``, ``stream`` and ``lag`` cost about a microsecond and are called in the event loop only."""

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """One request that has ended. ``route`` is a template, never an address; ``status`` 0 means no answer."""
        ...

    def stream(self, change: int) -> None:
        """A stream was opened (1) or has ended (-1)."""
        ...

    def lag(self, seconds: float) -> None:
        """How much later than asked the event loop woke somebody up."""
        ...

    def text(self) -> bytes:
        """Every figure in the Prometheus text format. Blocks; a database that does not answer is a figure too."""
        ...
