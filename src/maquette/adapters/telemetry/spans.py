"""Spans: what they know goes onto the lines of the log, and to a collector where the operator named one."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from maquette.adapters.telemetry.facts import add, binding
from maquette.domain.errors import Unavailable
from maquette.ports.tracing import Fact

if TYPE_CHECKING:
    from maquette.adapters.telemetry.otlp import OtlpTracer


class LogTracer:
    """Implements ``Tracer``."""

    @contextmanager
    def span(self, name: str, parent: str | None = None, **facts: Fact) -> Generator[None, None, None]:  # noqa: ARG002
        """Binds the facts."""
        with binding(facts):
            yield

    def note(self, **facts: Fact) -> None:
        """Adds facts."""
        add(facts)

    def here(self) -> None:
        """There is no trace."""

    def close(self) -> None:
        """Nothing is kept back."""


def open_tracer(endpoint: str, version: str) -> "OtlpTracer | LogTracer":
    """To the collector at ``endpoint``; without one, to the log. Raises ``extra_missing`` without the library."""
    if not endpoint:
        return LogTracer()
    try:
        from maquette.adapters.telemetry.otlp import OtlpTracer
    except ImportError as error:
        raise Unavailable(
            "extra_missing", "Traces need OpenTelemetry's library.", "pip install 'maquette[otel]'"
        ) from error
    return OtlpTracer(endpoint, version)
