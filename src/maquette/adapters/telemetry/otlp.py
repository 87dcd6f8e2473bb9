"""Traces to an OpenTelemetry collector of the operator's choice, by OTLP over HTTP.

Spans wait in a bounded queue for a thread of their own. A collector that is slow or gone costs spans, never time: what
does not fit is dropped, a batch that cannot be delivered is dropped, and no proxy of the environment is asked.
"""

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager

import requests
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from maquette.adapters.telemetry.facts import add, binding
from maquette.ports.tracing import Fact

PATH = "/v1/traces"
SEND_S = 5.0
QUEUED = 2048
EVERY_MS = 1000
FAREWELL_S = 3.0
"""How long the last spans may take when the process ends."""
SERVED = "request"
"""The span that answers somebody else."""
NAMES = {"method": "http.request.method", "route": "http.route", "status": "http.response.status_code"}
"""Facts for which OpenTelemetry has names of its own (its conventions for HTTP); the rest become ``maquette.…``."""
_FAILED = frozenset({"failed", "again"})


class OtlpTracer:
    """Implements ``Tracer``. ``endpoint`` is the collector's base address, such as http://127.0.0.1:4318.

    Further headers, such as a key for the collector, come from the library's own OTEL_EXPORTER_OTLP_HEADERS.
    """

    def __init__(self, endpoint: str, version: str) -> None:
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,  # a caller's own wish not to be sampled is no reason to be blind here
            resource=Resource.create({"service.name": "maquette", "service.version": version}),
            shutdown_on_exit=False,
        )
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}{PATH}", timeout=SEND_S, session=_session())
        self._provider.add_span_processor(
            BatchSpanProcessor(exporter, max_queue_size=QUEUED, schedule_delay_millis=EVERY_MS)
        )
        self._tracer = self._provider.get_tracer("maquette", version)
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def span(self, name: str, parent: str | None = None, **facts: Fact) -> Generator[None, None, None]:
        """One span, and the facts on the lines of the log within it."""
        context = self._propagator.extract({"traceparent": parent}) if parent else None
        kind = trace.SpanKind.SERVER if name == SERVED else trace.SpanKind.INTERNAL
        started = self._tracer.start_as_current_span(name, context, kind, _attributes(facts))
        with binding(facts), started:
            yield

    def note(self, **facts: Fact) -> None:
        """Attributes of the present span. What failed by its facts is marked as such."""
        add(facts)
        span = trace.get_current_span()
        span.set_attributes(_attributes(facts))
        if "route" in facts:
            span.update_name(f"{SERVED} {facts['route']}")
        if facts.get("outcome") in _FAILED or int(facts.get("status", 0)) >= 500:
            span.set_status(trace.StatusCode.ERROR, str(facts.get("code", "")))

    def here(self) -> str | None:
        """The ``traceparent`` of the present span."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier.get("traceparent")

    def close(self) -> None:
        """Delivers what waits, as far as that goes quickly. Blocks for at most ``FAREWELL_S``."""
        ending = threading.Thread(target=self._provider.shutdown, name="last-spans", daemon=True)
        ending.start()
        ending.join(FAREWELL_S)


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def _attributes(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    return {NAMES.get(name, f"maquette.{name}"): value for name, value in facts.items() if value != ""}
