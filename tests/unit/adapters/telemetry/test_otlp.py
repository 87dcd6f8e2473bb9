"""Traces as a collector receives them, and what happens without one."""

import logging
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from maquette.adapters.telemetry import otlp
from maquette.adapters.telemetry.otlp import OtlpTracer
from maquette.adapters.telemetry.spans import LogTracer, open_tracer
from maquette.domain.errors import Unavailable


class Collector:
    """An OTLP receiver on loopback. ``answer`` is the status that it gives; 0 hangs."""

    def __init__(self, answer: int = 200) -> None:
        received: list[tuple[str, bytes]] = []
        self.received = received
        self.release = threading.Event()
        release = self.release

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
                if answer == 0:
                    release.wait(20)
                self.send_response(answer or 200)
                self.send_header("location", "http://127.0.0.1:1/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def spans(self) -> dict[str, Any]:
        """The spans by name."""
        found: dict[str, Any] = {}
        for path, body in self.received:
            assert path == "/v1/traces"
            request = ExportTraceServiceRequest.FromString(body)
            found |= {span.name: span for r in request.resource_spans for s in r.scope_spans for span in s.spans}
        return found

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


def attributes(span: Any) -> dict[str, Any]:
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in span.attributes}


def test_a_request_a_job_and_its_stages_are_one_trace(collector: Collector) -> None:
    tracer = OtlpTracer(collector.url, "1.2")
    with tracer.span("request", "00-" + "a" * 32 + "-" + "b" * 16 + "-00", method="POST", request_id="r1"):
        with tracer.span("accept", pipeline="cutout"):
            kept = tracer.here()
            tracer.note(job_id="job_1")
        tracer.note(route="/api/v1/jobs", status=202)
    with tracer.span("stage", kept, job_id="job_1", stage="storing", attempt=1):
        tracer.note(engine="carve", outcome="failed", code="engine_failed")
    tracer.close()
    spans = collector.spans()
    request, accept, stage = spans["request /api/v1/jobs"], spans["accept"], spans["stage"]
    assert request.trace_id == accept.trace_id == stage.trace_id == bytes.fromhex("a" * 32)
    assert request.parent_span_id == bytes.fromhex("b" * 16)
    assert (accept.parent_span_id, stage.parent_span_id) == (request.span_id, accept.span_id)
    facts = attributes(request)
    assert (facts["http.route"], facts["http.response.status_code"]) == ("/api/v1/jobs", 202)
    facts = attributes(stage)
    assert (facts["maquette.engine"], facts["maquette.job_id"], facts["maquette.attempt"]) == ("carve", "job_1", 1)
    assert (stage.status.code, stage.status.message) == (2, "engine_failed")
    assert request.status.code == 0


def test_an_exception_marks_its_span(collector: Collector) -> None:
    tracer = OtlpTracer(collector.url, "1")
    with pytest.raises(KeyError), tracer.span("stage", job_id="job_1"):
        raise KeyError("x")
    tracer.close()
    assert collector.spans()["stage"].status.code == 2


def test_nonsense_from_a_caller_begins_a_trace_of_its_own(collector: Collector) -> None:
    tracer = OtlpTracer(collector.url, "1")
    with tracer.span("request", "not a traceparent"):
        assert (tracer.here() or "").startswith("00-")
    assert tracer.here() is None
    tracer.close()
    assert collector.spans()["request"].parent_span_id == b""


def test_no_proxy_is_asked_and_no_redirect_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Collector()
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    collector = Collector(answer=307)
    tracer = OtlpTracer(collector.url, "1")
    with tracer.span("stage"):
        pass
    tracer.close()
    assert len(collector.received) == 1
    assert not proxy.received
    for server in (collector, proxy):
        server.close()


@pytest.mark.parametrize("kind", ["hangs", "nobody"])
def test_a_collector_that_is_gone_holds_nothing_up(
    kind: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otlp, "FAREWELL_S", 0.3)
    caplog.set_level(logging.CRITICAL)
    collector = Collector(answer=0)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    tracer = OtlpTracer(collector.url if kind == "hangs" else nobody, "1")
    began = time.monotonic()
    for _ in range(5000):
        with tracer.span("stage", stage="storing"):
            pass
    worked = time.monotonic() - began
    began = time.monotonic()
    tracer.close()
    # the queue is full several times over, and neither work nor the end waits for it
    assert worked < 20
    assert time.monotonic() - began < otlp.FAREWELL_S + 5
    collector.close()


def test_without_an_address_there_is_no_trace_and_the_log_still_knows() -> None:
    tracer = open_tracer("", "1")
    assert isinstance(tracer, LogTracer)
    with tracer.span("stage", stage="storing"):
        assert tracer.here() is None


def test_a_missing_library_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "maquette.adapters.telemetry.otlp", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(Unavailable) as missing:
        open_tracer("http://127.0.0.1:4318", "1")
    assert missing.value.code == "extra_missing"
    assert missing.value.hint == "pip install 'maquette[otel]'"
